"""Which examples are computed together, and in which order: a function of the seed alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from chatapp.core.examples import PreparedExamples
from chatapp.core.training import Split, TrainingSettings
from chatapp.core.training_rows import Row, planned_rows, planned_steps, rows_of, rows_per_step

PADDING = -1  # the segment of what fills a row up


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """ids: int64 (rows, length). From the hidden state at places[i] of the flattened rows targets[i] is predicted, both
    int64 (n_counted,). positions and segments, int64 (rows, length), where several examples share a row: a token sees
    those of its own segment only. n_tokens: without padding."""

    ids: Tensor
    places: Tensor
    targets: Tensor
    n_tokens: int
    positions: Tensor | None = None
    segments: Tensor | None = None

    def to(self, device: torch.device) -> Batch:
        return Batch(
            ids=self.ids.to(device),
            places=self.places.to(device),
            targets=self.targets.to(device),
            n_tokens=self.n_tokens,
            positions=None if self.positions is None else self.positions.to(device),
            segments=None if self.segments is None else self.segments.to(device),
        )


def members(examples: PreparedExamples, split: Split) -> list[int]:
    """The numbers of the examples in a part, in order."""
    return [int(place) for place in np.flatnonzero(examples.splits == split.value)]


def batch_of(examples: PreparedExamples, rows: Sequence[Row]) -> Batch:
    """Rows side by side, filled up at their ends: what follows changes nothing before it."""
    lengths = [sum(len(examples.example(place)[0]) for place in row) for row in rows]
    ids = np.zeros((len(rows), max(lengths)), dtype=np.int64)
    positions = np.zeros_like(ids)
    segments = np.full_like(ids, PADDING)
    places: list[np.ndarray[tuple[int], np.dtype[np.int64]]] = []
    targets = []
    for number, row in enumerate(rows):
        start = 0
        for segment, place in enumerate(row):
            tokens, counted = examples.example(place)
            end = start + len(tokens)
            ids[number, start:end] = tokens
            positions[number, start:end] = np.arange(len(tokens))
            segments[number, start:end] = segment
            predicted = np.flatnonzero(counted[1:])
            places.append(number * ids.shape[1] + start + predicted)
            targets.append(tokens[1:][predicted].astype(np.int64))
            start = end
    shared = any(len(row) > 1 for row in rows)
    return Batch(
        ids=torch.from_numpy(ids),
        places=torch.from_numpy(np.concatenate(places)),
        targets=torch.from_numpy(np.concatenate(targets)),
        n_tokens=sum(lengths),
        positions=torch.from_numpy(positions) if shared else None,
        segments=torch.from_numpy(segments) if shared else None,
    )


class TrainingOrder:
    """The training part as an endless line of rows, each epoch in an order of its own."""

    def __init__(self, examples: PreparedExamples, settings: TrainingSettings) -> None:
        self._examples, self._settings = examples, settings
        places = members(examples, Split.TRAIN)
        lengths = {place: len(examples.example(place)[0]) for place in places}
        self.rows = rows_of(lengths, settings)
        self.longest = max(sum(lengths[place] for place in row) for row in self.rows)
        self.n_steps = planned_steps(len(self.rows), settings)
        self._per_step = rows_per_step(settings)
        self._total = planned_rows(len(self.rows), settings)
        self._order: dict[int, list[int]] = {}

    def batches(self, step: int) -> list[Batch]:
        """Those of a step, from 1."""
        start = (step - 1) * self._per_step
        end = min(start + self._per_step, self._total)
        rows = [self._row(number) for number in range(start, end)]
        size = self._settings.batch
        return [batch_of(self._examples, rows[first : first + size]) for first in range(0, len(rows), size)]

    def epochs(self, step: int) -> float:
        """How often the part has been gone through after that step."""
        return min(step * self._per_step, self._total) / len(self.rows)

    def _row(self, number: int) -> Row:
        epoch, place = divmod(number, len(self.rows))
        if epoch not in self._order:
            shuffled = np.random.default_rng((self._settings.seed, epoch)).permutation(len(self.rows))
            self._order = {epoch: [int(index) for index in shuffled]} | dict(list(self._order.items())[-1:])
        return self.rows[self._order[epoch][place]]


def measured_batches(examples: PreparedExamples, split: Split, size: int) -> Iterator[tuple[float, Batch]]:
    """A part for measuring, (share done before it, batch), examples of like length together."""
    places = sorted(members(examples, split), key=lambda place: -len(examples.example(place)[0]))
    for start in range(0, len(places), size):
        yield start / len(places), batch_of(examples, [(place,) for place in places[start : start + size]])
