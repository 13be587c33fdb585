"""What a person has typed stays, wherever it was typed and whatever is done next; so does the keyboard."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.core.errors import error
from chatapp.core.sentences import STORE_FAILED
from chatapp.services.engine_status import EngineState
from chatapp.storage.chats import ChatStore
from chatapp.storage.database import Database
from chatapp.storage.paths import Paths
from chatapp.ui.tabs.chat.view import ChatView
from tests.qt.conftest import MakeApp, chat_of
from tests.qt.test_chat import ask, shown, texts
from tests.qt.test_shelf import new_chat, rows

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier


def open_chat(app: App, chat: ChatView, qtbot: QtBot, conversation_id: str) -> None:
    with qtbot.waitSignal(app.context.conversations.opened, timeout=3000):
        app.context.conversations.open(conversation_id)


@pytest.mark.parametrize("away", ["version", "again", "chat"])
def test_an_edit_that_is_not_sent_is_there_when_its_message_is_shown_again(
    app: App, chat: ChatView, qtbot: QtBot, away: str
) -> None:
    first = new_chat(app, chat, qtbot, "say one")
    with qtbot.waitSignal(app.context.replies.ended, timeout=5000):
        QTest.keyClick(chat.prompt.edit, Qt.Key.Key_R, CONTROL)
    QTest.keyClick(chat.prompt.edit, Qt.Key.Key_Up)
    editor = shown(chat)[0].editor
    assert editor is not None
    editor.edit.setPlainText("a long new question")
    if away == "version":
        QTest.keyClick(editor.edit, Qt.Key.Key_Left, ALT)
    elif away == "again":
        with qtbot.waitSignal(app.context.replies.ended, timeout=5000):
            QTest.keyClick(editor.edit, Qt.Key.Key_R, CONTROL)
    else:
        QTest.keyClick(editor.edit, Qt.Key.Key_N, CONTROL)
        open_chat(app, chat, qtbot, first)
    qtbot.waitUntil(lambda: len(shown(chat)) == 2, timeout=3000)
    kept = shown(chat)[0].editor
    assert kept is not None
    assert kept.text() == "a long new question"
    kept.edit.setPlainText("say two")
    with qtbot.waitSignal(app.context.replies.ended, timeout=5000):
        kept.save.click()
    shown(chat)[0]._earlier.click()
    qtbot.waitUntil(lambda: texts(chat)[0] == "say one", timeout=3000)
    assert shown(chat)[0].editor is None  # it was sent


def test_a_system_prompt_belongs_to_the_chat_it_was_typed_in(app: App, chat: ChatView, qtbot: QtBot) -> None:
    first = new_chat(app, chat, qtbot, "say one")
    QTest.keyClick(app.window, Qt.Key.Key_I, CONTROL)
    chat.inspector.setCurrentWidget(chat.inspector.context)
    QTest.keyClicks(chat.inspector.context.system, "Be brief.")
    app.context.preferences.set_option("appearance", "zoom", 110)
    assert chat.inspector.context.system.toPlainText() == "Be brief."
    QTest.keyClicks(chat.inspector.context.system, "!")
    QTest.keyClick(app.window, Qt.Key.Key_N, CONTROL)
    assert app.context.conversations.system_prompt == ""
    open_chat(app, chat, qtbot, first)
    assert app.context.conversations.system_prompt == "Be brief.!"


@pytest.mark.parametrize("way", ["send", "again", "close"])
def test_a_system_prompt_typed_just_before_counts(
    app: App, chat: ChatView, qtbot: QtBot, make_app: MakeApp, way: str
) -> None:
    first = new_chat(app, chat, qtbot, "say one")
    QTest.keyClick(app.window, Qt.Key.Key_I, CONTROL)
    chat.inspector.setCurrentWidget(chat.inspector.context)
    QTest.keyClicks(chat.inspector.context.system, "Be brief.")
    if way == "close":
        app.close()
        app = make_app()
        qtbot.waitUntil(lambda: len(app.context.shelf.conversations) == 1, timeout=3000)
        open_chat(app, chat_of(app), qtbot, first)
    elif way == "send":
        app.context.conversations.send("say two")
    else:
        QTest.keyClick(chat.inspector.context.system, Qt.Key.Key_R, CONTROL)
    assert app.context.conversations.system_prompt == "Be brief."
    qtbot.waitUntil(lambda: not app.context.conversations.writing, timeout=5000)


def test_a_number_typed_in_the_inspector_belongs_to_the_chat_it_was_typed_in(
    app: App, chat: ChatView, qtbot: QtBot
) -> None:
    first = new_chat(app, chat, qtbot, "say one")
    QTest.keyClick(app.window, Qt.Key.Key_I, CONTROL)
    page = chat.inspector.sampling
    for widget, typed in ((page.fields["temperature"].widget, "0.3"), (page.seed, "77")):
        open_chat(app, chat, qtbot, first)
        widget.setFocus()
        QTest.keyClick(widget, Qt.Key.Key_A, CONTROL)
        QTest.keyClicks(widget, typed)
        QTest.keyClick(app.window, Qt.Key.Key_N, CONTROL)
        assert app.context.conversations.sampling == app.context.preferences.settings.sampling
    open_chat(app, chat, qtbot, first)
    assert app.context.conversations.sampling.temperature == 0.3
    assert app.context.conversations.sampling.seed == 77
    field = page.fields["temperature"].widget
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_A, CONTROL)
    QTest.keyClicks(field, "0.4")
    with qtbot.waitSignal(app.context.replies.ended, timeout=5000) as ended:
        QTest.keyClick(field, Qt.Key.Key_R, CONTROL)
    (reply,) = ended.args
    assert reply.reply.sampling.temperature == 0.4  # as it was typed, though the field was not left


def test_what_was_typed_in_a_new_chat_outlives_the_window(
    app: App, chat: ChatView, qtbot: QtBot, make_app: MakeApp
) -> None:
    chat.prompt.edit.setPlainText("half a question 你好")
    app.close()
    again = make_app()
    assert chat_of(again).prompt.text() == "half a question 你好"
    qtbot.waitUntil(lambda: again.context.inference.status.state is EngineState.READY, timeout=20_000)
    ask(again, qtbot, "say one")
    again.context.conversations.new()
    assert chat_of(again).prompt.text() == ""
    again.close()
    assert chat_of(make_app()).prompt.text() == ""


def test_half_a_character_in_a_draft_breaks_nothing(app: App, chat: ChatView, qtbot: QtBot) -> None:
    first = new_chat(app, chat, qtbot, "say one")
    chat.prompt.edit.setPlainText("half \ud800 a character")
    app.context.shelf.rename(first, "Another name")
    qtbot.wait(400)  # until the draft is stored
    assert app.window._cards == []
    app.context.conversations.new()
    open_chat(app, chat, qtbot, first)
    assert chat.prompt.text() == "half  a character"


def test_an_example_can_be_taken_back(chat: ChatView) -> None:
    QTest.keyClicks(chat.prompt.edit, "my own words")
    chat.welcome.examples[0].click()
    QTest.keyClick(chat.prompt.edit, Qt.Key.Key_Z, CONTROL)
    assert chat.prompt.text() == "my own words"


def test_enter_while_an_input_method_composes_writes_nothing(chat: ChatView, qtbot: QtBot) -> None:
    edit = chat.prompt.edit
    QTest.keyClicks(edit, "a")
    QApplication.sendEvent(edit, QInputMethodEvent("ni", []))
    with qtbot.assertNotEmitted(chat.prompt.submitted):
        QTest.keyClick(edit, Qt.Key.Key_Return)
    done = QInputMethodEvent("", [])
    done.setCommitString("你")
    QApplication.sendEvent(edit, done)
    assert chat.prompt.text() == "a你"
    QApplication.sendEvent(edit, QInputMethodEvent("ni", []))
    chat.prompt.set_text("")  # ends the composition without a word from the input method
    QTest.keyClicks(edit, "say one")
    with qtbot.waitSignal(chat.prompt.submitted):
        QTest.keyClick(edit, Qt.Key.Key_Return)


def test_a_card_takes_no_keyboard_and_opens_no_window(app: App, chat: ChatView, qtbot: QtBot) -> None:
    app.window.activateWindow()
    chat.prompt.edit.setFocus()
    lost: list[QWidget | None] = []
    QApplication.instance().focusChanged.connect(lambda _old, new: lost.append(new))  # type: ignore[union-attr]
    app.context.notifier.post(error(STORE_FAILED, reason="full", detail="a detail").info)
    QTest.keyClick(app.window, Qt.Key.Key_R, CONTROL)
    chat.prompt.edit.setPlainText("\ud800")
    QTest.keyClick(chat.prompt.edit, Qt.Key.Key_Return)
    assert chat._card is not None
    qtbot.wait(20)
    assert chat.prompt.edit.hasFocus()
    assert lost == []


def test_what_is_done_while_a_question_is_being_stored_stays_done(
    app: App, chat: ChatView, qtbot: QtBot, paths: Paths
) -> None:
    first = new_chat(app, chat, qtbot, "say one")
    app.context.conversations.send("say two")
    app.context.shelf.rename(first, "Another name")
    qtbot.waitUntil(lambda: texts(chat)[2:] == ["say two", "two"], timeout=5000)
    assert rows(chat) == ["Another name"]
    app.close()
    database = Database(paths.database)
    (row,) = ChatStore(database).conversations()
    database.close()
    assert (row.title, row.leaf_id) == ("Another name", shown(chat)[-1].message.id)


def test_a_chat_deleted_while_a_question_is_being_stored_stays_deleted(app: App, chat: ChatView, qtbot: QtBot) -> None:
    first = new_chat(app, chat, qtbot, "say one")
    app.context.conversations.send("slow 1000")
    app.context.shelf.delete(first)
    qtbot.waitUntil(lambda: not app.context.conversations._sending, timeout=5000)
    qtbot.waitUntil(lambda: not app.context.conversations.writing, timeout=5000)
    assert rows(chat) == []
    assert [conversation.id for conversation in app.context.shelf.bin] == [first]
    app.context.shelf.restore(first)
    qtbot.waitUntil(lambda: texts(chat) == ["say one", "one", "slow 1000", ""], timeout=3000)


def test_each_undo_brings_back_one_more_chat(app: App, chat: ChatView, qtbot: QtBot) -> None:
    for number, name in enumerate(("one", "two", "three")):
        first = new_chat(app, chat, qtbot, f"say {name}")
        app.context.shelf.delete(first)
        assert len(app.context.shelf.bin) == number + 1
    app.context.shelf.restore(first)  # by hand
    for kept in (2, 3):
        QTest.keyClick(app.window, Qt.Key.Key_T, CONTROL | SHIFT)
        assert len(app.context.shelf.conversations) == kept
    QTest.keyClick(app.window, Qt.Key.Key_T, CONTROL | SHIFT)
    assert app.context.shelf.bin == []


def test_tab_goes_through_the_messages_as_one_reads_them(app: App, chat: ChatView, qtbot: QtBot) -> None:
    new_chat(app, chat, qtbot, "say one")
    ask(app, qtbot, "say two")
    app.window.activateWindow()
    chat.transcript.setFocus()
    seen: list[QWidget] = []
    while len(seen) < 60 and (now := QApplication.focusWidget()) is not None and now not in seen:
        seen.append(now)
        QTest.keyClick(now, Qt.Key.Key_Tab)
    inside = [widget for widget in seen if chat.transcript._page.isAncestorOf(widget)]
    assert seen[1 : 1 + len(inside)] == inside  # all of them, one after the other
    assert chat.prompt.edit in seen  # and then out of it
    last = (-1, -1)
    for widget in inside:
        view = next(v for v in shown(chat) if v.isAncestorOf(widget))
        in_footer = 0 if widget is view.body or view.body.isAncestorOf(widget) else widget.x()
        place = (shown(chat).index(view), in_footer)
        assert place > last
        last = place
    QTest.keyClick(inside[-1], Qt.Key.Key_Backtab)
    inside[-1].setFocus()
    QTest.keyClick(inside[-1], Qt.Key.Key_Backtab, SHIFT)
    assert QApplication.focusWidget() is inside[-2]


def test_a_narrow_window_shows_the_inspector_or_the_list(app: App, chat: ChatView, qtbot: QtBot) -> None:
    ask(app, qtbot, "say one")
    app.window.resize(800, 540)
    QTest.keyClick(app.window, Qt.Key.Key_I, CONTROL)
    assert chat.inspector.isVisible()
    assert not chat.conversations.isVisible()
    page, seen = chat.transcript._page, chat.transcript.viewport()
    qtbot.waitUntil(lambda: page.minimumSizeHint().width() <= seen.width(), timeout=3000)  # nothing is cut off
    QTest.keyClick(app.window, Qt.Key.Key_B, CONTROL)
    assert not chat.inspector.isVisible()
    assert chat.conversations.isVisible()
    QTest.keyClick(app.window, Qt.Key.Key_I, CONTROL)
    QTest.keyClick(app.window, Qt.Key.Key_F, CONTROL | SHIFT)
    assert chat.conversations.search.isVisible()
    QTest.keyClick(app.window, Qt.Key.Key_I, CONTROL)
    app.window.resize(1400, 800)
    assert chat.inspector.isVisible()
    assert chat.conversations.isVisible()


def test_the_largest_text_in_the_smallest_window_still_shows_the_button(app: App, chat: ChatView, qtbot: QtBot) -> None:
    ask(app, qtbot, "say one")
    app.context.preferences.set_option("appearance", "zoom", 200)
    app.window.resize(app.window.minimumSize())
    qtbot.waitUntil(lambda: not chat.prompt.button.visibleRegion().isEmpty(), timeout=3000)
    seen = chat.prompt.button.visibleRegion().boundingRect()
    assert seen.size() == chat.prompt.button.size()
    app.context.preferences.set_option("appearance", "zoom", 100)


def test_a_file_dropped_on_the_box_is_no_words(app: App, chat: ChatView, qtbot: QtBot, tmp_path: Path) -> None:
    first = new_chat(app, chat, qtbot, "say one")
    file = tmp_path / "chat.json"
    app.context.shelf.export(first, str(file))
    qtbot.waitUntil(file.is_file, timeout=3000)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    button, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    for target in (chat.prompt.edit.viewport(), chat.transcript.viewport()):
        count = len(app.context.shelf.conversations)
        enter = QDragEnterEvent(QPoint(5, 5), Qt.DropAction.CopyAction, data, button, none)
        QApplication.sendEvent(target, enter)
        drop = QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, button, none)
        QApplication.sendEvent(target, drop)
        qtbot.waitUntil(lambda count=count: len(app.context.shelf.conversations) == count + 1, timeout=3000)  # type: ignore[misc]
        assert chat.prompt.text() == ""
