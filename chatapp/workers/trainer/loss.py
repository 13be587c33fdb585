"""The loss of predicted tokens, without the logits of all positions ever being there at once."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx

from chatapp.core.training_estimate import LOGIT_BYTES
from chatapp.workers.trainer.weights import Weight


def summed_loss(hidden: Tensor, targets: Tensor, head: Weight, softcap: float) -> Tensor:
    """hidden: (n, n_embd), what the tokens are predicted from; targets: int64 (n,); softcap: 0 for none.

    Returns the summed negative log-probability, nats, float64.
    """
    loss: Tensor = _HeadLoss.apply(hidden, targets, head, softcap)  # type: ignore[no-untyped-call]
    return loss


def log_probabilities(hidden: Tensor, head: Weight, softcap: float) -> Tensor:
    """float32 (n, n_vocab), nats; no gradient."""
    logits = torch.empty(len(hidden), head.shape[0], device=hidden.device)
    for start, rows in head.blocks(head.shape[0]):
        logits[:, start : start + len(rows)] = hidden @ rows.t()
    return torch.log_softmax(_capped(logits, softcap), dim=-1)


class _HeadLoss(torch.autograd.Function):
    """Goes through the vocabulary in parts of LOGIT_BYTES, so that a part's logits stay in the processor's cache, and
    its rows of the head are read, or unpacked, once. The gradient is taken with the loss: what is summed so far is
    scaled to each new greatest logit (as in Milakov and Gimelshein 2018, algorithm 3)."""

    @staticmethod
    def forward(ctx: FunctionCtx, hidden: Tensor, targets: Tensor, head: Weight, softcap: float) -> Tensor:
        n, device = len(hidden), hidden.device
        best, own = torch.full((n, 1), -torch.inf, device=device), torch.empty(n, 1, device=device)
        total = torch.zeros(n, 1, device=device)
        gradient = torch.zeros_like(hidden) if ctx.needs_input_grad[0] else None  # type: ignore[attr-defined]
        step = max(1, LOGIT_BYTES // (4 * max(1, n)))
        room = torch.empty(n * min(step, head.shape[0]), device=device)
        for start, rows in head.blocks(step):
            logits = torch.mm(hidden, rows.t(), out=room[: n * len(rows)].view(n, len(rows)))
            logits = _capped(logits, softcap)
            here = ((targets >= start) & (targets < start + len(rows))).nonzero().squeeze(-1)
            own[here, 0] = logits[here, targets[here] - start]
            greatest = torch.maximum(best, logits.amax(dim=-1, keepdim=True))
            shrink = (best - greatest).exp_()
            slope = _slope(logits, softcap) if softcap and gradient is not None else None
            p = logits.sub_(greatest).exp_()
            total.mul_(shrink).add_(p.sum(dim=-1, keepdim=True))
            if gradient is not None:
                gradient.mul_(shrink).addmm_(p if slope is None else p.mul_(slope), rows)
            best = greatest
        if gradient is not None:  # (softmax - one hot) W
            target_rows = head.take(targets)
            gradient.div_(total).sub_(target_rows.mul_(_slope(own, softcap)) if softcap else target_rows)
        ctx.gradient = gradient  # type: ignore[attr-defined]
        exact = torch.float64 if device.type != "mps" else torch.float32
        return (total.log() + best - own).to(exact).sum().cpu()

    @staticmethod
    def backward(ctx: FunctionCtx, *gradients: Tensor) -> tuple[Tensor, None, None, None]:
        own: Tensor = ctx.gradient  # type: ignore[attr-defined]
        return own * gradients[0].to(own.dtype).to(own.device), None, None, None


def _capped(logits: Tensor, softcap: float) -> Tensor:
    """In place."""
    return logits.div_(softcap).tanh_().mul_(softcap) if softcap else logits


def _slope(capped: Tensor, softcap: float) -> Tensor:
    """The derivative of the soft cap, 1 - tanh²."""
    return 1 - (capped / softcap).square_()
