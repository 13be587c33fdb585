"""Done when: the SHA-256 of models is stored and verified, in the terminal and on the Models page: what differs is
named, progress is shown, it can be cancelled; and a model is taken off the list."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.services.library import ReadProgress
from chatapp.storage.model_library import ModelLibrary
from chatapp.storage.paths import Paths
from chatapp.ui.tabs.models.view import ModelsView
from chatapp.ui.widgets.error_card import ErrorCard

pytestmark = pytest.mark.model

STATE = 5  # column of the table


def chatapp(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "chatapp", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def added(paths: Paths, starter_model: Path, tmp_path: Path) -> Path:
    """A model of one's own that can be damaged."""
    model = tmp_path / "mine.gguf"
    shutil.copy(starter_model, model)
    library = ModelLibrary(paths)
    library.add(model)
    library.close()
    return model


def cut_short(model: Path) -> None:
    os.truncate(model, model.stat().st_size - 1)


def change_a_byte(model: Path) -> None:
    with model.open("r+b") as stream:
        stream.seek(50_000_000)
        byte = stream.read(1)[0]
        stream.seek(50_000_000)
        stream.write(bytes([byte ^ 1]))


def replace_by_pipe(model: Path) -> None:
    model.unlink()
    os.mkfifo(model)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (cut_short, "bytes, "),
        (change_a_byte, "its size is right, its SHA-256 is"),
        (Path.unlink, "There is no file at"),
        (replace_by_pipe, "a pipe or a device"),
    ],
)
def test_the_terminal_names_what_differs(added: Path, damage: Callable[[Path], None], words: str) -> None:
    good = chatapp("models", "verify", "mine")
    assert (good.returncode, good.stderr) == (0, "")
    assert "unchanged since it was added" in good.stdout
    damage(added)
    bad = chatapp("models", "verify", "mine", "--json")
    assert bad.returncode == 1
    assert words in bad.stderr
    assert bad.stderr.count("\n") == 1
    verified, problem = (json.loads(line) for line in bad.stdout.splitlines())
    assert (verified["type"], verified["ok"], problem["type"]) == ("verified", False, "error")
    everything = chatapp("models", "verify")
    assert everything.returncode == 1
    assert words in everything.stdout
    assert "1 of 1 models" in everything.stderr


def test_the_terminal_takes_a_model_off_the_list_and_leaves_its_file(added: Path) -> None:
    assert chatapp("models", "verify", "yours").returncode == 1
    gone = chatapp("models", "remove", "mine", "--json")
    assert gone.returncode == 0
    assert json.loads(gone.stdout)["path"] == str(added)
    assert added.is_file()
    assert "No model is in the library" in chatapp("models", "list").stdout
    again = chatapp("models", "remove", "mine")
    assert again.returncode == 1
    assert "No model named mine" in again.stderr


def test_the_models_page_verifies_with_progress_and_cancel(
    qapp: QApplication, qtbot: QtBot, paths: Paths, added: Path
) -> None:
    app = App(qapp, paths)
    app.window.show()
    app.window.rail.choose(4)
    models = cast(ModelsView, app.window.page("models"))
    told: list[ReadProgress] = []
    app.context.library.read_progressed.connect(told.append)

    def state() -> str:
        return str(models.table.index(0, STATE).data())

    try:
        qtbot.waitUntil(lambda: models.table.rowCount() == 1, timeout=5_000)
        models.verify_button.click()
        qtbot.waitUntil(models.cancel_button.isVisible, timeout=5_000)
        assert not models.add_button.isEnabled()
        models.cancel_button.click()
        qtbot.waitUntil(lambda: told[-1].done, timeout=10_000)
        assert state() == ""
        assert not models.findChildren(ErrorCard)
        models.verify_button.click()
        qtbot.waitUntil(lambda: state() == "Unchanged", timeout=30_000)
        assert len({progress.fraction for progress in told}) > 10
        change_a_byte(added)
        models.verify_button.click()
        qtbot.waitUntil(lambda: state() == "Not as added", timeout=30_000)
        (card,) = models.findChildren(ErrorCard)
        assert "SHA-256" in card.info.message
        assert models.add_button.isEnabled()
    finally:
        app.close()
        app.window.close()
