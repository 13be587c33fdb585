"""Editing, continuing, comparing, branching off: nothing is ever overwritten."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.core.chat import MessageState
from chatapp.storage.paths import Paths
from chatapp.ui.tabs.chat.details_dialog import DetailsDialog
from chatapp.ui.tabs.chat.diff_dialog import DiffDialog
from chatapp.ui.tabs.chat.view import ChatView
from chatapp.ui.tabs.chat.wish import Wish, WishKind
from tests.qt.conftest import MakeApp, chat_of
from tests.qt.test_chat import ask, cards, shown, stored, texts


def after_reply(app: App, qtbot: QtBot) -> Any:
    return qtbot.waitSignal(app.context.replies.ended, timeout=10_000)


def test_up_in_an_empty_box_edits_the_last_question_as_another_version(
    app: App, chat: ChatView, qtbot: QtBot, paths: Paths
) -> None:
    ask(app, qtbot, "say one")
    QTest.keyClick(chat.prompt.edit, Qt.Key.Key_Up)
    editor = shown(chat)[0].editor
    assert editor is not None
    editor.edit.setPlainText("say two")
    with after_reply(app, qtbot):
        QTest.keyClick(editor.edit, Qt.Key.Key_Return)
    assert texts(chat) == ["say two", "two"]
    assert shown(chat)[0]._place.text() == "2/2"
    shown(chat)[0]._earlier.click()
    qtbot.waitUntil(lambda: texts(chat) == ["say one", "one"])
    app.close()
    assert [text for _, text, _ in stored(paths)] == ["say one", "one", "say two", "two"]


def test_alt_and_arrows_go_on_at_the_message_they_went_to(app: App, chat: ChatView, qtbot: QtBot) -> None:
    """Also where a later message of that branch has versions too."""
    ask(app, qtbot, "say one")
    first = shown(chat)[1].message.id
    ask(app, qtbot, "say two")
    with after_reply(app, qtbot):
        QTest.keyClick(chat.prompt.edit, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    for _ in range(2):
        with after_reply(app, qtbot):
            chat.transcript.wished.emit(Wish(WishKind.REGENERATE, first))

    def places() -> list[str]:
        return [view._place.text() for view in shown(chat)[1::2]]

    qtbot.waitUntil(lambda: places() == ["3/3"])
    for key, expected in (("Left", ["2/3"]), ("Left", ["1/3", "2/2"]), ("Right", ["2/3"]), ("Left", ["1/3", "2/2"])):
        QTest.keyClick(chat.prompt.edit, getattr(Qt.Key, f"Key_{key}"), Qt.KeyboardModifier.AltModifier)
        qtbot.waitUntil(lambda expected=expected: places() == expected)  # type: ignore[misc]
    shown(chat)[3]._copy.setFocus()  # the message with the keyboard comes first
    QTest.keyClick(shown(chat)[3]._copy, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: places() == ["1/3", "1/2"])


def test_esc_gives_up_an_edit_and_changes_nothing(app: App, chat: ChatView, qtbot: QtBot, paths: Paths) -> None:
    ask(app, qtbot, "say one")
    shown(chat)[0]._edit.click()
    editor = shown(chat)[0].editor
    assert editor is not None
    editor.edit.setPlainText("say two")
    QTest.keyClick(editor.edit, Qt.Key.Key_Escape)
    assert texts(chat) == ["say one", "one"]
    assert chat.prompt.edit.hasFocus()
    app.close()
    assert len(stored(paths)) == 2


def test_an_edit_that_cannot_be_sent_stays_in_its_box(app: App, chat: ChatView, qtbot: QtBot) -> None:
    ask(app, qtbot, "say one")
    app.context.inference.unload()
    shown(chat)[0]._edit.click()
    editor = shown(chat)[0].editor
    assert editor is not None
    editor.edit.setPlainText("say two")
    QTest.keyClick(editor.edit, Qt.Key.Key_Return)
    assert "No model is loaded" in cards(chat, qtbot)[0].info.message
    assert editor.isVisible()
    assert editor.edit.toPlainText() == "say two"


def test_an_edited_reply_is_a_version_and_goes_to_the_model(app: App, chat: ChatView, qtbot: QtBot) -> None:
    ask(app, qtbot, "say one")
    chat.transcript.wished.emit(Wish(WishKind.EDIT, shown(chat)[1].message.id, "my own words"))
    qtbot.waitUntil(lambda: texts(chat) == ["say one", "my own words"])
    prompt = app.context.conversations.context_prompt()
    assert [message.text for message in prompt.messages] == ["say one", "my own words"]


def test_a_stopped_reply_is_continued_as_another_version(app: App, chat: ChatView, qtbot: QtBot) -> None:
    ask(app, qtbot, "slow 1000", wait=False)
    qtbot.waitUntil(lambda: "3" in "".join(texts(chat)[1:]), timeout=5000)
    QTest.keyClick(chat.prompt.edit, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not app.context.conversations.writing, timeout=5000)
    begun, ids = texts(chat)[1], shown(chat)[1].message.reply.ids
    assert ids
    with after_reply(app, qtbot):
        shown(chat)[1]._continue.click()
    assert texts(chat)[1] == f"{begun}echo"  # the scripted engine knows no such words; it was given them as the last
    assert shown(chat)[1].message.reply.ids == (*ids, 0)
    assert shown(chat)[1]._place.text() == "2/2"
    assert not shown(chat)[1]._continue.isVisible()
    shown(chat)[1]._earlier.click()
    qtbot.waitUntil(lambda: texts(chat)[1:] == [begun])


def test_a_reply_still_being_written_is_not_asked_for_again(app: App, chat: ChatView, qtbot: QtBot) -> None:
    ask(app, qtbot, "slow 1000", wait=False)
    qtbot.waitUntil(lambda: "3" in "".join(texts(chat)[1:]), timeout=5000)
    QTest.keyClick(chat.prompt.edit, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    qtbot.wait(100)
    assert app.context.replies.waiting == []
    QTest.keyClick(chat.prompt.edit, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not app.context.conversations.writing, timeout=5000)


def test_a_reply_keeps_its_settings_and_seed(app: App, chat: ChatView, qtbot: QtBot) -> None:
    app.context.preferences.set_option("sampling", "temperature", 0.25)
    ask(app, qtbot, "say one")
    how = shown(chat)[1].message.reply
    assert how.sampling is not None
    assert (how.sampling.temperature, how.seed, how.reproducible) == (0.25, 7, True)
    assert how.first_token_ms is not None
    shown(chat)[1]._figures.click()
    (dialog,) = chat.findChildren(DetailsDialog)
    assert "Seed: 7" in dialog.as_text()
    assert "Temperature: 0.25" in dialog.as_text()
    dialog.close()


def test_versions_are_compared_word_by_word(app: App, chat: ChatView, qtbot: QtBot) -> None:
    ask(app, qtbot, "say the old mill")
    chat.transcript.wished.emit(Wish(WishKind.EDIT, shown(chat)[1].message.id, "the new mill"))
    qtbot.waitUntil(lambda: texts(chat)[1:] == ["the new mill"])
    QTest.keyClick(chat.prompt.edit, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    (dialog,) = chat.findChildren(DiffDialog)
    qtbot.waitUntil(lambda: dialog.diff.text.toPlainText() == "the old new mill", timeout=3000)
    dialog.close()


def test_branching_off_leaves_the_chat_as_it_was(app: App, chat: ChatView, qtbot: QtBot) -> None:
    ask(app, qtbot, "say one")
    ask(app, qtbot, "say two")
    first = app.context.conversations.current
    chat.transcript.wished.emit(Wish(WishKind.BRANCH_OFF, shown(chat)[1].message.id))
    qtbot.waitUntil(lambda: texts(chat) == ["say one", "one"], timeout=5000)
    ask(app, qtbot, "say three")
    assert len(app.context.shelf.conversations) == 2
    assert first is not None
    app.context.conversations.open(first.id)
    qtbot.waitUntil(lambda: texts(chat) == ["say one", "one", "say two", "two"], timeout=5000)


def test_what_waited_when_the_app_ended_is_told_and_can_be_asked_again(
    app: App, chat: ChatView, qtbot: QtBot, make_app: MakeApp
) -> None:
    ask(app, qtbot, "slow 1000", wait=False)
    qtbot.waitUntil(lambda: len(shown(chat)) == 2, timeout=5000)
    ask(app, qtbot, "say later", wait=False)
    qtbot.waitUntil(lambda: len(shown(chat)) == 4, timeout=5000)
    app.close()
    again = make_app()
    view = chat_of(again)
    qtbot.waitUntil(lambda: len(again.context.shelf.conversations) == 1, timeout=5000)
    again.context.conversations.open(again.context.shelf.conversations[0].id)
    qtbot.waitUntil(lambda: len(shown(view)) == 4, timeout=5000)
    assert shown(view)[3].message.state is MessageState.INTERRUPTED
    assert shown(view)[3]._retry.isVisible()
