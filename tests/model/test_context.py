"""The context by itself: going back in the KV cache is exact or not done, and every step can be looked at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from chatapp.workers.engine.llama.model import Model
from chatapp.workers.engine.threads import AdaptiveThreads
from tests.acceptance.prompts import PROMPTS
from tests.contexts import context_of, evaluate, open_model

pytestmark = pytest.mark.model


@pytest.fixture(scope="module", params=["starter_model", "gemma_model"])
def model(request: pytest.FixtureRequest) -> Iterator[Model]:
    path: Path = request.getfixturevalue(request.param)
    with open_model(path) as model:
        yield model


def test_a_look_aside_is_exact_and_changes_nothing(model: Model) -> None:
    ids = model.vocabulary.tokenize(" ".join(PROMPTS) * 10, special=False)[:700]
    assert len(ids) == 700
    context, alone = context_of(model), context_of(model)
    try:
        evaluate(context, ids[:600])
        for token in ids[600:]:
            context.evaluate([token])
        end = context.logits().copy()
        for length in (512, 620):
            others = [[5], [6], [7]]
            seen = [context.logits().copy() for _ in context.look_aside(length, others)]
            alone.clear()
            evaluate(alone, ids[: min(length, 600)])
            for token in ids[600:length]:
                alone.evaluate([token])
            for row, tokens in zip(seen, others, strict=True):
                alone.evaluate(tokens)
                np.testing.assert_allclose(row, alone.logits(), atol=2e-3)  # more cells, summed in other portions
        assert context.cached == ids
        assert context.rewind(699)
        context.evaluate(ids[699:])
        assert (context.logits() == end).all()
        assert not context.can_look_aside(700, context.n_ctx - 699)
    finally:
        context.close()
        alone.close()


def test_a_rewind_to_nothing_is_an_empty_context(model: Model) -> None:
    context = context_of(model)
    try:
        context.evaluate([1, 2, 3])
        assert context.rewind(0)
        assert context.n_past == 0
    finally:
        context.close()


def test_the_number_of_threads_changes_long_contexts_only_and_is_told(model: Model) -> None:
    """With flash attention a step over many cells depends on how many threads share them; no other call does."""
    ids = model.vocabulary.tokenize(" ".join(PROMPTS) * 10, special=False)
    one, two = context_of(model), context_of(model, n_threads=0)
    two.n_threads = 2  # as on a machine with two cores ...
    two._threads = AdaptiveThreads(2, clock=lambda: 0.0, used=lambda: 0.0, idle=lambda: 0.0)
    try:
        for context in (one, two):
            context.evaluate(ids[:200])
            context.evaluate(ids[200:201])
        assert (one.logits() == two.logits()).all()
        for context in (one, two):
            evaluate(context, ids[201:600])
        assert (one.logits() == two.logits()).all()
        assert two.as_usual
        two._threads.count = 1  # ... of which one is busy
        for context in (one, two):
            context.evaluate(ids[600:601])
        assert (one.logits() == two.logits()).all()
        assert not two.as_usual
    finally:
        one.close()
        two.close()
