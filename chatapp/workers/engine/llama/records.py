"""The record of each drawn token: the model's distribution at that step, the sampled one, and who cut what."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from chatapp.core.distribution import Distribution
from chatapp.core.token_record import Candidate, TokenRecord
from chatapp.workers.engine.llama.sampler import SamplerChain
from chatapp.workers.engine.llama.vocabulary import Vocabulary

_FEW = 512  # candidates that Python looks through faster than numpy


class Recorder:
    """Makes a record with the `most` most likely tokens of each step; for one reply."""

    def __init__(self, vocabulary: Vocabulary, most: int) -> None:
        self._vocabulary = vocabulary
        self._most = most
        self.distribution = Distribution(vocabulary.n_tokens)
        """Of the row of the last record."""
        self._is_asked = np.zeros(vocabulary.n_tokens, dtype=np.bool_)

    def plain(self, logits: npt.NDArray[np.float32], token: int) -> TokenRecord:
        """Of a token that was not drawn: what is said of sampling is the model's own distribution."""
        distribution = self.distribution
        distribution.read(logits)
        ids = distribution.top(self._most) if self._most else np.zeros(0, dtype=np.int64)
        logprobs = distribution.logprobs(ids)
        sampled = [math.exp(logprob) for logprob in logprobs]
        top = self._candidates(ids.tolist(), logprobs, sampled, [None] * len(sampled))
        return self._record(token, top, math.exp(distribution.logprob(token)))

    def record(self, logits: npt.NDArray[np.float32], chain: SamplerChain, token: int) -> TokenRecord:
        """Of `token`, after a draw by `chain` from `logits`, float32 (n_vocab,)."""
        distribution = self.distribution
        distribution.read(logits, chain.near)
        top = distribution.top(self._most)
        ids = top.tolist()
        self._is_asked[top] = self._is_asked[token] = True
        p_of = self._sampled(chain)
        cutters = self._cutters(chain, ids)
        self._is_asked[top] = self._is_asked[token] = False
        sampled = [p_of.get(place, 0.0) for place in ids]
        candidates = self._candidates(ids, distribution.logprobs(top), sampled, cutters)
        return self._record(token, candidates, p_of.get(token, 0.0))

    def _candidates(
        self, ids: Iterable[int], logprobs: Iterable[float], sampled: Iterable[float], cutters: Iterable[str | None]
    ) -> tuple[Candidate, ...]:
        piece = self._vocabulary.piece
        return tuple(
            Candidate(id=place, data=piece(place), logprob=logprob, p_sampled=p_sampled, cut_by=cutter)
            for place, logprob, p_sampled, cutter in zip(ids, logprobs, sampled, cutters, strict=True)
        )

    def _record(self, token: int, top: tuple[Candidate, ...], p_sampled: float) -> TokenRecord:
        distribution = self.distribution
        logprob = distribution.logprob(token)
        is_near = bool(top) and logprob >= top[-1].logprob
        return TokenRecord(
            logprob=logprob,
            entropy=distribution.entropy,
            rank=sum(other.logprob > logprob for other in top) if is_near else distribution.rank(token),
            p_sampled=p_sampled,
            top=top,
            others_p=max(0.0, 1.0 - sum(math.exp(candidate.logprob) for candidate in top)),
            others_p_sampled=max(0.0, 1.0 - sum(candidate.p_sampled for candidate in top)),
            log_total=distribution.log_total,
        )

    def _sampled(self, chain: SamplerChain) -> dict[int, float]:
        """The probability with which each of those asked for could be drawn; it may name others."""
        if chain.is_greedy:
            return {chain.drawn: 1.0}
        left = chain.candidates
        if len(left) > _FEW:
            left = left[np.flatnonzero(self._is_asked[left["id"]])]
        return dict(zip(left["id"].tolist(), left["p"].tolist(), strict=True))

    def _cutters(self, chain: SamplerChain, ids: Sequence[int]) -> list[str | None]:
        names: dict[int, str] = {}
        uncut = set(ids)
        for name, left in chain.cuts:
            some = left if len(left) <= _FEW else left[self._is_asked[left]]
            after = uncut.intersection(some.tolist())
            names.update(dict.fromkeys(uncut - after, name))
            uncut = after
        return [names.get(place) for place in ids]
