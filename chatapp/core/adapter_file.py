"""From a path to a LoRA adapter that fits its model: what llama.cpp can't load is refused with the reason.

Format: general.type "adapter", general.architecture of the model, adapter.type "lora", adapter.lora.alpha, and for each
changed tensor T of the model T.lora_a (values in, rank) and T.lora_b (rank, values out); see llama-adapter.cpp.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from chatapp.core.errors import error
from chatapp.core.ggml_types import BF16, F16, F32, GGML_TYPES, NVFP4, Q8_0
from chatapp.core.gguf import MOST_DIMENSIONS, GgufHeader, GgufTensor, shape_text
from chatapp.core.gguf_cursor import DamagedGgufError, ValueType
from chatapp.core.metadata import Metadata
from chatapp.core.model_file import checked_header
from chatapp.core.model_sentences import ADAPTER_DAMAGED, ADAPTER_IS_MODEL, ADAPTER_UNFIT
from chatapp.core.models import AdapterFacts

_A, _B = ".lora_a", ".lora_b"
_TURNED = "token_embd.weight"  # its A and B are turned around
_IGNORED = "_norm.weight"  # llama.cpp passes over them
_CHUNK = 1 << 22  # bytes looked at together
_EXPONENT_F16, _EXPONENT_BF16 = 0x7C00, 0x7F80  # all ones: no finite number


class UnfitAdapterError(ValueError):
    """It is for another model; the message says how that shows."""


def checked_adapter(path: str, base: GgufHeader) -> GgufHeader:
    """The header of the adapter at `path`, which fits the model with the header `base` and has no NaN in it.

    Raises AppError(MODEL_FILE).
    """
    header = sound_adapter(path)
    check_fit(path, header, base)
    return header


def sound_adapter(path: str) -> GgufHeader:
    """The header of the adapter at `path`, whatever model it is for. Raises AppError(MODEL_FILE)."""
    header = checked_header(path)
    if header.values.get("general.type") != "adapter":
        raise error(ADAPTER_IS_MODEL, path=path)
    try:
        _check_metadata(header)
        for name, a, b in _pairs(header):
            _check_types(name, a, b)
            _rank(name, a, b)
        _check_numbers(path, header)
    except (DamagedGgufError, OSError) as problem:
        raise error(ADAPTER_DAMAGED, path=path, reason=problem) from None
    return header


def check_fit(path: str, header: GgufHeader, base: GgufHeader) -> None:
    """Whether the adapter with the header `header` of `sound_adapter` is for the model with the header `base`; raises
    AppError(MODEL_FILE) where it is not."""
    try:
        architecture, wanted = header.values["general.architecture"], base.facts().architecture
        if architecture != wanted:
            raise UnfitAdapterError(f"it is for the architecture {architecture}, the model is of {wanted}")
        for name, a, b in _pairs(header):
            _check_shapes(name, a, b, base)
    except UnfitAdapterError as problem:
        raise error(ADAPTER_UNFIT, path=path, reason=problem) from None


def adapter_facts(header: GgufHeader) -> AdapterFacts:
    """header: of `sound_adapter`."""
    base = header.values.get("general.base_model.0.name", "")
    return AdapterFacts(
        architecture=str(header.values["general.architecture"]),
        base=base if isinstance(base, str) else "",
        rank=max(_rank(name, a, b) for name, a, b in _pairs(header)),
        alpha=float(header.values.get("adapter.lora.alpha", 0.0)),
    )


def _check_metadata(header: GgufHeader) -> None:
    metadata = Metadata(header)
    metadata.text("general.type")
    kind = metadata.text("adapter.type")
    if kind != "lora":
        raise DamagedGgufError(f"its adapter.type is {kind!r} instead of 'lora'")
    alpha = metadata.real("adapter.lora.alpha", 0.0)
    if not math.isfinite(alpha):
        raise DamagedGgufError(f"its adapter.lora.alpha is {alpha}")
    metadata.length("adapter.alora.invocation_tokens", ValueType.UINT32)
    metadata.text("general.architecture")


def _pairs(header: GgufHeader) -> Iterator[tuple[str, GgufTensor, GgufTensor]]:
    """(tensor of the model, A, B)"""
    names: list[str] = []
    for name in header.tensors:
        if name.endswith((_A, _B)):
            names.append(name[: -len(_A)])
        elif not name.endswith(_IGNORED):
            raise DamagedGgufError(f"the tensor {name} is neither {_A[1:]} nor {_B[1:]}")
    if not names:
        raise DamagedGgufError("it has no weights")
    for name in dict.fromkeys(names):
        for suffix in (_A, _B):
            if f"{name}{suffix}" not in header.tensors:
                raise DamagedGgufError(f"the tensor {name}{suffix} is missing")
        yield name, header.tensors[f"{name}{_A}"], header.tensors[f"{name}{_B}"]


def _check_types(name: str, a: GgufTensor, b: GgufTensor) -> None:
    for tensor, suffix in ((a, _A), (b, _B)):
        kind = GGML_TYPES[tensor.kind]
        if not kind.multiplies:
            raise DamagedGgufError(f"the tensor {name}{suffix} has the type {kind.name}, which can't be computed with")


def _rank(name: str, a: GgufTensor, b: GgufTensor) -> int:
    """Raises DamagedGgufError."""
    wide_a, wide_b = _padded(a.shape), _padded(b.shape)
    ranks = (wide_a[0] if name.endswith(_TURNED) else wide_a[1], wide_b[0])
    if ranks[0] != ranks[1] or ranks[0] == 0:
        raise DamagedGgufError(f"the ranks of {name} are {ranks[0]} and {ranks[1]}")
    return ranks[0]


def _check_shapes(name: str, a: GgufTensor, b: GgufTensor, base: GgufHeader) -> None:
    target = base.tensors.get(name)
    if target is None:
        raise UnfitAdapterError(f"the model has no tensor {name}")
    if target.kind == NVFP4 and f"{name.removesuffix('weight')}scale" in base.tensors:
        raise UnfitAdapterError(f"llama.cpp can't adapt {name}, which is of the type NVFP4")
    wide, wide_a, wide_b = (_padded(tensor.shape) for tensor in (target, a, b))
    sides = (wide_b[1], wide_a[1]) if name.endswith(_TURNED) else (wide_a[0], wide_b[1])
    if sides != wide[:2] or not wide_a[2:] == wide_b[2:] == wide[2:]:
        shapes = f"{shape_text(a.shape)} and {shape_text(b.shape)}"
        raise UnfitAdapterError(f"{shapes} are no shapes for {name} of {shape_text(target.shape)}")


def _padded(shape: tuple[int, ...]) -> tuple[int, ...]:
    return shape + (1,) * (MOST_DIMENSIONS - len(shape))


def _check_numbers(path: str, header: GgufHeader) -> None:
    """Looks for NaN and infinity, in the types adapters come in; raises DamagedGgufError or OSError."""
    with Path(path).open("rb") as stream:
        for name, tensor in header.tensors.items():
            block = GGML_TYPES[tensor.kind].block_bytes
            stream.seek(tensor.offset)
            rest = tensor.n_bytes
            while rest:
                data = stream.read(min(rest, _CHUNK // block * block))
                if not data:
                    raise DamagedGgufError(f"the data of the tensor {name} end early")
                rest -= len(data)
                if not _all_finite(tensor.kind, data):
                    raise DamagedGgufError(f"there are values in the tensor {name} that are no finite numbers")


def _all_finite(kind: int, data: bytes) -> bool:
    if kind == F32:
        return bool(np.isfinite(np.frombuffer(data, dtype="<f4")).all())
    if kind == BF16:
        return _without(np.frombuffer(data, dtype="<u2"), _EXPONENT_BF16)
    if kind == F16:
        return _without(np.frombuffer(data, dtype="<u2"), _EXPONENT_F16)
    if kind == Q8_0:  # each block begins with its scale
        blocks = np.frombuffer(data, dtype=np.uint8).reshape(-1, GGML_TYPES[Q8_0].block_bytes)
        return _without(np.ascontiguousarray(blocks[:, :2]).view("<u2"), _EXPONENT_F16)
    return True


def _without(values: npt.NDArray[np.uint16], exponent: int) -> bool:
    return not bool((values & exponent == exponent).any())
