from __future__ import annotations

import math

import numpy as np
import pytest

from chatapp.core.score import distribution_figures, perplexity


def test_figures_of_a_known_distribution() -> None:
    p = np.array([0.5, 0.25, 0.125, 0.125])
    logits = (np.log(p) + 7.5).astype(np.float32)
    logprob, entropy, rank = distribution_figures(logits, 1)
    assert logprob == pytest.approx(math.log(0.25), abs=1e-6)
    assert entropy == pytest.approx(1.75 * math.log(2), abs=1e-6)
    assert rank == 1
    assert distribution_figures(logits, 3)[2] == 2  # equal ones share the better rank


def test_extreme_logits_stay_finite() -> None:
    logits = np.array([1e30, -1e30, -np.inf], dtype=np.float32)
    logprob, entropy, rank = distribution_figures(logits, 0)
    assert (logprob, entropy, rank) == (0.0, 0.0, 0)


def test_perplexity_is_the_mean_branching() -> None:
    assert perplexity(10 * math.log(3), 10) == pytest.approx(3.0)
    assert perplexity(0.0, 0) == 1.0
