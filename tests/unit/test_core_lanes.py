"""Figures of lanes against sacrebleu, sums over whole distributions, and printed tables."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
import sacrebleu

from chatapp.core.comparison import ComparedPrompt, Comparison, LaneResult
from chatapp.core.generation import Token, Usage
from chatapp.core.lanes import (
    distinct,
    divergences,
    figures_of,
    first_divergence,
    interval,
    mean_divergence,
    model_divergence,
    repetition,
    sampled_divergence,
    self_bleu,
    tokens_per_second,
)
from chatapp.core.sampling import SamplingSettings
from chatapp.core.token_record import Alternatives, Candidate, TokenRecord
from chatapp.storage.packed_tokens import packed, unpacked
from tests.builders import candidate, token_record

Table = npt.NDArray[np.float64]


def words(text: str) -> list[int]:
    known: dict[str, int] = {}
    return [known.setdefault(word, len(known)) for word in text.split()]


def by_sacrebleu(lanes: Sequence[Sequence[int]]) -> float:
    texts = [" ".join(map(str, ids)) for ids in lanes]
    scores = [
        sacrebleu.sentence_bleu(
            text, texts[:n] + texts[n + 1 :], tokenize="none", use_effective_order=True, smooth_method="exp"
        ).score
        for n, text in enumerate(texts)
    ]
    return float(np.mean(scores))


def test_distinct_and_repetition_by_hand() -> None:
    ids = words("the cat the cat the dog")
    assert distinct(ids, 1) == 3 / 6
    assert distinct(ids, 2) == 3 / 5
    assert distinct(ids, 7) == distinct([], 1) == 0.0
    assert repetition(words("a b c d a b c d")) == pytest.approx(1 - 4 / 5)  # abcd bcda cdab dabc abcd
    assert repetition([1, 1, 1]) == repetition([]) == repetition([1, 2, 3, 4]) == 0.0
    assert repetition([7] * 100) == pytest.approx(1 - 1 / 97)


def test_distinct_and_repetition_of_random_sequences(rng: random.Random) -> None:
    for _ in range(50):
        ids = [rng.randrange(4) for _ in range(rng.randrange(60))]
        for n in (1, 2, 3):
            grams = [" ".join(map(str, ids[at : at + n])) for at in range(len(ids) - n + 1)]
            assert distinct(ids, n) == (np.unique(grams).size / len(grams) if grams else 0.0)
        fours = {tuple(ids[at : at + 4]) for at in range(len(ids) - 3)}
        assert repetition(ids) == pytest.approx(1 - len(fours) / (len(ids) - 3) if len(ids) > 3 else 0.0)


def test_where_two_part() -> None:
    assert first_divergence([1, 2, 3], [1, 2, 3]) is None
    assert first_divergence([], []) is None
    assert first_divergence([1, 2, 3], [1, 5, 3]) == 1
    assert first_divergence([1, 2, 3], [1, 2]) == first_divergence([1, 2], [1, 2, 3]) == 2
    assert first_divergence([], [1]) == 0
    assert divergences([[1, 2], [1, 2], [1, 3]]) == [(0, 1, None), (0, 2, 1), (1, 2, 1)]
    assert divergences([[1]]) == []


@pytest.mark.parametrize(
    "lanes",
    [
        [[1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6]],
        [[1, 2, 3, 4, 5, 6], [7, 8, 9, 10]],
        [[1, 2, 3], [1, 2, 4], [1, 2]],  # shorter than the longest n-grams
        [[1, 2, 3, 4, 5], [], [1, 2, 3, 9, 9, 9, 9]],  # nothing written; also the nearest length to none
        [[1, 2], [1, 2, 3, 4, 5], []],
        [[1, 2, 3, 4], [1, 2, 3, 4, 5, 6], [1, 2]],  # two lengths equally near
        [[5, 5, 5, 5, 5], [5, 5], [5]],  # counts are clipped by the best reference
        [[30350, 20320, 3837, 104, 30350], [30350, 20320, 3837, 99, 151645, 30350]],
    ],
)
def test_self_bleu_is_that_of_sacrebleu(lanes: list[list[int]]) -> None:
    assert self_bleu(lanes) == pytest.approx(by_sacrebleu(lanes), rel=1e-12, abs=1e-12)


def test_self_bleu_of_random_lanes(rng: random.Random) -> None:
    seen: list[float] = []
    for _ in range(150):
        size = rng.choice((2, 5, 30, 1000))
        start = [rng.randrange(size) for _ in range(rng.choice((0, 3, 20)))]
        lanes = [
            start + [rng.randrange(size) for _ in range(rng.choice((0, 1, 3, 10, 40)))]
            for _ in range(rng.choice((2, 3, 8)))
        ]
        if sum(map(bool, lanes)) < 2:
            continue
        score = self_bleu(lanes)
        assert score == pytest.approx(by_sacrebleu(lanes), rel=1e-9, abs=1e-12)
        assert score is not None
        seen.append(score)
    assert min(seen) < 10 < 80 < max(seen)  # it was not the same case again and again
    assert self_bleu([[1, 2], []]) is self_bleu([[1]]) is self_bleu([]) is None


def table(logits: Table, temperature: float, top_k: int) -> Table:
    left = logits >= np.sort(logits)[-top_k]
    weights = np.where(left, np.exp((logits - logits.max()) / temperature), 0.0)
    return np.asarray(weights / weights.sum())


def step(logits: Table, p_sampled: Table, listed: int) -> TokenRecord:
    """As the engine makes it: listed by the model's own probability, float32."""
    log_total = float(np.log(np.exp(logits).sum()))
    top = [int(token) for token in np.argsort(-logits)[:listed]]
    own = np.exp(logits - log_total)
    return TokenRecord(
        logprob=0.0, entropy=0.0, rank=0, p_sampled=1.0,
        alternatives=Alternatives.of(
            [
                Candidate(
                    id=token, data=b"x", logprob=float(logits[token]) - log_total, p_sampled=float(p_sampled[token]),
                    cut_by=None if p_sampled[token] else "top_k",
                )
                for token in top
            ],
            log_total,
        ),
        others_p=max(0.0, 1.0 - float(own[top].sum())),
        others_p_sampled=max(0.0, 1.0 - float(p_sampled[top].sum())),
        log_total=log_total,
    )  # fmt: skip


