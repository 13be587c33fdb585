"""Lanes of a comparison as replies of a chat."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.core.chat import Message, MessageState
from chatapp.core.comparison import LaneState
from chatapp.core.errors import error
from chatapp.core.generation import FinishReason
from chatapp.core.sentences import DECODE_FAILED
from chatapp.services.engine_status import EngineState
from chatapp.storage.chats import ChatStore
from chatapp.storage.database import Database
from chatapp.storage.paths import Paths
from chatapp.storage.token_store import TokenStore
from chatapp.ui.tabs.compare.lane_column import LaneColumn
from tests.lanes import comparison, lane
from tests.qt.conftest import MakeApp, chat_of
from tests.qt.test_ui_tabs_compare_keep import COMPARE, page_of, run


def send(app: App, qtbot: QtBot, column: LaneColumn) -> list[str]:
    """The texts of the chat that is shown then."""
    app.window.rail.choose(COMPARE)
    with (
        qtbot.waitSignal(app.context.lane_chats.sent, timeout=3000),
        qtbot.waitSignal(app.context.conversations.opened, timeout=3000) as opened,
    ):
        column.send_button.click()
    return [message.text for message in opened.args[0].messages]


def _messages(app: App, conversation_id: str) -> list[Message]:
    return app.context.conversations._store.messages(conversation_id)


def test_two_lanes_are_two_versions_of_a_reply_after_a_restart_too(
    app: App, make_app: MakeApp, paths: Paths, qtbot: QtBot
) -> None:
    page = page_of(app)
    page.prompt.system_button.setChecked(True)
    page.prompt.system.setPlainText("Be brief")
    page = run(app, qtbot)
    lanes = app.context.comparison.comparison.lanes
    send(app, qtbot, page.columns[0])
    assert app.window.pages.currentWidget() is chat_of(app)
    current = app.context.conversations.current
    assert current is not None
    assert current.title == "say lane and more"
    assert current.system_prompt == "Be brief"
    assert current.sampling == replace(lanes[0].sampling, seed=None)
    send(app, qtbot, page.columns[1])
    assert len(app.context.shelf.conversations) == 1
    app.close()
    app.window.close()

    again = make_app()
    with qtbot.waitSignal(again.context.conversations.opened, timeout=3000):
        qtbot.waitUntil(lambda: bool(again.context.shelf.conversations), timeout=3000)
        again.context.conversations.open(current.id)
    transcript = chat_of(again).transcript
    shown = transcript.view_of(transcript.last_reply() or "")
    assert shown is not None
    assert shown.message.text == "1 and more"
    assert shown.versions is not None
    assert len(shown.versions.ids) == 2
    database = Database(paths.database)
    question, *replies = ChatStore(database).messages(current.id)
    assert [question.text, *(reply.text for reply in replies)] == ["say lane and more", "0 and more", "1 and more"]
    for reply, sent in zip(replies, lanes, strict=True):
        assert reply.id in shown.versions.ids
        how = reply.reply
        assert (how.model, how.ids, how.sampling, how.seed, how.finish_reason, how.usage) == (
            app.context.comparison.comparison.model,
            sent.ids,
            sent.sampling,
            sent.sampling.seed,
            FinishReason.STOP,
            sent.usage,
        )
        tokens = TokenStore(database).tokens(reply.id)
        assert [token.id for token in tokens] == list(sent.ids)
        assert all(token.record is not None and token.lane == 0 for token in tokens)
    database.close()


def test_a_sent_lane_is_written_on_like_any_reply(app: App, qtbot: QtBot) -> None:
    page = run(app, qtbot)
    send(app, qtbot, page.columns[1])
    chat = chat_of(app)
    chat.prompt.set_text("say thanks")
    with qtbot.waitSignal(app.context.replies.ended, timeout=5000):
        QTest.keyClick(chat.prompt.edit, Qt.Key.Key_Return)
    (conversation,) = app.context.shelf.conversations
    assert send(app, qtbot, page.columns[0]) == ["say lane and more", "0 and more"]
    thread = ["say lane and more", "1 and more", "say thanks", "thanks"]
    assert send(app, qtbot, page.columns[1]) == thread  # it is there: nothing is stored twice
    assert len(_messages(app, conversation.id)) == 5


def test_where_the_chat_is_gone_there_is_a_new_one(app: App, qtbot: QtBot) -> None:
    page = run(app, qtbot)
    send(app, qtbot, page.columns[0])
    (first,) = app.context.shelf.conversations
    app.context.shelf.delete(first.id)
    send(app, qtbot, page.columns[1])
    (second,) = app.context.shelf.conversations
    assert second.id != first.id
    assert [message.text for message in _messages(app, second.id)] == ["say lane and more", "1 and more"]
    app.context.shelf.remove(second.id)
    app.context.shelf.restore(first.id)
    send(app, qtbot, page.columns[1])
    assert [message.text for message in _messages(app, first.id)][1:] == ["0 and more", "1 and more"]
    app.context.shelf.remove(first.id)
    send(app, qtbot, page.columns[1])
    (third,) = app.context.shelf.conversations
    assert third.id not in (first.id, second.id)


def test_plain_text_is_sent_without_a_system_prompt(app: App, qtbot: QtBot) -> None:
    page = page_of(app)
    page.prompt.mode.setCurrentIndex(1)
    run(app, qtbot)
    send(app, qtbot, page.columns[0])
    (conversation,) = app.context.shelf.conversations
    assert conversation.system_prompt == ""
    assert [message.text for message in _messages(app, conversation.id)] == ["say lane and more", "0 and more"]


def test_what_can_not_be_sent_says_why(make_app: MakeApp, library_model: Path, qtbot: QtBot) -> None:
    app = make_app()
    qtbot.waitUntil(lambda: app.context.inference.status.state is EngineState.READY, timeout=20_000)
    app.window.rail.choose(COMPARE)
    page = page_of(app)
    assert page.columns[0].send_button.isHidden()  # never run
    lanes = (
        replace(lane("a b"), state=LaneState.FAILED, finish_reason=None, error=error(DECODE_FAILED, reason="x").info),
        lane(""),
        lane("a b", state=LaneState.INTERRUPTED),
        lane("a b"),
    )
    app.context.comparison.open("id", comparison(*lanes))
    buttons = [column.send_button for column in page.columns]
    assert [button.isEnabled() for button in buttons] == [False, False, True, True]
    assert [button.isHidden() for button in buttons] == [False] * 4
    assert "failed" in buttons[0].toolTip()
    assert "no text" in buttons[1].toolTip()
    send(app, qtbot, page.columns[2])
    (conversation,) = app.context.shelf.conversations
    assert _messages(app, conversation.id)[1].state is MessageState.INTERRUPTED
    app.window.rail.choose(COMPARE)
    page.prompt.box.setPlainText("slow 1000")
    page.prompt.run_button.click()
    assert all(column.send_button.isHidden() for column in page.columns)
    page.prompt.stop_button.click()
    qtbot.waitUntil(page.columns[0].send_button.isVisible, timeout=3000)
