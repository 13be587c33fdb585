"""What a trainer is given is what a chat feeds and what llama.cpp's own tokenizer makes of a text; scores of it."""

from __future__ import annotations

import json
import math
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chatapp.core.chat import ChatMessage, Role
from chatapp.core.errors import AppError, ErrorKind
from chatapp.core.examples import TokenizedExample, TrainingText
from chatapp.core.models import LoadSpec
from chatapp.protocol.engine import ChatPrompt, ExamplesScored, Scored
from chatapp.workers.client import EngineClient
from tests.acceptance.prompts import PROMPTS

pytestmark = pytest.mark.model

PIECES = [
    "The quick brown fox", "jumps over", "天空是蓝色的", "因为散射。", "Привет, мир", "مرحبا بالعالم", "नमस्ते दुनिया",
    "สวัสดี", "こんにちは", "안녕하세요", "🙂", "👩‍👩‍👧", "🇩🇪", "def f(x):\n\treturn x ** 2", '{"a": [1, 2]}',
    "for (;;) { }", "...",
    "<|im_end|>", "<|im_start|>user", "<end_of_turn>", "<bos>", "</s>", "<|endoftext|>", "  ", "\n\n", "\t", "\r\n",
    "3.14159", "1,000,000", "naïve café", "ﬁ ligature", "\u200b", "don't", "'ll", "ẞ", "x\u0301", "\x00", "¿Qué?",
    "https://example.org/?q=1&r=2",
]  # fmt: skip


def texts(count: int) -> list[str]:
    rng = random.Random(5)
    made = [" ".join(rng.sample(PIECES, rng.randint(1, 4))) for _ in range(count - len(PIECES) - len(PROMPTS))]
    return [*PIECES, *PROMPTS, *made]


@pytest.fixture(scope="module", params=["starter_model", "gemma_model"])
def loaded(request: pytest.FixtureRequest) -> Iterator[tuple[EngineClient, Path]]:
    path: Path = request.getfixturevalue(request.param)
    with EngineClient() as client:
        client.load(LoadSpec(path=str(path), n_ctx=1024, n_threads=1))
        yield client, path


def ids_of(example: TokenizedExample) -> list[int]:
    ids: list[int] = np.frombuffer(example.ids, dtype="<i4").tolist()
    return ids


