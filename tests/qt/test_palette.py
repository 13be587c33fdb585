"""The palette, the list of keys, finding in a chat and in the settings."""

from __future__ import annotations

from typing import cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.core.chat import Role
from chatapp.ui.palette import Entry, Palette, matching
from chatapp.ui.shortcuts_dialog import ShortcutsDialog
from chatapp.ui.tabs.chat.view import ChatView
from chatapp.ui.tabs.settings.view import SettingsView
from tests.builders import message
from tests.qt.test_chat import ask, texts

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def entries(*titles: str) -> list[Entry]:
    return [Entry(title, "hint", lambda: None) for title in titles]


def test_every_word_must_occur_and_beginnings_come_first() -> None:
    listed = entries("about settings", "Zsettings", "Settings", "other")
    assert [e.title for e in matching(listed, "sett")] == ["Settings", "about settings", "Zsettings"]
    assert [e.title for e in matching(listed, "SET about")] == ["about settings"]
    assert len(matching(listed, "")) == 4


def test_the_palette_opens_a_chat(app: App, chat: ChatView, qtbot: QtBot) -> None:
    ask(app, qtbot, "say the first one")
    chat.conversations.new_button.click()
    ask(app, qtbot, "say another")
    app.window.rail.choose(5)
    QTest.keyClick(app.window, Qt.Key.Key_K, CONTROL)
    (palette,) = app.window.findChildren(Palette)
    QTest.keyClicks(palette.edit, "first one")
    QTest.keyClick(palette.edit, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: texts(chat) == ["say the first one", "the first one"], timeout=3000)
    assert chat.isVisible()


def test_the_palette_moves_closes_and_says_that_nothing_fits(app: App, qtbot: QtBot) -> None:
    QTest.keyClick(app.window, Qt.Key.Key_K, CONTROL)
    (palette,) = app.window.findChildren(Palette)
    QTest.keyClick(palette.edit, Qt.Key.Key_Down)
    assert palette.list.currentIndex().row() == 1
    QTest.keyClick(palette.edit, Qt.Key.Key_Up)
    QTest.keyClick(palette.edit, Qt.Key.Key_Up)
    assert palette.list.currentIndex().row() == palette.list.model().rowCount() - 1
    palette.edit.setText("no such thing")
    assert palette._nothing.isVisible()
    QTest.keyClick(palette.edit, Qt.Key.Key_Return)
    QTest.keyClick(palette.edit, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not app.window.findChildren(Palette), timeout=3000)


def test_f1_lists_every_key_of_every_action(app: App) -> None:
    QTest.keyClick(app.window, Qt.Key.Key_F1)
    (dialog,) = app.window.findChildren(ShortcutsDialog)
    listed = {label.text() for label in dialog.findChildren(QLabel)}
    for action in (*app.window._actions, *app.window._pages["chat"].actions, *app.window._pages["settings"].actions):
        if action.keys:
            assert {action.text(), action.keys_text()} <= listed
    dialog.close()


def test_no_key_means_two_things(app: App) -> None:
    own = [keys for action in app.window._actions for keys in action.keys]
    for page in app.window._pages.values():
        every = own + [keys for action in page.actions for keys in action.keys]
        assert len(every) == len(set(every))


def test_words_are_found_also_in_messages_not_yet_on_show(app: App, chat: ChatView, qtbot: QtBot) -> None:
    many = [message(str(n), str(n - 1) if n else None, text=f"message {n}") for n in range(300)]
    many[7] = message("7", "6", text="a NEEDLE here, and a needle there")
    chat.show_transcript()
    chat.transcript.set_messages(many)
    QTest.keyClick(app.window, Qt.Key.Key_F, CONTROL)
    chat.find_bar.edit.setText("needle")
    qtbot.waitUntil(lambda: "message 1 of 1" in chat.find_bar.count.text(), timeout=3000)
    view = chat.transcript.view_of("7")
    assert view is not None
    qtbot.waitUntil(lambda: not view.visibleRegion().isEmpty(), timeout=3000)
    assert "place 2 of 2" in chat.find_bar.count.text()
    QTest.keyClick(chat.find_bar.edit, Qt.Key.Key_F3)
    assert "place 1 of 2" in chat.find_bar.count.text()
    chat.find_bar.edit.setText("absent")
    qtbot.waitUntil(lambda: chat.find_bar.count.text() == "Not found", timeout=3000)
    QTest.keyClick(chat.find_bar.edit, Qt.Key.Key_Escape)
    assert not chat.find_bar.isVisible()
    assert chat.prompt.edit.hasFocus()
    chat.transcript._later.click()
    assert chat.transcript.view_of("60") is not None


@pytest.mark.parametrize(
    "words", ["some bold words", "a code span", "the link text here", "5*6", "the heading", "secret plan"]
)
def test_words_are_found_as_they_are_read(app: App, chat: ChatView, qtbot: QtBot, words: str) -> None:
    text = (
        "<think>a secret plan</think>\n\n## The *heading*\n\nsome **bold** words, a `code span`, "
        "the [link text](https://example.org) here, 5\\*6"
    )
    reply = message("r1", "q1", role=Role.ASSISTANT, text=text)
    chat.transcript.set_messages([message("q1", text="nothing"), reply])
    chat.show_transcript()
    QTest.keyClick(app.window, Qt.Key.Key_F, CONTROL)
    chat.find_bar.edit.setText(words)
    qtbot.waitUntil(lambda: chat.find_bar.count.text() == "message 1 of 1", timeout=3000)
    assert len(chat.find_bar._places) == 1
    editor, cursor = chat.find_bar._places[0]
    assert cursor.selectedText().casefold() == words
    assert editor.isVisible()


def test_settings_are_found_by_their_words(app: App) -> None:
    app.window.rail.choose(5)
    page = cast(SettingsView, app.window.page("settings"))
    QTest.keyClick(app.window, Qt.Key.Key_F, CONTROL)
    assert page.search.hasFocus()
    page.search.setText("logits SOFTMAX")
    visible = {name for name, entry in page.fields.items() if entry.widget.isVisible()}
    assert visible == {("sampling", "temperature")}
    assert not page._groups["engine"].isVisible()
    page.search.setText("xyzzy")
    assert page._nothing.isVisible()
    page.search.clear()
    assert all(entry.widget.isVisible() for entry in page.fields.values())


def test_ctrl_enter_sends_where_that_is_set(app: App, chat: ChatView, qtbot: QtBot) -> None:
    app.context.preferences.set_option("chat", "send_key", "ctrl_enter")
    QTest.keyClicks(chat.prompt.edit, "say a")
    QTest.keyClick(chat.prompt.edit, Qt.Key.Key_Return)
    assert chat.prompt.text() == "say a\n"
    assert "Ctrl+Enter" in chat.prompt.edit.placeholderText()
    with qtbot.waitSignal(chat.prompt.submitted):
        QTest.keyClick(chat.prompt.edit, Qt.Key.Key_Return, CONTROL)
    qtbot.waitUntil(lambda: not app.context.conversations.writing and chat.prompt.text() == "", timeout=5000)
