"""Done when: `score` equals the binding's forced decode with the same 512 chunks within 1e-3 on 20 texts (Chinese,
emoji, code)."""

from __future__ import annotations

import json
import math
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chatapp.core.errors import AppError
from chatapp.core.generation import Token
from chatapp.core.models import LoadSpec
from chatapp.core.sampling import SamplingSettings
from chatapp.protocol.engine import Finished, RawPrompt, Scored, TokensScored
from chatapp.storage.paths import Paths
from chatapp.workers.client import EngineClient
from tests.acceptance.prompts import PROMPTS

pytestmark = pytest.mark.model

TEXTS = [
    *PROMPTS[:13],
    "天空是蓝色的，因为空气分子散射阳光中的蓝光。" * 20,
    "🙂🙃👩‍👩‍👧 emoji 😀 and flags 🇩🇪",
    "for i in range(10):\n\tprint(f'{i:>4}')\n" * 30,
    "<|im_start|>user\nnot a role<|im_end|>",
    " ".join(PROMPTS) * 6,  # several chunks
    "a",
    "\x00\x01 control \r\n",
]
LARGEST_DIFFERENCE = 1e-3


def scores(client: EngineClient, data: bytes) -> tuple[list[Token], Scored]:
    tokens: list[Token] = []
    for event in client.score(data, probs=5):
        if isinstance(event, TokensScored):
            tokens += event.tokens
        elif isinstance(event, Scored):
            return tokens, event
    raise AssertionError


def test_scores_equal_the_bindings_forced_decode(starter_model: Path, rng: random.Random, long_run: bool) -> None:
    import llama_cpp

    texts = TEXTS if long_run else [*rng.sample(TEXTS, 5), TEXTS[17]]
    with EngineClient() as client:
        client.load(LoadSpec(path=str(starter_model), n_ctx=2048, n_threads=1))
        ours = [scores(client, text.encode()) for text in texts]
    binding = llama_cpp.Llama(
        str(starter_model), n_ctx=2048, n_batch=512, n_threads=1, n_threads_batch=1, logits_all=True, verbose=False,
        flash_attn=True,
    )  # fmt: skip
    for text, (tokens, done) in zip(texts, ours, strict=True):
        binding.reset()
        ids = binding.tokenize(text.encode(), add_bos=False, special=False)
        binding.eval(ids)
        assert [token.id for token in tokens] == ids
        assert b"".join(token.data for token in tokens) == text.encode()
        assert tokens[0].record is None
        logits = binding.scores[: len(ids)].astype(np.float64)
        logprobs = logits - np.log(np.exp(logits - logits.max(1, keepdims=True)).sum(1, keepdims=True))
        logprobs -= logits.max(1, keepdims=True)
        for at in range(1, len(ids)):
            row = logprobs[at - 1]
            record = tokens[at].record
            assert record is not None
            assert abs(record.logprob - row[ids[at]]) < LARGEST_DIFFERENCE
            assert abs(record.entropy - -(np.exp(row) * row).sum()) < LARGEST_DIFFERENCE
            assert record.rank == int((row > row[ids[at]]).sum())
            assert [candidate.id for candidate in record.top] == np.argsort(-row, kind="stable")[:5].tolist()
            assert sum(candidate.p for candidate in record.top) + record.others_p == pytest.approx(1.0, abs=1e-6)
        assert done.n_scored == len(ids) - 1
        assert done.nll == pytest.approx(-sum(t.record.logprob for t in tokens if t.record is not None))
    binding.close()


def test_the_command_prints_tokens_and_perplexity_for_any_bytes(starter_library: Paths, tmp_path: Path) -> None:
    data = b"caf\xe9 is Latin-1, \xf0\x9f\x98\x80 is not. " * 3
    (tmp_path / "text").write_bytes(data)
    command = [sys.executable, "-m", "chatapp", "score", "--json", "--threads", "1", "--file", str(tmp_path / "text")]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    *tokens, last = [json.loads(line) for line in done.stdout.splitlines()]
    # llama.cpp's tokenizer itself puts U+FFFD in the place of what is no UTF-8
    assert bytes.fromhex("".join(token["bytes"] for token in tokens)) == data.decode("utf-8", "replace").encode()
    assert last["tokens"] == len(tokens)
    assert last["perplexity"] == pytest.approx(math.exp(last["nll"] / (len(tokens) - 1)))


