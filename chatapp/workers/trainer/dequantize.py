"""The blocks of quantised tensors as numbers, in PyTorch.

The layouts are those of ggml-quants.c in llama.cpp; the sums are done in the order of gguf.quants, so that the numbers
are the same to the last bit. Types that are not here are left to that package, which is slower.
"""

from __future__ import annotations

from collections.abc import Callable

import gguf
import torch
from torch import Tensor

from chatapp.core.ggml_types import BF16, F16, F32, GGML_TYPES

Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K = 2, 3, 6, 7, 8, 10, 11, 12, 13, 14


def dequantize(data: Tensor, kind: int) -> Tensor:
    """data: uint8 (..., bytes of whole blocks), kind: a key of GGML_TYPES. Returns float32 (..., values).

    Raises NotImplementedError for a type that nobody reads.
    """
    leading = data.shape[:-1]
    if kind == F32:
        return data.contiguous().view(torch.float32).clone()
    if kind in (F16, BF16):
        return data.contiguous().view(torch.float16 if kind == F16 else torch.bfloat16).float()
    ggml = GGML_TYPES[kind]
    n_values = data.shape[-1] // ggml.block_bytes * ggml.per_block
    reader = _READERS.get(kind)
    if reader is None:
        whole = data.cpu().numpy().reshape(-1, data.shape[-1])
        values = gguf.quants.dequantize(whole, gguf.GGMLQuantizationType(kind))
        return torch.from_numpy(values).to(data.device).reshape(*leading, n_values)
    return reader(data.reshape(-1, ggml.block_bytes)).reshape(*leading, n_values)


def can_dequantize(kind: int) -> bool:
    """Whether `dequantize` reads that type."""
    if kind in (F32, F16, BF16) or kind in _READERS:
        return True
    try:
        return gguf.GGMLQuantizationType(kind) in gguf.quants._type_traits  # nothing public tells
    except ValueError:
        return False


def _half(data: Tensor) -> Tensor:
    """(n, 2 k) bytes -> float32 (n, k)"""
    return data.contiguous().view(torch.float16).float()


def _shifted(data: Tensor, group: int, width: int, count: int) -> Tensor:
    """Each group of bytes shifted by 0, width, 2 width ...: uint8 (n, groups, count, group)."""
    groups = data.reshape(len(data), -1, group)
    shifted = torch.empty((*groups.shape[:2], count, group), dtype=torch.uint8, device=data.device)
    for number in range(count):  # a shift by one number is several times as fast as one by a row of them
        torch.bitwise_right_shift(groups, width * number, out=shifted[:, :, number])
    return shifted


def _nibbles(data: Tensor, group: int) -> Tensor:
    """The low halves of each group of bytes, then the high ones: uint8 (n, 2 bytes)."""
    return _shifted(data, group, 4, 2).bitwise_and_(0x0F).reshape(len(data), -1)


def _fifth_bits(data: Tensor) -> Tensor:
    """(n, 4) bytes -> their bits from the lowest: uint8 (n, 32)"""
    shifts = torch.arange(8, dtype=torch.uint8, device=data.device)
    return ((data.unsqueeze(-1) >> shifts) & 1).reshape(len(data), 32)


def _q4_0(data: Tensor) -> Tensor:
    return _nibbles(data[:, 2:], 16).float().sub_(8).mul_(_half(data[:, :2]))


def _q4_1(data: Tensor) -> Tensor:
    return _nibbles(data[:, 4:], 16).float().mul_(_half(data[:, :2])).add_(_half(data[:, 2:4]))


def _q5_0(data: Tensor) -> Tensor:
    values = _nibbles(data[:, 6:], 16) | (_fifth_bits(data[:, 2:6]) << 4)
    return _half(data[:, :2]) * (values.to(torch.int8) - 16).float()


def _q5_1(data: Tensor) -> Tensor:
    values = _nibbles(data[:, 8:], 16) | (_fifth_bits(data[:, 4:8]) << 4)
    return _half(data[:, :2]) * values.float() + _half(data[:, 2:4])


def _q8_0(data: Tensor) -> Tensor:
    return _half(data[:, :2]) * data[:, 2:].contiguous().view(torch.int8).float()


def _q2_k(data: Tensor) -> Tensor:
    scales, values, d, least = data[:, :16], data[:, 16:80], _half(data[:, 80:82]), _half(data[:, 82:84])
    values = (_shifted(values, 32, 2, 4) & 3).reshape(-1, 16, 16)
    step = (d * (scales & 0x0F).float()).unsqueeze(-1)
    return step * values.float() - (least * (scales >> 4).float()).unsqueeze(-1)


def _q3_k(data: Tensor) -> Tensor:
    high, low, packed, d = data[:, :32], data[:, 32:96], data[:, 96:108], _half(data[:, 108:110])
    scales = _nibbles(packed[:, :8], 8) | ((_shifted(packed[:, 8:], 4, 2, 4) & 3).reshape(-1, 16) << 4)
    step = (d * (scales.to(torch.int8) - 32).float()).unsqueeze(-1)
    values = (_shifted(low, 32, 2, 4) & 3).reshape(-1, 16, 16).to(torch.int8)
    missing = (_shifted(high, 32, 1, 8) & 1).reshape(-1, 16, 16) ^ 1
    return step * (values - (missing << 2).to(torch.int8)).float()


def _scales_and_least(data: Tensor) -> tuple[Tensor, Tensor]:
    """The steps and offsets of Q4_K and Q5_K, float32 (n, 8, 1) each, from the first 16 bytes of a block."""
    d, least, packed = _half(data[:, :2]), _half(data[:, 2:4]), data[:, 4:16]
    first, second, third = packed[:, :4], packed[:, 4:8], packed[:, 8:]
    scales = torch.cat([first & 0x3F, (third & 0x0F) | ((first >> 2) & 0x30)], dim=1)
    offsets = torch.cat([second & 0x3F, (third >> 4) | ((second >> 2) & 0x30)], dim=1)
    return (d * scales.float()).unsqueeze(-1), (least * offsets.float()).unsqueeze(-1)


def _q4_k(data: Tensor) -> Tensor:
    step, offset = _scales_and_least(data)
    return _nibbles(data[:, 16:], 32).reshape(-1, 8, 32).float().mul_(step).sub_(offset)


def _q5_k(data: Tensor) -> Tensor:
    step, offset = _scales_and_least(data)
    high = (_shifted(data[:, 16:48], 32, 1, 8) & 1).reshape(-1, 8, 32)
    values = _nibbles(data[:, 48:], 32).reshape(-1, 8, 32) | (high << 4)
    return step * values.float() - offset


def _q6_k(data: Tensor) -> Tensor:
    low, high = data[:, :128], data[:, 128:192]
    scales, d = data[:, 192:208].contiguous().view(torch.int8).float(), _half(data[:, 208:210])
    upper = _shifted(high, 32, 2, 4).bitwise_and_(3).bitwise_left_shift_(4).reshape(-1, 256)
    values = _nibbles(low, 64).bitwise_or_(upper).reshape(-1, 16, 16)
    return values.float().sub_(32).mul_((d * scales).unsqueeze(-1))


_READERS: dict[int, Callable[[Tensor], Tensor]] = {
    Q4_0: _q4_0, Q4_1: _q4_1, Q5_0: _q5_0, Q5_1: _q5_1, Q8_0: _q8_0,
    Q2_K: _q2_k, Q3_K: _q3_k, Q4_K: _q4_k, Q5_K: _q5_k, Q6_K: _q6_k,
}  # fmt: skip
