"""Layers with a LoRA adapter: y = W x + (alpha / rank) B A dropout(x). See Hu et al. 2021, section 4.1."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx
from torch.nn import functional

from chatapp.workers.trainer.weights import Weight


class FrozenLinear(nn.Module):
    """A linear layer of the base model."""

    def __init__(self, weight: Weight, bias: Tensor | None) -> None:
        super().__init__()
        self.weight = weight
        self.bias = bias

    def forward(self, x: Tensor) -> Tensor:
        return self.product(x.reshape(-1, x.shape[-1])).reshape(*x.shape[:-1], -1)

    def product(self, x: Tensor) -> Tensor:
        """x: (n, n_in)"""
        y = self.weight.apply(x)
        return y if self.bias is None else y + self.bias


class LoraLinear(FrozenLinear):
    """lora_a: (rank, n_in), uniform as in PEFT (Kaiming, a = sqrt 5); lora_b: (n_out, rank), 0 at first."""

    def __init__(
        self,
        weight: Weight,
        bias: Tensor | None,
        *,
        rank: int,
        alpha: float,
        dropout: float,
        generator: torch.Generator,
        device: torch.device,
    ) -> None:
        super().__init__(weight, bias)
        n_out, n_in = weight.shape
        bound = 1 / math.sqrt(n_in)
        first = torch.empty(rank, n_in).uniform_(-bound, bound, generator=generator)
        self.lora_a = nn.Parameter(first.to(device))
        self.lora_b = nn.Parameter(torch.zeros(n_out, rank, device=device))
        self.scale = alpha / rank
        self.dropout = dropout

    def product(self, x: Tensor) -> Tensor:
        if not self.dropout and not torch.is_autocast_enabled(x.device.type):
            y: Tensor = _Adapted.apply(x, self.lora_a, self.lora_b, self.weight, self.scale)  # type: ignore[no-untyped-call]
            return y if self.bias is None else y + self.bias
        y = super().product(x)
        x = functional.dropout(x, self.dropout, self.training) if self.dropout else x
        return y + functional.linear(functional.linear(x, self.lora_a) * self.scale, self.lora_b)


class _Adapted(torch.autograd.Function):
    """W x + scale B A x. Sums are added where they are, since on a CPU each pass over (n, n_out) numbers takes as long
    as the whole of B A x."""

    @staticmethod
    def forward(ctx: FunctionCtx, x: Tensor, a: Tensor, b: Tensor, weight: Weight, scale: float) -> Tensor:
        inner = (x @ a.t()).mul_(scale)
        ctx.save_for_backward(x, a, b, inner)
        ctx.weight, ctx.scale = weight, scale  # type: ignore[attr-defined]
        return (x @ weight.values_now().t()).addmm_(inner, b.t())

    @staticmethod
    def backward(ctx: FunctionCtx, *gradients: Tensor) -> tuple[Tensor | None, Tensor, Tensor, None, None]:
        (gradient,) = gradients
        x, a, b, inner = ctx.saved_tensors  # type: ignore[attr-defined]
        gradient_inner = (gradient @ b).mul_(ctx.scale)  # type: ignore[attr-defined]
        gradient_x: Tensor | None = None
        if ctx.needs_input_grad[0]:  # type: ignore[attr-defined]
            gradient_x = (gradient @ ctx.weight.values_now()).addmm_(gradient_inner, a)  # type: ignore[attr-defined]
        return gradient_x, gradient_inner.t() @ x, gradient.t() @ inner, None, None


class FrozenEmbedding(nn.Module):
    """scale: what Gemma multiplies embeddings by."""

    def __init__(self, weight: Weight, scale: float) -> None:
        super().__init__()
        self.weight = weight
        self.scale = scale

    def forward(self, ids: Tensor) -> Tensor:
        found = self.weight.take(ids)
        return found if self.scale == 1 else found * self.scale
