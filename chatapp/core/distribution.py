"""A model's distribution over its vocabulary, from one row of logits: p_i = exp(l_i) / sum_j exp(l_j).

Sums run in float32: against float64 a log-probability is at most 1e-5 nat off and an entropy 1e-4 at 262,144 tokens,
and a row takes a fifth of the time. Few calls matter here as well: beside a computing model, whose weights fill the
caches, each function of numpy costs 5 to 15 us, whatever it does.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Logits = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]
_NEVER = np.float32(-1e4)  # in place of -inf, whose product with 0 is not a number
NEAR_NATS, _FAR_NATS = np.float32(10.0), np.float32(20.0)  # below the largest logit the likeliest are looked for
_BLOCK = 1024  # products that are summed alone: how exactly BLAS sums many depends on the processor
_MANY = 32  # times as many as wanted are first made fewer, then sorted


def entropy_of(p: npt.NDArray[np.float32]) -> float:
    """H = -sum_i p_i log p_i, nats, of probabilities, float32 (n,), some of which may be 0."""
    likely = p[p > 0].astype(np.float64)
    return max(0.0, -float(np.dot(likely, np.log(likely))))


class Distribution:
    """Reads one row of logits after another; its arrays are kept from row to row, so it is for one thread."""

    def __init__(self, n_vocab: int) -> None:
        self.shifted: Logits = np.empty(n_vocab, dtype=np.float32)
        """l_i - max_j l_j"""
        self._weights = np.empty(n_vocab, dtype=np.float32)
        whole = n_vocab // _BLOCK * _BLOCK
        self._weight_blocks = self._weights[:whole].reshape(-1, 1, _BLOCK)
        self._shifted_blocks = self.shifted[:whole].reshape(-1, _BLOCK, 1)
        self._weight_rest, self._shifted_rest = self._weights[whole:], self.shifted[whole:]
        self.logits = self.shifted
        self._near: Ids | None = None
        self.largest = np.float32(0.0)
        self.log_total = 0.0
        """log sum_j exp(l_j), nats"""
        self.entropy = 0.0
        """H = -sum_i p_i log p_i, nats (Shannon 1948)"""

    def shift(self, logits: Logits, near: Ids | None = None) -> None:
        """Only what `logits`, `largest`, `shifted` and `near` tell. logits: float32 (n_vocab,), at least one of them
        finite; kept until the next row, not copied. near: where they are known, the ids, ascending, of all logits above
        some bound."""
        self.logits, self._near = logits, near
        self.largest = logits.max()
        np.subtract(logits, self.largest, out=self.shifted)

    def read(self, logits: Logits, near: Ids | None = None) -> None:
        """The same, and all else."""
        self.shift(logits, near)
        weights = self._weights
        np.exp(self.shifted, out=weights)
        total = float(weights.sum())
        product = self._product()
        if math.isnan(product):
            product = float(np.dot(weights.astype(np.float64), np.maximum(self.shifted, _NEVER)))
        self.log_total = float(self.largest) + math.log(total)
        self.entropy = max(0.0, math.log(total) - product / total)

    def _product(self) -> float:
        """sum_i exp(l_i - max) (l_i - max)"""
        with np.errstate(invalid="ignore"):  # -inf times 0
            blocks = np.matmul(self._weight_blocks, self._shifted_blocks)
        return float(blocks.sum()) + float(np.vdot(self._weight_rest, self._shifted_rest))

    @property
    def near(self) -> Ids:
        """The ids, ascending, of all logits above some bound, which is at least NEAR_NATS below the largest."""
        if self._near is None:
            self._near = np.flatnonzero(self.shifted > -NEAR_NATS)
        return self._near

    def logprob(self, token: int) -> float:
        """log p of `token`, nats."""
        return float(self.logits[token]) - self.log_total

    def logprobs(self, tokens: Ids) -> list[float]:
        """The same of each of `tokens`."""
        return [logit - self.log_total for logit in self.logits[tokens].tolist()]

    def rank(self, token: int) -> int:
        """How many tokens are likelier; those of equal logit share the better rank."""
        logit, some = self.logits[token], self.logits[self.near]
        return int(np.count_nonzero((some if logit >= some.min() else self.logits) > logit))

    def top(self, k: int) -> Ids:
        """The ids of the k most likely tokens, the likeliest first, those of equal logit by their ids."""
        k = min(k, len(self.logits))
        ids = self.near
        if len(ids) < k:
            ids = np.flatnonzero(self.shifted > -_FAR_NATS)
        if len(ids) < k:
            ids = np.arange(len(self.logits))
        logits = self.logits[ids]
        if len(ids) > _MANY * k:
            kept = np.flatnonzero(logits >= np.partition(logits, -k)[-k])
            ids, logits = ids[kept], logits[kept]
        return ids[np.argsort(-logits, kind="stable")[:k]]
