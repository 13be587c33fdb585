"""A reply is rated good or bad: with its buttons, from the keyboard, for good."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.ui.tabs.chat.message_view import MessageView
from chatapp.ui.tabs.chat.view import ChatView

WAIT = 20_000


@pytest.fixture
def reply(app: App, chat: ChatView, qtbot: QtBot) -> MessageView:
    app.context.conversations.send("say hello")
    qtbot.waitUntil(lambda: app.context.conversations.writing, timeout=WAIT)
    qtbot.waitUntil(lambda: not app.context.conversations.writing, timeout=WAIT)
    view = chat.transcript.view_of(chat.transcript.last_reply() or "")
    assert view is not None
    return view


def stored_rating(app: App, chat: ChatView, qtbot: QtBot) -> int:
    """As it is read from the disk again."""
    current = app.context.conversations.current
    assert current is not None
    app.context.conversations.new()
    app.context.replies._last = None
    app.context.replies._ended.clear()
    with qtbot.waitSignal(app.context.conversations.opened, timeout=WAIT):
        app.context.conversations.open(current.id)
    return chat.transcript.messages()[-1].reply.rating


def test_the_buttons_rate_and_take_it_back(app: App, chat: ChatView, reply: MessageView, qtbot: QtBot) -> None:
    reply._good.click()
    assert reply.message.reply.rating == 1
    assert (reply._good.isChecked(), reply._bad.isChecked()) == (True, False)
    reply._bad.click()
    assert reply.message.reply.rating == -1
    assert (reply._good.isChecked(), reply._bad.isChecked()) == (False, True)
    reply._bad.click()
    assert reply.message.reply.rating == 0
    assert not reply._bad.isChecked()
    reply._good.click()
    assert stored_rating(app, chat, qtbot) == 1


def test_questions_have_no_rating(chat: ChatView, reply: MessageView) -> None:
    question = next(view for view in chat.transcript.views() if view is not reply)
    assert not question._good.isVisible()
    assert reply._good.isVisible()
    assert reply._good.accessibleName() == "A good reply"


def test_the_last_reply_is_rated_from_the_keyboard(app: App, reply: MessageView, chinese: Callable[[], None]) -> None:
    wanted = [action for action in app.window._pages["chat"].actions if action.title == "The last reply is bad"]
    assert wanted[0].keys == ("Ctrl+Alt+B",)
    wanted[0].run()
    assert reply.message.reply.rating == -1
    chinese()
    assert reply._bad.toolTip() == "回答得不好"


def test_a_reply_being_written_is_not_rated(app: App, chat: ChatView, qtbot: QtBot) -> None:
    app.context.conversations.send("slow 200")
    qtbot.waitUntil(lambda: app.context.replies.writing is not None, timeout=WAIT)
    view = chat.transcript.view_of(chat.transcript.last_reply() or "")
    assert view is not None
    assert not view._good.isVisible()
    app.context.replies.rate(view.message, 1)
    app.context.conversations.stop()
    qtbot.waitUntil(lambda: not app.context.conversations.writing, timeout=WAIT)
    assert view.message.reply.rating == 0
