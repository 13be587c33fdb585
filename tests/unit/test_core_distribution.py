"""A distribution read in float32 beside the same in float64."""

from __future__ import annotations

import random

import numpy as np
import pytest

from chatapp.core.distribution import Distribution, entropy_of


@pytest.mark.parametrize("n_vocab", [10, 5_000, 262_144])
@pytest.mark.parametrize("shape", ["normal", "flat", "peak", "cut off", "ties"])
def test_figures_equal_those_in_float64(n_vocab: int, shape: str, rng: random.Random) -> None:
    numbers = np.random.default_rng(rng.randrange(2**31))
    distribution = Distribution(n_vocab)
    for _ in range(3):
        logits = numbers.normal(numbers.normal(0, 20), 3, n_vocab).astype(np.float32)
        match shape:
            case "flat":
                logits[:] = -7.25
            case "peak":
                logits[n_vocab // 2] = 90.0
            case "cut off":
                logits[numbers.random(n_vocab) < 0.9] = -np.inf
                logits[0] = 1.0
            case "ties":
                logits = logits.round()
        bound = rng.choice((None, 1.0, 10.0, 15.0))  # where it is known already what lies above
        distribution.read(logits, None if bound is None else np.flatnonzero(logits > logits.max() - np.float32(bound)))
        exact = logits.astype(np.float64) - logits.max()
        exact -= np.log(np.exp(exact).sum())
        p = np.exp(exact)
        assert distribution.entropy == pytest.approx(-(p[p > 0] * exact[p > 0]).sum(), abs=1e-4)
        assert entropy_of(p.astype(np.float32)) == pytest.approx(-(p[p > 0] * exact[p > 0]).sum(), abs=1e-4)
        for token in (int(numbers.choice(n_vocab, p=p / p.sum())), rng.randrange(n_vocab)):
            assert distribution.logprob(token) == pytest.approx(exact[token], abs=1e-5)
            assert distribution.rank(token) == int((logits > logits[token]).sum())
        ordered = np.lexsort((np.arange(n_vocab), -logits))
        for k in (1, 20, 100, n_vocab):
            assert distribution.top(k).tolist() == ordered[:k].tolist()
        assert distribution.logprobs(ordered[:7]) == [distribution.logprob(int(token)) for token in ordered[:7]]
