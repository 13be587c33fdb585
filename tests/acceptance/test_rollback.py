"""Done when: roll back 1, 600, 1,300 of 1,600 tokens: next-token KL < 1e-2 against a fresh evaluation (< 1e-3 where the
window is intact)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from chatapp.workers.engine.llama.model import Model
from tests.acceptance.prompts import PROMPTS
from tests.contexts import context_of, evaluate, open_model

pytestmark = pytest.mark.model

TOKENS = 1600
# One token back leaves 63 tokens of a call of 64, for which a fresh evaluation uses other kernels; further back the
# calls are the same and so are the logits.
LARGEST_KL = {1: 1e-2, 600: 1e-3, 1300: 1e-3}


@pytest.fixture(scope="module", params=["starter_model", "gemma_model"])
def model(request: pytest.FixtureRequest) -> Iterator[Model]:
    path: Path = request.getfixturevalue(request.param)
    with open_model(path) as model:
        yield model


def kl(p_logits: np.ndarray, q_logits: np.ndarray) -> float:
    """KL(p || q) in nats of the two softmax distributions."""
    p, q = (x.astype(np.float64) - np.logaddexp.reduce(x.astype(np.float64)) for x in (p_logits, q_logits))
    return float((np.exp(p) * (p - q)).sum())


def test_the_next_token_after_going_back_is_that_of_a_fresh_evaluation(model: Model, long_run: bool) -> None:
    ids = model.vocabulary.tokenize(" ".join(PROMPTS) * 10, special=False)[:TOKENS]
    assert len(ids) == TOKENS
    for back in LARGEST_KL if long_run else (1300,):
        keep = TOKENS - back
        used, fresh = context_of(model), context_of(model)
        try:
            evaluate(used, ids)
            if used.rewind(keep):
                assert used.cached == ids[:keep]
            else:
                assert used.cached == []
                evaluate(used, ids[:keep])
            evaluate(fresh, ids[:keep])
            for context in (used, fresh):
                context.evaluate(ids[:1])
            assert kl(fresh.logits(), used.logits()) < LARGEST_KL[back], back
        finally:
            used.close()
            fresh.close()
