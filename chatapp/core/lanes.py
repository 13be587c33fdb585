"""Figures of the lanes of a comparison: how varied each text is, where two part, how far their distributions are apart.

Everything is counted over token ids. Probabilities are those of the tokens' records.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from chatapp.core.comparison import Comparison, LaneResult
from chatapp.core.course import Course
from chatapp.core.generation import Token
from chatapp.core.token_record import TokenRecord

Ids = Sequence[int]
_ORDER = 4  # the longest n-grams of BLEU and of seq-rep
_LEAST = 0.5 / 0xFFFF  # the largest probability that a stored record rounds to 0, see storage/packed_tokens.py
_OTHERS = -1  # no token's id
_CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneFigures:
    """Of one lane. n_tokens, distinct_n and repetition are of the tokens of its text, with or without a record:
    end-of-generation tokens, which have no bytes, are not counted. perplexity and mean_entropy (nats) are of all tokens
    with a record, the one that ended the text included, since it was drawn like the others; None where none has one.
    tokens_per_second: None where it is not known."""

    n_tokens: int
    perplexity: float | None
    mean_entropy: float | None
    distinct_1: float
    distinct_2: float
    repetition: float
    tokens_per_second: float | None


def figures_of(lane: LaneResult) -> LaneFigures:
    ids = text_ids(lane)
    drawn = Course(token.record for token in lane.tokens).figures()
    return LaneFigures(
        n_tokens=len(ids),
        perplexity=None if drawn is None else drawn.perplexity,
        mean_entropy=None if drawn is None else drawn.mean_entropy,
        distinct_1=distinct(ids, 1),
        distinct_2=distinct(ids, 2),
        repetition=repetition(ids),
        tokens_per_second=None if lane.usage is None else lane.usage.tokens_per_second,
    )


def text_ids(lane: LaneResult) -> tuple[int, ...]:
    """The ids of the tokens of its text: those that have bytes."""
    return tuple(token.id for token in lane.tokens if token.data)


def tokens_per_second(comparison: Comparison) -> float | None:
    """Of all lanes: those of one call share the time of the longest, the times of several calls add up. Lanes are of
    one call where the prompt took them exactly the same time. None where nothing was timed."""
    usages = [lane.usage for lane in comparison.lanes if lane.usage is not None]
    calls: dict[float, list[float]] = {}
    for usage in usages:
        calls.setdefault(usage.prompt_ms, []).append(usage.generate_ms)
    total = sum(max(times) if comparison.together else sum(times) for times in calls.values()) / 1000.0
    return sum(usage.completion_tokens for usage in usages) / total if total > 0 else None


def distinct(ids: Ids, n: int) -> float:
    """distinct-n (Li et al. 2016): different n-grams / n-grams, from 0 to 1; 0.0 where there are none."""
    found = _ngrams(ids, n)
    return len(set(found)) / len(found) if found else 0.0


def repetition(ids: Ids) -> float:
    """seq-rep-4 (Welleck et al. 2019): 1 - different 4-grams / 4-grams, from 0 to 1; 0.0 where there are none."""
    return 1.0 - distinct(ids, _ORDER) if len(ids) >= _ORDER else 0.0


def first_divergence(a: Ids, b: Ids) -> int | None:
    """The first place where they differ, from 0; the length of the shorter where it begins the longer; None: equal."""
    differing = (place for place, (one, other) in enumerate(zip(a, b, strict=False)) if one != other)
    return next(differing, None if len(a) == len(b) else min(len(a), len(b)))


def divergences(lanes_ids: Sequence[Ids]) -> list[tuple[int, int, int | None]]:
    """(a, b, first divergence) of every two lanes, a < b."""
    return [
        (a, b, first_divergence(one, other)) for (a, one), (b, other) in combinations(list(enumerate(lanes_ids)), 2)
    ]


def self_bleu(lanes_ids: Sequence[Ids]) -> float | None:
    """Self-BLEU (Zhu et al. 2018, Texygen), from 0 (nothing in common) to 100 (all the same): the mean over the lanes
    of the BLEU-4 of each against all others (Papineni et al. 2002), as sacrebleu's sentence_bleu gives it for ids as
    words, with use_effective_order and smooth_method="exp" (Chen and Cherry 2014, method 3). None unless two lanes have
    tokens. As there, an empty lane scores 0 and is a reference of length 0.
    """
    if sum(bool(len(ids)) for ids in lanes_ids) < 2:
        return None
    counts = [Counter(gram for n in range(1, _ORDER + 1) for gram in _ngrams(ids, n)) for ids in lanes_ids]
    # the largest two counts of each n-gram: without a lane that has the largest, the second is the largest
    first: Counter[tuple[int, ...]] = Counter()
    second: Counter[tuple[int, ...]] = Counter()
    for grams in counts:
        for gram, count in grams.items():
            second[gram] = max(second[gram], min(count, first[gram]))
            first[gram] = max(first[gram], count)
    scores = []
    for place, grams in enumerate(counts):
        matches = [0] * _ORDER
        for gram, count in grams.items():
            matches[len(gram) - 1] += min(count, second[gram] if count == first[gram] else first[gram])
        lengths = [len(ids) for other, ids in enumerate(lanes_ids) if other != place]
        scores.append(_bleu(matches, len(lanes_ids[place]), lengths))
    return sum(scores) / len(scores)


def sampled_divergence(a: TokenRecord, b: TokenRecord) -> float:
    """KL(a || b) in nats of the distributions that two tokens were drawn from; inf where b can't draw what a can.

    It is taken over the alternatives that both list, and one cell for all other tokens. Joining cells never adds to a
    divergence (the data processing inequality, Cover and Thomas 2006), so it is a lower bound of that of the whole
    distributions. An alternative that no sampler cut can be drawn, also where its probability is rounded to 0; of
    the tokens that are not listed the least likely alternative tells it.
    """
    return _divergence(_sampled(a), _sampled(b))


def model_divergence(a: TokenRecord, b: TokenRecord) -> float:
    """The same of the model's own distributions, which give every token some probability."""
    return _divergence(_own(a), _own(b))


