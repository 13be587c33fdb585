"""Done when: 20,000 draws from one fixed step match p_sampled (chi-square, cells of less than 5 pooled, Holm over the
tests) for ten sampler settings."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import llama_cpp
import numpy as np
import numpy.typing as npt
import pytest

from chatapp.core.sampling import LogitBias, SamplingSettings
from chatapp.workers.engine.llama.sampler import SamplerChain
from tests.acceptance.prompts import PROMPTS
from tests.steps import FREE, Step, step_after

pytestmark = pytest.mark.model

LEVEL = 1e-3  # of all tests together
LEAST_EXPECTED = 5.0  # draws in a cell
Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Case:
    settings: SamplingSettings
    history: Sequence[int] = ()


def cases_of(step: Step, *, long_run: bool) -> dict[str, Case]:
    likely = step.best
    biases = (LogitBias(token=likely[0], bias=-2.0), LogitBias(token=likely[7], bias=1.5))
    cases = {
        "free": Case(FREE),
        "usual": Case(SamplingSettings()),
        "temperature": Case(replace(FREE, temperature=0.6)),
        "top_k": Case(replace(FREE, top_k=8)),
        "top_p": Case(replace(FREE, top_p=0.7)),
        "min_p": Case(replace(FREE, min_p=0.03)),
        "typical": Case(replace(FREE, top_k=200, typical=0.6)),
        "top_n_sigma": Case(replace(FREE, temperature=1.5, top_n_sigma=1.5)),
        "dynatemp": Case(replace(FREE, top_k=60, temperature=0.9, dynatemp=0.6)),
        "xtc": Case(replace(FREE, top_k=200, xtc_probability=1.0, xtc_threshold=step.xtc_threshold)),
        "biases and penalties": Case(
            replace(FREE, logit_bias=biases, repeat_penalty=1.2, presence_penalty=0.4, frequency_penalty=0.3),
            step.history,
        ),
        "dry": Case(replace(FREE, top_k=100, dry_multiplier=0.8), step.history),
        "grammar": Case(replace(FREE, top_k=50, grammar=step.grammar)),
    }
    if long_run:  # it sorts the whole vocabulary for each draw; with eta 0 it learns nothing from them
        cases["mirostat"] = Case(replace(FREE, mirostat="2", mirostat_tau=3.0, mirostat_eta=0.0))
    return cases


@pytest.fixture(scope="module")
def step(request: pytest.FixtureRequest, starter_model: Path) -> Iterator[Step]:
    prompts = random.Random(request.config.getoption("--seed")).sample(PROMPTS, len(PROMPTS))
    with step_after(starter_model, prompts) as found:
        yield found


def drawn(step: Step, chain: SamplerChain, history: Sequence[int], n: int) -> Counts:
    """How often each token was drawn, int64 (n_vocab,); for each draw the chain remembers `history` and no more."""
    tokens = []
    for _ in range(n):
        put_back(chain, history)
        tokens.append(chain.draw(step.logits))
    put_back(chain, history)
    return np.bincount(tokens, minlength=len(step.logits))


def put_back(chain: SamplerChain, history: Sequence[int]) -> None:
    for sampler in chain._remembering:
        llama_cpp.llama_sampler_reset(sampler)
    for token in history:
        chain.remember(token)


def p_sampled(step: Step, chain: SamplerChain) -> Floats:
    """Of all tokens, float64 (n_vocab,), as one more record has it, whose most likely 100 are the same."""
    record = step.record(chain)
    p = np.zeros(len(step.logits))
    p[chain.candidates["id"]] = chain.candidates["p"]
    assert [candidate.p_sampled for candidate in record.top] == [p[candidate.id] for candidate in record.top]
    assert record.others_p_sampled == pytest.approx(1.0 - sum(c.p_sampled for c in record.top), abs=1e-6)
    assert p.sum() == pytest.approx(1.0, abs=1e-5)
    chain.watched = False
    return p


def chi_square(counts: Counts, p: Floats) -> tuple[float, int]:
    """Pearson's statistic and its degrees of freedom; where fewer than 5 are expected, cells are made one."""
    expected = p * counts.sum()
    likely = np.flatnonzero(expected >= LEAST_EXPECTED)
    likely = likely[np.argsort(-expected[likely])]
    seen, wanted = counts[likely].tolist(), expected[likely].tolist()
    rest_seen, rest_wanted = int(counts.sum()) - sum(seen), float(expected.sum()) - sum(wanted)
    if rest_wanted >= LEAST_EXPECTED:
        seen, wanted = [*seen, rest_seen], [*wanted, rest_wanted]
    else:
        seen[-1], wanted[-1] = seen[-1] + rest_seen, wanted[-1] + rest_wanted
    return sum((a - b) ** 2 / b for a, b in zip(seen, wanted, strict=True)), len(seen) - 1


