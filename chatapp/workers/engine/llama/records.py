"""The record of each drawn token: the model's distribution at that step, the sampled one, and who cut what."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from chatapp.core.distribution import Distribution
from chatapp.core.token_record import Candidate, TokenRecord
from chatapp.workers.engine.llama.sampler import SamplerChain
from chatapp.workers.engine.llama.vocabulary import Vocabulary


class Recorder:
    """Makes a record with the `most` most likely tokens of each step; for one reply."""

    def __init__(self, vocabulary: Vocabulary, most: int) -> None:
        self._vocabulary = vocabulary
        self._most = most
        self._distribution = Distribution(vocabulary.n_tokens)

    @property
    def log_total(self) -> float:
        """log sum_j exp(l_j) of the row of the last record, nats."""
        return self._distribution.log_total

    def plain(self, logits: npt.NDArray[np.float32], token: int) -> TokenRecord:
        """Of a token that was not drawn: what is said of sampling is the model's own distribution."""
        distribution = self._distribution
        distribution.read(logits)
        ids = distribution.top(self._most) if self._most else np.zeros(0, dtype=np.int64)
        top = tuple(
            Candidate(
                id=int(place),
                data=self._vocabulary.piece(int(place)),
                logprob=(logprob := distribution.logprob(int(place))),
                p_sampled=math.exp(logprob),
            )
            for place in ids
        )
        others = max(0.0, 1.0 - sum(candidate.p for candidate in top))
        return TokenRecord(
            logprob=(logprob := distribution.logprob(token)),
            entropy=distribution.entropy,
            rank=distribution.rank(token),
            p_sampled=math.exp(logprob),
            top=top,
            others_p=others,
            others_p_sampled=others,
        )

    def record(self, logits: npt.NDArray[np.float32], chain: SamplerChain, token: int) -> TokenRecord:
        """Of `token`, after a draw by `chain` from `logits`, float32 (n_vocab,)."""
        distribution = self._distribution
        distribution.read(logits)
        ids = distribution.top(self._most)
        sampled = _sampled(chain, np.append(ids, token))
        cutters = _cutters(chain, ids)
        top = tuple(
            Candidate(
                id=int(place),
                data=self._vocabulary.piece(int(place)),
                logprob=distribution.logprob(int(place)),
                p_sampled=p_sampled,
                cut_by=cutter,
            )
            for place, p_sampled, cutter in zip(ids, sampled[:-1], cutters, strict=True)
        )
        return TokenRecord(
            logprob=distribution.logprob(token),
            entropy=distribution.entropy,
            rank=distribution.rank(token),
            p_sampled=sampled[-1],
            top=top,
            others_p=max(0.0, 1.0 - sum(candidate.p for candidate in top)),
            others_p_sampled=max(0.0, 1.0 - sum(sampled[:-1])),
        )


def _sampled(chain: SamplerChain, ids: npt.NDArray[np.int64]) -> list[float]:
    """The probability with which each could be drawn, 0 where it is gone."""
    left = chain.candidates
    if chain.is_greedy:
        return [float(place == chain.drawn) for place in ids]
    order = np.argsort(left["id"])
    known = left["id"][order]
    places = np.searchsorted(known, ids)
    places[places == len(known)] = 0
    found = order[places]
    p = np.where(left["id"][found] == ids, left["p"][found], 0.0)
    return [float(value) for value in p]


def _cutters(chain: SamplerChain, ids: npt.NDArray[np.int64]) -> list[str | None]:
    names: list[str | None] = [None] * len(ids)
    for name, left in chain.cuts:
        for place, is_left in enumerate(np.isin(ids, left)):
            if not is_left and names[place] is None:
                names[place] = name
    return names
