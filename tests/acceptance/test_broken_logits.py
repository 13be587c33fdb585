"""Done when: NaN and Inf among the logits are noticed at each step and told in one sentence; the reply so far is kept
and the worker lives. With the real model, whose weights are damaged behind its back while it writes."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from chatapp.core.errors import AppError, ErrorKind
from chatapp.core.logits import best_logit
from chatapp.core.models import LoadSpec
from chatapp.core.sampling import SamplingSettings
from chatapp.protocol.engine import RawPrompt, TokensEmitted
from chatapp.workers.client import EngineClient
from chatapp.workers.engine.llama.sampler import SamplerChain
from tests.acceptance.test_bad_input import chatapp, one_sentence

pytestmark = pytest.mark.model

WORDS = "no longer numbers (nan)"
PROMPT = RawPrompt(text="Once upon a time")


@pytest.fixture
def copy(starter_model: Path, tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "copy.gguf"
    shutil.copy(starter_model, path)
    yield path
    path.unlink()


def damage(path: Path) -> None:
    """Scales of blocks of weights become NaN; the model has the file mapped, so it computes with them at once."""
    with path.open("r+b") as stream:
        stream.seek(path.stat().st_size * 3 // 4)
        stream.write(b"\xff" * 65_536)


def load(client: EngineClient, path: Path) -> None:
    client.load(LoadSpec(path=str(path), n_ctx=512, n_threads=1))


def test_a_reply_that_loses_its_numbers_is_kept_and_told(copy: Path) -> None:
    with EngineClient() as client:
        load(client, copy)
        kept: list[TokensEmitted] = []

        def ask() -> None:
            for event in client.generate(PROMPT, SamplingSettings(max_tokens=300, seed=1, stop=("never",))):
                if isinstance(event, TokensEmitted):
                    if not kept:
                        damage(copy)
                    kept.append(event)

        with pytest.raises(AppError) as caught:
            ask()
        assert WORDS in caught.value.info.message
        assert "damaged" in caught.value.info.advice
        assert "".join(event.text for event in kept)
        assert sum(len(event.tokens) for event in kept) < 300
        with pytest.raises(AppError, match="no longer numbers"):  # and no reply is made of what the cache holds
            list(client.generate(PROMPT, SamplingSettings(max_tokens=3)))
        assert client.alive()


def test_what_the_cache_holds_is_read_again_after_such_logits(copy: Path, starter_model: Path) -> None:
    with EngineClient() as client:
        load(client, copy)
        whole = copy.read_bytes()
        damage(copy)
        with pytest.raises(AppError, match="no longer numbers"):
            list(client.generate(PROMPT, SamplingSettings(max_tokens=3)))
        with copy.open("r+b") as stream:
            stream.write(whole)
        assert list(client.generate(PROMPT, SamplingSettings(max_tokens=3)))


def test_a_score_that_loses_its_numbers_is_told(copy: Path) -> None:
    with EngineClient() as client:
        load(client, copy)
        assert list(client.score(b"The cat sat on the mat."))
        damage(copy)
        with pytest.raises(AppError) as caught:
            list(client.score(b"The cat sat on the mat."))
        assert WORDS in caught.value.info.message
        assert client.alive()


def test_a_model_damaged_before_is_refused_when_it_is_loaded(copy: Path) -> None:
    damage(copy)
    for command in (("generate", "--prompt", "Hi"), ("score", "--text", "Hi")):
        one_sentence(
            chatapp(*command, "--json", "--threads", "1", "--model", str(copy)), "no finite probabilities"
        )  # fmt: skip


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("top_k", [0, 40])
def test_one_bad_logit_anywhere_is_seen(value: float, top_k: int, rng: random.Random) -> None:
    numbers = np.random.default_rng(rng.randrange(2**31))
    chain = SamplerChain(SamplingSettings(top_k=top_k), seed=1, n_vocab=5000)
    for _ in range(30):
        logits = numbers.normal(0, 4, 5000).astype(np.float32)
        logits[: rng.randrange(1, 400)] = -np.inf  # tokens that can't follow are nothing bad
        chain.draw(logits)
        logits[rng.randrange(5000)] = value
        for look in (chain.draw, best_logit):
            with pytest.raises(AppError) as caught:
                look(logits)
            assert caught.value.info.kind is ErrorKind.MODEL_FILE
    chain.close()
    with pytest.raises(AppError):
        best_logit(np.full(10, -np.inf, dtype=np.float32))