def plain(path: Path, of: list[str]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.plain_tokenizer", str(path)],
        input=json.dumps(of),
        capture_output=True,
        text=True,
        check=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def chat(*said: str, system: str = "") -> tuple[ChatMessage, ...]:
    first = (ChatMessage(role=Role.SYSTEM, text=system),) if system else ()
    roles = (Role.USER, Role.ASSISTANT)
    return (*first, *(ChatMessage(role=roles[at % 2], text=text) for at, text in enumerate(said)))


def test_the_ids_of_200_texts_are_those_of_llama_cpp_itself(loaded: tuple[EngineClient, Path]) -> None:
    client, path = loaded
    given = texts(200)
    assert len(given) == 200
    own, theirs = client.tokenize([TrainingText(text=text) for text in given]).examples, plain(path, given)
    for text, example, ids in zip(given, own, theirs["ids"], strict=True):
        assert ids_of(example) == [*theirs["before"], *ids, theirs["eos"]], text
        assert list(example.counted) == [0] + [1] * (len(example.counted) - 1)


def test_a_text_without_tokens_is_an_empty_example(loaded: tuple[EngineClient, Path]) -> None:
    client, _ = loaded
    empty = TokenizedExample(ids=b"", counted=b"")
    assert client.tokenize([TrainingText(text=""), TrainingText(messages=chat("only asked"))]).examples == (
        empty,
        empty,
    )


@pytest.mark.parametrize(
    "messages",
    [
        chat("Why is the sky blue?", "Because of scattering."),
        chat("你好", "你好！<|im_end|> is only text 🙂", system="Be brief."),
        chat("a", "b", "c", "d\n\nUser: no", "<|im_start|>assistant\n", "  end  "),
    ],
)
def test_an_example_is_the_prompt_of_the_chat_the_reply_and_its_end(
    loaded: tuple[EngineClient, Path], messages: tuple[ChatMessage, ...]
) -> None:
    client, path = loaded
    has_template = path.name.startswith("SmolLM2")
    replies = [m.text if has_template or m.text[:1].isspace() else f" {m.text}" for m in messages]
    written = [
        ChatMessage(role=m.role, text=reply if m.role is Role.ASSISTANT else m.text)
        for m, reply in zip(messages, replies, strict=True)
    ]
    (example,) = client.tokenize([TrainingText(messages=messages)]).examples
    shown = client.show_prompt(ChatPrompt(messages=tuple(written[:-1])), 64)
    theirs = plain(path, [message.text for message in written])
    prompt = [token.id for token in shown.tokens]
    assert ids_of(example) == [*prompt, *theirs["ids"][-1], theirs["eos"]]  # SmolLM2's <|im_end|> is its EOS
    counted = list(example.counted)
    assert counted[len(prompt) :] == [1] * (len(theirs["ids"][-1]) + 1)
    n_before = sum(len(ids) for ids, m in zip(theirs["ids"], messages, strict=True) if m.role is Role.ASSISTANT)
    n_ends = sum(m.role is Role.ASSISTANT for m in messages) if has_template else 1
    assert sum(counted) == n_before + n_ends
    for at, token in enumerate(shown.tokens):
        of_reply = token.message is not None and messages[token.message].role is Role.ASSISTANT
        ends = has_template and at > 0 and counted[at - 1] and token.control
        assert bool(counted[at]) == (of_reply or bool(ends)), (at, token)


def test_scores_of_an_example_are_those_of_its_text(loaded: tuple[EngineClient, Path], tmp_path: Path) -> None:
    """Score's records are made in float32, these in float64."""
    client, _ = loaded
    long = " ".join(PROMPTS)[:3000]
    examples = client.tokenize([TrainingText(text=text) for text in (PROMPTS[0], long, PROMPTS[1])]).examples
    *_, scored = client.score_examples(examples)
    assert isinstance(scored, ExamplesScored)
    *_, whole = client.score(PROMPTS[0].encode())
    assert isinstance(whole, Scored)
    n_text = whole.n_scored
    assert scored.n_counted[0] == n_text + 1  # its end
    shorter = TokenizedExample(ids=examples[0].ids[:-4], counted=examples[0].counted[:-1])
    *_, alone = client.score_examples([shorter])
    assert isinstance(alone, ExamplesScored)
    assert math.isclose(alone.nll[0], whole.nll, rel_tol=1e-6)
    marks = examples[1].counted
    halves = [bytes(mark and at % 2 == half for at, mark in enumerate(marks)) for half in (0, 1)]
    *_, parts = client.score_examples([TokenizedExample(ids=examples[1].ids, counted=half) for half in halves])
    assert isinstance(parts, ExamplesScored)
    assert sum(parts.n_counted) == scored.n_counted[1]
    assert math.isclose(sum(parts.nll), scored.nll[1], rel_tol=1e-12)
    *_, again = client.score_examples(examples)
    assert again == ExamplesScored(request_id=again.request_id, nll=scored.nll, n_counted=scored.n_counted)  # type: ignore[union-attr]


def test_a_reference_is_compared_token_by_token(loaded: tuple[EngineClient, Path], tmp_path: Path) -> None:
    client, path = loaded
    (example,) = client.tokenize([TrainingText(text="one two three four five")]).examples
    n_vocab = 49_152 if path.name.startswith("SmolLM2") else 262_144
    reference = np.full((3, n_vocab), -math.log(n_vocab), dtype=np.float32)
    np.save(tmp_path / "reference.npy", reference)
    *_, scored = client.score_examples([example], str(tmp_path / "reference.npy"))
    assert isinstance(scored, ExamplesScored)
    assert scored.n_compared == 3
    assert 1.0 < scored.kl_mean <= scored.kl_max < 50.0
    np.save(tmp_path / "other.npy", reference[:, :100])
    for name, kind in (("other.npy", ErrorKind.BAD_INPUT), ("none.npy", ErrorKind.BAD_INPUT)):
        with pytest.raises(AppError) as caught:
            list(client.score_examples([example], str(tmp_path / name)))
        assert caught.value.info.kind is kind


def test_what_can_not_be_scored_is_told(loaded: tuple[EngineClient, Path]) -> None:
    client, _ = loaded
    long = TokenizedExample(ids=np.zeros(2000, dtype="<i4").tobytes(), counted=bytes([1]) * 2000)
    unknown = TokenizedExample(ids=np.asarray([1, 10**6], dtype="<i4").tobytes(), counted=b"\0\1")
    torn = TokenizedExample(ids=b"\0\0\0\0", counted=b"\0\1")
    for example, word in ((long, "2000 tokens"), (unknown, "does not know"), (torn, "different lengths")):
        with pytest.raises(AppError, match=word):
            list(client.score_examples([example]))


def test_a_preview_tells_what_is_learnt_and_what_is_the_template_s(loaded: tuple[EngineClient, Path]) -> None:
    client, path = loaded
    text = TrainingText(messages=chat("你好 <|im_end|>", "Yes 🙂"))
    tokenized = client.tokenize([text, text], 1, 1000)
    (pieces,) = tokenized.previews
    whole = "".join(piece.text for piece in pieces)
    assert "你好 <|im_end|>" in "".join(piece.text for piece in pieces if not piece.control)
    learnt = "".join(piece.text for piece in pieces if piece.counted and not piece.control)
    ends = [piece.text for piece in pieces if piece.counted and piece.control]
    if path.name.startswith("SmolLM2"):
        assert (learnt, ends) == ("Yes 🙂", ["<|im_end|>"])
        assert whole.startswith("<|im_start|>system\n")
    else:
        assert (learnt, ends) == (" Yes 🙂", ["<eos>"])
        assert whole.startswith("<bos>User: 你好")
    assert len(client.tokenize([text], 1, 3).previews[0]) <= 3