def p_value(statistic: float, freedom: int) -> float:
    """P(X >= statistic), X chi-square distributed (Abramowitz and Stegun 1964, 26.4.4 and 26.4.5)."""
    half = statistic / 2
    if half == 0.0:
        return 1.0
    first = 0.5 if freedom % 2 else 0.0
    terms = (math.exp(-half + power * math.log(half) - math.lgamma(power + 1)) for power in _powers(first, freedom))
    return (math.erfc(math.sqrt(half)) if freedom % 2 else 0.0) + sum(terms)


def _powers(first: float, freedom: int) -> Iterator[float]:
    return (first + step for step in range(freedom // 2))


def rejected(p_values: dict[str, float]) -> list[str]:
    """Those that do not hold with all of them tested at LEVEL together (Holm 1979)."""
    found = []
    for place, name in enumerate(sorted(p_values, key=lambda name: p_values[name])):
        if p_values[name] > LEVEL / (len(p_values) - place):
            break
        found.append(name)
    return found


def test_the_p_value_is_that_of_the_tables() -> None:
    for statistic, freedom, expected in (
        (3.8415, 1, 0.05), (5.9915, 2, 0.05), (18.3070, 10, 0.05), (124.3421, 100, 0.05), (20.5150, 5, 0.001),
        (149.4493, 100, 0.001), (87.9453, 101, 0.82), (27.8772, 9, 0.001),
    ):  # fmt: skip
        assert p_value(statistic, freedom) == pytest.approx(expected, rel=2e-3), freedom


def test_draws_match_p_sampled(step: Step, rng: random.Random, long_run: bool) -> None:
    n = 20_000 if long_run else 4_000
    found: dict[str, float] = {}
    for name, case in cases_of(step, long_run=long_run).items():
        chain = step.chain(case.settings, case.history, seed=rng.randrange(2**31))
        p = p_sampled(step, chain)
        assert name == "free" or not np.allclose(p, step.p, rtol=0.01, atol=1e-4), name
        counts = drawn(step, chain, case.history, n)
        assert counts.sum() == n
        assert not counts[p == 0.0].any(), name
        statistic, freedom = chi_square(counts, p)
        assert freedom >= 1, name
        found[name] = p_value(statistic, freedom)
        print(f"{name}: chi-square {statistic:.1f} of {freedom}, p {found[name]:.3f}")
        assert np.allclose(p_sampled(step, chain), p, rtol=1e-5, atol=0.0), name  # it is the same step still
        chain.close()
    assert len(found) >= 10
    assert rejected(found) == []


def test_draws_of_other_settings_do_not_match(step: Step, rng: random.Random, long_run: bool) -> None:
    n = 20_000 if long_run else 4_000
    chain, other = (step.chain(replace(FREE, temperature=t), seed=rng.randrange(2**31)) for t in (0.8, 0.9))
    counts = drawn(step, chain, (), n)
    found = {"the same": p_value(*chi_square(counts, p_sampled(step, chain)))}
    found["another"] = p_value(*chi_square(counts, p_sampled(step, other)))
    chain.close()
    other.close()
    assert rejected(found) == ["another"]
