"""The real window over the scripted engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.services.engine_status import EngineState
from chatapp.storage import components
from chatapp.storage.model_library import ModelLibrary
from chatapp.storage.paths import Paths
from chatapp.ui.language import Language
from chatapp.ui.tabs.chat.view import ChatView
from chatapp.ui.theme import Theme
from tests.builders import write_gguf
from tests.fakes.finetune_worker import fake_finetune_command
from tests.fakes.scripted_engine import scripted_command

MakeApp = Callable[[], App]
ChooseInMenu = Callable[[QWidget, str], None]


@pytest.fixture
def make_app(qapp: QApplication, qtbot: QtBot, paths: Paths, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeApp]:
    """Builds, shows and begins an app; closes what is still open at the end."""
    made: list[App] = []
    monkeypatch.setattr(components, "find_spec", lambda name: name)  # as if what training needs were all here
    monkeypatch.setattr(components, "_own_version", lambda _name: "")

    def make() -> App:
        app = App(qapp, paths, scripted_command, conductor_command=fake_finetune_command)
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


@pytest.fixture
def choose_in_menu(monkeypatch: pytest.MonkeyPatch) -> ChooseInMenu:
    """Opens a widget's menu as the menu key does, and takes the entry with that text."""

    def choose(widget: QWidget, text: str) -> None:
        opened: list[QMenu] = []
        monkeypatch.setattr(QMenu, "popup", lambda menu, _at: opened.append(menu))
        middle = widget.rect().center()
        event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, middle, widget.mapToGlobal(middle))
        QApplication.sendEvent(widget, event)
        (menu,) = opened
        (action,) = [action for action in menu.actions() if action.text() == text]
        action.trigger()
        menu.deleteLater()

    return choose


@pytest.fixture
def light(qapp: QApplication) -> Iterator[Theme]:
    theme = Theme(qapp)
    theme.apply("light", 100)
    yield theme
    theme.deleteLater()


@pytest.fixture
def chinese(qapp: QApplication) -> Iterator[Callable[[], None]]:
    """Call it to switch the language; the end of the test switches back."""
    language = Language(qapp)

    def switch() -> None:
        language.use("zh_CN")
        QApplication.sendPostedEvents()

    yield switch
    language.use("en")
    language.deleteLater()


def chat_of(app: App) -> ChatView:
    return cast(ChatView, app.window.page("chat"))
