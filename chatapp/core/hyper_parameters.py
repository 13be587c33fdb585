"""The numbers that say how a model is built, read and checked as llama.cpp does (load_hparams in llama-model.cpp)."""

from __future__ import annotations

from dataclasses import dataclass

from chatapp.core.gguf_cursor import DamagedGgufError
from chatapp.core.metadata import Metadata

_MOST_LAYERS = 512  # LLAMA_MAX_LAYERS
_MOST_EXPERTS = 1024  # LLAMA_MAX_EXPERTS
_ROPE_SCALINGS = ("none", "linear", "yarn", "longrope")
_FIXED_ROPE = ("llama", "deci", "falcon", "llama-embed")


@dataclass(frozen=True, slots=True, kw_only=True)
class HyperParameters:
    """n_layers: without those that only predict further tokens. heads, heads_kv, n_ff: of the first layer, which is
    what the tensors of most architectures follow; key_length, value_length: of one head in it."""

    n_layers: int
    n_embd: int
    heads: int
    heads_kv: int
    n_ff: int
    key_length: int
    value_length: int
    n_rot: int
    n_experts: int
    rope_scaling: str


def hyper_parameters(architecture: str, metadata: Metadata) -> HyperParameters:
    """Raises DamagedGgufError for what llama.cpp refuses or ends the process over."""

    def key(name: str) -> str:
        return f"{architecture}.{name}"

    metadata.number(key("context_length"))
    n_embd = metadata.number(key("embedding_length"))
    n_all = metadata.number(key("block_count"))
    if not 0 < n_all <= _MOST_LAYERS:
        raise DamagedGgufError(f"{key('block_count')} is {n_all}, not 1 to {_MOST_LAYERS}")
    n_next = metadata.number(key("nextn_predict_layers"), 0)
    if n_next > n_all:
        raise DamagedGgufError(f"{key('nextn_predict_layers')} is {n_next} of {n_all} layers")
    n_experts = _experts(architecture, metadata, n_all)
    heads = metadata.per_layer(key("attention.head_count"), n_all, (0,) * n_all)
    heads_kv = metadata.per_layer(key("attention.head_count_kv"), n_all, heads)
    n_ff = metadata.per_layer(key("feed_forward_length"), n_all, (0,) * n_all)
    scaling = metadata.text(key("rope.scaling.type"), "linear")
    if scaling not in _ROPE_SCALINGS:
        raise DamagedGgufError(f"{key('rope.scaling.type')} is {scaling!r}, which is unknown")
    _check_types(architecture, metadata)
    key_length, value_length, n_rot = _head(architecture, metadata, n_embd, heads[0])
    if _begins_with_window(architecture, metadata):
        key_length = metadata.number(key("attention.key_length_swa"), key_length)
        value_length = metadata.number(key("attention.value_length_swa"), value_length)
        n_rot = metadata.number(key("rope.dimension_count_swa"), n_rot)
    return HyperParameters(
        n_layers=n_all - n_next,
        n_embd=n_embd,
        heads=heads[0],
        heads_kv=heads_kv[0],
        n_ff=n_ff[0],
        key_length=key_length,
        value_length=value_length,
        n_rot=n_rot,
        n_experts=n_experts,
        rope_scaling=scaling,
    )


def _experts(architecture: str, metadata: Metadata, n_layers: int) -> int:
    def key(name: str) -> str:
        return f"{architecture}.{name}"

    count = metadata.number(key("expert_count"), 0)
    used = max(metadata.per_layer(key("expert_used_count"), n_layers, (0,)))
    groups = metadata.number(key("expert_group_count"), 0)
    groups_used = metadata.number(key("expert_group_used_count"), 0)
    if architecture in ("hunyuan_vl", "hunyuan-dense") and count <= 1:
        count = used = 0
    sound = count <= _MOST_EXPERTS and used <= count
    if count:
        sound = sound and used > 0 and groups < count
        if groups > 1:
            sound = sound and count % groups == 0 and 0 < groups_used < groups
    elif groups:
        sound = False
    if not sound:
        raise DamagedGgufError(f"{used} of {count} experts in {groups} groups are impossible")
    return count


def _check_types(architecture: str, metadata: Metadata) -> None:
    """Values that are optional, but of one type only."""
    for name in ("embedding_length_out", "pooling_type", "classifier.pooling_type"):
        metadata.number(f"{architecture}.{name}", 0)
    metadata.number(f"{architecture}.rope.scaling.original_context_length", 0)
    for name in ("attention.causal", "rope.scaling.finetuned"):
        metadata.flag(f"{architecture}.{name}", False)
    for name in ("rope.freq_base", "rope.scaling.attn_factor", "rope.scaling.alpha"):
        metadata.real(f"{architecture}.{name}", 0.0)
    if metadata.has(f"{architecture}.rope.scaling.factor"):
        metadata.real(f"{architecture}.rope.scaling.factor")
    else:
        metadata.real(f"{architecture}.rope.scale_linear", 0.0)
    metadata.number("general.file_type", 0)
    metadata.text("general.name", "")


def _head(architecture: str, metadata: Metadata, n_embd: int, heads: int) -> tuple[int, int, int]:
    """(key length, value length, rotated dimensions) of one head."""
    if heads == 0:
        return 0, 0, 0
    key_length = metadata.number(f"{architecture}.attention.key_length", n_embd // heads)
    value_length = metadata.number(f"{architecture}.attention.value_length", n_embd // heads)
    name = f"{architecture}.rope.dimension_count"
    n_rot = metadata.number(name, key_length)
    if architecture in _FIXED_ROPE and n_rot != key_length:
        raise DamagedGgufError(f"{name} is {n_rot} instead of {key_length}")
    return key_length, value_length, n_rot


def _begins_with_window(architecture: str, metadata: Metadata) -> bool:
    """Whether the first layer of an architecture known here looks back only over a window."""
    usual = {"gemma2": 2, "gemma3": 6}.get(architecture)
    if usual is None:
        return False
    window = metadata.number(f"{architecture}.attention.sliding_window", 4096 if architecture == "gemma2" else 0)
    if window == 0 and architecture == "gemma3":
        return False
    name = f"{architecture}.attention.sliding_window_pattern"
    pattern = metadata.pattern(name, usual)
    return bool(pattern[0]) if isinstance(pattern, tuple) else pattern != 1
