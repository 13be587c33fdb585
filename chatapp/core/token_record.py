"""Why a token was written: the model's distribution at that step beside the one it was drawn from.

Probabilities without a further word are the model's own, over its whole vocabulary, before any sampler.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass

LOG_2 = math.log(2.0)
MOST_CANDIDATES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One of the k most likely tokens. logprob in nats; p_sampled: the probability with which it could be drawn;
    cut_by: the first sampler after which it was gone, None where it could be drawn; data: its exact bytes."""

    id: int
    data: bytes
    logprob: float
    p_sampled: float
    cut_by: str | None = None

    @property
    def p(self) -> float:
        return math.exp(self.logprob)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternatives:
    """The k most likely tokens of a step, the likeliest first, as columns: few of them are ever looked at, and as
    objects they take longer to make and to send than the step's own figures.

    ids: int32 (k,); logits and p_sampled: float32 (k,), all little-endian; pieces: the bytes of each; cuts: for each
    which of `cutters` took it away, counted from 1, 0 for none.
    """

    ids: bytes = b""
    logits: bytes = b""
    p_sampled: bytes = b""
    pieces: tuple[bytes, ...] = ()
    cuts: bytes = b""
    cutters: tuple[str, ...] = ()

    @classmethod
    def of(cls, top: Sequence[Candidate], log_total: float = 0.0) -> Alternatives:
        """log_total: of the record they are for; the logits are rounded to float32."""
        cutters = tuple(dict.fromkeys(candidate.cut_by for candidate in top if candidate.cut_by is not None))
        return cls(
            ids=struct.pack(f"<{len(top)}i", *(candidate.id for candidate in top)),
            logits=struct.pack(f"<{len(top)}f", *(candidate.logprob + log_total for candidate in top)),
            p_sampled=struct.pack(f"<{len(top)}f", *(candidate.p_sampled for candidate in top)),
            pieces=tuple(candidate.data for candidate in top),
            cuts=bytes(0 if c.cut_by is None else cutters.index(c.cut_by) + 1 for c in top),
            cutters=cutters,
        )

    def __len__(self) -> int:
        return len(self.pieces)

    def candidates(self, log_total: float) -> tuple[Candidate, ...]:
        """log p = l - log sum_j exp(l_j)"""
        count = len(self.pieces)
        names = (None, *self.cutters)
        columns = (
            struct.unpack(f"<{count}i", self.ids),
            self.pieces,
            struct.unpack(f"<{count}f", self.logits),
            struct.unpack(f"<{count}f", self.p_sampled),
            self.cuts,
        )
        return tuple(
            Candidate(id=token, data=data, logprob=logit - log_total, p_sampled=p_sampled, cut_by=names[cut])
            for token, data, logit, p_sampled, cut in zip(*columns, strict=True)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRecord:
    """One step. logprob (nats), rank (0 is the likeliest) and p_sampled are of the token that was drawn, which may lie
    outside the alternatives; entropy is the distribution's, in nats; others_*: the mass of all tokens that are none of
    them; log_total: log sum_j exp(l_j) over the whole vocabulary, nats, 0.0 where it is not known: the alternatives'
    logits are then their log-probabilities."""

    logprob: float
    entropy: float
    rank: int
    p_sampled: float
    alternatives: Alternatives
    others_p: float
    others_p_sampled: float
    log_total: float = 0.0

    @property
    def top(self) -> tuple[Candidate, ...]:
        """The alternatives, made anew each time."""
        return self.alternatives.candidates(self.log_total)

    @property
    def p(self) -> float:
        return math.exp(self.logprob)

    def logit(self, logprob: float) -> float | None:
        """l = log p + log sum_j exp(l_j) of a token of this step; None where that is not known."""
        return logprob + self.log_total if self.log_total else None

    @property
    def surprisal(self) -> float:
        """-log2 p in bits (Shannon 1948)."""
        return -self.logprob / LOG_2


def perplexity(nll: float, n: int) -> float:
    """exp(nll / n): nll the summed negative log-probability of n tokens in nats (Jelinek et al. 1977); n 0 gives 1."""
    return math.exp(nll / n) if n else 1.0
