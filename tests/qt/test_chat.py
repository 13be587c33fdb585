"""Talking, as a person sees it: through the widgets of the real window."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.core.chat import MessageState, Role
from chatapp.core.errors import error
from chatapp.core.sentences import STORE_FAILED
from chatapp.services.engine_status import EngineState
from chatapp.storage.paths import Paths
from chatapp.ui.tabs.chat.message_view import MessageView
from chatapp.ui.tabs.chat.view import ChatView
from chatapp.ui.widgets.error_card import ErrorCard
from tests.qt.conftest import MakeApp, chat_of


def ask(app: App, qtbot: QtBot, text: str, *, wait: bool = True) -> None:
    chat = chat_of(app)
    chat.prompt.set_text(text)
    QTest.keyClick(chat.prompt.edit, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: chat.prompt.text() == "", timeout=5000)
    if wait:
        qtbot.waitUntil(lambda: not app.context.conversations.writing, timeout=10_000)


def shown(chat: ChatView) -> list[MessageView]:
    views = chat.transcript.findChildren(MessageView)
    return sorted((v for v in views if v.isVisible()), key=lambda v: v.mapTo(chat.transcript, v.pos()).y())


def texts(chat: ChatView) -> list[str]:
    return [view.body.text() for view in shown(chat)]


def cards(chat: ChatView, qtbot: QtBot) -> list[ErrorCard]:
    """The cards a person sees, as soon as there is one."""
    qtbot.waitUntil(lambda: any(c.isVisible() for c in chat.findChildren(ErrorCard)), timeout=3000)
    return [c for c in chat.findChildren(ErrorCard) if c.isVisible()]


def stored(paths: Paths) -> list[tuple[str, str, str]]:
    with sqlite3.connect(paths.database) as connection:
        rows = connection.execute("SELECT role, text, state FROM message ORDER BY created_at, rowid").fetchall()
    connection.close()
    return [tuple(row) for row in rows]


def test_a_question_gets_its_reply_and_both_are_kept(app: App, chat: ChatView, qtbot: QtBot, paths: Paths) -> None:
    assert chat.welcome.isVisible()
    ask(app, qtbot, "say hello world")
    assert texts(chat) == ["say hello world", "hello world"]
    assert chat.prompt.text() == ""
    app.close()
    assert stored(paths) == [("user", "say hello world", "complete"), ("assistant", "hello world", "complete")]


def test_the_whole_conversation_goes_to_the_model_and_into_the_list(app: App, chat: ChatView, qtbot: QtBot) -> None:
    ask(app, qtbot, "say one")
    ask(app, qtbot, "say two")
    assert texts(chat) == ["say one", "one", "say two", "two"]
    model = chat.conversations.list.model()
    assert [model.index(r, 0).data() for r in range(model.rowCount())] == ["say one"]


def test_shift_enter_makes_a_new_line_and_enter_sends(chat: ChatView, qtbot: QtBot) -> None:
    edit = chat.prompt.edit
    edit.setFocus()
    QTest.keyClicks(edit, "say a")
    QTest.keyClick(edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClicks(edit, "b")
    assert chat.prompt.text() == "say a\nb"
    with qtbot.waitSignal(chat.prompt.submitted) as caught:
        QTest.keyClick(edit, Qt.Key.Key_Enter)
    assert caught.args == ["say a\nb"]


def test_enter_belongs_to_the_input_method_while_it_composes(chat: ChatView, qtbot: QtBot) -> None:
    edit = chat.prompt.edit
    QApplication.sendEvent(edit, QInputMethodEvent("ni", []))
    with qtbot.assertNotEmitted(chat.prompt.submitted, wait=50):
        QTest.keyClick(edit, Qt.Key.Key_Return)
    done = QInputMethodEvent("", [])
    done.setCommitString("你")
    QApplication.sendEvent(edit, done)
    with qtbot.waitSignal(chat.prompt.submitted):
        QTest.keyClick(edit, Qt.Key.Key_Return)


@pytest.mark.parametrize("way", ["escape", "button"])
def test_stop_ends_the_reply_and_keeps_it(app: App, chat: ChatView, qtbot: QtBot, paths: Paths, way: str) -> None:
    ask(app, qtbot, "slow 1000", wait=False)
    qtbot.waitUntil(lambda: len(shown(chat)) == 2 and "3" in texts(chat)[1], timeout=5000)
    assert chat.prompt.button.text() == "Stop"
    if way == "escape":
        QTest.keyClick(chat.prompt.edit, Qt.Key.Key_Escape)
    else:
        chat.prompt.button.click()
    qtbot.waitUntil(lambda: not app.context.conversations.writing, timeout=1000)
    text = texts(chat)[1]
    assert chat.prompt.button.text() == "Send"
    assert "stopped" in shown(chat)[1]._figures.whole_text()
    app.close()
    assert stored(paths)[1] == ("assistant", text, "complete")


def test_a_question_asked_meanwhile_waits_and_follows_the_finished_reply(
    app: App, chat: ChatView, qtbot: QtBot
) -> None:
    ask(app, qtbot, "slow 60", wait=False)
    qtbot.waitUntil(lambda: len(shown(chat)) == 2, timeout=5000)
    ask(app, qtbot, "say next", wait=False)
    qtbot.waitUntil(lambda: len(shown(chat)) == 4, timeout=5000)
    assert shown(chat)[3]._figures.whole_text() == "Waiting; replies before this one: 1"
    assert shown(chat)[3]._cancel.isVisible()
    qtbot.waitUntil(lambda: not app.context.conversations.writing, timeout=10_000)
    assert texts(chat)[1:] == [" ".join(str(n) for n in range(60)), "say next", "next"]


def test_a_waiting_reply_can_be_taken_out_of_the_line(app: App, chat: ChatView, qtbot: QtBot) -> None:
    ask(app, qtbot, "slow 60", wait=False)
    qtbot.waitUntil(lambda: len(shown(chat)) == 2, timeout=5000)
    chat.conversations.new_button.click()
    assert chat.prompt.button.text() == "Send"  # nothing is written in this chat
    ask(app, qtbot, "say never", wait=False)
    qtbot.waitUntil(lambda: len(shown(chat)) == 2 and shown(chat)[1]._cancel.isVisible(), timeout=5000)
    shown(chat)[1]._cancel.click()
    assert "stopped" in shown(chat)[1]._figures.whole_text()
    assert app.context.replies.waiting == []
    qtbot.waitUntil(lambda: not app.context.conversations.writing, timeout=10_000)
    assert texts(chat) == ["say never", ""]


def test_a_dead_worker_costs_no_shown_character_and_retry_asks_again(
    app: App, chat: ChatView, qtbot: QtBot, paths: Paths
) -> None:
    ask(app, qtbot, "crash")
    assert texts(chat)[1] == "last words"
    (card,) = cards(chat, qtbot)
    assert card.info.params["outcome"] == "signal SIGABRT"
    qtbot.waitUntil(lambda: app.context.inference.status.state is EngineState.READY, timeout=10_000)
    card.retry_requested.emit()
    qtbot.waitUntil(lambda: app.context.conversations.writing, timeout=5000)
    qtbot.waitUntil(lambda: not app.context.conversations.writing, timeout=5000)
    app.close()
    assert [(role, state) for role, _, state in stored(paths)] == [
        ("user", "complete"),
        ("assistant", "interrupted"),
        ("assistant", "interrupted"),
    ]


@pytest.mark.parametrize(("prompt", "word"), [("refuse", "scripted"), ("bug", "ZeroDivisionError")])
def test_trouble_in_the_worker_is_a_card_in_place(
    app: App, chat: ChatView, qtbot: QtBot, prompt: str, word: str
) -> None:
    ask(app, qtbot, prompt)
    (card,) = cards(chat, qtbot)
    assert word in card.info.message
    ask(app, qtbot, "say fine again")
    assert texts(chat)[-1] == "fine again"


def test_half_characters_are_named_and_stay_in_the_box(app: App, chat: ChatView, qtbot: QtBot, paths: Paths) -> None:
    chat.prompt.edit.setPlainText("ab\ud800c")
    QTest.keyClick(chat.prompt.edit, Qt.Key.Key_Return)
    (card,) = cards(chat, qtbot)
    assert card.info.params == {"position": "3"}
    assert chat.prompt.text() == "ab\ud800c"
    app.close()
    assert stored(paths) == []


def test_sending_without_a_model_says_so_and_keeps_the_text(make_app: MakeApp, qtbot: QtBot) -> None:
    app = make_app()
    chat = chat_of(app)
    chat.prompt.set_text("hello?")
    QTest.keyClick(chat.prompt.edit, Qt.Key.Key_Return)
    assert "No model is loaded" in cards(chat, qtbot)[0].info.message
    assert chat.prompt.text() == "hello?"
    qtbot.waitUntil(lambda: bool(app.window._cards), timeout=5000)
    assert "No model is in the library yet." in app.window._cards[0].info.message


def test_a_prompt_sent_while_the_model_loads_is_answered_after_it(
    app: App, chat: ChatView, qtbot: QtBot, library_model: Path
) -> None:
    app.context.model_choice.use(str(library_model.with_name("slow.gguf")))
    assert app.context.inference.status.state is EngineState.LOADING
    ask(app, qtbot, "say patience")
    assert texts(chat)[-1] == "patience"


def test_other_conversations_can_be_read_while_a_reply_is_written(app: App, chat: ChatView, qtbot: QtBot) -> None:
    ask(app, qtbot, "say first chat")
    chat.conversations.new_button.click()
    assert chat.welcome.isVisible()
    ask(app, qtbot, "slow 60", wait=False)
    qtbot.waitUntil(lambda: len(shown(chat)) == 2, timeout=5000)
    first = chat.conversations.list.model().index(1, 0)
    chat.conversations.list.clicked.emit(first)
    qtbot.waitUntil(lambda: texts(chat) == ["say first chat", "first chat"], timeout=5000)
    assert app.context.conversations.writing
    chat.conversations.list.clicked.emit(chat.conversations.list.model().index(0, 0))
    qtbot.waitUntil(lambda: texts(chat)[:1] == ["slow 60"], timeout=5000)
    qtbot.waitUntil(lambda: not app.context.conversations.writing, timeout=10_000)
    assert texts(chat)[1] == " ".join(str(n) for n in range(60))


def test_a_new_start_shows_what_was_there(app: App, qtbot: QtBot, make_app: MakeApp) -> None:
    ask(app, qtbot, "say remember me")
    app.close()
    again = make_app()
    chat = chat_of(again)
    qtbot.waitUntil(lambda: chat.conversations.list.model().rowCount() == 1, timeout=5000)
    chat.conversations.list.clicked.emit(chat.conversations.list.model().index(0, 0))
    qtbot.waitUntil(lambda: texts(chat) == ["say remember me", "remember me"], timeout=5000)


def test_closing_while_a_reply_is_written_keeps_all_of_it(app: App, chat: ChatView, qtbot: QtBot, paths: Paths) -> None:
    ask(app, qtbot, "slow 1000", wait=False)
    qtbot.waitUntil(lambda: len(shown(chat)) == 2 and "9" in texts(chat)[1], timeout=5000)
    text = texts(chat)[1]
    app.window.close()
    role, kept, state = stored(paths)[1]
    assert kept.startswith(text)
    assert (role, state) == (Role.ASSISTANT.value, MessageState.INTERRUPTED.value)


def test_copy_puts_the_message_on_the_clipboard(app: App, chat: ChatView, qtbot: QtBot) -> None:
    ask(app, qtbot, "say copy this")
    shown(chat)[1]._copy.click()
    assert QGuiApplication.clipboard().text() == "copy this"
    shown(chat)[1].body.set_text("5\u00a0km\n\nnext")  # a fixed space stays one
    shown(chat)[1]._copy.click()
    assert QGuiApplication.clipboard().text() == "5\u00a0km\n\nnext"


def test_only_the_last_messages_are_widgets_and_earlier_ones_come_on_request(
    app: App, chat: ChatView, qtbot: QtBot
) -> None:
    from tests.builders import message

    many = [message(str(n), str(n - 1) if n else None, text=f"message {n}") for n in range(150)]
    chat.show_transcript()
    chat.transcript.set_messages(many)
    qtbot.waitUntil(lambda: len(shown(chat)) == 60)
    for count in (120, 150):
        chat.transcript._earlier.click()
        qtbot.waitUntil(lambda count=count: len(shown(chat)) == count, timeout=30_000)  # type: ignore[misc]
    assert texts(chat)[0] == "message 0"
    assert not chat.transcript._earlier.isVisible()


def test_an_example_goes_into_the_box_to_be_sent_or_changed(chat: ChatView) -> None:
    chat.welcome.examples[1].click()
    assert chat.prompt.text() == chat.welcome.examples[1].text()
    assert chat.prompt.edit.hasFocus()


def test_a_new_chat_right_after_sending_takes_nothing_away(app: App, chat: ChatView, qtbot: QtBot) -> None:
    ask(app, qtbot, "say one")
    chat.prompt.set_text("say two")
    QTest.keyClick(chat.prompt.edit, Qt.Key.Key_Return)
    app.context.conversations.new()  # before the prompt is on the disk
    qtbot.waitUntil(lambda: chat.prompt.text() == "" and not app.context.conversations.writing, timeout=5000)
    assert chat.welcome.isVisible()
    chat.conversations.list.clicked.emit(chat.conversations.list.model().index(0, 0))
    qtbot.waitUntil(lambda: texts(chat) == ["say one", "one", "say two", "two"], timeout=5000)


def test_a_failed_reply_still_tells_why_after_a_look_at_another_chat(app: App, chat: ChatView, qtbot: QtBot) -> None:
    ask(app, qtbot, "refuse")
    chat.conversations.new_button.click()
    chat.conversations.list.clicked.emit(chat.conversations.list.model().index(0, 0))
    assert "scripted" in cards(chat, qtbot)[0].info.message


def test_an_earlier_reply_asked_for_again_begins_a_branch(app: App, chat: ChatView, qtbot: QtBot) -> None:
    ask(app, qtbot, "say one")
    ask(app, qtbot, "say two")
    assert [view._retry.isVisible() for view in shown(chat)] == [False, True, False, True]
    shown(chat)[1]._retry.click()
    qtbot.waitUntil(lambda: len(shown(chat)) == 2 and shown(chat)[1]._place.text() == "2/2", timeout=5000)
    qtbot.waitUntil(lambda: not app.context.conversations.writing, timeout=5000)
    shown(chat)[1]._earlier.click()
    qtbot.waitUntil(lambda: texts(chat) == ["say one", "one", "say two", "two"], timeout=5000)


def disk_is_full(_message: object) -> None:
    raise error(STORE_FAILED, reason="disk full", folder="x")


def test_a_reply_that_could_not_be_saved_is_saved_with_the_next_success(
    app: App, chat: ChatView, qtbot: QtBot, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(app.context.replies._store, "finish", disk_is_full)
        ask(app, qtbot, "say precious words")
        qtbot.waitUntil(lambda: bool(app.window._cards), timeout=3000)
    ask(app, qtbot, "say next")
    qtbot.waitUntil(lambda: ("assistant", "precious words", "complete") in stored(paths), timeout=3000)


def test_a_reply_that_could_not_be_saved_is_saved_at_the_end(
    app: App, chat: ChatView, qtbot: QtBot, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(app.context.replies._store, "finish", disk_is_full)
        ask(app, qtbot, "say precious words")
        qtbot.waitUntil(lambda: bool(app.window._cards), timeout=3000)
    app.close()
    assert app.window.close()  # nothing is left to ask
    assert ("assistant", "precious words", "complete") in stored(paths)


def test_fixed_spaces_and_soft_line_breaks_are_kept(app: App, chat: ChatView, qtbot: QtBot) -> None:
    chat.prompt.set_text("say 5\u00a0km\nnext 😀")
    assert chat.prompt.text() == "say 5\u00a0km\nnext 😀"
    edit = chat.prompt.edit
    QTest.keyClick(edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert chat.prompt.text().endswith("😀\n")


def test_only_the_left_button_opens_a_conversation(app: App, chat: ChatView, qtbot: QtBot) -> None:
    ask(app, qtbot, "say one")
    chat.conversations.new_button.click()
    view = chat.conversations.list
    place = view.visualRect(view.model().index(0, 0)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.RightButton, pos=place)
    assert view.selectedIndexes() == []
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: texts(chat) == ["say one", "one"], timeout=3000)
