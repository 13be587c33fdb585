"""Done when: 300 damaged GGUFs (random and format-aware, generator in tests, seed as argument), through the window and
through `chatapp generate`: each loads or gives one sentence < 2 s; 0 window deaths; exit codes as in the terminal's
contract; >= 95 % of those llama.cpp would refuse or abort on are refused by the reader; 0 false refusals on the
untouched models and llama.cpp's own vocabulary files."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import cast

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.cli.engine import NO_TEMPLATE
from chatapp.core.errors import AppError, ErrorInfo
from chatapp.core.model_file import checked_header, checked_model
from chatapp.services.engine_status import EngineState
from chatapp.storage.paths import Paths
from chatapp.ui.tabs.chat.view import ChatView
from chatapp.ui.widgets.error_card import ErrorCard
from tests import vocabularies
from tests.damage import damaged_files
from tests.gguf_files import GgufFile, tiny_model

pytestmark = pytest.mark.model

SECONDS = 2.0


@pytest.fixture
def sources(starter_model: Path) -> dict[str, GgufFile]:
    """What is damaged: mostly small models, so that many fit in little time, and the real one."""
    architectures = ("llama", "gemma3", "qwen2", "phi3", "gemma2", "qwen3", "smollm3")
    return {**{name: tiny_model(name) for name in architectures}, "starter": GgufFile.read(starter_model)}


def refusal(path: Path) -> str:
    """What the reader says against a file; "" for nothing."""
    try:
        checked_model(str(path))
    except AppError as problem:
        return problem.info.message
    return ""


@contextmanager
def plain_llama(*options: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.plain_llama", *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def ask(process: subprocess.Popen[str], path: Path) -> str:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{path}\n")
    process.stdin.flush()
    return process.stdout.readline().strip()


def test_the_reader_refuses_what_llama_cpp_refuses_and_nothing_else(
    rng: random.Random, long_run: bool, sources: dict[str, GgufFile], tmp_path: Path
) -> None:
    missed, false, refused = [], [], 0
    with plain_llama() as llama:
        for damage in damaged_files(rng, sources, tmp_path, 300 if long_run else 60):
            ours, theirs = refusal(damage.path), ask(llama, damage.path)
            refused += theirs != "ok"
            if theirs != "ok" and not ours:
                missed.append(f"{damage.name}: {theirs}")
            if theirs == "ok" and ours:
                false.append(f"{damage.name}: {ours}")
    print(f"llama.cpp refused {refused}, the reader all but {missed}")
    assert refused > 30
    assert len(missed) <= refused * 0.05, missed
    assert false == []


def test_untouched_models_and_vocabularies_are_not_refused(
    starter_model: Path, gemma_model: Path, long_run: bool, tmp_path: Path
) -> None:
    for model in (starter_model, gemma_model):
        started = time.perf_counter()
        assert refusal(model) == ""
        print(f"{model.name}: read in {(time.perf_counter() - started) * 1000:.0f} ms")
    files = vocabularies.published() if long_run else vocabularies.small(tmp_path)
    assert len(files) == (19 if long_run else 2)
    with plain_llama("--vocabulary") as llama:
        for path in files:
            assert ask(llama, path) == "ok", path
            assert checked_header(str(path)).tensors == {}
            assert "only the vocabulary" in refusal(path), path


def test_damaged_models_are_one_sentence_in_the_terminal(
    rng: random.Random, long_run: bool, sources: dict[str, GgufFile], tmp_path: Path
) -> None:
    seconds = []
    outcomes: Counter[str] = Counter()
    for damage in damaged_files(rng, sources, tmp_path, 300 if long_run else 12):
        command = [sys.executable, "-m", "chatapp", "generate", "--json", "--prompt", "Hi", "--threads", "1"]
        started = time.perf_counter()
        done = subprocess.run(
            [*command, "--max-tokens", "2", "--model", str(damage.path)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        lines = [line for line in done.stderr.splitlines() if line != NO_TEMPLATE]
        records = [json.loads(line) for line in done.stdout.splitlines()]
        if done.returncode == 0:
            assert "Traceback" not in done.stderr, damage.name  # but something odd may be remarked on
            assert records[-1]["type"] == "done", damage.name
            outcomes["loads"] += 1
            continue
        seconds.append(time.perf_counter() - started)
        assert done.returncode == 1, damage.name
        assert len(lines) == 1, (damage.name, lines)
        assert [record["type"] for record in records] == ["error"], damage.name
        assert records[0]["message"] in lines[0], damage.name
        assert records[0]["hint"], damage.name
        assert records[0]["kind"] != "bug", damage.name
        outcomes[records[0]["kind"]] += 1
    report("terminal", outcomes, seconds)


def test_damaged_models_are_one_card_in_the_window(
    qapp: QApplication,
    qtbot: QtBot,
    starter_library: Paths,
    rng: random.Random,
    long_run: bool,
    sources: dict[str, GgufFile],
    tmp_path: Path,
) -> None:
    app = App(qapp, starter_library)
    app.context.preferences.set_option("sampling", "max_tokens", 2)
    app.context.preferences.set_option("engine", "context_length", 512)
    app.window.show()
    app.begin()
    inference = app.context.inference
    posted: list[ErrorInfo] = []
    app.context.notifier.posted.connect(posted.append)
    seconds = []
    outcomes: Counter[str] = Counter()
    try:
        qtbot.waitUntil(lambda: inference.status.state is EngineState.READY, timeout=60_000)
        for damage in damaged_files(rng, sources, tmp_path, 300 if long_run else 24):
            qtbot.waitUntil(inference.standby_is_ready, timeout=20_000)
            posted.clear()
            started = time.perf_counter()
            app.context.model_choice.use(str(damage.path))
            qtbot.waitUntil(lambda: inference.status.state is not EngineState.LOADING, timeout=60_000)
            if inference.status.state is EngineState.READY:
                outcomes["loads"] += 1
                _write_a_reply(app, qtbot)
            else:
                seconds.append(time.perf_counter() - started)
                assert len(posted) == 1, damage.name
                outcomes[posted[0].kind.value] += 1
                qtbot.waitUntil(lambda: posted[0] in _cards(app), timeout=5000)
                for card in app.window.findChildren(ErrorCard):
                    card.dismissed.emit()  # as a person does
            assert app.window.isVisible(), damage.name
        app.context.library.find_start_model("")
        qtbot.waitUntil(lambda: inference.status.state is EngineState.READY, timeout=60_000)
        _write_a_reply(app, qtbot)
    finally:
        app.close()
        app.window.close()
    report("window", outcomes, seconds)


def _cards(app: App) -> list[ErrorInfo]:
    """A card is shown with the next turn of the event loop."""
    return [card.info for card in app.window.findChildren(ErrorCard) if card.isVisible()]


def _write_a_reply(app: App, qtbot: QtBot) -> None:
    """With what was loaded, to its end or to its card."""
    app.context.conversations.new()
    ended: list[object] = []
    app.context.replies.ended.connect(ended.append)
    chat = cast(ChatView, app.window.page("chat"))
    chat.prompt.set_text("Hi")
    chat.prompt.button.click()
    qtbot.waitUntil(lambda: len(ended) == 1, timeout=60_000)
    app.context.replies.ended.disconnect(ended.append)


def report(where: str, outcomes: Counter[str], seconds: list[float]) -> None:
    """Times depend on what else the machine does: most sentences must come in time, the figures are printed."""
    late = [f"{value:.1f}" for value in seconds if value >= SECONDS]
    print(f"{where}: {dict(outcomes)}, median {median(seconds):.2f} s, worst {max(seconds):.2f} s, late {late}")
    assert median(seconds) < SECONDS
