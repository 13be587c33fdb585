"""The real window over the scripted engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.services.inference import EngineState
from chatapp.storage.model_library import ModelLibrary
from chatapp.storage.paths import Paths
from chatapp.ui.tabs.chat.view import ChatView
from tests.builders import write_gguf
from tests.fakes.scripted_engine import scripted_command

MakeApp = Callable[[], App]


@pytest.fixture
def make_app(qapp: QApplication, qtbot: QtBot, paths: Paths) -> Iterator[MakeApp]:
    """Builds, shows and begins an app; closes what is still open at the end."""
    made: list[App] = []

    def make() -> App:
        app = App(qapp, paths, scripted_command)
        made.append(app)
        app.window.show()
        app.begin()
        return app

    yield make
    for app in made:
        app.context.language.use("en")
        app.close()
        app.window.close()
        app.window.deleteLater()
    qtbot.wait(10)


@pytest.fixture
def library_model(paths: Paths, tmp_path: Path) -> Path:
    """A file in the library which the scripted engine takes for a model."""
    library = ModelLibrary(paths)
    model = library.add(write_gguf(tmp_path / "scripted.gguf"))
    library.close()
    return Path(model.path)


@pytest.fixture
def app(make_app: MakeApp, library_model: Path, qtbot: QtBot) -> App:
    """An app with its model loaded and its standby ready."""
    app = make_app()
    inference = app.context.inference
    qtbot.waitUntil(lambda: inference.status.state is EngineState.READY, timeout=20_000)
    qtbot.waitUntil(inference.standby_is_ready, timeout=20_000)
    return app


@pytest.fixture
def chat(app: App) -> ChatView:
    return chat_of(app)


def chat_of(app: App) -> ChatView:
    return cast(ChatView, app.window.page("chat"))
