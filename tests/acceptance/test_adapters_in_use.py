"""Done when: adapters are switched and weighed in a living worker, and without them it computes what it did before."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from chatapp.core.errors import AppError, ErrorKind
from chatapp.core.models import AdapterSpec, LoadSpec
from chatapp.core.sampling import SamplingSettings
from chatapp.protocol.engine import Finished, RawPrompt, TokensScored
from chatapp.workers.client import EngineClient
from tests.acceptance.test_adapters import BAD
from tests.adapters import adapter
from tests.gguf_files import FLOAT32, tiny_model

pytestmark = pytest.mark.model

TEXT = b"The sky is blue because the air scatters light."
PROMPT = RawPrompt(text="The sky is blue. " * 110)
QUESTION = RawPrompt(text="A list of five animals:\n1.")
GREEDY = SamplingSettings(max_tokens=8, temperature=0.0)


@pytest.fixture
def client(starter_model: Path) -> Iterator[EngineClient]:
    with EngineClient() as client:
        client.load(LoadSpec(path=str(starter_model), n_ctx=1024, n_threads=1))
        yield client


@pytest.fixture
def strong(tmp_path: Path) -> AdapterSpec:
    return AdapterSpec(path=str(adapter(size=0.3).write(tmp_path / "strong.gguf")))


def scores(client: EngineClient) -> list[float]:
    """The log-probabilities of a text."""
    tokens = [token for event in client.score(TEXT) if isinstance(event, TokensScored) for token in event.tokens]
    return [token.record.logprob for token in tokens if token.record is not None]


def reply(client: EngineClient, state: str = "", prompt: RawPrompt = PROMPT) -> Finished:
    *_, last = client.generate(prompt, GREEDY, state)
    assert isinstance(last, Finished)
    return last


def test_off_again_computes_to_the_bit_what_it_did_before(client: EngineClient, strong: AdapterSpec) -> None:
    plain, said = scores(client), reply(client, prompt=QUESTION)
    client.use_adapters([strong])
    changed = scores(client)
    assert changed != plain
    assert reply(client, prompt=QUESTION).text != said.text
    client.use_adapters([replace(strong, scale=0.5)])
    assert scores(client) not in (plain, changed)
    client.use_adapters([replace(strong, scale=0.0)])
    assert scores(client) == plain
    client.use_adapters([strong])
    assert scores(client) == changed
    client.use_adapters([])
    assert scores(client) == plain
    assert reply(client, prompt=QUESTION).text == said.text


def test_a_living_worker_computes_what_one_loaded_with_the_adapter_does(
    client: EngineClient, strong: AdapterSpec, starter_model: Path
) -> None:
    client.use_adapters([strong])
    with EngineClient() as other:
        other.load(LoadSpec(path=str(starter_model), n_ctx=1024, n_threads=1, adapters=(strong,)))
        assert scores(other) == scores(client)
        assert reply(other, prompt=QUESTION).text == reply(client, prompt=QUESTION).text


def test_nothing_that_was_evaluated_with_other_adapters_is_used_again(
    client: EngineClient, strong: AdapterSpec, tmp_path: Path
) -> None:
    state = str(tmp_path / "plain.state")
    n = reply(client).usage.prompt_tokens
    assert reply(client).usage.cached_tokens == n
    client.save_state(state)
    client.use_adapters([strong])
    assert reply(client, state).usage.cached_tokens == 0
    client.use_adapters([strong])  # nothing has changed
    assert reply(client).usage.cached_tokens == n
    client.use_adapters([replace(strong, scale=1.05)])
    assert reply(client).usage.cached_tokens == 0
    client.use_adapters([])
    assert reply(client, state).usage.cached_tokens > 0


def test_switching_is_fast(client: EngineClient, strong: AdapterSpec) -> None:
    assert client.use_adapters([strong]).ms < 1000
    for scale in (0.0, 0.5, 2.0, 1.0):
        began = time.perf_counter()
        assert client.use_adapters([replace(strong, scale=scale)]).ms < 100
        assert time.perf_counter() - began < 0.1


def test_a_file_that_was_replaced_is_read_anew(client: EngineClient, strong: AdapterSpec, tmp_path: Path) -> None:
    client.use_adapters([strong])
    first = scores(client)
    other = adapter(size=0.3, seed=9).write(tmp_path / "other.gguf")
    other.replace(strong.path)
    client.use_adapters([strong])
    assert scores(client) != first
    Path(strong.path).write_bytes(b"no adapter")
    second = scores(client)
    with pytest.raises(AppError):
        client.use_adapters([strong])
    assert scores(client) == second
    Path(strong.path).unlink()
    client.use_adapters([replace(strong, scale=0.5)])  # what is in memory does for now
    assert scores(client) != second


def broken_files(folder: Path, starter_model: Path) -> Iterator[tuple[str, Path, str]]:
    """(what it is, where, words of its sentence)"""
    whole = adapter().write(folder / "whole.gguf").read_bytes()
    for place, at in (("header", 40), ("tensor names", 400), ("first weights", 4000), ("last byte", len(whole) - 1)):
        path = folder / f"cut at {at}.gguf"
        path.write_bytes(whole[:at])
        yield f"truncated: {place}", path, ""
    folder_path = folder / "folder.gguf"
    folder_path.mkdir()
    pipe = folder / "pipe.gguf"
    os.mkfifo(pipe)
    empty = folder / "empty.gguf"
    empty.write_bytes(b"")
    text = folder / "text.gguf"
    text.write_text("I am no GGUF file, whatever my name says.")
    yield "a folder", folder_path, "folder"
    yield "a pipe", pipe, ""
    yield "empty", empty, "empty"
    yield "a text", text, "not a GGUF"
    yield "missing", folder / "missing.gguf", "no file"
    yield "the base model", starter_model, "is not a LoRA adapter"
    yield "another model", tiny_model().write(folder / "tiny.gguf"), "is not a LoRA adapter"
    yield "too long a name", folder / ("x" * 300), ""


def test_every_bad_adapter_is_a_sentence_and_the_worker_computes_as_before(
    client: EngineClient, strong: AdapterSpec, starter_model: Path, tmp_path: Path
) -> None:
    client.use_adapters([strong])
    before, pid = scores(client), client.pid
    n_refused = 0

    def refused(name: str, specs: list[AdapterSpec], words: str) -> None:
        nonlocal n_refused
        with pytest.raises(AppError) as caught:
            client.use_adapters(specs)
        assert caught.value.info.kind in (ErrorKind.MODEL_FILE, ErrorKind.MODEL_LOAD, ErrorKind.BAD_INPUT), name
        assert words in caught.value.info.message, name
        assert client.alive(), name
        n_refused += 1

    for name, (change, words) in BAD.items():
        file = adapter()
        change(file)
        bad = AdapterSpec(path=str(file.write(tmp_path / "bad.gguf")))
        refused(name, [strong, bad], words)
    for name, path, words in broken_files(tmp_path, starter_model):
        refused(name, [AdapterSpec(path=str(path))], words)
    refused("a scale that is no number", [replace(strong, scale=math.nan)], "adapter can't be")
    huge = adapter(size=1e18)
    huge.set("adapter.lora.alpha", FLOAT32, 1e30)
    refused("numbers without end", [AdapterSpec(path=str(huge.write(tmp_path / "huge.gguf")))], "no finite")
    refused("the same once more", [AdapterSpec(path=str(tmp_path / "huge.gguf"))], "no finite")
    assert n_refused >= 35
    assert client.pid == pid
    assert scores(client) == before
    client.use_adapters([])
    assert reply(client, prompt=QUESTION).text


def test_an_unreadable_adapter_is_a_sentence(client: EngineClient, strong: AdapterSpec) -> None:
    Path(strong.path).chmod(0)
    if os.access(strong.path, os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(AppError) as caught:
        client.use_adapters([strong])
    assert caught.value.info.kind is ErrorKind.MODEL_FILE
    assert client.alive()


def test_many_adapters_do_not_fill_the_memory(client: EngineClient, tmp_path: Path, rss: Callable[[int], int]) -> None:
    """Each of about 4 MB; those long unused are freed."""

    def use(seed: int) -> None:
        path = adapter(range(28), seed=seed).write(tmp_path / f"{seed}.gguf")
        client.use_adapters([AdapterSpec(path=str(path))])
        path.unlink()

    for seed in range(10):
        use(seed)
    before = rss(client.pid)
    for seed in range(10, 40):
        use(seed)
    assert rss(client.pid) - before < 20e6


@pytest.fixture
def rss() -> Callable[[int], int]:
    def resident(pid: int) -> int:
        (line,) = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS")]
        return int(line.split()[1]) * 1024

    return resident
