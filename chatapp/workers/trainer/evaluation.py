"""Losses of the parts that are not trained on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from chatapp.core.examples import PreparedExamples
from chatapp.core.training import Losses, Split
from chatapp.workers.trainer.base import BaseModel
from chatapp.workers.trainer.batches import batch_of, measured_batches, members
from chatapp.workers.trainer.files import replaced
from chatapp.workers.trainer.forward import Forward
from chatapp.workers.trainer.loss import log_probabilities

REFERENCE_BYTES = 64_000_000


class Measurement:
    """on_progress is told which share of a part is done."""

    def __init__(
        self,
        base: BaseModel,
        forward: Forward,
        examples: PreparedExamples,
        batch: int,
        on_progress: Callable[[float], None],
    ) -> None:
        self._base, self._forward, self._examples, self._batch = base, forward, examples, batch
        self._on_progress = on_progress

    def validation(self) -> float | None:
        return self._mean(Split.VALIDATION)

    def all(self) -> Losses:
        """Of every part."""
        return Losses(
            validation=self._mean(Split.VALIDATION), test=self._mean(Split.TEST), unseen=self._mean(Split.UNSEEN)
        )

    def _mean(self, split: Split) -> float | None:
        """Over all counted tokens together, nats; None where there are none."""
        total, n_counted = 0.0, 0
        self._base.body.eval()
        with torch.no_grad():
            for share, batch in measured_batches(self._examples, split, self._batch):
                self._on_progress(share)
                total += float(self._forward.loss(batch))
                n_counted += len(batch.targets)
        return total / n_counted if n_counted else None

    def write_reference(self, path: Path) -> None:
        """Log-probabilities of the first counted tokens of the test part, or of validation; see ScoreExamples."""
        places = members(self._examples, Split.TEST) or members(self._examples, Split.VALIDATION)
        n_vocab = self._base.head.shape[0]
        room = REFERENCE_BYTES // (4 * n_vocab)
        rows = []
        self._base.body.eval()
        with torch.no_grad():
            for place in places:
                if room <= 0:
                    break
                hidden = self._forward.hidden(batch_of(self._examples, [(place,)]))[:room]
                rows.append(log_probabilities(hidden, self._base.head, self._base.plan.softcap).cpu().numpy())
                room -= len(hidden)
        whole = np.concatenate(rows) if rows else np.zeros((0, n_vocab), dtype=np.float32)
        with replaced(path) as temporary, temporary.open("wb") as stream:
            np.save(stream, whole)
