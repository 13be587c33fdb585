"""Which architectures can be trained, and what their GGUF tensors and numbers are called in transformers.

Each of them is held to llama.cpp by a test; what is not known to be computed as llama.cpp does is refused.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from chatapp.core.errors import AppError, error
from chatapp.core.gguf import GgufHeader
from chatapp.core.gguf_cursor import DamagedGgufError
from chatapp.core.hyper_parameters import HyperParameters, hyper_parameters
from chatapp.core.metadata import Metadata
from chatapp.core.trainer_sentences import MODEL_UNTRAINABLE

_ATTENTION = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
}
_MLP = {"ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj"}
_NORMS = {"attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm"}
_FOUR_NORMS = {
    "attn_norm": "input_layernorm",
    "post_attention_norm": "post_attention_layernorm",
    "ffn_norm": "pre_feedforward_layernorm",
    "post_ffw_norm": "post_feedforward_layernorm",
}
_HEAD_NORMS = {"attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm"}
_KNOWN_KEYS = {
    "context_length", "embedding_length", "block_count", "feed_forward_length", "attention.head_count",
    "attention.head_count_kv", "attention.key_length", "attention.value_length", "attention.layer_norm_rms_epsilon",
    "attention.causal", "rope.dimension_count", "rope.freq_base", "rope.scaling.type", "rope.scaling.factor",
    "rope.scale_linear", "rope.scaling.finetuned", "rope.scaling.original_context_length", "vocab_size",
    "expert_count", "expert_used_count", "tensor_data_layout",
}  # fmt: skip
_WINDOW_KEYS = {
    "attention.sliding_window", "attention.sliding_window_pattern", "rope.freq_base_swa", "final_logit_softcapping",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """attention, mlp, norms: name in a GGUF's block -> name in a layer of transformers' model. permuted: the rows of
    queries and keys lie as Meta's rotation wants them. norm_offset: what a GGUF adds to the weights of norms. keys:
    further ones that are understood."""

    family: str
    attention: dict[str, str] = field(default_factory=lambda: _ATTENTION)
    mlp: dict[str, str] = field(default_factory=lambda: _MLP)
    norms: dict[str, str] = field(default_factory=lambda: _NORMS)
    permuted: bool = False
    norm_offset: float = 0.0
    kernel: str = "sdpa"
    keys: frozenset[str] = frozenset()


ARCHITECTURES = {
    "llama": Architecture(family="Llama", permuted=True),
    "qwen2": Architecture(family="Qwen2"),
    "qwen3": Architecture(family="Qwen3", norms=_NORMS | _HEAD_NORMS),
    "gemma2": Architecture(
        family="Gemma2",
        norms=_FOUR_NORMS,
        norm_offset=1.0,
        kernel="eager",  # sdpa has no soft cap of the scores
        keys=frozenset(_WINDOW_KEYS | {"attn_logit_softcapping"}),
    ),
    "gemma3": Architecture(
        family="Gemma3Text",
        norms=_FOUR_NORMS | _HEAD_NORMS,
        norm_offset=1.0,
        keys=frozenset(_WINDOW_KEYS),
    ),
    "phi3": Architecture(
        family="Phi3",
        attention={"attn_qkv": "self_attn.qkv_proj", "attn_output": "self_attn.o_proj"},
        mlp={"ffn_up": "mlp.gate_up_proj", "ffn_down": "mlp.down_proj"},
        keys=frozenset({"attention.sliding_window"}),  # which llama.cpp does not use
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPlan:
    """What a header says, as transformers wants it. config: keywords of its configuration class; rope_divisor: what the
    rotation frequencies of whole-context layers are divided by; softcap: of the logits, 0 for none."""

    name: str
    architecture: Architecture
    parameters: HyperParameters
    config: dict[str, object]
    rope_divisor: float
    softcap: float


def plan_of(path: str, header: GgufHeader) -> ModelPlan:
    """Raises AppError(MODEL_LOAD) with the reason why it can't be trained."""
    name = header.facts().architecture
    try:
        architecture = ARCHITECTURES.get(name)
        if architecture is None:
            raise refused(path, f"its architecture {name} is not known to the trainer")
        metadata = Metadata(header)
        parameters = hyper_parameters(name, metadata)
        _refuse_unknown(path, name, architecture, header, parameters)
        scaling = _rope_divisor(path, name, metadata)
        return ModelPlan(
            name=name,
            architecture=architecture,
            parameters=parameters,
            config=_config(name, metadata, header, parameters),
            rope_divisor=scaling,
            softcap=metadata.real(f"{name}.final_logit_softcapping", 30.0 if name == "gemma2" else 0.0),
        )
    except DamagedGgufError as problem:
        raise refused(path, str(problem)) from None


