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
    replayed: bool

    @property
    def n_bytes(self) -> int:
        return self.shifted.nbytes + self.near.nbytes + self.exact.nbytes


class RowRing:
    """Rows by the key of the tokens before them, in float16 below the largest logit. The oldest go first. One, which is
    looked at now, is kept as it was, beside the others. replayed, of a row: it is not that of the reply's own step but
    has been computed again."""

    def __init__(self, n_vocab: int, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._n_vocab = n_vocab
        self._rows: OrderedDict[int, _Row] = OrderedDict()
        self._n_bytes = 0
        self._exact: tuple[int, npt.NDArray[np.float32]] | None = None

    def __len__(self) -> int:
        return len(self._rows)

    def keep(self, key: int, of: Distribution, *, replayed: bool = False) -> None:
        """The row that it has read or shifted, copied. A reply's own takes the place of a replayed one, not the other
        way round."""
        known = self._rows.get(key)
        if replayed and known is not None and not known.replayed:
            self._rows.move_to_end(key)
            return
        if not replayed and self._exact is not None and self._exact[0] == key:
            self._exact = None
        near = of.near[of.shifted[of.near] > -_EXACT_NATS].astype(np.int32)
        exact = of.logits[near]
        halves = self._room_for(key, 2 * self._n_vocab + near.nbytes + exact.nbytes)
        library.to_halves(of.shifted, halves)
        self._rows[key] = row = _Row(halves, of.largest, near, exact, replayed)
        self._n_bytes += row.n_bytes

    def keep_exact(self, key: int, logits: npt.NDArray[np.float32]) -> None:
        """logits: float32 (n_vocab,), replayed, copied; in place of the last that was kept so."""
        self._exact = (key, logits.copy())

    def row(self, key: int) -> tuple[npt.NDArray[np.float32], bool] | None:
        """(float32 (n_vocab,), the caller's own; replayed); None where it was not kept or is gone."""
        if self._exact is not None and self._exact[0] == key:
            return np.array(self._exact[1]), True
        kept = self._rows.get(key)
        if kept is None:
            return None
        logits = kept.shifted.astype(np.float32)
        logits += kept.largest
        logits[kept.near] = kept.exact
        return logits, kept.replayed

    def _room_for(self, key: int, n_bytes: int) -> npt.NDArray[np.float16]:
        """Drops the row of `key` and the oldest as far as needed; an array of one of them, or a new one."""
        halves: npt.NDArray[np.float16] | None = None
        while self._rows and (key in self._rows or self._n_bytes + n_bytes > self._most_bytes):
            row = self._rows.pop(key) if key in self._rows else self._rows.popitem(last=False)[1]
            self._n_bytes -= row.n_bytes
            halves = row.shifted
        return halves if halves is not None else np.empty(self._n_vocab, dtype=np.float16)