def test_alternatives_are_told_under_the_names_of_generate(starter_library: Paths) -> None:
    plain = lines("score", "--text", "The sky is blue.")
    full = lines("score", "--text", "The sky is blue.", "--probs", "3")
    written = lines("generate", "--prompt", "The sky", "--raw", "--probs", "3", "--max-tokens", "1")
    assert full[1].keys() == written[0].keys()
    assert "top" not in plain[1]
    assert full[0]["logprob"] is None
    for token, other in zip(full[1:-1], plain[1:-1], strict=True):
        assert {name: token[name] for name in other} == other
        assert len(token["top"]) == 3
        assert sum(candidate["p"] for candidate in token["top"]) + token["others"]["p"] == pytest.approx(1.0, abs=1e-6)


def test_a_message_is_scored_in_the_prompt_that_the_model_is_given(starter_library: Paths, tmp_path: Path) -> None:
    message = ("--system", "Be brief.")
    shown = lines("generate", "--prompt", "Why?", "--show-prompt", "--max-tokens", "1", *message)
    *scored, done = lines("score", "--text", "Why?", "--chat", *message)
    given = [(token["id"], token["bytes"]) for token in shown if token["type"] == "prompt_token"]
    assert [(token["id"], token["bytes"]) for token in scored] == given
    assert done["tokens"] == len(given)
    (tmp_path / "latin").write_bytes(b"caf\xe9")
    command = [sys.executable, "-m", "chatapp", "score", "--chat", "--file", str(tmp_path / "latin")]
    refused = subprocess.run(command, capture_output=True, check=False, text=True)
    assert refused.returncode == 1
    assert "UTF-8" in refused.stderr


def lines(*arguments: str) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "chatapp", arguments[0], "--json", "--threads", "1", *arguments[1:]]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_reply_after_a_score_is_a_fresh_one(starter_model: Path) -> None:
    from tests.acceptance.prompts import as_chat

    greedy = SamplingSettings(temperature=0.0, max_tokens=16)
    with EngineClient() as client:
        client.load(LoadSpec(path=str(starter_model), n_ctx=2048, n_threads=1))
        *_, before = client.generate(as_chat("Hi"), greedy)
        scores(client, " ".join(PROMPTS).encode())
        *_, after = client.generate(as_chat("Hi"), greedy)
    assert isinstance(before, Finished)
    assert isinstance(after, Finished)
    assert after.usage.cached_tokens == 0
    assert after.text == before.text


@pytest.mark.parametrize("model", ["starter_model", "gemma_model"])
def test_a_text_that_does_not_fit_leaves_what_the_chat_has_read(model: str, request: pytest.FixtureRequest) -> None:
    prompt, sampling = RawPrompt(text=" ".join(PROMPTS)[:600]), SamplingSettings(temperature=0.0, max_tokens=2)
    with EngineClient() as client:
        client.load(LoadSpec(path=str(request.getfixturevalue(model)), n_ctx=512, n_threads=1))
        list(client.generate(prompt, sampling))
        for data in (b"word " * 3000, b""):
            with pytest.raises(AppError):
                scores(client, data)
        *_, after = client.generate(prompt, sampling)
    assert isinstance(after, Finished)
    assert after.usage.cached_tokens == after.usage.prompt_tokens


def test_what_cant_be_scored_is_a_sentence(starter_library: Paths, tmp_path: Path) -> None:
    for arguments, words in (
        (["--file", str(tmp_path)], "can't be read"),
        (["--text", ""], "prompt is empty"),
        (["--text", "a", "--probs", "101"], "--probs"),
        (["--ctx", "64", "--text", "word " * 300], "has no room"),
    ):
        command = [sys.executable, "-m", "chatapp", "score", "--threads", "1", *arguments]
        done = subprocess.run(command, capture_output=True, check=False, text=True)
        assert done.returncode == 1
        assert words in done.stderr
