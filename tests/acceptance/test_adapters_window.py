"""Done when: an adapter changes the next reply within a second, in the sandbox too, and without it all is as before."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.core.chat import Message
from chatapp.services.engine_status import EngineState
from chatapp.storage.paths import Paths
from tests.adapters import adapter

pytestmark = pytest.mark.model
QUESTION = "Name five animals."


@pytest.fixture
def app(qapp: QApplication, qtbot: QtBot, starter_library: Paths) -> Iterator[App]:
    app = App(qapp, starter_library)
    for name, value in (("temperature", 0.0), ("max_tokens", 16)):
        app.context.preferences.set_option("sampling", name, value)
    app.begin()
    inference = app.context.inference
    qtbot.waitUntil(lambda: inference.status.state is EngineState.READY, timeout=60_000)
    qtbot.waitUntil(inference.standby_is_ready, timeout=60_000)
    qtbot.waitUntil(lambda: app.context.adapters.knows_model, timeout=60_000)
    yield app
    app.close()


def said(app: App, qtbot: QtBot) -> str:
    app.context.conversations.new()
    with qtbot.waitSignal(app.context.replies.ended, timeout=60_000) as ended:
        app.context.conversations.send(QUESTION)
    return cast(Message, ended.args[0]).text


def test_an_adapter_changes_the_next_reply_and_only_while_it_is_on(app: App, qtbot: QtBot, tmp_path: Path) -> None:
    adapters, inference = app.context.adapters, app.context.inference
    plain = said(app, qtbot)
    strong = adapter(size=0.3).write(tmp_path / "strong.gguf")
    began = time.perf_counter()
    with qtbot.waitSignal(inference.answered, timeout=60_000):
        adapters.use(strong)
    assert time.perf_counter() - began < 1.0
    strong.unlink()
    changed = said(app, qtbot)
    assert changed != plain
    (entry,) = adapters.fitting
    adapters.set_active(entry.adapter.path, False)
    assert said(app, qtbot) == plain
    adapters.set_active(entry.adapter.path, True)
    with qtbot.waitSignal(inference.worker_died, timeout=60_000):
        os.kill(inference.worker_pids()[0], signal.SIGKILL)
    assert said(app, qtbot) == changed
    adapters.set_scale(entry.adapter.path, 0.0)
    assert said(app, qtbot) == plain


def test_the_terminal_lists_adapters_too(starter_library: Paths) -> None:
    starter_library.adapters.mkdir()
    file = adapter().write(starter_library.adapters / "warm.gguf")
    command = [sys.executable, "-m", "chatapp", "models", "list"]
    told = subprocess.run([*command, "--json"], capture_output=True, text=True, timeout=60, check=True).stdout
    model, warm = map(json.loads, told.splitlines())
    assert (model["type"], warm["type"]) == ("model", "adapter")
    assert (warm["name"], warm["path"], warm["architecture"]) == ("warm", str(file), "llama")
    assert (warm["rank"], warm["alpha"], warm["size_bytes"]) == (4, 8.0, file.stat().st_size)
    assert len(warm["sha256"]) == 64
    shown = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    assert "warm" in shown
