"""A reply written on is the reply that would have been written without the break."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatapp.core.chat import ChatMessage, Role
from chatapp.core.generation import FinishReason, reply_ids
from chatapp.core.models import LoadSpec
from chatapp.core.sampling import SamplingSettings
from chatapp.protocol.engine import ChatPrompt, Finished, TokensEmitted
from chatapp.workers.client import EngineClient

pytestmark = pytest.mark.model
QUESTION = ChatMessage(role=Role.USER, text="Tell me a story about a river.")


def written(engine: EngineClient, prompt: ChatPrompt, count: int) -> tuple[str, tuple[int, ...], FinishReason]:
    tokens = []
    for event in engine.generate(prompt, SamplingSettings(temperature=0.0, max_tokens=count)):
        if isinstance(event, TokensEmitted):
            tokens += event.tokens
        elif isinstance(event, Finished):
            return event.text, reply_ids(tokens, event.text), event.finish_reason
    raise AssertionError("no end")


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize(("model", "first"), [("starter_model", 15), ("gemma_model", 8)])
def test_a_reply_in_two_parts_is_the_reply_in_one(
    model: str, first: int, plain: bool, request: pytest.FixtureRequest
) -> None:
    path: Path = request.getfixturevalue(model)
    with EngineClient() as engine:
        engine.load(LoadSpec(path=str(path), n_ctx=1024, n_threads=1))
        whole, whole_ids, _ = written(engine, ChatPrompt(messages=(QUESTION,), plain=plain), 40)
        text, ids, reason = written(engine, ChatPrompt(messages=(QUESTION,), plain=plain), first)
        assert reason is FinishReason.LENGTH
        assert whole.startswith(text)
        begun = ChatMessage(role=Role.ASSISTANT, text=text, ids=ids)
        rest, rest_ids, _ = written(
            engine, ChatPrompt(messages=(QUESTION, begun), plain=plain, continues=True), 40 - first
        )
    assert text + rest == whole
    if whole_ids:  # a reply ended by a stop text in the middle of a token has none
        assert ids + rest_ids == whole_ids
