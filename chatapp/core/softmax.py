"""A step's softmax written out: z, z / T, exp((z - z_max) / T), their sum Z and p, for its most likely tokens."""

from __future__ import annotations

import math
from dataclasses import dataclass

from chatapp.core.token_record import Candidate, TokenRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftmaxRow:
    """One token. logit: z; scaled: z / T; weight: exp((z - z_max) / T); p: at temperature 1; p_scaled: at T."""

    candidate: Candidate
    logit: float
    scaled: float
    weight: float
    p: float
    p_scaled: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Softmax:
    """rows: likeliest first; total: Z = sum_j exp((z_j - z_max) / T) over the whole vocabulary; entropies in nats, at
    temperature 1 and at T; others: the mass of all tokens that are in no row."""

    temperature: float
    rows: tuple[SoftmaxRow, ...]
    largest: float
    total: float
    entropy: float
    entropy_scaled: float
    others: float
    others_scaled: float


def softmax_of(record: TokenRecord, entropy_scaled: float, temperature: float) -> Softmax:
    """record: of a step of which temperature was all that was sampled with. p_scaled comes from the whole vocabulary,
    and so does Z, which is 1 / p of the likeliest."""
    log_total = record.log_total
    top = record.top
    largest = top[0].logprob + log_total
    rows = tuple(
        SoftmaxRow(
            candidate=candidate,
            logit=candidate.logprob + log_total,
            scaled=(candidate.logprob + log_total) / temperature,
            weight=math.exp((candidate.logprob + log_total - largest) / temperature),
            p=candidate.p,
            p_scaled=candidate.p_sampled,
        )
        for candidate in top
    )
    return Softmax(
        temperature=temperature,
        rows=rows,
        largest=largest,
        total=1.0 / rows[0].p_scaled,
        entropy=record.entropy,
        entropy_scaled=entropy_scaled,
        others=record.others_p,
        others_scaled=record.others_p_sampled,
    )
