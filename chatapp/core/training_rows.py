"""Rows of a batch: one training example each, or several packed together; and how many steps they make."""

from __future__ import annotations

import bisect
import math
from collections.abc import Mapping

from chatapp.core.training import TrainingSettings

Row = tuple[int, ...]  # numbers of the examples in it


def rows_of(lengths: Mapping[int, int], settings: TrainingSettings) -> list[Row]:
    """lengths: tokens of each training example, by its number."""
    return _packed(lengths, settings.max_length) if settings.packing else [(place,) for place in lengths]


def planned_steps(n_rows: int, settings: TrainingSettings) -> int:
    """How many steps a run has that nothing ends early; at least 1."""
    return settings.steps or max(1, math.ceil(planned_rows(n_rows, settings) / rows_per_step(settings)))


def planned_rows(n_rows: int, settings: TrainingSettings) -> int:
    """How many rows are trained on in all of it."""
    return settings.steps * rows_per_step(settings) or max(1, round(settings.epochs * n_rows))


def rows_per_step(settings: TrainingSettings) -> int:
    return settings.batch * settings.accumulate


def steps_between_evaluations(n_steps: int, settings: TrainingSettings) -> int:
    return settings.evaluate_every or max(1, math.ceil(n_steps / 10))


def _packed(lengths: Mapping[int, int], most: int) -> list[Row]:
    """Examples put together where they fit, the longest first, each into the row with the least room for it."""
    rows: list[list[int]] = []
    room: list[tuple[int, int]] = []  # (tokens left, number of the row), sorted
    for place in sorted(lengths, key=lambda place: (-lengths[place], place)):
        found = bisect.bisect_left(room, (lengths[place], 0))
        if found < len(room):
            left, number = room.pop(found)
            rows[number].append(place)
        else:
            left, number = max(most, lengths[place]), len(rows)
            rows.append([place])
        bisect.insort(room, (left - lengths[place], number))
    return [tuple(row) for row in rows]