def kl(p: Table, q: Table) -> float:
    some = p > 0
    return math.inf if (q[some] == 0).any() else float((p[some] * np.log(p[some] / q[some])).sum())


def joined(p: Table, listed: Sequence[int]) -> Table:
    """The listed cells, and one for all the rest."""
    rest = np.delete(p, listed)
    return np.append(p[list(listed)], rest.sum() if (rest > 0).any() else 0.0)


def test_divergences_of_steps_against_whole_tables(rng: random.Random) -> None:
    source = np.random.default_rng(rng.getrandbits(32))
    n_finite = n_infinite = 0
    for _ in range(300):
        size, listed = 60, rng.choice((5, 20, 60))
        one = source.normal(size=size) * 2
        other = one if rng.random() < 0.5 else source.normal(size=size) * 2  # the same step, or one of another text
        p = table(one, rng.choice((0.7, 1.0, 1.5)), rng.choice((3, 10, size)))
        q = table(other, rng.choice((0.7, 1.0, 1.5)), rng.choice((3, 10, size)))
        a, b = step(one, p, listed), step(other, q, listed)
        both = sorted({c.id for c in a.top} & {c.id for c in b.top})
        expected, found = kl(joined(p, both), joined(q, both)), sampled_divergence(a, b)
        assert found == pytest.approx(expected, rel=1e-3, abs=1e-5)
        assert found <= kl(p, q) + 1e-5
        if listed == size:
            assert found == pytest.approx(kl(p, q), rel=1e-3, abs=1e-5)
        n_finite, n_infinite = n_finite + math.isfinite(found), n_infinite + math.isinf(found)
        own, its = np.exp(one) / np.exp(one).sum(), np.exp(other) / np.exp(other).sum()
        expected = kl(joined(own, both), joined(its, both))
        assert model_divergence(a, b) == pytest.approx(expected, rel=1e-4, abs=1e-5)
        assert model_divergence(a, b) <= kl(own, its) + 1e-5
        assert sampled_divergence(a, a) == model_divergence(a, a) == 0.0
    assert min(n_finite, n_infinite) > 50


def test_what_one_can_draw_and_the_other_can_not() -> None:
    free = replace(
        token_record(top=(candidate(1, b"a", 0.5, p_sampled=0.5), candidate(2, b"b", 0.3, p_sampled=0.3))),
        others_p_sampled=0.2,
    )
    greedy = token_record(
        top=(candidate(1, b"a", 0.5, p_sampled=1.0), candidate(2, b"b", 0.3, cut_by="temperature")), others_p=0.2
    )
    assert sampled_divergence(free, greedy) == math.inf
    assert sampled_divergence(greedy, free) == pytest.approx(math.log(2))
    # b lists a token that a does not: it is among the others of both
    elsewhere = replace(
        token_record(top=(candidate(1, b"a", 0.5, p_sampled=0.5), candidate(3, b"c", 0.4, p_sampled=0.4))),
        others_p_sampled=0.1,
    )
    assert sampled_divergence(free, elsewhere) == pytest.approx(0.0, abs=1e-6)
    # nothing listed: nothing is known of them, and nothing is a lower bound
    assert sampled_divergence(replace(token_record(), others_p_sampled=1.0), free) == pytest.approx(0.0, abs=1e-6)


