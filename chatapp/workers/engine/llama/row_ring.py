"""The logits of the latest steps, so that it can be asked later what other settings would have made of them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from chatapp.core.distribution import Distribution
from chatapp.workers.engine.llama import library

MOST_BYTES = 256 << 20
_EXACT_NATS = 9.0
"""Logits less than this below the largest are kept exactly too: halves are too coarse where a sampler cuts."""


def key_of(ids: Iterable[int], start: int = 0) -> int:
    """Stands for a sequence of tokens; `start` is the key of those before."""
    key = start
    for token in ids:
        key = hash((key, token))
    return key


@dataclass(slots=True)
class _Row:
    shifted: npt.NDArray[np.float16]
    largest: np.float32
    near: npt.NDArray[np.int32]
    exact: npt.NDArray[np.float32]


class RowRing:
    """Rows by the key of the tokens before them, in float16 below the largest logit. The oldest go first. One, which is
    looked at now, is kept as it was."""

    def __init__(self, n_vocab: int, most_bytes: int = MOST_BYTES) -> None:
        self._most = max(1, most_bytes // (2 * n_vocab))
        self._n_vocab = n_vocab
        self._rows: OrderedDict[int, _Row] = OrderedDict()
        self._exact: tuple[int, npt.NDArray[np.float32]] | None = None

    def __len__(self) -> int:
        return len(self._rows)

    def keep(self, key: int, of: Distribution) -> None:
        """The row that it has read or shifted, copied."""
        row = self._rows.pop(key, None)
        if row is None and len(self._rows) >= self._most:
            row = self._rows.popitem(last=False)[1]
        halves = row.shifted if row is not None else np.empty(self._n_vocab, dtype=np.float16)
        library.to_halves(of.shifted, halves)
        near = of.near[of.shifted[of.near] > -_EXACT_NATS].astype(np.int32)
        self._rows[key] = _Row(halves, of.largest, near, of.logits[near])

    def keep_exact(self, key: int, logits: npt.NDArray[np.float32]) -> None:
        """logits: float32 (n_vocab,), copied; in place of the last that was kept so."""
        self._exact = (key, logits.copy())

    def row(self, key: int) -> npt.NDArray[np.float32] | None:
        """float32 (n_vocab,), the caller's own; None where it was not kept or is gone."""
        if self._exact is not None and self._exact[0] == key:
            return np.array(self._exact[1])
        kept = self._rows.get(key)
        if kept is None:
            return None
        logits = kept.shifted.astype(np.float32)
        logits += kept.largest
        logits[kept.near] = kept.exact
        return logits