def mean_divergence(a: Sequence[Token], b: Sequence[Token]) -> float | None:
    """The mean KL(a || b) of `sampled_divergence` in nats over the steps up to and with the first divergence, before
    which both lanes have the same text; None where no such step has a record in both."""
    place = first_divergence([token.id for token in a], [token.id for token in b])
    end = None if place is None else place + 1
    values = [
        sampled_divergence(one.record, other.record)
        for one, other in zip(a[:end], b[:end], strict=False)
        if one.record is not None and other.record is not None
    ]
    return sum(values) / len(values) if values else None


def interval(values: Sequence[float]) -> tuple[float, float] | None:
    """The 95 % confidence interval of the mean by Student's t: mean ± t s / sqrt(n), s with n - 1. None for fewer than
    two values, or where one is not finite."""
    sample = np.asarray(values, dtype=np.float64)
    if len(sample) < 2 or not np.isfinite(sample).all():
        return None
    mean, error = float(sample.mean()), float(sample.std(ddof=1)) / math.sqrt(len(sample))
    reach = _student_t(len(sample) - 1) * error
    return mean - reach, mean + reach


def _ngrams(ids: Ids, n: int) -> list[tuple[int, ...]]:
    return list(zip(*(ids[start:] for start in range(n)), strict=False))


def _bleu(matches: Sequence[int], length: int, references: Sequence[int]) -> float:
    """matches: clipped n-grams by n; length and references: in tokens; 0 to 100. Of the references the one nearest in
    length counts, of two the shorter. Orders longer than the text are left out; the k-th order without a match counts
    as 1 / 2^k of one."""
    if not any(matches):
        return 0.0
    nearest = min(references, key=lambda other: (abs(other - length), other))
    penalty = math.exp(1 - nearest / length) if length < nearest else 1.0
    logs, smooth = [], 1.0
    for n, matched in enumerate(matches[:length]):
        if not matched:
            smooth *= 2
        logs.append(math.log((matched or 1 / smooth) / (length - n)))
    return 100.0 * penalty * math.exp(sum(logs) / len(logs))


def _sampled(record: TokenRecord) -> dict[int, float]:
    """By id; 0.0 only where it can't be drawn."""
    top, others = record.top, record.others_p_sampled
    found = {c.id: c.p_sampled or (0.0 if c.cut_by is not None else _LEAST) for c in top}
    if others <= _LEAST:  # of a sum there is always a rest, be it by rounding
        others = 0.0 if top and top[-1].cut_by is not None else _LEAST
    return {**found, _OTHERS: others}


def _own(record: TokenRecord) -> dict[int, float]:
    return {**{c.id: c.p or _LEAST for c in record.top}, _OTHERS: max(record.others_p, _LEAST)}


def _divergence(a: dict[int, float], b: dict[int, float]) -> float:
    """sum a log(a / b) in nats over what both have and the rest; a little below 0 by rounding counts as 0."""
    both = [token for token in a if token in b and token != _OTHERS]
    cells = [(a[token], b[token]) for token in both]
    cells.append((_rest(a, both), _rest(b, both)))
    if any(p > 0.0 and q == 0.0 for p, q in cells):
        return math.inf
    return max(0.0, math.fsum(p * math.log(p / q) for p, q in cells if p > 0.0))


def _rest(values: dict[int, float], listed: Sequence[int]) -> float:
    known = set(listed)
    return math.fsum(p for token, p in values.items() if token not in known)


def _student_t(df: int) -> float:
    """The t with P(|T| <= t) = 0.95 at that many degrees of freedom, by bisection of the angle atan(t / sqrt(df))."""
    low, high = 0.0, math.pi / 2
    for _ in range(60):
        angle = (low + high) / 2
        low, high = (angle, high) if _student_p(angle, df) < _CONFIDENCE else (low, angle)
    return math.sqrt(df) * math.tan((low + high) / 2)


def _student_p(angle: float, df: int) -> float:
    """P(|T| <= sqrt(df) tan(angle)), Abramowitz and Stegun 1964, 26.7.3 and 26.7.4."""
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = df % 2
    term = cosine if odd else 1.0
    total = term if df > 1 else 0.0
    for k in range(2 + odd, df - 1, 2):
        term *= (k - 1) / k * cosine**2
        total += term
    return 2 / math.pi * (angle + sine * total) if odd else sine * total