def test_a_small_probability_that_is_rounded_on_the_disk_is_not_none() -> None:
    hot = token_record(top=(candidate(1, b"a", 0.7, p_sampled=0.6), candidate(2, b"b", 0.3, p_sampled=0.4)))
    cold = token_record(top=(candidate(1, b"a", 0.7, p_sampled=1 - 1e-7), candidate(2, b"b", 0.3, p_sampled=1e-7)))
    live = sampled_divergence(hot, cold)
    one, other = unpacked(packed([Token(lane=0, index=0, id=1, text="a", data=b"a", record=r) for r in (hot, cold)]))
    assert one.record is not None
    assert other.record is not None
    assert other.record.top[1].p_sampled == 0.0
    stored = sampled_divergence(one.record, other.record)
    assert live == pytest.approx(0.6 * math.log(0.6) + 0.4 * math.log(0.4 / 1e-7), rel=1e-3)
    assert 3.0 < stored < live


def token(number: int, record: TokenRecord | None = None, *, data: bytes = b"x") -> Token:
    return Token(lane=0, index=0, id=number, text=data.decode(), data=data, record=record)


def test_the_mean_ends_with_the_step_at_which_they_part() -> None:
    def drawn(p: float) -> TokenRecord:
        return token_record(top=(candidate(1, b"a", 0.5, p_sampled=p), candidate(2, b"b", 0.5, p_sampled=1 - p)))

    def by_hand(p: float, q: float) -> float:
        return p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q))

    a = [token(1, drawn(0.9)), token(1, drawn(0.8)), token(1, drawn(0.7))]
    b = [token(1, drawn(0.5)), token(2, drawn(0.5)), token(1, drawn(0.1))]
    assert mean_divergence(a, b) == pytest.approx((by_hand(0.9, 0.5) + by_hand(0.8, 0.5)) / 2, rel=1e-5)
    assert mean_divergence(b, a) == pytest.approx((by_hand(0.5, 0.9) + by_hand(0.5, 0.8)) / 2, rel=1e-5)
    assert mean_divergence(a, a[:1]) == 0.0
    assert mean_divergence([token(1), a[1]], [b[0], token(1, drawn(0.5))]) == pytest.approx(by_hand(0.8, 0.5), rel=1e-5)
    assert mean_divergence([token(1)], [token(1)]) is mean_divergence([], a) is None


def test_figures_of_a_lane() -> None:
    usage = Usage(
        prompt_tokens=1, cached_tokens=0, completion_tokens=4, prompt_ms=1.0, generate_ms=200.0, context_tokens=5
    )
    tokens = (
        token(1, token_record(0.5, entropy=1.0)),
        token(1),
        token(2, token_record(0.5, entropy=2.0)),
        token(9, token_record(0.125, entropy=3.0), data=b""),  # the end: drawn, and nothing of the text
    )
    found = figures_of(LaneResult(sampling=SamplingSettings(), tokens=tokens, usage=usage))
    assert (found.n_tokens, found.distinct_1, found.distinct_2, found.repetition) == (3, 2 / 3, 1.0, 0.0)
    assert found.perplexity == pytest.approx((0.5 * 0.5 * 0.125) ** (-1 / 3))
    assert found.mean_entropy == 2.0
    assert found.tokens_per_second == 20.0
    bare = figures_of(LaneResult(sampling=SamplingSettings(), tokens=(token(1),)))
    assert (bare.n_tokens, bare.perplexity, bare.mean_entropy, bare.tokens_per_second) == (1, None, None, None)
    assert figures_of(LaneResult(sampling=SamplingSettings())).distinct_1 == 0.0

    def speed(*, together: bool) -> float | None:
        lanes = [replace(usage, generate_ms=ms) for ms in (200.0, 600.0)]
        results = [LaneResult(sampling=SamplingSettings(), usage=one) for one in lanes]
        results.append(LaneResult(sampling=SamplingSettings()))
        prompt = ComparedPrompt(text="x")
        return tokens_per_second(Comparison(prompt=prompt, model="m", lanes=tuple(results), together=together))

    assert speed(together=True) == pytest.approx(8 / 0.6)
    assert speed(together=False) == pytest.approx(8 / 0.8)
    assert tokens_per_second(Comparison(prompt=ComparedPrompt(text="x"), model="m", lanes=())) is None


@pytest.mark.parametrize(
    ("df", "t"),
    [(1, 12.706), (2, 4.303), (3, 3.182), (5, 2.571), (9, 2.262), (10, 2.228), (30, 2.042), (120, 1.980), (999, 1.962)],
)
def test_student_t_of_the_printed_tables(df: int, t: float) -> None:
    values = [float(value) for value in range(df + 1)]
    error = np.std(values, ddof=1) / math.sqrt(len(values))
    found = interval(values)
    assert found is not None
    low, high = found
    assert (low + high) / 2 == pytest.approx(np.mean(values))
    assert (high - low) / 2 / error == pytest.approx(t, abs=5.1e-4)


def test_an_interval_holds_the_mean_as_often_as_it_says(rng: random.Random) -> None:
    held = 0
    for _ in range(2000):
        found = interval([rng.gauss(3.0, 2.0) for _ in range(4)])
        assert found is not None
        held += found[0] <= 3.0 <= found[1]
    assert held / 2000 == pytest.approx(0.95, abs=0.02)
    assert interval([1.0]) is interval([]) is interval([1.0, math.inf]) is None
    assert interval([2.0, 2.0]) == (2.0, 2.0)
