"""Why a token was written: the model's distribution at that step beside the one it was drawn from.

Probabilities without a further word are the model's own, over its whole vocabulary, before any sampler.
"""

from __future__ import annotations

import math
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
class TokenRecord:
    """One step. logprob (nats), rank (0 is the likeliest) and p_sampled are of the token that was drawn, which may lie
    outside `top`; entropy is the distribution's, in nats; others_*: the mass of all tokens that are not in `top`;
    log_total: log sum_j exp(l_j) over the whole vocabulary, nats, 0.0 where it is not known."""

    logprob: float
    entropy: float
    rank: int
    p_sampled: float
    top: tuple[Candidate, ...]
    others_p: float
    others_p_sampled: float
    log_total: float = 0.0

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
