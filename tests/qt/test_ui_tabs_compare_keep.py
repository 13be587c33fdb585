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
from chatapp.core.comparison import MOST_LANES, ComparedPrompt, Comparison
from chatapp.core.errors import ErrorInfo
from chatapp.storage.comparisons import ComparisonStore
from chatapp.storage.database import Database
from chatapp.storage.paths import Paths
from chatapp.ui.tabs.compare.earlier_dialog import EarlierDialog
from chatapp.ui.tabs.compare.lanes_page import LanesPage
from chatapp.ui.tabs.compare.view import CompareView
from tests.lanes import comparison, lane
from tests.qt.conftest import MakeApp

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
    assert again.window.focusWidget() is page_of(again).prompt.box


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
    form = view.sweep.form
    assert (form.text(), form.temperatures.text(), form.length.value()) == ("many", "0.8", 64)
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


def test_nothing_is_opened_over_lanes_that_are_being_written(
    app: App, paths: Paths, qtbot: QtBot, answer: Callable[[str], list[str]]
) -> None:
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
    dialog.open_button.click()  # the sweep itself, which is small enough for the lanes
    qtbot.waitUntil(lambda: dialog.note.text() == "This one is being written: stop it first.", timeout=3000)
    QTest.keyClick(dialog.filter, Qt.Key.Key_Down)
    QTest.keyClick(dialog.table, Qt.Key.Key_Down)
    assert dialog.note.text() == ""
    QTest.keyClick(dialog.table, Qt.Key.Key_Up)
    asked = answer("Delete")
    dialog.remove_button.click()
    assert len(asked) == 1
    assert dialog.note.text() == "This one is being written: stop it first."
    assert app.context.sweep.is_running
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


def test_the_texts_follow_the_language(app: App, qtbot: QtBot, chinese: Callable[[], None]) -> None:
    dialog = dialog_of(app, qtbot)
    chinese()
    QApplication.processEvents()
    said = [dialog.windowTitle(), dialog.open_button.text(), page_of(app).earlier_button.text()]
    assert all(text and not text.isascii() for text in said)
    dialog.close()
