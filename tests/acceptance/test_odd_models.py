"""What is odd about a model's file and does not keep it from loading is said, in the terminal and in the window."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.core.errors import ErrorInfo
from chatapp.services.engine_status import EngineState
from chatapp.storage.paths import Paths
from chatapp.ui.widgets.error_card import ErrorCard
from tests.gguf_files import STRING, UINT32, Value, text_bytes, tiny_model

pytestmark = pytest.mark.model

WORDS = ("not valid UTF-8: general.author.", "does not have: tokenizer.ggml.eot_token_id.")


@pytest.fixture
def odd_model(tmp_path: Path) -> Path:
    file = tiny_model()
    file.put(Value(key=b"general.author", kind=STRING, raw=text_bytes("Müller".encode("latin-1"))))
    file.set("tokenizer.ggml.eot_token_id", UINT32, 4000)
    return file.write(tmp_path / "odd.gguf")


def test_the_terminal_says_what_is_odd(odd_model: Path) -> None:
    command = [sys.executable, "-m", "chatapp", "generate", "--prompt", "Hi", "--raw", "--max-tokens", "2"]
    done = subprocess.run(
        [*command, "--threads", "1", "--model", str(odd_model)], capture_output=True, text=True, check=True
    )
    assert [words in line for words, line in zip(WORDS, done.stderr.splitlines(), strict=True)] == [True, True]


def test_the_window_says_it_once_a_load(
    qapp: QApplication, qtbot: QtBot, starter_library: Paths, odd_model: Path
) -> None:
    app = App(qapp, starter_library)
    app.window.show()
    app.begin()
    inference = app.context.inference
    posted: list[ErrorInfo] = []
    try:
        qtbot.waitUntil(lambda: inference.status.state is EngineState.READY, timeout=60_000)
        app.context.notifier.posted.connect(posted.append)
        app.context.model_choice.use(str(odd_model))
        qtbot.waitUntil(lambda: len(posted) == 2, timeout=30_000)

        def cards() -> list[str]:
            return [card.info.message for card in app.window.findChildren(ErrorCard) if card.isVisible()]

        qtbot.waitUntil(lambda: all(any(words in card for card in cards()) for words in WORDS), timeout=5000)
        inference.status_changed.emit(inference.status)
        assert len(posted) == 2
    finally:
        app.close()
        app.window.close()
