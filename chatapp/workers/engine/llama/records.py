"""The record of each drawn token: the model's distribution at that step, the sampled one, and who cut what."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from chatapp.core.distribution import Distribution
from chatapp.core.token_record import Alternatives, TokenRecord
from chatapp.workers.engine.llama.sampler import Draw
from chatapp.workers.engine.llama.vocabulary import Vocabulary

_FEW = 512  # candidates that Python looks through faster than numpy
_NOTED_BYTES = 16 << 20


class Recorder:
    """Makes a record with the `most` most likely tokens of each step; for one reply.

    A step that is noted is only copied: between two steps of a computing model the caches hold its weights, and every
    function costs several times what it does in a row of them.
    """

    def __init__(self, vocabulary: Vocabulary, most: int) -> None:
        self._vocabulary = vocabulary
        self._most = most
        self.distribution = Distribution(vocabulary.n_tokens)
        """Of the row of the last record."""
        self._is_asked = np.zeros(vocabulary.n_tokens, dtype=np.bool_)
        self.most_noted = max(1, _NOTED_BYTES // (4 * vocabulary.n_tokens))
        self._rows: list[npt.NDArray[np.float32]] = []
        self._draws: list[Draw] = []

    def note(self, logits: npt.NDArray[np.float32], draw: Draw) -> None:
        """For the next `records`; at most `most_noted`. draw: by a chain from `logits`, float32 (n_vocab,)."""
        if len(self._draws) == len(self._rows):
            self._rows.append(np.empty(self._vocabulary.n_tokens, dtype=np.float32))
        np.copyto(self._rows[len(self._draws)], logits)
        self._draws.append(draw)

    def records(self) -> Iterator[TokenRecord]:
        """Of the steps that were noted, in their order; `distribution` is that of the one just given."""
        draws, self._draws = self._draws, []
        for logits, draw in zip(self._rows, draws, strict=False):
            yield self.record(logits, draw, draw.token)

    def plain(self, logits: npt.NDArray[np.float32], token: int) -> TokenRecord:
        """Of a token that was not drawn: what is said of sampling is the model's own distribution."""
        distribution = self.distribution
        distribution.read(logits)
        top = distribution.top(self._most) if self._most else np.zeros(0, dtype=np.int64)
        sampled = [math.exp(logit - distribution.log_total) for logit in logits[top].tolist()]
        return self._record(token, math.exp(distribution.logprob(token)), top, sampled, {})

    def record(self, logits: npt.NDArray[np.float32], draw: Draw, token: int) -> TokenRecord:
        """Of `token`, where `draw` was made from `logits`."""
        distribution = self.distribution
        distribution.read(logits, draw.near)
        top = distribution.top(self._most)
        ids = top.tolist()
        self._is_asked[top] = self._is_asked[token] = True
        p_of = self._sampled(draw)
        cutters = self._cutters(draw, ids)
        self._is_asked[top] = self._is_asked[token] = False
        return self._record(token, p_of.get(token, 0.0), top, [p_of.get(place, 0.0) for place in ids], cutters)

    def _record(
        self,
        token: int,
        p_sampled: float,
        top: npt.NDArray[np.int64],
        sampled: Sequence[float],
        cutters: dict[int, str],
    ) -> TokenRecord:
        """top: the ids, likeliest first; sampled: of each of them; cutters: who cut which."""
        distribution = self.distribution
        log_total, logit = distribution.log_total, float(distribution.logits[token])
        ids, values = top.tolist(), distribution.logits[top]
        logits = values.tolist()
        names = tuple(dict.fromkeys(cutters.values()))
        places = {name: place for place, name in enumerate(names, 1)}
        return TokenRecord(
            logprob=logit - log_total,
            entropy=distribution.entropy,
            rank=sum(other > logit for other in logits) if logits and logit >= logits[-1] else distribution.rank(token),
            p_sampled=p_sampled,
            alternatives=Alternatives(
                ids=top.astype("<i4").tobytes(),
                logits=values.astype("<f4", copy=False).tobytes(),
                p_sampled=struct.pack(f"<{len(sampled)}f", *sampled),
                pieces=tuple(map(self._vocabulary.piece, ids)),
                cuts=bytes([places[cutters[place]] if place in cutters else 0 for place in ids]),
                cutters=names,
            ),
            others_p=max(0.0, 1.0 - sum(math.exp(other - log_total) for other in logits)),
            others_p_sampled=max(0.0, 1.0 - sum(sampled)),
            log_total=log_total,
        )

    def _sampled(self, draw: Draw) -> dict[int, float]:
        """The probability with which each of those asked for could be drawn; it may name others."""
        if draw.is_greedy:
            return {draw.token: 1.0}
        left = draw.left
        if len(left) > _FEW:
            left = left[np.flatnonzero(self._is_asked[left["id"]])]
        return dict(zip(left["id"].tolist(), left["p"].tolist(), strict=True))

    def _cutters(self, draw: Draw, ids: Sequence[int]) -> dict[int, str]:
        """By the id of each of `ids` that was cut."""
        names: dict[int, str] = {}
        uncut = set(ids)
        for name, left in draw.cuts:
            some = left if len(left) <= _FEW else left[self._is_asked[left]]
            after = uncut.intersection(some.tolist())
            names.update(dict.fromkeys(uncut - after, name))
            uncut = after
        return names
