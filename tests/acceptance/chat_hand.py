"""A hand at the chat of the real window: asks, waits, looks at the last reply, presses keys."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.core.generation import Token
from chatapp.storage.token_store import TokenStore
from chatapp.ui.panels.probabilities.heat_text import HeatText
from chatapp.ui.tabs.chat.message_view import MessageView
from chatapp.ui.tabs.chat.view import ChatView

Start = Callable[[], App]


def chat_of(app: App) -> ChatView:
    page = app.window.page("chat")
    assert isinstance(page, ChatView)
    return page


def ask(app: App, qtbot: QtBot, question: str) -> MessageView:
    chat = chat_of(app)
    chat.prompt.set_text(question)
    chat.prompt.button.click()
    wait_for_reply(app, qtbot)
    return last_reply(chat)


def wait_for_reply(app: App, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: app.context.conversations.writing, timeout=10_000)
    qtbot.waitUntil(lambda: not app.context.conversations.writing, timeout=120_000)
    qtbot.wait(100)


def last_reply(chat: ChatView) -> MessageView:
    view = chat.transcript.view_of(chat.transcript.last_reply() or "")
    assert view is not None
    return view


def stored(app: App, message_id: str) -> list[Token]:
    return TokenStore(app._database).tokens(message_id)


def heat_of(view: MessageView) -> HeatText:
    assert view.heat is not None
    return view.heat


def press(app: App, qtbot: QtBot, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(QApplication.focusWidget() or app.window, key, modifiers)
    qtbot.wait(20)
