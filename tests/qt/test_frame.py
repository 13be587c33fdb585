"""What the window's frame does beyond its pages: notices, how it was left, keys, the look of the palette."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QAccessible, QIcon
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLabel
from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.services.engine_status import EngineState
from chatapp.storage.paths import Paths
from chatapp.ui import notifications
from chatapp.ui.notifications import first_words
from chatapp.ui.palette import Entry, Palette, matching
from chatapp.ui.shortcuts_dialog import ShortcutsDialog
from chatapp.ui.tabs import TABS
from chatapp.ui.tabs.chat.view import ChatView
from chatapp.ui.tabs.settings.view import SettingsView
from tests.qt.conftest import MakeApp
from tests.qt.test_chat import ask

CONTROL = Qt.KeyboardModifier.ControlModifier


class Tray(QObject):
    """A system tray that takes note."""

    messageClicked = Signal()  # noqa: N815 - as Qt names it
    activated = Signal(object)
    made: list[Tray] = []

    def __init__(self, _icon: QIcon, parent: QObject) -> None:
        super().__init__(parent)
        self.messages: list[tuple[str, str]] = []
        self.visible = False
        self.made.append(self)

    @staticmethod
    def isSystemTrayAvailable() -> bool:
        return True

    @staticmethod
    def supportsMessages() -> bool:
        return True

    def setToolTip(self, _text: str) -> None:
        pass

    def show(self) -> None:
        self.visible = True

    def hide(self) -> None:
        self.visible = False

    def showMessage(self, title: str, text: str, _icon: QIcon) -> None:
        self.messages.append((title, text))


@pytest.fixture
def tray(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Tray]]:
    monkeypatch.setattr(notifications, "QSystemTrayIcon", Tray)
    Tray.made.clear()
    yield Tray.made
    Tray.made.clear()


@pytest.fixture
def announced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    texts: list[str] = []
    monkeypatch.setattr(QAccessible, "updateAccessibility", lambda event: texts.append(event.message()))
    return texts


def test_a_finished_reply_is_told_to_who_works_elsewhere(
    app: App, qtbot: QtBot, tray: list[Tray], announced: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.window, "raise_", lambda: None)  # the plugin for tests can't
    monkeypatch.setattr(app.window, "isActiveWindow", lambda: True)
    ask(app, qtbot, "say seen")
    assert tray == []
    assert announced == ["The reply is finished."]
    monkeypatch.setattr(app.window, "isActiveWindow", lambda: False)
    ask(app, qtbot, "say <b>unseen</b> & more")
    (icon,) = tray
    assert icon.messages == [("The reply is finished.", "‹b›unseen‹/b› ＆ more")]
    ask(app, qtbot, "refuse")
    assert icon.messages[-1] == ("The reply has failed.", "")
    app.window.hide()
    icon.messageClicked.emit()
    assert app.window.isVisible()
    QApplication.instance().applicationStateChanged.emit(Qt.ApplicationState.ApplicationActive)  # type: ignore[union-attr]
    assert not icon.visible


def test_a_stopped_reply_and_one_seen_from_a_dialog_are_no_news(
    app: App, qtbot: QtBot, tray: list[Tray], announced: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.window, "isActiveWindow", lambda: False)
    ask(app, qtbot, "slow 1000", wait=False)
    qtbot.waitUntil(lambda: app.context.inference.status.state is EngineState.GENERATING, timeout=5000)
    app.context.conversations.stop()
    qtbot.waitUntil(lambda: not app.context.conversations.writing, timeout=5000)
    assert announced == []
    dialog = QDialog(app.window)
    monkeypatch.setattr(QApplication, "activeWindow", lambda: dialog)
    ask(app, qtbot, "say seen")
    assert announced == ["The reply is finished."]
    assert tray == []


def test_the_first_words_of_a_reply_are_not_its_thoughts_and_no_markup() -> None:
    assert first_words("<think>\nhm\n</think>\nThe  answer\nis `x < y`.") == "The answer is `x ‹ y`."
    assert first_words("<think>\nnever ended") == ""
    long = first_words("word " * 1000)
    assert len(long) <= 121
    assert long.endswith("…")


def test_the_window_comes_back_as_it_was_left(app: App, make_app: MakeApp, qtbot: QtBot) -> None:
    app.window.setGeometry(1, 44, 800, 551)  # the screen of tests has 800 x 800
    qtbot.waitUntil(lambda: app.window.size() == QSize(800, 551), timeout=2000)
    QTest.keyClick(app.window, Qt.Key.Key_B, CONTROL)
    app.window.close()
    again = make_app()
    assert again.window.geometry().getRect() == (1, 44, 800, 551)
    chat = cast(ChatView, again.window.page("chat"))
    assert not chat.conversations.isVisible()
    again.window.showMaximized()
    again.window.close()
    assert make_app().window.isMaximized()


@pytest.mark.parametrize("kept", ["\ud800", "é", "nonsense", "random", "tiny", 5, None])
def test_a_damaged_place_of_the_window_is_passed_over(
    make_app: MakeApp, paths: Paths, rng: random.Random, kept: object
) -> None:
    if kept == "random":
        kept = base64.b64encode(b"\x01\xd9\xd0\xcb" + rng.randbytes(60)).decode()  # begins as Qt's own do
    if kept == "tiny":
        first = make_app()
        first.window.setMinimumSize(1, 1)
        first.window.resize(10, 10)
        first.window.close()
        kept = json.loads(paths.settings.read_text())["window"]["geometry"]
    paths.settings.write_text(json.dumps({"window": {"geometry": kept}}))
    app = make_app()
    assert app.window._cards == []
    assert app.window.width() >= 800
    assert app.window.height() >= 540


def test_reset_leaves_the_window_alone(app: App) -> None:
    QTest.keyClick(app.window, Qt.Key.Key_B, CONTROL)
    app.context.preferences.reset()
    assert not app.context.preferences.settings.window.list_shown


def test_the_list_of_keys_has_the_tabs_and_follows_the_key_that_sends(app: App) -> None:
    app.context.preferences.set_option("chat", "send_key", "ctrl_enter")
    QTest.keyClick(app.window, Qt.Key.Key_F1)
    (dialog,) = app.window.findChildren(ShortcutsDialog)
    listed = [label.text() for label in dialog.findChildren(QLabel)]
    assert {"Ctrl+Enter", "Enter / Shift+Enter", "Ctrl+N / Ctrl+Shift+O", "Ctrl+6 / Ctrl+,", "↑", "Esc"} <= set(listed)
    assert {tab.title for tab in TABS} <= set(listed)
    assert "Enter" not in listed
    dialog.close()


def test_the_palette_reaches_an_action_of_another_page(app: App) -> None:
    QTest.keyClick(app.window, Qt.Key.Key_K, CONTROL)
    (palette,) = app.window.findChildren(Palette)
    palette.edit.setText("find a setting")
    QTest.keyClick(palette.edit, Qt.Key.Key_Return)
    page = cast(SettingsView, app.window.page("settings"))
    assert app.window.pages.currentWidget() is page
    assert page.search.hasFocus()


def test_the_palette_offers_models_that_are_there(app: App, library_model: Path) -> None:
    def offered() -> list[str]:
        app.window._open_palette()
        palette = app.window.findChildren(Palette)[-1]
        palette.edit.setText("model")
        found = [entry.title for entry in palette._model.entries if entry.hint == "model"]
        palette.reject()
        return found

    assert offered() == ["scripted"]
    library_model.rename(library_model.with_name("moved.gguf"))
    assert offered() == []


def test_words_of_the_title_count_more_than_the_kind_of_thing() -> None:
    found = ("xnew", "a (new) one", "new", "x n.w", "xa new")
    entries = [Entry("other", "new", print), *(Entry(title, "chat", print) for title in found)]
    assert [e.title for e in matching(entries, "new")] == ["new", "a (new) one", "xa new", "xnew", "other"]
    assert [e.title for e in matching(entries, "n.w")] == ["x n.w"]
    assert [e.title for e in matching(entries, "(")] == ["a (new) one"]


def test_a_long_title_ends_before_its_hint(app: App) -> None:
    """Drawn with and without a title, the place of the hint looks the same."""
    pictures = []
    for title in ("W" * 500, "W"):
        palette = Palette([Entry(title, "command · Ctrl+X", print)], app.window)
        palette.open_above()
        QApplication.processEvents()
        row = palette.list.visualRect(palette.list.currentIndex())
        hint = palette.fontMetrics().horizontalAdvance("command · Ctrl+X") + 12
        pictures.append(palette.list.viewport().grab(row.adjusted(row.width() - hint, 0, 0, 0)).toImage())
        palette.reject()
    assert pictures[0] == pictures[1]


def test_5000_chats_are_filtered_while_one_types(app: App, qtbot: QtBot) -> None:
    import time

    palette = Palette([Entry(f"chat number {n} about {n * 7}", "chat", print) for n in range(5000)], app.window)
    palette.open_above()
    palette.edit.setText("chat")
    times = []
    for text in ("4", "49", "499", "4999", "number", "7 chat"):
        start = time.process_time()
        palette.edit.setText(text)
        QApplication.processEvents()
        times.append(time.process_time() - start)
    assert min(times) < 0.05
    assert palette.list.model().rowCount() > 0
    palette.reject()


def test_escape_forgets_the_search_in_the_settings_before_it_stops_a_reply(app: App, qtbot: QtBot) -> None:
    page = cast(SettingsView, app.window.page("settings"))
    ask(app, qtbot, "slow 1000", wait=False)
    qtbot.waitUntil(lambda: app.context.inference.status.state is EngineState.GENERATING, timeout=5000)
    app.window.rail.choose(5)
    page.verticalScrollBar().setValue(page.verticalScrollBar().maximum())
    QTest.keyClick(app.window, Qt.Key.Key_F, CONTROL)
    assert not page.search.visibleRegion().isEmpty()
    QTest.keyClicks(page.search, "top-k")
    app.window.rail.choose(0)
    app.window.rail.choose(5)
    assert page.fields["sampling", "top_k"].widget.hasFocus()  # the first that is on show
    QTest.keyClick(page.search, Qt.Key.Key_Escape)
    assert page.search.text() == ""
    assert app.context.conversations.writing
    QTest.keyClick(page.search, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not app.context.conversations.writing, timeout=3000)
