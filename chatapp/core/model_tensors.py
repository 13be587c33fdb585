"""Which tensors a model must have, and of which shapes, for architectures whose tensors follow from their numbers.

Source: the files of these architectures in llama.cpp's src/models. llama.cpp refuses a missing tensor, another shape
and a tensor it has no use for; types that its kernels can't compute with end the process. Of other architectures
nothing is known here, and llama.cpp decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chatapp.core.ggml_types import F32, GGML_TYPES
from chatapp.core.gguf import GgufHeader, shape_text
from chatapp.core.gguf_cursor import DamagedGgufError
from chatapp.core.hyper_parameters import HyperParameters


@dataclass(frozen=True, slots=True, kw_only=True)
class _Architecture:
    """tied: the output is always the embedding. embedding_queries: queries are as wide as the embedding whatever the
    heads say, and keys as wide as values. fused_gate: ffn_up holds the gate too. further: optional ones, any shape."""

    tied: bool = False
    embedding_queries: bool = False
    value_wide_keys: bool = False
    post_norms: bool = False
    head_norms: bool = False
    fused_gate: bool = False
    biases: bool = False
    experts: bool = False
    rope_factors: bool = False
    further: tuple[str, ...] = ()


_ARCHITECTURES = {
    "gemma": _Architecture(tied=True),
    "gemma2": _Architecture(tied=True, post_norms=True),
    "gemma3": _Architecture(post_norms=True, head_norms=True, further=("dense_2.weight", "dense_3.weight")),
    "llama": _Architecture(biases=True, experts=True, rope_factors=True),
    "phi3": _Architecture(embedding_queries=True, value_wide_keys=True, fused_gate=True, rope_factors=True),
    "qwen2": _Architecture(embedding_queries=True, value_wide_keys=True, further=("output.bias",)),
    "qwen3": _Architecture(value_wide_keys=True, head_norms=True, further=("cls.output.weight",)),
    "smollm3": _Architecture(),
}
EXAMINED = frozenset(_ARCHITECTURES)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """vector: only added or multiplied value by value, which llama.cpp does with F32 alone."""

    name: str
    shape: tuple[int, ...] | None
    required: bool = True
    vector: bool = False


def check_tensors(header: GgufHeader, parameters: HyperParameters, n_tokens: int) -> None:
    """Raises DamagedGgufError."""
    architecture = _ARCHITECTURES.get(header.facts().architecture)
    if architecture is None:
        return
    if parameters.n_rot % 2 or parameters.n_rot > max(parameters.key_length, 1):
        raise DamagedGgufError(f"{parameters.n_rot} of {parameters.key_length} dimensions of a head can't be rotated")
    known = set()
    for wanted in _wanted(architecture, header, parameters, n_tokens):
        _check(header, wanted)
        known.add(wanted.name)
        if wanted.name.endswith(".weight"):
            stem = wanted.name.removesuffix("weight")
            known |= {f"{stem}scale", f"{stem}input_scale"}
    for name in header.tensors:
        if name not in known:
            raise DamagedGgufError(f"the tensor {name} has no place in this architecture")


def _check(header: GgufHeader, wanted: _Wanted) -> None:
    tensor = header.tensors.get(wanted.name)
    if tensor is None:
        if wanted.required:
            raise DamagedGgufError(f"the tensor {wanted.name} is missing")
        return
    if wanted.shape is not None and tensor.shape != wanted.shape:
        raise DamagedGgufError(
            f"the tensor {wanted.name} has the shape {shape_text(tensor.shape)} instead of {shape_text(wanted.shape)}"
        )
    kind = GGML_TYPES[tensor.kind]
    if (tensor.kind != F32) if wanted.vector else not kind.multiplies:
        raise DamagedGgufError(f"the tensor {wanted.name} has the type {kind.name}, which can't be computed with")


def _wanted(
    architecture: _Architecture, header: GgufHeader, parameters: HyperParameters, n_tokens: int
) -> Iterator[_Wanted]:
    p = parameters
    yield _matrix("token_embd.weight", p.n_embd, n_tokens)
    yield _vector("output_norm.weight", p.n_embd)
    if not architecture.tied:
        yield _matrix("output.weight", p.n_embd, n_tokens, required=False)
    for name in architecture.further:
        yield _Wanted(name=name, shape=None, required=False, vector=name.endswith("bias"))
    if architecture.rope_factors:
        yield from _rope_factors(header, p)
    for layer in range(p.n_layers):
        block = f"blk.{layer}."
        yield _vector(f"{block}attn_norm.weight", p.n_embd)
        yield _vector(f"{block}ffn_norm.weight", p.n_embd)
        if architecture.post_norms:
            yield _vector(f"{block}post_attention_norm.weight", p.n_embd)
            yield _vector(f"{block}post_ffw_norm.weight", p.n_embd)
        if architecture.head_norms:
            yield _vector(f"{block}attn_q_norm.weight", p.key_length)
            yield _vector(f"{block}attn_k_norm.weight", p.key_length)
        yield from _attention(architecture, header, p, block)
        if architecture.experts and p.n_experts:
            yield from _expert_layer(p, block)
        else:
            yield from _feed_forward(architecture, p, block)


def _attention(architecture: _Architecture, header: GgufHeader, p: HyperParameters, block: str) -> Iterator[_Wanted]:
    queries = p.n_embd if architecture.embedding_queries else p.key_length * p.heads
    values = p.value_length * p.heads_kv
    keys = values if architecture.value_wide_keys else p.key_length * p.heads_kv
    fused = f"{block}attn_qkv.weight" in header.tensors
    if fused:
        yield _matrix(f"{block}attn_qkv.weight", p.n_embd, queries + keys + values)
        yield _vector(f"{block}attn_qkv.bias", queries + keys + values, required=False)
    for letter, width in (("q", queries), ("k", keys), ("v", values)):
        if not fused:
            yield _matrix(f"{block}attn_{letter}.weight", p.n_embd, width)
        if f"{block}attn_qkv.bias" not in header.tensors:
            yield _vector(f"{block}attn_{letter}.bias", width, required=False)
    yield _matrix(f"{block}attn_output.weight", queries, p.n_embd)
    if architecture.biases:
        yield _vector(f"{block}attn_output.bias", p.n_embd, required=False)


def _feed_forward(architecture: _Architecture, p: HyperParameters, block: str) -> Iterator[_Wanted]:
    yield _matrix(f"{block}ffn_down.weight", p.n_ff, p.n_embd)
    if architecture.fused_gate:
        yield _matrix(f"{block}ffn_up.weight", p.n_embd, 2 * p.n_ff)
    else:
        yield _matrix(f"{block}ffn_up.weight", p.n_embd, p.n_ff)
        yield _matrix(f"{block}ffn_gate.weight", p.n_embd, p.n_ff)
    if architecture.biases:
        yield _vector(f"{block}ffn_up.bias", p.n_ff, required=False)
        yield _vector(f"{block}ffn_gate.bias", p.n_ff, required=False)
        yield _vector(f"{block}ffn_down.bias", p.n_embd, required=False)


def _expert_layer(p: HyperParameters, block: str) -> Iterator[_Wanted]:
    yield _matrix(f"{block}ffn_gate_inp.weight", p.n_embd, p.n_experts)
    yield _matrix(f"{block}ffn_up_exps.weight", p.n_embd, p.n_ff, p.n_experts)
    yield _matrix(f"{block}ffn_gate_exps.weight", p.n_embd, p.n_ff, p.n_experts, required=False)
    yield _matrix(f"{block}ffn_down_exps.weight", p.n_ff, p.n_embd, p.n_experts)


def _rope_factors(header: GgufHeader, p: HyperParameters) -> Iterator[_Wanted]:
    long = header.facts().architecture == "phi3" or p.rope_scaling == "longrope"
    for name in ("rope_factors_long", "rope_factors_short") if long else ("rope_freqs",):
        yield _vector(f"{name}.weight", p.n_rot // 2, required=False)


def _matrix(name: str, *shape: int, required: bool = True) -> _Wanted:
    while len(shape) > 1 and shape[-1] == 1:
        shape = shape[:-1]
    return _Wanted(name=name, shape=shape, required=required)


def _vector(name: str, length: int, *, required: bool = True) -> _Wanted:
    return _Wanted(name=name, shape=(length,), required=required, vector=True)
