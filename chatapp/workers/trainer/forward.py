"""A batch through the model: hidden states of the places that predict, and their loss."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch
from torch import Tensor

from chatapp.workers.trainer.base import BaseModel
from chatapp.workers.trainer.batches import Batch
from chatapp.workers.trainer.loss import summed_loss


class Forward:
    """half: compute matrix products in bfloat16, the rest and the loss in float32."""

    def __init__(self, base: BaseModel, *, half: bool) -> None:
        self._base, self._half = base, half

    def loss(self, batch: Batch) -> Tensor:
        """The summed negative log-probability of the counted tokens, nats."""
        batch = batch.to(self._base.device)
        return summed_loss(self._hidden(batch), batch.targets, self._base.head, self._base.plan.softcap)

    def hidden(self, batch: Batch) -> Tensor:
        """float32 (n_counted, n_embd)"""
        return self._hidden(batch.to(self._base.device))

    def _hidden(self, batch: Batch) -> Tensor:
        further: dict[str, object] = {}
        if batch.segments is not None:
            further = {"position_ids": batch.positions, "attention_mask": self._masks(batch.segments)}
        with self._precision():
            states: Tensor = self._base.body(input_ids=batch.ids, **further).last_hidden_state
        return states.flatten(0, 1)[batch.places].float()

    def _masks(self, segments: Tensor) -> Tensor | dict[str, Tensor]:
        """Which token sees which, (rows, 1, length, length): those before it, in its own segment and its window."""
        place = torch.arange(segments.shape[1], device=segments.device)
        back = place.unsqueeze(1) - place.unsqueeze(0)
        whole = (segments.unsqueeze(2) == segments.unsqueeze(1)) & (back >= 0)
        window = self._base.plan.config.get("sliding_window")
        if not isinstance(window, int):
            return self._mask(whole)
        return {"full_attention": self._mask(whole), "sliding_attention": self._mask(whole & (back < window))}

    def _mask(self, allowed: Tensor) -> Tensor:
        allowed = allowed.unsqueeze(1)
        if self._base.plan.architecture.kernel == "sdpa":
            return allowed
        return torch.zeros(allowed.shape, device=allowed.device).masked_fill_(~allowed, torch.finfo(torch.float32).min)

    @contextlib.contextmanager
    def _precision(self) -> Iterator[None]:
        if not self._half:
            yield
            return
        with torch.autocast(self._base.device.type, torch.bfloat16):
            yield
