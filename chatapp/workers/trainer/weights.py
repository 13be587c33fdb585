"""A matrix of the base model: unpacked once, or left as its quantised bytes and unpacked whenever it is used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx
from torch.nn import functional

from chatapp.core.training_estimate import ROWS_BYTES
from chatapp.workers.trainer.dequantize import dequantize


class Weight(Protocol):
    """float32 (n_out, n_in), never trained."""

    shape: tuple[int, int]

    def apply(self, x: Tensor) -> Tensor:
        """x: (n, n_in). Returns x W^T, (n, n_out), through which gradients flow to x."""

    def values_now(self) -> Tensor:
        """All of it, (n_out, n_in), to be used at once and not kept."""

    def take(self, ids: Tensor) -> Tensor:
        """The rows of these numbers: (..., n_in)."""

    def blocks(self, most: int) -> Iterator[tuple[int, Tensor]]:
        """All rows in their order, at most `most` at once, as (number of the first, rows)."""


class DenseWeight:
    def __init__(self, values: Tensor) -> None:
        self.values = values
        self.shape = (values.shape[0], values.shape[1])

    def apply(self, x: Tensor) -> Tensor:
        return functional.linear(x, self.values)

    def values_now(self) -> Tensor:
        return self.values

    def take(self, ids: Tensor) -> Tensor:
        return functional.embedding(ids, self.values)

    def blocks(self, most: int) -> Iterator[tuple[int, Tensor]]:
        for start in range(0, self.shape[0], most):
            yield start, self.values[start : start + most]


class PackedWeight:
    def __init__(self, data: Tensor, kind: int, n_in: int) -> None:
        """data: uint8 (n_out, bytes of a row)"""
        self.data, self.kind = data, kind
        self.shape = (data.shape[0], n_in)

    def apply(self, x: Tensor) -> Tensor:
        product: Tensor = _Product.apply(x, self)  # type: ignore[no-untyped-call]
        return product

    def values_now(self) -> Tensor:
        return self.unpacked(self.data)

    def take(self, ids: Tensor) -> Tensor:
        return self.unpacked(self.data[ids])

    def blocks(self, most: int) -> Iterator[tuple[int, Tensor]]:
        n_out, n_in = self.shape
        step = min(most, max(1, ROWS_BYTES // (4 * n_in)))
        for start in range(0, n_out, step):
            yield start, self.unpacked(self.data[start : start + step])

    def dense(self) -> DenseWeight:
        """Unpacked part by part: what that needs besides is several times the size of a part."""
        values = torch.empty(self.shape, device=self.data.device)
        for start, rows in self.blocks(self.shape[0]):
            values[start : start + len(rows)] = rows
        return DenseWeight(values)

    def unpacked(self, data: Tensor) -> Tensor:
        return dequantize(data, self.kind)


class _Product(torch.autograd.Function):
    """x W^T, with W unpacked once for it and once for its gradient, and not kept in between."""

    @staticmethod
    def forward(ctx: FunctionCtx, x: Tensor, weight: PackedWeight) -> Tensor:
        ctx.weight = weight  # type: ignore[attr-defined]
        return _multiplied(x, weight)

    @staticmethod
    def backward(ctx: FunctionCtx, *gradients: Tensor) -> tuple[Tensor, None]:
        weight: PackedWeight = ctx.weight  # type: ignore[attr-defined]
        (gradient,) = gradients
        return gradient @ weight.values_now().to(gradient.dtype), None


def _multiplied(x: Tensor, weight: PackedWeight) -> Tensor:
    if torch.is_autocast_enabled(x.device.type):
        x = x.to(torch.get_autocast_dtype(x.device.type))
    return x @ weight.values_now().to(x.dtype).t()
