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
    return torch.log_softmax(_logits(hidden, head, softcap), dim=-1)


class _HeadLoss(torch.autograd.Function):
    """Goes through the positions in chunks. The gradient is taken with the loss, while a chunk's logits are there."""

    @staticmethod
    def forward(ctx: FunctionCtx, hidden: Tensor, targets: Tensor, head: Weight, softcap: float) -> Tensor:
        loss = torch.zeros((), dtype=torch.float64 if hidden.device.type != "mps" else torch.float32)
        gradient = torch.empty_like(hidden) if ctx.needs_input_grad[0] else None  # type: ignore[attr-defined]
        step = max(1, LOGIT_BYTES // (4 * head.shape[0]))
        for start in range(0, len(hidden), step):
            part = slice(start, start + step)
            logits = _logits(hidden[part], head, softcap)
            chosen = targets[part].unsqueeze(-1)
            slope = 1 - (logits / softcap).square_() if softcap and gradient is not None else None
            own, best = logits.gather(-1, chosen), logits.amax(dim=-1, keepdim=True)
            p = logits.sub_(best).exp_()
            total = p.sum(dim=-1, keepdim=True)
            loss += (total.log() + best - own).to(loss.dtype).sum().cpu()
            if gradient is not None:
                gradient[part] = _gradient(p.div_(total), slope, chosen, head)
        ctx.gradient = gradient  # type: ignore[attr-defined]
        return loss

    @staticmethod
    def backward(ctx: FunctionCtx, *gradients: Tensor) -> tuple[Tensor, None, None, None]:
        own: Tensor = ctx.gradient  # type: ignore[attr-defined]
        return own * gradients[0].to(own.dtype).to(own.device), None, None, None


def _logits(hidden: Tensor, head: Weight, softcap: float) -> Tensor:
    logits = torch.empty(len(hidden), head.shape[0], device=hidden.device)
    for start, rows in head.blocks():
        if len(rows) == head.shape[0]:
            logits = hidden @ rows.t()
        else:
            logits[:, start : start + len(rows)] = hidden @ rows.t()
    return logits.div_(softcap).tanh_().mul_(softcap) if softcap else logits


def _gradient(p: Tensor, slope: Tensor | None, chosen: Tensor, head: Weight) -> Tensor:
    """(softmax - one hot) W; slope: the derivative of the soft cap, 1 - tanh². Overwrites p, the softmax."""
    p.scatter_add_(-1, chosen, torch.full_like(chosen, -1, dtype=p.dtype))
    if slope is not None:
        p *= slope
    found: Tensor | None = None
    for start, rows in head.blocks():
        product = p[:, start : start + len(rows)] @ rows
        found = product if found is None else found + product
    assert found is not None  # a vocabulary has tokens
    return found
