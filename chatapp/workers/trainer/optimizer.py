"""AdamW over the adapters: one step of several batches. See Loshchilov and Hutter 2019."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from chatapp.core.training import TrainingSettings
from chatapp.workers.trainer.base import BaseModel
from chatapp.workers.trainer.batches import Batch
from chatapp.workers.trainer.checkpoint import Progress
from chatapp.workers.trainer.forward import Forward
from chatapp.workers.trainer.schedule import learning_rate

CLIPPED_AT = 1.0  # of the gradient's norm
_LARGEST_SEED = 2**31


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """loss: mean over the counted tokens of all its batches, nats; grad_norm: before clipping."""

    loss: float
    grad_norm: float
    rate: float
    n_tokens: int
    n_counted: int


class Optimizer:
    def __init__(self, base: BaseModel, settings: TrainingSettings, n_steps: int) -> None:
        self._body, self._settings, self._n_steps = base.body, settings, n_steps
        self._parameters = base.parameters()
        self._adam = torch.optim.AdamW(
            self._parameters,
            lr=settings.learning_rate,
            weight_decay=settings.weight_decay,
            betas=(0.9, 0.999),
            eps=1e-8,
        )

    def step(self, number: int, batches: Sequence[Batch], forward: Forward) -> Step:
        """Does step `number`, from 1, unless its loss or gradient is no number. Its dropout follows from the seed and
        the number alone."""
        torch.manual_seed(self._settings.seed * _LARGEST_SEED + number)
        self._body.train()
        self._adam.zero_grad(set_to_none=True)
        n_counted = max(1, sum(len(batch.targets) for batch in batches))
        total = 0.0
        for batch in batches:
            loss = forward.loss(batch)
            (loss / n_counted).backward()  # type: ignore[no-untyped-call]
            total += float(loss.detach())
        norm = float(torch.nn.utils.clip_grad_norm_(self._parameters, CLIPPED_AT))
        rate = learning_rate(number, self._n_steps, self._settings)
        done = Step(
            loss=total / n_counted,
            grad_norm=norm,
            rate=rate,
            n_tokens=sum(batch.n_tokens for batch in batches),
            n_counted=n_counted,
        )
        if norm < float("inf") and total < float("inf"):  # false for NaN
            for group in self._adam.param_groups:
                group["lr"] = rate
            self._adam.step()
        return done

    def keep(self, progress: Progress) -> None:
        """Puts weights and state where a checkpoint is written from; they are not copied."""
        progress.weights = [part.detach() for part in self._parameters]
        progress.optimizer = self._adam.state_dict()

    def restore(self, progress: Progress) -> None:
        self.use(progress.weights)
        if progress.optimizer:
            self._adam.load_state_dict(progress.optimizer)

    def use(self, weights: Sequence[Tensor]) -> None:
        with torch.no_grad():
            for part, value in zip(self._parameters, weights, strict=True):
                part.copy_(value)
