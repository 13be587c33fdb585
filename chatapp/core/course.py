"""The course of a reply: what its tokens were worth, one after another, in arrays that grow with it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from chatapp.core.token_record import LOG_2, TokenRecord, perplexity

_GROWTH = 256
Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyFigures:
    """n_tokens with a record; mean_entropy in nats."""

    n_tokens: int
    perplexity: float
    mean_entropy: float


class Course:
    """Looking at any part of it costs no more than numpy's pass over that part."""

    def __init__(self, records: Iterable[TokenRecord | None] = ()) -> None:
        self._values = np.full((2, _GROWTH), math.nan)  # log-probability and entropy in nats; NaN without a record
        self._count = 0
        self.append(records)

    def __len__(self) -> int:
        return self._count

    def append(self, records: Iterable[TokenRecord | None]) -> None:
        for record in records:
            if self._count == self._values.shape[1]:
                self._values = np.concatenate([self._values, np.full_like(self._values, math.nan)], axis=1)
            if record is not None:
                self._values[:, self._count] = record.logprob, record.entropy
            self._count += 1

    def bits(self) -> tuple[Values, Values]:
        """Surprisal and entropy of each token, 0 where none was recorded."""
        logprobs, entropies = np.nan_to_num(self._values[:, : self._count]) / LOG_2
        return -logprobs, entropies

    def figures(self, first: int = 0, last: int | None = None) -> ReplyFigures | None:
        """Of the tokens from `first` to `last`, which have a record; None where none has."""
        logprobs, entropies = self._part(first, last)
        known = ~np.isnan(logprobs)
        if not known.any():
            return None
        return ReplyFigures(
            n_tokens=int(known.sum()),
            perplexity=perplexity(-float(logprobs[known].sum()), int(known.sum())),
            mean_entropy=float(entropies[known].mean()),
        )

    def most_surprising(self, count: int, first: int = 0, last: int | None = None) -> list[int]:
        """The places of the `count` tokens with the least probability, the least likely first."""
        logprobs, _entropies = self._part(first, last)
        order = np.argsort(logprobs, kind="stable")[: min(count, int((~np.isnan(logprobs)).sum()))]  # NaN comes last
        return [first + int(place) for place in order]

    def _part(self, first: int, last: int | None) -> Values:
        return self._values[:, first : self._count if last is None else last + 1]
