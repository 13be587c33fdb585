"""Done when: regenerate with reuse on and off, same seed: same ids, or reproducible false where reuse makes it
impossible. 10 turns at temperature 1.5: cached_tokens covers all earlier ids."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from chatapp.core.chat import ChatMessage, Role
from chatapp.core.generation import Token, reply_ids
from chatapp.core.models import LoadSpec
from chatapp.core.sampling import SamplingSettings
from chatapp.protocol.engine import ChatPrompt, Finished, Prompt, TokensEmitted
from chatapp.workers.client import EngineClient
from tests.acceptance.prompts import PROMPTS, as_chat

pytestmark = pytest.mark.model


def run(client: EngineClient, prompt: Prompt, sampling: SamplingSettings) -> tuple[list[Token], Finished]:
    tokens: list[Token] = []
    for event in client.generate(prompt, sampling):
        if isinstance(event, TokensEmitted):
            tokens += event.tokens
        elif isinstance(event, Finished):
            return tokens, event
    raise AssertionError


def ids(tokens: list[Token]) -> list[int]:
    return [token.id for token in tokens]


@pytest.mark.parametrize("model", ["starter_model", "gemma_model"])
def test_regenerating_from_the_cache_gives_what_a_fresh_process_gives(
    model: str, request: pytest.FixtureRequest, rng: random.Random, long_run: bool
) -> None:
    spec = LoadSpec(path=str(request.getfixturevalue(model)), n_ctx=4096, n_threads=1)
    prompts = PROMPTS if long_run else rng.sample(PROMPTS, 2)
    long_prompt = " ".join(PROMPTS) * 5  # several chunks
    with EngineClient() as reusing:
        reusing.load(spec)
        for text in (*prompts, long_prompt):
            sampling = SamplingSettings(seed=rng.randrange(2**32 - 1), max_tokens=32, temperature=1.0)
            run(reusing, as_chat(text), SamplingSettings(seed=1, max_tokens=20, temperature=1.0))
            again, finished = run(reusing, as_chat(text), sampling)
            assert finished.usage.cached_tokens == finished.usage.prompt_tokens
            assert finished.reproducible
            with EngineClient() as fresh:
                fresh.load(spec)
                alone, alone_finished = run(fresh, as_chat(text), sampling)
            assert alone_finished.usage.cached_tokens == 0
            assert ids(again) == ids(alone), text


def test_a_prompt_that_shares_whole_chunks_is_reproducible_too(starter_model: Path) -> None:
    spec = LoadSpec(path=str(starter_model), n_ctx=4096, n_threads=1)
    shared = " ".join(PROMPTS) * 5
    sampling = SamplingSettings(seed=3, max_tokens=32, temperature=1.0)
    with EngineClient() as reusing:
        reusing.load(spec)
        run(reusing, as_chat(shared + " First ending, please."), sampling)
        again, finished = run(reusing, as_chat(shared + " And now another one."), sampling)
    with EngineClient() as fresh:
        fresh.load(spec)
        alone, _ = run(fresh, as_chat(shared + " And now another one."), sampling)
    assert finished.usage.cached_tokens >= 512
    if finished.reproducible:
        assert ids(again) == ids(alone)
    else:
        assert finished.usage.cached_tokens % 512 >= 256


@pytest.mark.parametrize("model", ["starter_model", "gemma_model"])
def test_ten_turns_reuse_every_earlier_token(
    model: str, request: pytest.FixtureRequest, rng: random.Random, long_run: bool
) -> None:
    messages: list[ChatMessage] = []
    with EngineClient() as client:
        client.load(LoadSpec(path=str(request.getfixturevalue(model)), n_ctx=8192, n_threads=1))
        evaluated = 0
        for turn in range(10 if long_run else 4):
            messages.append(ChatMessage(role=Role.USER, text=rng.choice(PROMPTS)))
            sampling = SamplingSettings(temperature=1.5, seed=rng.randrange(2**32 - 1), max_tokens=40, min_p=0.0)
            tokens, finished = run(client, ChatPrompt(messages=tuple(messages)), sampling)
            if turn:
                assert finished.usage.cached_tokens >= evaluated
                assert not finished.reproducible
            evaluated = finished.usage.context_tokens
            reply = ChatMessage(role=Role.ASSISTANT, text=finished.text, ids=reply_ids(tokens, finished.text))
            if not reply.ids:
                evaluated = finished.usage.prompt_tokens  # it ends in half a character and is tokenised again
            messages.append(reply)


def test_a_cancelled_prompt_keeps_what_was_evaluated(starter_model: Path) -> None:
    prompt = as_chat("The cat sat on the mat. " * 130)
    with EngineClient() as client:
        client.load(LoadSpec(path=str(starter_model), n_ctx=4096, n_threads=1))
        for event in client.generate(prompt, SamplingSettings(max_tokens=4, seed=1, temperature=0.0)):
            if getattr(event, "done", 0) >= 512:
                client.cancel()
        tokens, finished = run(client, prompt, SamplingSettings(max_tokens=16, seed=1, temperature=0.0))
        assert finished.usage.cached_tokens >= 512
        assert finished.reproducible
    with EngineClient() as fresh:
        fresh.load(LoadSpec(path=str(starter_model), n_ctx=4096, n_threads=1))
        alone, _ = run(fresh, prompt, SamplingSettings(max_tokens=16, seed=1, temperature=0.0))
    assert ids(tokens) == ids(alone)