def refused(path: str, reason: str) -> AppError:
    return error(MODEL_UNTRAINABLE, path=path, reason=reason, known=", ".join(ARCHITECTURES))


def _refuse_unknown(
    path: str, name: str, architecture: Architecture, header: GgufHeader, parameters: HyperParameters
) -> None:
    known = _KNOWN_KEYS | architecture.keys
    for key in header.values:
        if key.startswith(f"{name}.") and key.removeprefix(f"{name}.") not in known:
            raise refused(path, f"the trainer does not know what {key} means")
    if header.values.get("split.count", 0) not in (0, 1):
        raise refused(path, "it lies in several files")
    if parameters.n_experts:
        raise refused(path, "it has experts")
    if parameters.n_rot != parameters.key_length or parameters.value_length != parameters.key_length:
        raise refused(path, "only a part of each head is rotated, or values are not as wide as keys")
    for tensor in header.tensors:
        if tensor.startswith("rope_factors"):
            raise refused(path, "its context was made longer with LongRoPE, which the trainer does not compute")
    for key in ("feed_forward_length", "attention.head_count", "attention.head_count_kv"):
        if len(set(array.numbers if (array := header.arrays.get(f"{name}.{key}")) else ())) > 1:
            raise refused(path, f"its layers differ in {key}")


def _rope_divisor(path: str, name: str, metadata: Metadata) -> float:
    """Of linear scaling: positions are divided by it. 0 is llama.cpp's way to say 1."""
    kind = metadata.text(f"{name}.rope.scaling.type", "linear")
    if kind == "none":
        return 1.0
    if kind != "linear":
        raise refused(path, f"its rotary positions are scaled by {kind}, which the trainer does not compute")
    return metadata.real(f"{name}.rope.scaling.factor", metadata.real(f"{name}.rope.scale_linear", 0.0)) or 1.0


def _config(name: str, metadata: Metadata, header: GgufHeader, p: HyperParameters) -> dict[str, object]:
    base = metadata.real(f"{name}.rope.freq_base", 10000.0)
    config: dict[str, object] = {
        "vocab_size": header.tensors["token_embd.weight"].shape[-1],
        "hidden_size": p.n_embd,
        "intermediate_size": p.n_ff,
        "num_hidden_layers": p.n_layers,
        "num_attention_heads": p.heads,
        "num_key_value_heads": p.heads_kv,
        "head_dim": p.key_length,
        "rms_norm_eps": metadata.real(f"{name}.attention.layer_norm_rms_epsilon"),
        "max_position_embeddings": metadata.number(f"{name}.context_length"),
        "rope_parameters": {"rope_type": "default", "rope_theta": base},
        "tie_word_embeddings": "output.weight" not in header.tensors,
        "use_cache": False,
        "pad_token_id": None,
        "bos_token_id": None,
        "eos_token_id": None,
    }
    if name in ("gemma2", "gemma3"):
        config |= _gemma(name, metadata, p, base)
    return config


def _gemma(name: str, metadata: Metadata, p: HyperParameters, base: float) -> dict[str, object]:
    """Layers that look back over a window alternate with others; see load_arch_hparams in gemma2.cpp, gemma3.cpp."""
    window = metadata.number(f"{name}.attention.sliding_window", 4096 if name == "gemma2" else 0)
    pattern = metadata.pattern(f"{name}.attention.sliding_window_pattern", 2 if name == "gemma2" else 6)
    if isinstance(pattern, int):
        sliding = [bool(window) and (not pattern or layer % pattern < pattern - 1) for layer in range(p.n_layers)]
    else:
        sliding = [bool(window) and bool(flag) for flag in pattern]
    largest = {"gemma2": 46, "gemma3": 62}[name]  # layers of the one that scales its scores by another number
    scalar = p.n_embd // p.heads if p.n_layers == largest else p.key_length
    config: dict[str, object] = {
        "layer_types": ["sliding_attention" if flag else "full_attention" for flag in sliding],
        "sliding_window": window or metadata.number(f"{name}.context_length"),  # transformers wants one
        "query_pre_attn_scalar": scalar,
        "final_logit_softcapping": None,  # see loss.py
    }
    own = metadata.real(f"{name}.rope.freq_base_swa", base if name == "gemma2" else 10000.0)
    if name == "gemma2":
        cap = metadata.real("gemma2.attn_logit_softcapping", 50.0)
        if not math.isclose(own, base):
            raise DamagedGgufError("gemma2.rope.freq_base_swa differs from gemma2.rope.freq_base")
        return config | {"attn_logit_softcapping": cap}
    config["rope_parameters"] = {
        "full_attention": {"rope_type": "default", "rope_theta": base},
        "sliding_attention": {"rope_type": "default", "rope_theta": own},
    }
    return config
