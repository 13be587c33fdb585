"""Comparisons that are kept: listed and opened again, removed, exported, and their lanes sent to chats."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.core.chat import MessageState
from chatapp.core.comparison import MOST_LANES, ComparedPrompt, Comparison, LaneState
from chatapp.core.errors import ErrorInfo, error
from chatapp.core.generation import FinishReason
from chatapp.core.sentences import DECODE_FAILED
from chatapp.services.engine_status import EngineState
from chatapp.storage.chats import ChatStore
from chatapp.storage.comparisons import ComparisonStore
from chatapp.storage.database import Database
from chatapp.storage.paths import Paths
from chatapp.storage.token_store import TokenStore
from chatapp.ui.tabs.compare.earlier_dialog import EarlierDialog
from chatapp.ui.tabs.compare.lane_column import LaneColumn
from chatapp.ui.tabs.compare.lanes_page import LanesPage
from chatapp.ui.tabs.compare.view import CompareView
from tests.lanes import comparison, lane
from tests.qt.conftest import MakeApp, chat_of

COMPARE = 1  # in the rail
SaveAs = Callable[[str, str], None]


@pytest.fixture
def save_as(monkeypatch: pytest.MonkeyPatch) -> SaveAs:
    """What a person chooses in the dialog that asks for a file: a path, and the ending of a kind."""

    def choose(path: str, ending: str) -> None:
        monkeypatch.setattr(
            QFileDialog,
            "getSaveFileName",
            lambda _parent, _title, _name, kinds: (path, next(k for k in kinds.split(";;") if f"*{ending})" in k)),
        )

    return choose


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[str]]:
    """Clicks that button of the question that comes; returns the list that the question will stand in."""

    def set_answer(button: str) -> list[str]:
        asked: list[str] = []

        def ask(box: QMessageBox) -> int:
            asked.append(box.text())
            (found,) = [each for each in box.buttons() if each.text() == button]
            cast(QPushButton, found).click()
            return 0

        monkeypatch.setattr(QMessageBox, "exec", ask)
        return asked

    return set_answer


def page_of(app: App) -> LanesPage:
    return cast(CompareView, app.window.page("compare")).lanes


def run(app: App, qtbot: QtBot, text: str = "say lane and more") -> LanesPage:
    """Two lanes, which end with the number of each."""
    app.window.rail.choose(COMPARE)
    page = page_of(app)
    page.prompt.box.setPlainText(text)
    with qtbot.waitSignal(app.context.comparison.ended, timeout=5000):
        page.prompt.run_button.click()
    return page


def dialog_of(app: App, qtbot: QtBot) -> EarlierDialog:
    """Opened with its button, and filled."""
    app.window.rail.choose(COMPARE)
    with qtbot.waitSignal(app.context.kept.listed, timeout=3000):
        page_of(app).earlier_button.click()
    (dialog,) = [each for each in app.window.findChildren(EarlierDialog) if each.isVisible()]
    return dialog


def cells(dialog: EarlierDialog) -> list[list[str]]:
    rows = dialog.table.rows
    return [[rows.index(row, column).data() for column in (0, 2, 3)] for row in range(rows.rowCount())]


def stored(paths: Paths, *items: tuple[str, Comparison]) -> None:
    database = Database(paths.database)
    for identity, kept in items:
        ComparisonStore(database).save(identity, kept)
    database.close()


def made(text: str, n_lanes: int) -> Comparison:
    return replace(comparison(*[lane(f"{text} {at}") for at in range(n_lanes)]), prompt=ComparedPrompt(text=text))


def texts(page: LanesPage) -> list[str]:
    return [column.heat.text() for column in page.columns]


def send(app: App, qtbot: QtBot, column: LaneColumn) -> None:
    app.window.rail.choose(COMPARE)
    with (
        qtbot.waitSignal(app.context.lane_chats.sent, timeout=3000),
        qtbot.waitSignal(app.context.conversations.opened, timeout=3000),
    ):
        column.send_button.click()


def test_what_was_run_is_listed_and_opened_after_a_restart(app: App, make_app: MakeApp, qtbot: QtBot) -> None:
    page = run(app, qtbot)
    before = app.context.comparison.comparison
    assert texts(page) == ["0 and more", "1 and more"]
    app.close()
    app.window.close()
    again = make_app()
    dialog = dialog_of(again, qtbot)
    assert cells(dialog) == [["say lane and more", "scripted.gguf", "2"]]
    assert dialog.filter.hasFocus()
    with qtbot.waitSignal(again.context.comparison.shown, timeout=3000):
        QTest.keyClick(dialog.filter, Qt.Key.Key_Return)
    assert not dialog.isVisible()
    assert texts(page_of(again)) == ["0 and more", "1 and more"]
    assert page_of(again).prompt.prompt == before.prompt
    after = again.context.comparison.comparison
    assert [each.text for each in after.lanes] == [each.text for each in before.lanes]
    assert [each.sampling for each in after.lanes] == [each.sampling for each in before.lanes]
    assert all(token.record is not None for each in after.lanes for token in each.tokens)
    qtbot.waitUntil(page_of(again).prompt.box.hasFocus, timeout=3000)


def test_each_kind_is_opened_where_it_belongs(make_app: MakeApp, paths: Paths, qtbot: QtBot) -> None:
    stored(paths, ("lanes", made("few", MOST_LANES)), ("sweep", made("many", MOST_LANES + 1)))
    app = make_app()
    view = cast(CompareView, app.window.page("compare"))
    dialog = dialog_of(app, qtbot)
    assert cells(dialog) == [["many", "m.gguf", "17, sweep"], ["few", "m.gguf", "16"]]
    with qtbot.waitSignal(app.context.sweep.shown, timeout=3000):
        dialog.open_button.click()
    assert not view.shows_lanes
    assert len(app.context.sweep.comparison.lanes) == MOST_LANES + 1
    assert app.context.comparison.comparison.lanes == ()
    view.setCurrentIndex(0)
    dialog = dialog_of(app, qtbot)
    QTest.keyClick(dialog.filter, Qt.Key.Key_Down)
    assert dialog.table.hasFocus()
    QTest.keyClick(dialog.table, Qt.Key.Key_Down)
    with qtbot.waitSignal(app.context.comparison.shown, timeout=3000):
        QTest.keyClick(dialog.table, Qt.Key.Key_Return)
    assert view.shows_lanes
    assert len(view.lanes.columns) == MOST_LANES


def test_words_find_one_among_two_hundred(make_app: MakeApp, paths: Paths, qtbot: QtBot) -> None:
    stored(paths, *[(f"c{number}", made(f"Prompt number {number}", 1)) for number in range(200)])
    app = make_app()
    dialog = dialog_of(app, qtbot)
    assert len(cells(dialog)) == 200
    assert dialog.chosen is not None
    assert dialog.chosen.id == "c199"
    QTest.keyClicks(dialog.filter, "137 prompt")
    assert [row[0] for row in cells(dialog)] == ["Prompt number 137"]
    QTest.keyClicks(dialog.filter, " never")
    assert cells(dialog) == []
    assert dialog.empty.isVisible()
    assert dialog.empty.text() == "No comparison has these words."
    assert not dialog.open_button.isEnabled()
    assert not dialog.remove_button.isEnabled()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_an_empty_list_says_so(make_app: MakeApp, qtbot: QtBot) -> None:
    dialog = dialog_of(make_app(), qtbot)
    assert dialog.empty.isVisible()
    assert "will be listed" in dialog.empty.text()
    assert not dialog.table.isVisible()


def test_a_removed_one_is_gone_from_the_file_and_from_the_page(
    app: App, paths: Paths, qtbot: QtBot, answer: Callable[[str], list[str]]
) -> None:
    page = run(app, qtbot, "say lane secretword")
    stored(paths, ("other", made("Another", 2)))
    dialog = dialog_of(app, qtbot)
    assert [row[0] for row in cells(dialog)] == ["Another", "say lane secretword"]
    dialog.table.setFocus()
    QTest.keyClick(dialog.table, Qt.Key.Key_Down)
    asked = answer("Keep")
    QTest.keyClick(dialog.table, Qt.Key.Key_Delete)
    assert ["secretword" in text for text in asked] == [True]
    assert len(cells(dialog)) == 2
    answer("Delete")
    with qtbot.waitSignal(app.context.kept.listed, timeout=3000):
        QTest.keyClick(dialog.table, Qt.Key.Key_Delete)
    assert [row[0] for row in cells(dialog)] == ["Another"]
    assert dialog.chosen is not None
    assert texts(page) == [""]
    assert page.prompt.prompt.text == ""
    assert not page.export_button.isEnabled()
    assert app.context.comparison.comparison.lanes == ()
    app.close()
    database = sqlite3.connect(paths.database)
    assert database.execute("SELECT id FROM comparison").fetchall() == [("other",)]
    assert database.execute("SELECT DISTINCT comparison_id FROM comparison_lane").fetchall() == [("other",)]
    database.close()
    assert b"secretword" not in paths.database.read_bytes()
    assert b"Another" in paths.database.read_bytes()


def test_nothing_is_opened_over_lanes_that_are_being_written(app: App, paths: Paths, qtbot: QtBot) -> None:
    stored(paths, ("sweep", made("many", MOST_LANES + 1)))
    app.window.rail.choose(COMPARE)
    page = page_of(app)
    page.prompt.box.setPlainText("slow 1000")
    page.prompt.run_button.click()
    assert not page.earlier_button.isEnabled()
    assert "stop them first" in page.earlier_button.toolTip()
    page.prompt.stop_button.click()
    qtbot.waitUntil(page.earlier_button.isEnabled, timeout=3000)
    prompt = ComparedPrompt(text="slow 1000")
    app.context.sweep.start(prompt, [page.columns[0].sampling], 0)
    dialog = dialog_of(app, qtbot)
    assert [row[0] for row in cells(dialog)] == ["slow 1000", "slow 1000", "many"]
    QTest.keyClicks(dialog.filter, "many")
    dialog.open_button.click()
    qtbot.waitUntil(lambda: "stop" in dialog.note.text(), timeout=3000)
    assert dialog.isVisible()
    assert app.context.sweep.is_running
    dialog.filter.clear()
    assert dialog.note.text() == ""
    app.context.sweep.cancel()
    qtbot.waitUntil(lambda: not app.context.sweep.is_running, timeout=3000)


def test_it_is_exported_in_each_kind(app: App, tmp_path: Path, qtbot: QtBot, save_as: SaveAs) -> None:
    app.window.rail.choose(COMPARE)
    page = page_of(app)
    assert not page.export_button.isEnabled()
    assert page.export_button.toolTip() == "Nothing has been run yet"
    page = run(app, qtbot)
    found = {}
    for ending in (".md", ".csv", ".json"):
        save_as(str(tmp_path / "lanes"), ending)
        with qtbot.waitSignal(app.context.kept.exported, timeout=3000):
            page.export_button.click()
        assert page.note.text() == f"Exported to lanes{ending}"
        found[ending] = (tmp_path / f"lanes{ending}").read_text("utf-8-sig")
    assert "## Lane 2\n\n```text\n1 and more\n```" in found[".md"]
    assert [row["text"] for row in csv.DictReader(io.StringIO(found[".csv"]))] == ["0 and more", "1 and more"]
    values = json.loads(found[".json"])
    assert [len(each["tokens"]) for each in values["lanes"]] == [3, 3]
    assert values["prompt"]["text"] == "say lane and more"


def test_a_failed_export_is_told(app: App, tmp_path: Path, qtbot: QtBot, save_as: SaveAs) -> None:
    page = run(app, qtbot)
    note = page.note.text()
    told: list[ErrorInfo] = []
    app.context.notifier.posted.connect(told.append)
    save_as(str(tmp_path / "missing" / "lanes"), ".md")
    page.export_button.click()
    qtbot.waitUntil(lambda: len(told) == 1, timeout=3000)
    assert page.note.text() == note
    save_as("", ".md")
    page.export_button.click()
    assert len(told) == 1


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
        chat.prompt.submit()
    (conversation,) = app.context.shelf.conversations
    send(app, qtbot, page.columns[0])
    send(app, qtbot, page.columns[1])  # it is there: nothing is stored twice
    transcript = chat.transcript
    shown = [transcript.view_of(each.id) for each in _messages(app, conversation.id)]
    assert [view.message.text for view in shown if view is not None] == [
        "say lane and more", "1 and more", "say thanks", "thanks"
    ]  # fmt: skip
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
    assert [button.isVisible() for button in buttons] == [True] * 4
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


def test_the_texts_follow_the_language(app: App, qtbot: QtBot, chinese: Callable[[], None]) -> None:
    dialog = dialog_of(app, qtbot)
    chinese()
    QApplication.processEvents()
    english = [dialog.windowTitle(), dialog.open_button.text(), page_of(app).earlier_button.text()]
    assert all(text and not text.isascii() for text in english)
    dialog.close()


def _messages(app: App, conversation_id: str) -> list:  # type: ignore[type-arg]
    return app.context.conversations._store.messages(conversation_id)
