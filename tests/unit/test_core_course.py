"""Figures of a reply's records, whole and in part."""

from __future__ import annotations

import math
import random

import pytest

from chatapp.core.course import Course
from tests.builders import token_record


def test_perplexity_and_entropy_of_the_tokens_that_have_a_record() -> None:
    course = Course([token_record(0.5, entropy=1.0), None, token_record(0.125, entropy=2.0)])
    figures = course.figures()
    assert figures is not None
    assert (figures.n_tokens, figures.mean_entropy) == (2, 1.5)
    assert figures.perplexity == pytest.approx(4.0)
    assert Course([None]).figures() is None
    assert Course().figures() is None
    assert course.figures(1, 1) is None
    part = course.figures(1, 2)
    assert part is not None
    assert (part.n_tokens, part.mean_entropy) == (1, 2.0)
    assert part.perplexity == pytest.approx(8.0)


def test_the_least_likely_come_first() -> None:
    course = Course([token_record(0.5), token_record(0.1), None, token_record(0.2), token_record(0.1)])
    assert course.most_surprising(3) == [1, 4, 3]  # of two alike the earlier one
    assert course.most_surprising(9) == [1, 4, 3, 0]
    assert course.most_surprising(1, 2, 3) == [3]
    assert token_record(0.25).surprisal == pytest.approx(2.0)


def test_it_grows_without_forgetting(rng: random.Random) -> None:
    records = [rng.choice((None, token_record(rng.random() + 1e-9, entropy=rng.random()))) for _ in range(1500)]
    course, at = Course(), 0
    while at < len(records):
        step = rng.randrange(1, 60)
        course.append(records[at : at + step])
        at += step
    assert len(course) == len(records)
    surprisal, entropy = course.bits()
    assert surprisal.tolist() == pytest.approx([0.0 if r is None else r.surprisal for r in records])
    assert entropy.tolist() == pytest.approx([0.0 if r is None else r.entropy / math.log(2) for r in records])
    known = [r for r in records[300:900] if r is not None]
    figures = course.figures(300, 899)
    assert figures is not None
    assert figures.n_tokens == len(known)
    assert figures.perplexity == pytest.approx(math.exp(-sum(r.logprob for r in known) / len(known)))
