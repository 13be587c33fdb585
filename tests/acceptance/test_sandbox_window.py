"""The window's workers live in the sandbox too, and it costs nobody a model: one the standby was not given, one whose
file was replaced, or one behind a link gets a worker of its own."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.core.models import LoadSpec
from chatapp.services.engine_status import EngineState
from chatapp.services.inference import InferenceService
from chatapp.storage.paths import Paths
from chatapp.workers.sandbox import landlock

pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(sys.platform != "linux" or landlock.version() == 0, reason="this system has no Landlock"),
]


@pytest.fixture
def inference(qapp: QApplication, qtbot: QtBot, starter_library: Paths) -> Iterator[InferenceService]:
    """Of the real app, its model loaded and its standby ready."""
    app = App(qapp, starter_library)
    app.begin()
    inference = app.context.inference
    wait_for_model(inference, qtbot)
    yield inference
    app.close()


def wait_for_model(inference: InferenceService, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: inference.status.state is not EngineState.LOADING, timeout=60_000)
    qtbot.waitUntil(lambda: inference.status.state is EngineState.READY, timeout=60_000)
    qtbot.waitUntil(inference.standby_is_ready, timeout=60_000)


def load(inference: InferenceService, qtbot: QtBot, path: Path) -> None:
    inference.load(LoadSpec(path=str(path), n_ctx=512, n_threads=1))
    wait_for_model(inference, qtbot)
    assert inference.status.error is None
    assert inference.status.path == str(path)


def is_filtered(pid: int) -> bool:
    return "Seccomp:\t2" in Path(f"/proc/{pid}/status").read_text()


def test_both_workers_are_in_the_sandbox(inference: InferenceService) -> None:
    pids = inference.worker_pids()
    assert len(pids) == 2
    assert all(map(is_filtered, pids))


def test_a_model_elsewhere_one_behind_a_link_and_one_that_was_replaced_are_loaded(
    inference: InferenceService, qtbot: QtBot, starter_model: Path, tmp_path: Path
) -> None:
    elsewhere, link = tmp_path / "elsewhere.gguf", tmp_path / "link.gguf"
    shutil.copy(starter_model, elsewhere)
    standby = inference.worker_pids()[1]
    load(inference, qtbot, elsewhere)
    assert standby not in inference.worker_pids()  # it could not have read that
    standby = inference.worker_pids()[1]
    load(inference, qtbot, elsewhere)
    assert inference.worker_pids()[0] == standby  # this one could
    link.symlink_to(elsewhere)
    load(inference, qtbot, link)
    shutil.copy(starter_model, tmp_path / "newer.gguf")
    os.replace(tmp_path / "newer.gguf", elsewhere)  # noqa: PTH105 - the same name, another file
    load(inference, qtbot, link)
    assert all(map(is_filtered, inference.worker_pids()))


def test_the_setting_switches_it_off_and_on_again(qapp: QApplication, qtbot: QtBot, starter_library: Paths) -> None:
    app = App(qapp, starter_library)
    app.begin()
    inference = app.context.inference
    try:
        wait_for_model(inference, qtbot)
        path = inference.status.path
        for value in ("off", "on"):
            app.context.preferences.set_option("engine", "sandbox", value)
            load(inference, qtbot, Path(path))
            assert is_filtered(inference.worker_pids()[0]) == (value == "on")
    finally:
        app.close()
