"""Everything in the chat by keyboard alone, in the real window with the real model."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.services.engine_status import EngineState
from chatapp.storage.paths import Paths
from chatapp.ui.palette import Palette
from chatapp.ui.tabs.chat.message_view import MessageView
from chatapp.ui.tabs.chat.view import ChatView

pytestmark = pytest.mark.model
QUESTIONS = ("Tell me a long story about a river.", "Describe the sea at length.", "Explain rain in many words.")
CONTROL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)
_NONE = Qt.KeyboardModifier.NoModifier


class Person:
    """Only presses keys, wherever the focus is, and looks."""

    def __init__(self, app: App, qtbot: QtBot) -> None:
        self.app, self.bot = app, qtbot
        self.chat = cast(ChatView, app.window.page("chat"))

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = _NONE) -> None:
        window = QApplication.activeModalWidget() or self.app.window
        QTest.keyClick(QApplication.focusWidget() or window, key, modifiers)
        self.bot.wait(20)

    def type(self, text: str) -> None:
        focused = QApplication.focusWidget()
        assert focused is not None
        QTest.keyClicks(focused, text)

    def views(self) -> list[MessageView]:
        found = [v for v in self.chat.transcript.findChildren(MessageView) if v.isVisible()]
        return sorted(found, key=lambda view: view.y())

    def texts(self) -> list[str]:
        return [view.body.text() for view in self.views()]

    def wait_for_reply(self) -> None:
        self.bot.waitUntil(lambda: self.app.context.conversations.writing, timeout=10_000)
        self.bot.waitUntil(lambda: not self.app.context.conversations.writing, timeout=120_000)
        self.bot.wait(50)

    def stop_after(self, count: int) -> None:
        self.bot.waitUntil(lambda: len(self.views()) > 1 and len(self.texts()[-1]) > count, timeout=60_000)
        self.press(Qt.Key.Key_Escape)
        self.bot.waitUntil(lambda: not self.app.context.conversations.writing, timeout=5_000)


def test_ask_stop_continue_edit_regenerate_versions_search_find_export_delete_undo(
    starter_library: Paths,
    qapp: QApplication,
    qtbot: QtBot,
    rng: random.Random,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = App(qapp, starter_library)
    app.window.show()
    app.begin()
    qtbot.waitUntil(lambda: app.context.inference.status.state is EngineState.READY, timeout=60_000)
    app.context.preferences.set_option("sampling", "max_tokens", 120)
    app.window.activateWindow()
    person = Person(app, qtbot)
    chat, question = person.chat, rng.choice(QUESTIONS)
    try:
        chat.prompt.edit.setFocus()  # where it is at the start
        person.type(question)  # ask
        person.press(Qt.Key.Key_Return)
        person.stop_after(rng.randint(20, 80))  # stop
        begun = person.texts()[1]
        assert begun

        person.press(Qt.Key.Key_R, CONTROL | SHIFT)  # continue
        person.wait_for_reply()
        assert person.texts()[1].startswith(begun)
        assert len(person.texts()[1]) > len(begun)
        assert person.views()[1]._place.text() == "2/2"

        person.press(Qt.Key.Key_R, CONTROL)  # regenerate
        person.wait_for_reply()
        assert person.views()[1]._place.text() == "3/3"
        third = person.texts()[1]
        person.press(Qt.Key.Key_Left, ALT)  # versions
        person.press(Qt.Key.Key_Left, ALT)
        qtbot.waitUntil(lambda: person.texts()[1:] == [begun], timeout=5_000)
        person.press(Qt.Key.Key_Right, ALT)
        person.press(Qt.Key.Key_Right, ALT)
        qtbot.waitUntil(lambda: person.texts()[1:] == [third], timeout=5_000)

        person.press(Qt.Key.Key_Up)  # edit the last question
        person.press(Qt.Key.Key_A, CONTROL)
        person.type("Say the word zanzibar.")
        person.press(Qt.Key.Key_Return)
        person.wait_for_reply()
        assert person.texts()[0] == "Say the word zanzibar."
        assert person.views()[0]._place.text() == "2/2"

        person.press(Qt.Key.Key_N, CONTROL)  # a new chat, then search for the old
        assert chat.welcome.isVisible()
        person.press(Qt.Key.Key_F, CONTROL | SHIFT)
        person.type("zanzibar")
        qtbot.waitUntil(lambda: chat.conversations.list.model().rowCount() > 0, timeout=5_000)
        qtbot.wait(400)
        person.press(Qt.Key.Key_Down)
        person.press(Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: person.texts()[:1] == ["Say the word zanzibar."], timeout=5_000)
        person.press(Qt.Key.Key_F, CONTROL | SHIFT)
        person.press(Qt.Key.Key_Escape)
        person.press(Qt.Key.Key_Escape)
        assert chat.prompt.edit.hasFocus()

        person.press(Qt.Key.Key_F, CONTROL)  # find
        person.type("ZANZI")
        qtbot.waitUntil(lambda: "message" in chat.find_bar.count.text(), timeout=5_000)
        person.press(Qt.Key.Key_F3)
        person.press(Qt.Key.Key_F3, SHIFT)
        assert "message" in chat.find_bar.count.text()
        person.press(Qt.Key.Key_Escape)
        assert not chat.find_bar.isVisible()

        target = tmp_path / "chat.json"  # export; the system's dialog is not ours to test
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(target), "(*.json)"))
        person.press(Qt.Key.Key_S, CONTROL)
        qtbot.waitUntil(target.is_file, timeout=5_000)
        exported = json.loads(target.read_text(encoding="utf-8"))
        assert {m["text"] for m in exported["messages"]} >= {question, begun, third, "Say the word zanzibar."}

        before = person.texts()
        person.press(Qt.Key.Key_Delete, CONTROL | SHIFT)  # delete
        assert chat.welcome.isVisible()
        assert app.context.shelf.conversations == []
        person.press(Qt.Key.Key_T, CONTROL | SHIFT)  # undo
        qtbot.waitUntil(lambda: person.texts() == before, timeout=5_000)

        person.press(Qt.Key.Key_K, CONTROL)  # by the palette
        person.type("new chat")
        person.press(Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: chat.welcome.isVisible(), timeout=5_000)
        assert not app.window.findChildren(Palette) or not app.window.findChildren(Palette)[0].isVisible()
    finally:
        app.close()
        app.window.close()
