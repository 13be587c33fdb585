"""The list of conversations: names, folders, pins, the bin, search, drafts, files."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QInputDialog, QMenu
from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.ui.tabs.chat.view import ChatView
from tests.qt.conftest import MakeApp, chat_of
from tests.qt.test_chat import ask, texts


def rows(chat: ChatView) -> list[str]:
    model = chat.conversations.list.model()
    return [str(model.index(row, 0).data()) for row in range(model.rowCount())]


def new_chat(app: App, chat: ChatView, qtbot: QtBot, prompt: str) -> str:
    chat.conversations.new_button.click()
    ask(app, qtbot, prompt)
    current = app.context.conversations.current
    assert current is not None
    return current.id


def choose(menu: QMenu, text: str) -> None:
    (action,) = [action for action in menu.actions() if action.text() == text]
    action.trigger()


def test_pinned_ones_and_folders_stand_apart(app: App, chat: ChatView, qtbot: QtBot) -> None:
    first, second, _third = (new_chat(app, chat, qtbot, f"say {n}") for n in ("one", "two", "three"))
    assert rows(chat) == ["say three", "say two", "say one"]
    choose(chat.conversations.menu_for(first), "Pin")
    app.context.shelf.change(second, folder="Work <b>")
    assert rows(chat) == ["Pinned", "say one", "▸ Work <b>", "say two", "Others", "say three"]
    choose(chat.conversations.menu_for(first), "Unpin")
    assert rows(chat)[:2] == ["▸ Work <b>", "say two"]


def test_a_chat_is_renamed(app: App, chat: ChatView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    new_chat(app, chat, qtbot, "say one")
    monkeypatch.setattr(QInputDialog, "getText", lambda *_args, **_named: ("  The  river ", True))
    QTest.keyClick(app.window, Qt.Key.Key_F2)
    assert rows(chat) == ["The river"]
    monkeypatch.setattr(QInputDialog, "getText", lambda *_args, **_named: ("   ", True))
    QTest.keyClick(app.window, Qt.Key.Key_F2)
    assert rows(chat) == ["The river"]


def test_a_deleted_chat_lies_in_the_bin_and_comes_back(
    app: App, chat: ChatView, qtbot: QtBot, make_app: MakeApp
) -> None:
    first = new_chat(app, chat, qtbot, "say one")
    new_chat(app, chat, qtbot, "say two")
    app.context.conversations.open(first)
    qtbot.waitUntil(lambda: texts(chat) == ["say one", "one"], timeout=3000)
    choose(chat.conversations.menu_for(first), "Delete")
    assert rows(chat) == ["say two"]
    assert chat.welcome.isVisible()
    assert chat.undo.isVisible()
    app.close()
    again = make_app()
    view = chat_of(again)
    qtbot.waitUntil(lambda: rows(view) == ["say two"], timeout=5000)
    view.conversations.bin_button.click()
    assert rows(view) == ["say one"]
    choose(view.conversations.menu_for(first), "Restore")
    qtbot.waitUntil(lambda: rows(view) == ["say two", "say one"] and texts(view) == ["say one", "one"], timeout=3000)
    assert not view.conversations.bin_button.isVisible()


def test_deleting_a_chat_ends_its_replies(app: App, chat: ChatView, qtbot: QtBot) -> None:
    ask(app, qtbot, "slow 1000", wait=False)
    qtbot.waitUntil(lambda: app.context.conversations.writing, timeout=5000)
    QTest.keyClick(
        app.window, Qt.Key.Key_Delete, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    qtbot.waitUntil(lambda: not app.context.conversations.writing, timeout=5000)


def test_delete_for_good_is_for_good(app: App, chat: ChatView, qtbot: QtBot, make_app: MakeApp) -> None:
    first = new_chat(app, chat, qtbot, "say one")
    kept = app._contexts._states.path(first)
    kept.parent.mkdir(exist_ok=True)
    kept.write_bytes(b"what the model has read")
    app.context.shelf.delete(first)
    choose(chat.conversations.menu_for(first), "Delete for good")
    qtbot.waitUntil(lambda: not kept.exists(), timeout=3000)
    app.close()
    again = make_app()
    qtbot.wait(200)
    assert again.context.shelf.conversations == again.context.shelf.bin == []


def test_words_in_any_chat_and_any_version_are_found_and_shown(app: App, chat: ChatView, qtbot: QtBot) -> None:
    new_chat(app, chat, qtbot, "say 天空 is blue")
    with qtbot.waitSignal(app.context.replies.ended, timeout=5000):
        QTest.keyClick(chat.prompt.edit, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    new_chat(app, chat, qtbot, "say nothing")
    chat.conversations.search.setText("天")
    qtbot.waitUntil(lambda: len(rows(chat)) == 4, timeout=3000)  # the title, the question, both replies
    model = chat.conversations.list.model()
    oldest = next(r for r in range(1, 4) if model.index(r, 0).data().endswith("\nsay 天空 is blue"))
    chat.conversations.list.clicked.emit(model.index(oldest - 1, 0))
    qtbot.waitUntil(lambda: texts(chat)[:1] == ["say 天空 is blue"], timeout=3000)
    chat.conversations.search.setText("no such words")
    qtbot.waitUntil(lambda: rows(chat) == [], timeout=3000)
    assert chat.conversations._empty.text() == "No chat has these words."
    chat.conversations.search.clear()
    assert len(rows(chat)) == 2


def test_what_stands_in_the_box_stays_with_its_chat(app: App, chat: ChatView, qtbot: QtBot, make_app: MakeApp) -> None:
    first = new_chat(app, chat, qtbot, "say one")
    chat.prompt.set_text("half a thought")
    chat.conversations.new_button.click()
    assert chat.prompt.text() == ""
    chat.prompt.set_text("of a new chat")
    app.context.conversations.open(first)
    qtbot.waitUntil(lambda: chat.prompt.text() == "half a thought", timeout=3000)
    chat.conversations.new_button.click()
    assert chat.prompt.text() == "of a new chat"
    app.close()
    again = make_app()
    view = chat_of(again)
    qtbot.waitUntil(lambda: rows(view) == ["say one"], timeout=3000)
    again.context.conversations.open(first)
    qtbot.waitUntil(lambda: view.prompt.text() == "half a thought", timeout=3000)


def test_a_chat_is_exported_and_comes_in_again(
    app: App, chat: ChatView, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = new_chat(app, chat, qtbot, "say one")
    exported = tmp_path / "chat.json"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(tmp_path / "chat"), "x (*.json)"))
    with qtbot.waitSignal(app.context.shelf.exported, timeout=3000):
        choose(chat.conversations.menu_for(first), "Export…")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_args: (str(exported), ""))
    chat.conversations.import_chat()
    qtbot.waitUntil(lambda: rows(chat) == ["say one", "say one"], timeout=3000)
    qtbot.waitUntil(lambda: texts(chat) == ["say one", "one"] and app.context.conversations.current is not None)
    assert app.context.conversations.current is not None
    qtbot.waitUntil(lambda: getattr(app.context.conversations.current, "id", first) != first, timeout=3000)
    exported.write_text("{}")
    chat.conversations.import_chat()
    qtbot.waitUntil(lambda: bool(app.window._cards), timeout=3000)
    assert "no chat exported by chatapp" in app.window._cards[0].info.message
    assert len(rows(chat)) == 2


def test_the_conversation_is_copied_as_markdown(app: App, chat: ChatView, qtbot: QtBot) -> None:
    new_chat(app, chat, qtbot, "say one")
    QGuiApplication.clipboard().clear()
    QTest.keyClick(app.window, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: "say one" in QGuiApplication.clipboard().text(), timeout=3000)
    assert QGuiApplication.clipboard().text().startswith("# say one\n")
