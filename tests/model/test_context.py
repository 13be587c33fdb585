"""The context by itself: going back in the KV cache is exact or not done, and every step can be looked at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from chatapp.core.sampling import SamplingSettings
from chatapp.protocol.engine import TokensEmitted
from chatapp.workers.engine.cancel import CancelFlag
from chatapp.workers.engine.llama.generation import Generation
from chatapp.workers.engine.llama.model import Model
from chatapp.workers.engine.llama.prompt_memory import PromptMemory
from chatapp.workers.engine.threads import AdaptiveThreads
from tests.acceptance.prompts import PROMPTS
from tests.contexts import context_of, evaluate, open_model

pytestmark = pytest.mark.model


@pytest.fixture(scope="module", params=["starter_model", "gemma_model"])
def model(request: pytest.FixtureRequest) -> Iterator[Model]:
    path: Path = request.getfixturevalue(request.param)
    with open_model(path) as model:
        yield model


def test_the_step_hook_sees_the_logits_each_token_is_drawn_from(model: Model) -> None:
    context = context_of(model)
    rows: list[np.ndarray] = []
    try:
        generation = Generation(
            request_id=1,
            context=context,
            memory=PromptMemory(model.vocabulary.n_tokens),
            vocabulary=model.vocabulary,
            cancel=CancelFlag(),
            prompt=model.vocabulary.tokenize(PROMPTS[0], special=False),
            sampling=SamplingSettings(temperature=0.0, max_tokens=5),
            seed=1,
            stop=(),
            on_step=lambda logits: rows.append(logits.copy()),
        )
        tokens = [token for event in generation.events() if isinstance(event, TokensEmitted) for token in event.tokens]
    finally:
        context.close()
    assert [int(row.argmax()) for row in rows] == [token.id for token in tokens]


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
