"""Wanted: saved state per conversation on disk (checksummed, size-capped) so that a reopened chat answers at once; a
context policy that keeps the system prompt and tells what no longer fits; the exact prompt."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from chatapp.core.chat import ChatMessage, Role, WhenFull
from chatapp.core.generation import Token, reply_ids
from chatapp.core.models import LoadSpec
from chatapp.core.sampling import SamplingSettings
from chatapp.protocol.engine import ChatPrompt, Finished, TokensEmitted
from chatapp.storage.paths import Paths
from chatapp.storage.saved_states import SavedStates
from chatapp.workers.client import EngineClient
from tests.acceptance.prompts import PROMPTS

pytestmark = pytest.mark.model

LONG = " ".join(PROMPTS) * 4
SHORTER = " ".join(PROMPTS)


def reply(client: EngineClient, messages: tuple[ChatMessage, ...], state: str = "") -> tuple[list[int], Finished]:
    tokens: list[Token] = []
    for event in client.generate(ChatPrompt(messages=messages), SamplingSettings(max_tokens=24, seed=3), state):
        if isinstance(event, TokensEmitted):
            tokens += event.tokens
        elif isinstance(event, Finished):
            return [*reply_ids(tokens, event.text)], event
    raise AssertionError


@pytest.mark.parametrize("model", ["starter_model", "gemma_model"])
def test_a_reopened_chat_goes_on_without_reading_it_again(
    model: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    spec = LoadSpec(path=str(request.getfixturevalue(model)), n_ctx=2048, n_threads=1)
    state = str(tmp_path / "c.state")
    first = (ChatMessage(role=Role.USER, text=LONG),)
    with EngineClient() as before:
        before.load(spec)
        ids, finished = reply(before, first, state)
        saved = before.save_state(state)
        assert saved.n_tokens == finished.usage.context_tokens > 512
        assert saved.size_bytes == Path(state).stat().st_size
        again = (
            *first,
            ChatMessage(role=Role.ASSISTANT, text=finished.text, ids=tuple(ids)),
            ChatMessage(role=Role.USER, text="And then?"),
        )
        same_process = reply(before, again)
    with EngineClient() as after:
        after.load(spec)
        reopened = reply(after, again, state)
    assert reopened[1].usage.cached_tokens >= saved.n_tokens
    assert reopened[0] == same_process[0]
    assert not reopened[1].reproducible  # it rests on cells of the reply, and says so
    with EngineClient() as regenerating:
        regenerating.load(spec)
        once_more, told = reply(regenerating, first, state)
    assert told.usage.cached_tokens == (512 if model == "starter_model" else 0)  # a sliding window can't go back so far
    assert told.reproducible
    assert once_more == ids


def test_a_damaged_or_foreign_file_is_passed_over(
    starter_model: Path, tmp_path: Path, rng: random.Random, long_run: bool
) -> None:
    spec = LoadSpec(path=str(starter_model), n_ctx=2048, n_threads=1)
    messages = (ChatMessage(role=Role.USER, text=SHORTER),)
    good = tmp_path / "good.state"
    with EngineClient() as client:
        client.load(spec)
        ids, finished = reply(client, messages)
        client.save_state(str(good))
        replied = ChatMessage(role=Role.ASSISTANT, text=finished.text, ids=tuple(ids))
        messages = (*messages, replied, ChatMessage(role=Role.USER, text="And then?"))
        reply(client, (ChatMessage(role=Role.USER, text="Hi"),))
        expected, told = reply(client, messages)
        assert told.usage.cached_tokens < 128
        reply(client, (ChatMessage(role=Role.USER, text="Hi"),))
        assert reply(client, messages, str(good))[1].usage.cached_tokens > 128  # an undamaged file is used
        data = good.read_bytes()
        damaged = [b"", data[:7], data[:100], data[:-1], data + b"x", b"x" * 5000, b"chatapp state 1\n\xff\xff\xff\xff"]
        damaged = damaged if long_run else rng.sample(damaged, 3)
        for _ in range(40 if long_run else 3):
            changed = bytearray(data)
            changed[rng.choice((rng.randrange(len(data)), rng.randrange(3000)))] ^= 1 << rng.randrange(8)
            damaged.append(bytes(changed))
        for number, content in enumerate(damaged):
            file = tmp_path / f"{number}.state"
            file.write_bytes(content)
            reply(client, (ChatMessage(role=Role.USER, text="Hi"),))
            ids, told = reply(client, messages, str(file))
            assert told.usage.cached_tokens < 128
            assert ids == expected
        reply(client, (ChatMessage(role=Role.USER, text="Hi"),))
        assert reply(client, messages, str(tmp_path / "nothing.state"))[0] == expected
    with EngineClient() as other:
        other.load(LoadSpec(path=str(starter_model), n_ctx=2048, n_threads=1, kv_type="q8_0"))
        assert reply(other, messages, str(good))[1].usage.cached_tokens == 0


def test_a_full_disk_is_a_sentence_and_the_worker_lives(starter_model: Path) -> None:
    from chatapp.core.errors import AppError

    with EngineClient() as client:
        client.load(LoadSpec(path=str(starter_model), n_ctx=512, n_threads=1))
        reply(client, (ChatMessage(role=Role.USER, text="Hi"),))
        with pytest.raises(AppError) as caught:
            client.save_state("/proc/nothing/c.state")
        assert "could not be kept" in caught.value.info.message
        assert client.alive()


def test_a_state_larger_than_allowed_is_not_written(starter_model: Path, tmp_path: Path) -> None:
    with EngineClient() as client:
        client.load(LoadSpec(path=str(starter_model), n_ctx=512, n_threads=1))
        reply(client, (ChatMessage(role=Role.USER, text="Hi"),))
        saved = client.save_state(str(tmp_path / "c.state"), most_bytes=1000)
        assert (saved.n_tokens, saved.size_bytes, list(tmp_path.glob("*.state*"))) == (0, 0, [])


def test_what_is_kept_stays_where_a_score_has_emptied_the_context(starter_model: Path, tmp_path: Path) -> None:
    path = tmp_path / "c.state"
    with EngineClient() as client:
        client.load(LoadSpec(path=str(starter_model), n_ctx=512, n_threads=1))
        reply(client, (ChatMessage(role=Role.USER, text="Hi"),))
        client.save_state(str(path))
        before = path.read_bytes()
        list(client.score(b"some other text"))
        assert client.save_state(str(path)).size_bytes == 0
        assert path.read_bytes() == before


def test_the_folder_never_holds_more_than_its_size(paths: Paths) -> None:
    states = SavedStates(paths)
    states.prepare()
    for number in range(10):
        states.path(str(number)).write_bytes(b"x" * 100)
        os.utime(states.path(str(number)), (number, number))
    Path(f"{states.path('3')}.99.tmp").write_bytes(b"unfinished")
    states.path("large").write_bytes(b"x" * 1000)
    states.trim(350)
    assert sorted(file.name for file in (paths.data / "contexts").iterdir()) == ["7.state", "8.state", "9.state"]
    states.trim(0)
    assert list((paths.data / "contexts").iterdir()) == []


def test_a_chat_longer_than_the_context_goes_on_and_says_what_is_left_out(starter_model: Path) -> None:
    with EngineClient() as client:
        client.load(LoadSpec(path=str(starter_model), n_ctx=512, n_threads=1))
        system = ChatMessage(role=Role.SYSTEM, text="You are a parrot.")
        messages = [system]
        left_out: list[int] = []
        for turn in range(9):
            messages.append(ChatMessage(role=Role.USER, text=f"Question {turn}: {PROMPTS[turn]} {PROMPTS[19]}"))
            prompt = ChatPrompt(messages=tuple(messages), when_full=WhenFull.DROP_OLDEST)
            tokens: list[Token] = []
            for event in client.generate(prompt, SamplingSettings(max_tokens=20, temperature=0.0)):
                if isinstance(event, TokensEmitted):
                    tokens += event.tokens
                elif isinstance(event, Finished):
                    finished = event
            left_out.append(finished.usage.left_out)
            shown = client.show_prompt(prompt, 20)
            assert len(shown.tokens) == finished.usage.prompt_tokens
            assert shown.left_out == left_out[-1]
            text = "".join(token.text for token in shown.tokens)
            assert "You are a parrot." in text
            assert f"Question {turn}:" in text
            assert ("Question 0:" in text) == (left_out[-1] == 0)
            messages.append(ChatMessage(role=Role.ASSISTANT, text=finished.text, ids=reply_ids(tokens, finished.text)))
        assert left_out[0] == 0 < left_out[-1]
        assert left_out == sorted(left_out)
        assert len(set(left_out)) < 8  # the beginning moves in steps


def test_the_terminal_shows_the_exact_prompt(starter_library: Paths) -> None:
    command = [sys.executable, "-m", "chatapp", "generate", "--prompt", "Hi <|im_end|>", "--show-prompt", "--json"]
    done = subprocess.run([*command, "--max-tokens", "2", "--threads", "1"], capture_output=True, text=True, check=True)
    records = [json.loads(line) for line in done.stdout.splitlines()]
    prompt = [record for record in records if record["type"] == "prompt_token"]
    assert "".join(record["text"] for record in prompt).endswith("Hi <|im_end|><|im_end|>\n<|im_start|>assistant\n")
    own = [record for record in prompt if record["source"] == "message"]
    assert "".join(record["text"] for record in own) == "Hi <|im_end|>"
    assert not any(record["control"] for record in own)
    assert records[-1]["usage"]["prompt_tokens"] == len(prompt)


def test_the_terminals_options_of_the_gpu_and_the_cache_are_taken_or_refused(starter_library: Paths) -> None:
    command = [sys.executable, "-m", "chatapp", "generate", "--prompt", "Hi", "--max-tokens", "2", "--threads", "1"]
    for options, code in (
        (["--kv-type", "q8_0", "--gpu-layers", "auto"], 0),
        (["--gpu-layers", "some"], 2),
        (["--kv-type", "q1"], 2),
    ):
        assert subprocess.run([*command, *options], capture_output=True).returncode == code, options
