"""Token records in the window: their size, their end, their export, ranges in the text."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.core.errors import ErrorInfo, ErrorKind, error
from chatapp.core.generation import Token
from chatapp.core.storage_sentences import DISK_FULL
from chatapp.storage.database import Database
from chatapp.storage.paths import Paths
from chatapp.storage.token_store import TokenStore
from chatapp.ui.panels.probabilities.panel import ProbabilityPanel
from chatapp.ui.tabs.chat.message_view import MessageView
from chatapp.ui.tabs.chat.view import ChatView
from chatapp.ui.tabs.settings.records_group import RecordsGroup
from chatapp.ui.tabs.settings.view import SettingsView
from tests.qt.conftest import ChooseInMenu, MakeApp, chat_of
from tests.qt.test_chat import ask


@pytest.fixture
def coloured(app: App) -> App:
    app.context.preferences.set_option("chat", "token_colors", "probability")
    return app


@pytest.fixture
def group(app: App) -> RecordsGroup:
    return settings_of(app).records


def settings_of(app: App) -> SettingsView:
    return cast(SettingsView, app.window.page("settings"))


def show_settings(app: App, qtbot: QtBot) -> None:
    with qtbot.waitSignal(app.context.records.measured, timeout=3000):
        app.window.rail.choose(5)


def last_reply(chat: ChatView) -> MessageView:
    view = chat.transcript.view_of(chat.transcript.last_reply() or "")
    assert view is not None
    return view


def panel_of(chat: ChatView) -> ProbabilityPanel:
    return chat.inspector.probabilities


def stored(app: App, message_id: str) -> list[Token]:
    return TokenStore(app._database).tokens(message_id)


def purge(group: RecordsGroup, app: App, qtbot: QtBot) -> None:
    box = group.confirmation()
    (delete,) = [b for b in box.buttons() if box.buttonRole(b) == QMessageBox.ButtonRole.DestructiveRole]
    with qtbot.waitSignal(app.context.records.purged, timeout=5000):
        delete.click()


def save_as(monkeypatch: pytest.MonkeyPatch, path: Path, kind: str) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(path), kind))


def test_settings_say_what_they_take(app: App, group: RecordsGroup, qtbot: QtBot) -> None:
    show_settings(app, qtbot)
    assert group.size_label.text() == "On the disk: none"
    assert not group.purge_button.isEnabled()
    app.window.rail.choose(0)
    ask(app, qtbot, "say one two")
    show_settings(app, qtbot)
    assert group.size_label.text().startswith("On the disk: ")
    assert group.size_label.text().endswith(" B in 1 reply")
    assert group.purge_button.isEnabled()
    app.window.rail.choose(0)
    ask(app, qtbot, "say three")
    show_settings(app, qtbot)
    assert group.size_label.text().endswith(" in 2 replies")


def test_settings_that_are_open_follow_a_reply(app: App, group: RecordsGroup, qtbot: QtBot) -> None:
    show_settings(app, qtbot)
    app.context.conversations.send("say one")
    qtbot.waitUntil(lambda: group.size_label.text().endswith(" in 1 reply"), timeout=10_000)


def test_the_search_finds_them(app: App, group: RecordsGroup, qtbot: QtBot) -> None:
    settings = settings_of(app)
    app.window.rail.choose(5)
    settings.search.setText("delete records")
    assert group.isVisible()
    assert not any(frame.isVisible() for frame in settings._groups.values())
    assert not settings._nothing.isVisible()
    settings.search.setText("theme")
    assert not group.isVisible()
    app.context.preferences.set_option("appearance", "language", "zh_CN")
    settings.search.setText("词元记录 删除")
    qtbot.waitUntil(group.isVisible, timeout=1000)


def test_nothing_goes_where_it_is_not_confirmed(app: App, group: RecordsGroup, qtbot: QtBot) -> None:
    ask(app, qtbot, "say one")
    show_settings(app, qtbot)
    with qtbot.assertNotEmitted(app.context.records.purged, wait=100):
        group.purge_button.click()
        (box,) = group.findChildren(QMessageBox)
        assert box.defaultButton() is box.button(QMessageBox.StandardButton.Cancel)
        box.defaultButton().click()
    assert stored(app, last_reply(chat_of(app)).message.id)


def test_once_deleted_all_is_as_if_they_had_never_been(
    coloured: App, group: RecordsGroup, qtbot: QtBot, make_app: MakeApp
) -> None:
    app, chat = coloured, chat_of(coloured)
    ask(app, qtbot, "say one two")
    ask(app, qtbot, "say three four five")
    first, last = [view for view in chat.transcript.views() if view.heat is not None]
    panel = panel_of(chat)
    qtbot.waitUntil(lambda: panel.reply.figures.text().startswith("3 tokens"), timeout=3000)
    show_settings(app, qtbot)
    purge(group, app, qtbot)
    qtbot.waitUntil(lambda: group.size_label.text() == "On the disk: none", timeout=3000)
    assert not group.purge_button.isEnabled()
    app.window.rail.choose(0)
    qtbot.waitUntil(lambda: first.heat is None and last.heat is None, timeout=3000)
    assert (first.body.text(), last.body.text()) == ("one two", "three four five")
    assert last.body.isVisible()
    assert panel._empty.isVisibleTo(panel)
    app.context.records.request(first.message.id)
    qtbot.wait(50)
    assert first.heat is None
    ask(app, qtbot, "say six")  # from now on they are recorded again
    assert last_reply(chat).heat is not None
    assert panel.reply.figures.text().startswith("1 tokens")


def test_a_reply_being_written_keeps_its_own(coloured: App, group: RecordsGroup, qtbot: QtBot) -> None:
    app, chat = coloured, chat_of(coloured)
    ask(app, qtbot, "say one two")
    before = last_reply(chat)
    ask(app, qtbot, "slow 250", wait=False)
    qtbot.waitUntil(lambda: (h := last_reply(chat).heat) is not None and len(h.tokens()) > 40, timeout=10_000)
    purge(group, app, qtbot)
    assert app.context.conversations.writing
    view = last_reply(chat)
    qtbot.waitUntil(lambda: before.heat is None, timeout=3000)
    early = 0

    def is_stored_anew() -> bool:
        nonlocal early
        if app.context.conversations.writing:
            early = len(stored(app, view.message.id))
        return early > 40 or not app.context.conversations.writing

    qtbot.waitUntil(is_stored_anew, timeout=20_000)
    assert early > 40  # also what was written before
    qtbot.waitUntil(lambda: not app.context.conversations.writing, timeout=10_000)
    assert view.heat is not None
    assert "".join(token.text for token in view.heat.tokens()) == view.message.text
    qtbot.waitUntil(lambda: panel_of(chat).reply.figures.text().startswith("250 tokens"), timeout=3000)
    qtbot.waitUntil(lambda: len(stored(app, view.message.id)) == 250, timeout=3000)
    assert stored(app, before.message.id) == []


def test_a_reply_looked_at_while_it_is_written_loses_no_token(coloured: App, qtbot: QtBot) -> None:
    app, chat = coloured, chat_of(coloured)
    ask(app, qtbot, "slow 100", wait=False)
    qtbot.waitUntil(lambda: (h := last_reply(chat).heat) is not None and len(h.tokens()) > 10, timeout=10_000)
    view = last_reply(chat)
    while app.context.conversations.writing:
        app.context.records.request(view.message.id)  # between two flushes, as another choice of the reply would
        qtbot.wait(7)
    assert view.heat is not None
    assert "".join(token.text for token in view.heat.tokens()) == view.message.text


def test_what_is_asked_for_while_they_are_deleted_is_not_shown_later(coloured: App, qtbot: QtBot) -> None:
    app, chat = coloured, chat_of(coloured)
    ask(app, qtbot, "say one two")
    message_id = last_reply(chat).message.id
    records = app.context.records
    records._known.clear()
    records.request(message_id)  # its answer comes when the deletion is already in line
    with qtbot.waitSignal(records.purged, timeout=3000):
        records.purge()
    qtbot.waitUntil(lambda: last_reply(chat).heat is None, timeout=3000)
    assert records._known[message_id] == []


def test_the_file_gets_smaller(app: App, paths: Paths, qtbot: QtBot, group: RecordsGroup) -> None:
    ask(app, qtbot, "say one")
    message_id = last_reply(chat_of(app)).message.id
    secret = b"remember the milk"
    with app._database.durable() as connection:
        connection.executemany(
            "INSERT INTO token_part (message_id, first, data) VALUES (?, ?, ?)",
            [(message_id, n, secret * 5000) for n in range(1, 40)],
        )
    app._database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = paths.database.stat().st_size
    purge(group, app, qtbot)
    assert paths.database.stat().st_size < before - 39 * 5000 * len(secret) + 100_000
    log = paths.database.with_name(f"{paths.database.name}-wal")
    assert secret not in paths.database.read_bytes() + log.read_bytes()
    with sqlite3.connect(paths.database) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT text FROM message WHERE id = ?", (message_id,)).fetchone() == ("one",)
    connection.close()


def test_where_the_file_can_not_be_written_anew_they_go_all_the_same(
    app: App, qtbot: QtBot, group: RecordsGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(app, qtbot, "say one")
    message_id = last_reply(chat_of(app)).message.id
    qtbot.waitUntil(lambda: stored(app, message_id) != [], timeout=3000)

    def full(_database: Database) -> None:
        raise error(DISK_FULL, folder="here")

    monkeypatch.setattr(Database, "shrink", full)
    purge(group, app, qtbot)
    assert stored(app, message_id) == []


@pytest.mark.parametrize(("kind", "ending"), [("x (*.json)", ".json"), ("x (*.csv)", ".csv")])
def test_a_reply_is_exported(
    app: App, qtbot: QtBot, kind: str, ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = chat_of(app)
    ask(app, qtbot, "say one =2")
    save_as(monkeypatch, tmp_path / "records", kind)
    with qtbot.waitSignal(app.context.records.exported, timeout=3000) as told:
        panel_of(chat).reply.export.click()
    path = tmp_path / f"records{ending}"
    assert told.args == [str(path)]
    kept = stored(app, last_reply(chat).message.id)
    if ending == ".json":
        exported = json.loads(path.read_bytes())
        assert (exported["text"], exported["seed"], exported["finish_reason"]) == ("one =2", 7, "stop")
        assert exported["model"] == "scripted.gguf"
        assert [token["logprob"] for token in exported["tokens"]] == pytest.approx(
            [token.record.logprob for token in kept if token.record is not None]
        )
        assert exported["tokens"][1]["top"][1]["cut_by"] == "top_k"
    else:
        rows = list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))
        assert [row["text"] for row in rows] == ["one", "' =2"]
        assert [row["top2_cut_by"] for row in rows] == ["top_k", "top_k"]


def test_a_reply_of_an_earlier_session_is_exported(
    app: App, qtbot: QtBot, make_app: MakeApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(app, qtbot, "say one two three")
    app.close()
    again = make_app()
    qtbot.waitUntil(lambda: len(again.context.shelf.conversations) == 1, timeout=3000)
    again.context.conversations.open(again.context.shelf.conversations[0].id)
    panel = panel_of(chat_of(again))
    qtbot.waitUntil(lambda: panel.reply.figures.text().startswith("3 tokens"), timeout=3000)
    save_as(monkeypatch, tmp_path / "r.json", "x (*.json)")
    with qtbot.waitSignal(again.context.records.exported, timeout=3000):
        panel.reply.export.click()
    assert len(json.loads((tmp_path / "r.json").read_bytes())["tokens"]) == 3


def test_a_file_that_can_not_be_written_is_a_sentence(
    app: App, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(app, qtbot, "say one")
    save_as(monkeypatch, tmp_path / "no such folder" / "r", "x (*.csv)")
    with qtbot.waitSignal(app.context.notifier.posted, timeout=3000) as told:
        panel_of(chat_of(app)).reply.export.click()
    (info,) = told.args or ()
    assert isinstance(info, ErrorInfo)
    assert info.kind is ErrorKind.STORAGE


def test_another_ending_is_put_on_only_where_that_replaces_nothing(
    app: App, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(app, qtbot, "say one")
    there = tmp_path / "r.csv"
    there.write_text("mine")
    save_as(monkeypatch, tmp_path / "r.json", "x (*.csv)")
    asked: list[str] = []
    for answer, left in ((QMessageBox.StandardButton.No, True), (QMessageBox.StandardButton.Yes, False)):

        def answered(*args: object, answer: QMessageBox.StandardButton = answer) -> QMessageBox.StandardButton:
            asked.append(str(args[2]))
            return answer

        monkeypatch.setattr(QMessageBox, "question", answered)
        panel_of(chat_of(app)).reply.export.click()
        qtbot.waitUntil(lambda left=left: (there.read_text("utf-8-sig") == "mine") == left, timeout=3000)
    assert asked == ["There is a file r.csv already. Replace it?"] * 2


def test_a_picture_of_the_panel_is_written(
    app: App, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, choose_in_menu: ChooseInMenu
) -> None:
    ask(app, qtbot, "say one two")
    save_as(monkeypatch, tmp_path / "course", "PNG (*.png)")
    with qtbot.waitSignal(app.context.records.exported, timeout=3000):
        choose_in_menu(panel_of(chat_of(app)).reply.timeline, "Save picture…")
    assert not QImage(str(tmp_path / "course.png")).isNull()


def test_a_range_is_marked_in_the_text_of_its_reply(coloured: App, qtbot: QtBot) -> None:
    app, chat = coloured, chat_of(coloured)
    ask(app, qtbot, "say one two three")
    first = last_reply(chat)
    ask(app, qtbot, "say four five")
    second = last_reply(chat)
    assert first.heat is not None
    assert second.heat is not None
    timeline = panel_of(chat).reply.timeline
    timeline.choose(0)
    timeline._extend(Qt.Key.Key_Right)
    assert (first.heat._range, second.heat._range) == (None, (0, 1))
    first.heat.choose(1)  # another reply is looked at
    assert (first.heat._range, second.heat._range) == (None, None)
    assert timeline.brushed is None
