"""Done when: missing, empty, foreign, truncated file, FIFO or directory as model; prompt longer than the context; lone
surrogates; second instance: each a sentence, nothing lost. Through the terminal and through the real window."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import cast

import psutil
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.services.engine_status import EngineState
from chatapp.storage.paths import Paths
from chatapp.ui.tabs.chat.view import ChatView
from chatapp.ui.tabs.models.view import ModelsView
from chatapp.ui.widgets.error_card import ErrorCard

pytestmark = pytest.mark.model

BAD_MODELS = {
    "missing": "no file",
    "empty": "is empty",
    "foreign": "not a GGUF file",
    "truncated": "cut short",
    "fifo": "a pipe or a device",
    "folder": "is a folder",
}


@pytest.fixture
def bad_models(tmp_path: Path, starter_model: Path) -> dict[str, Path]:
    folder = tmp_path / "bad"
    folder.mkdir()
    paths = {name: folder / f"{name}.gguf" for name in BAD_MODELS}
    paths["empty"].touch()
    paths["foreign"].write_bytes(b"\x7fELF" + bytes(5000))
    shutil.copy(starter_model, paths["truncated"])
    with paths["truncated"].open("r+b") as stream:
        stream.truncate(starter_model.stat().st_size * 2 // 3)
    os.mkfifo(paths["fifo"])
    paths["folder"].mkdir()
    return paths


def chatapp(*arguments: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "chatapp", *arguments]
    return subprocess.run(command, input=text, capture_output=True, text=True, timeout=120, check=False)


def one_sentence(done: subprocess.CompletedProcess[str], words: str) -> None:
    assert done.returncode == 1
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
    (record,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert record["type"] == "error"
    assert words in record["message"]
    assert record["hint"]


@pytest.mark.parametrize("kind", BAD_MODELS)
def test_a_bad_model_is_one_sentence_in_the_terminal(kind: str, bad_models: dict[str, Path]) -> None:
    path = str(bad_models[kind])
    one_sentence(chatapp("generate", "--json", "--prompt", "Hi", "--model", path), BAD_MODELS[kind])
    one_sentence(chatapp("models", "add", path, "--json"), BAD_MODELS[kind])


def test_bad_prompts_are_one_sentence_in_the_terminal(starter_library: Paths) -> None:
    long = chatapp("generate", "--json", "--ctx", "512", "--threads", "1", "--prompt", "-", text="word " * 2000)
    one_sentence(long, "a context of 512 has no room")
    one_sentence(chatapp("generate", "--json", "--prompt", "a\udcffb"), "position 2")
    one_sentence(chatapp("generate", "--json", "--prompt", "a", "--stop", "b\udcff"), "position 2")
    one_sentence(chatapp("generate", "--json", "--prompt", "a", "--model", "caf\udce9.gguf"), "not valid UTF-8")
    one_sentence(chatapp("models", "add", "caf\udce9.gguf", "--json"), "not valid UTF-8")
    one_sentence(chatapp("generate", "--json", "--prompt", "  "), "prompt is empty")
    command = [sys.executable, "-m", "chatapp", "generate", "--prompt", "-"]
    latin1 = subprocess.run(command, input=b"caf\xe9", capture_output=True, timeout=60, check=False)
    assert latin1.returncode == 1
    assert b"not valid UTF-8 at byte 4" in latin1.stderr


def test_odd_surroundings_are_one_sentence_in_the_terminal(starter_library: Paths, tmp_path: Path) -> None:
    one_sentence(chatapp("generate", "--json", "--prompt", "Hi", "--ctx", "4"), "context can't be 4")
    one_sentence(chatapp("generate", "--json", "--prompt", "Hi", "--model", ""), "No model named")
    command = f"{sys.executable} -m chatapp"
    for shell, words in (
        (f"{command} generate --prompt - <&-", "prompt is empty"),
        (f"{command} models list > /dev/full", "could not be written"),
        (f"mkdir {tmp_path}/x; cd {tmp_path}/x; rmdir {tmp_path}/x; {command} models add a.gguf", "can't be read"),
    ):
        root = Path(__file__).resolve().parents[2]
        environment = {**os.environ, "PYTHONPATH": str(root)}
        done = subprocess.run(shell, shell=True, capture_output=True, text=True, env=environment, check=False)
        assert done.returncode == 1, shell
        assert words in done.stderr
        assert "Traceback" not in done.stderr
    closed = subprocess.run(f"{command} models list >&-", shell=True, capture_output=True, check=False)
    assert closed.returncode == 0


def test_json_is_json_in_any_encoding(starter_library: Paths) -> None:
    command = [sys.executable, "-m", "chatapp", "generate", "--json", "--threads", "1", "--raw", "--max-tokens", "20"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [*command, "--prompt", "😀😀 天空 天空", "--temperature", "0"], env=environment, capture_output=True, check=True
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines[-1]["type"] == "done"
    assert any(ord(character) > 127 for character in lines[-1]["text"])


def test_a_frozen_worker_does_not_hold_the_terminal(starter_library: Paths) -> None:
    window = subprocess.Popen(
        [sys.executable, "-m", "chatapp", "generate", "--prompt", "Tell a long story", "--threads", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert window.stdout is not None
    window.stdout.read(1)
    (worker,) = psutil.Process(window.pid).children()
    worker.suspend()
    window.send_signal(signal.SIGINT)
    _, stderr = window.communicate(timeout=30)
    assert window.returncode == 130
    assert b"Traceback" not in stderr
    assert not worker.is_running()


def test_without_any_model_the_sentence_says_how_to_add_one() -> None:
    one_sentence(chatapp("generate", "--json", "--prompt", "Hi"), "No model is in the library yet")


def test_bad_models_and_prompts_are_cards_in_the_window_and_lose_nothing(
    qapp: QApplication, qtbot: QtBot, starter_library: Paths, bad_models: dict[str, Path]
) -> None:
    app = App(qapp, starter_library)
    app.window.show()
    app.begin()
    chat = cast(ChatView, app.window.page("chat"))
    inference = app.context.inference

    def cards() -> list[str]:
        return [card.info.message for card in app.window.findChildren(ErrorCard) if card.isVisible()]

    try:
        qtbot.waitUntil(lambda: inference.status.state is EngineState.READY, timeout=60_000)
        for kind, words in BAD_MODELS.items():
            cast(ModelsView, app.window.page("models")).add_requested.emit(bad_models[kind])
            app.window.rail.choose(4)
            qtbot.waitUntil(lambda w=words: any(w in text for text in cards()), timeout=5000)
        app.window.rail.choose(0)
        for kind, words in BAD_MODELS.items():
            app.context.model_choice.use(str(bad_models[kind]))
            qtbot.waitUntil(lambda w=words: any(w in text for text in cards()), timeout=20_000)
        app.context.preferences.set_option("engine", "context_length", 512)
        app.context.library.find_start_model("")
        qtbot.waitUntil(lambda: inference.status.state is EngineState.READY, timeout=60_000)
        long_prompt = "word " * 2000
        for text, words in ((long_prompt, "a context of 512 has no room"), ("half \ud83d!", "position 6")):
            chat.prompt.edit.setPlainText(text)
            QTest.keyClick(chat.prompt.edit, Qt.Key.Key_Return)
            qtbot.waitUntil(lambda w=words: any(w in card for card in cards()), timeout=20_000)
        assert chat.prompt.text() == "half \ud83d!"
        assert app.window.isVisible()
    finally:
        app.close()
        app.window.close()
    with sqlite3.connect(starter_library.database) as connection:
        (kept,) = connection.execute("SELECT text FROM message WHERE role = 'user'").fetchone()
    connection.close()
    assert kept == long_prompt


def test_a_second_instance_says_so_and_shows_the_first(starter_library: Paths) -> None:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-m", "chatapp"]
    first = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)
    try:
        lock = starter_library.instance_lock
        end = time.monotonic() + 30
        while not lock.exists() and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(0.5)
        second = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        assert second.returncode == 0
        assert "already open with the data folder" in second.stderr
        assert first.poll() is None
        assert "brought to the front" in starter_library.log.read_text()
    finally:
        first.kill()
        first.communicate()
    third = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)  # a killed window leaves no lock behind
    try:
        time.sleep(2)
        assert third.poll() is None
    finally:
        third.kill()
        third.communicate()
