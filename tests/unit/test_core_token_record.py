"""Figures of a reply's records."""

from __future__ import annotations

import math

import pytest

from chatapp.core.token_record import TokenRecord, figures_of, most_surprising


def record(p: float, entropy: float = 1.0) -> TokenRecord:
    return TokenRecord(
        logprob=math.log(p), entropy=entropy, rank=0, p_sampled=p, top=(), others_p=1.0, others_p_sampled=1.0
    )


def test_perplexity_and_entropy_of_the_tokens_that_have_a_record() -> None:
    figures = figures_of([record(0.5, 1.0), None, record(0.125, 2.0)])
    assert figures is not None
    assert (figures.n_tokens, figures.mean_entropy) == (2, 1.5)
    assert figures.perplexity == pytest.approx(4.0)
    assert figures_of([None]) is None


def test_the_least_likely_come_first() -> None:
    assert most_surprising([record(0.5), record(0.1), None, record(0.2)], 2) == [1, 3]
    assert record(0.25).surprisal == pytest.approx(2.0)
