"""The alternatives at one token: what stands in the rows, what is drawn, what is done with them."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QPoint, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from chatapp.core.token_record import Alternatives
from chatapp.ui.panels.probabilities.candidate_table import (
    BYTES,
    CUT_BY,
    ID,
    LOGIT,
    LOGPROB,
    SAMPLED,
    TOKEN,
    P,
    token_text,
)
from chatapp.ui.panels.probabilities.candidates import Candidates
from chatapp.ui.panels.probabilities.pictures import Picture
from chatapp.ui.theme import Theme
from tests.builders import candidate, token_record
from tests.qt.conftest import ChooseInMenu

TOP = (
    candidate(7, " 天空".encode(), 0.5, p_sampled=0.8),
    candidate(8, b"=", 0.25, p_sampled=0.2),
    candidate(9, b"\xe5\xa4", 0.125, cut_by="top_p"),
    candidate(10, b"", 0.0001, cut_by="min_p"),
)
RECORD = token_record(0.25, rank=1, top=TOP, others_p=0.1249)
TOP = RECORD.top  # as exact as they are kept
OTHERS = len(TOP)


@pytest.fixture
def candidates(light: Theme, qtbot: QtBot) -> Candidates:
    made = Candidates(light)
    qtbot.addWidget(made)
    made.show_record(RECORD, 8)
    made.resize(400, 300)
    made.show()
    qtbot.waitExposed(made)
    return made


def row(candidates: Candidates, at: int) -> list[str]:
    table = candidates.table
    return [str(table.data(table.index(at, column))) for column in range(table.columnCount())]


def test_numbers_cutters_and_all_others(candidates: Candidates) -> None:
    assert candidates.table.rowCount() == OTHERS + 1
    assert row(candidates, 0) == ["␣天空", "50.0", "80.0", "", "-0.693", "", "7", "20 e5 a4 a9 e7 a9 ba"]
    assert row(candidates, 1)[P : CUT_BY + 1] == ["25.0", "20.0", ""]
    assert row(candidates, 2)[:4] == ["<e5 a4>", "12.5", "0.0", "top_p"]
    assert row(candidates, 3)[:4] == ["⌁", "1.0e-02", "0.0", "min_p"]
    assert row(candidates, OTHERS) == ["all others", "12.5", "0.0", "", "", "", "", ""]
    assert candidates.currentIndex().row() == 1
    candidates.show_record(None)
    assert candidates.table.rowCount() == 0
    candidates.show_record(RECORD, 12345)  # outside the top
    assert not candidates.currentIndex().isValid()


def test_what_a_screen_reader_says(candidates: Candidates) -> None:
    def said(at: int) -> object:
        return candidates.table.data(candidates.table.index(at, TOKEN), Qt.ItemDataRole.AccessibleTextRole)

    assert said(0) == "␣天空, p % 50.0, Sampled % 80.0, Cut by "
    assert said(2) == "<e5 a4>, p % 12.5, Sampled % 0.0, Cut by top_p"
    assert str(said(OTHERS)).startswith("all others, p % 12.5")
    assert candidates.accessibleName() == "Alternatives at this token"


def test_signs_that_are_not_seen_are_named() -> None:
    assert token_text(b" a\n\t\r\x00") == "␣a⏎⇥␍<0>"
    assert token_text("e\u0301".encode()) == "e\u0301"
    assert token_text("\u202e".encode()) == "<202e>"
    assert token_text(b"\xff") == "<ff>"
    assert token_text(b"") == "⌁"


def test_bars_stand_for_both_probabilities_and_the_line_for_their_sum(candidates: Candidates) -> None:
    bars = [candidates.table.bar(at) for at in range(OTHERS + 1)]
    assert [bar.cumulative for bar in bars if bar is not None] == pytest.approx([0.5, 0.75, 0.875, 0.8751, 1.0])
    assert [bar.is_chosen for bar in bars if bar is not None] == [False, True, False, False, False]
    picture, ratio = candidates.viewport().grab().toImage(), candidates.devicePixelRatio()
    accent, muted = QColor(candidates._theme.colors.accent), QColor(candidates._theme.colors.muted)

    def color(at: int, part: float, *, lower: bool = False) -> QColor:
        """In a bar of that row, at a part of the width."""
        place = candidates.bars_of(at)[lower]
        wide = candidates.viewport().width() - 4
        return picture.pixelColor(QPoint(2 + round(wide * part), round(place.center().y())) * ratio)

    assert color(0, 0.25) == muted
    assert color(1, 0.15) == accent
    assert color(1, 0.35) not in (accent, muted)
    surface, text = QColor(candidates._theme.colors.surface), QColor(candidates._theme.colors.text)
    assert color(1, 0.18, lower=True) == surface  # 0.2 is sampled, of the row that is selected
    assert color(1, 0.22, lower=True) != surface
    upper, _, half = candidates.bars_of(0)
    spots = [QPoint(round(half) + x, round(upper.top()) + 1) * ratio for x in (-1, 0, 1)]
    assert text in [picture.pixelColor(spot) for spot in spots]


def test_a_logarithmic_scale_shows_small_ones(candidates: Candidates) -> None:
    assert candidates.part(0.25) == 0.25
    candidates.use_scale(logarithmic=True)
    assert candidates.part(1.0) == 1.0
    assert candidates.part(1e-3) == pytest.approx(0.5)
    assert candidates.part(1e-6) == 0.0
    assert candidates.part(0.0) == 0.0


def test_more_columns_on_request(candidates: Candidates) -> None:
    assert [candidates.isColumnHidden(column) for column in (P, SAMPLED, LOGPROB, LOGIT, ID, BYTES)] == [
        False, False, True, True, True, True,
    ]  # fmt: skip
    candidates.show_columns(details=True)
    assert not any(candidates.isColumnHidden(column) for column in (LOGPROB, ID, BYTES))


def test_logits_are_shown_where_they_are_known(candidates: Candidates) -> None:
    known = replace(RECORD, alternatives=Alternatives.of(TOP, 12.5), log_total=12.5)
    candidates.show_columns(details=True)
    assert candidates.isColumnHidden(LOGIT)  # an older version did not record them
    candidates.show_record(known, 8)
    assert not candidates.isColumnHidden(LOGIT)
    assert row(candidates, 0)[LOGIT] == f"{TOP[0].logprob + 12.5:.3f}" == "11.807"
    assert float(candidates.table.as_text().split("\n")[1].split("\t")[5]) == pytest.approx(TOP[0].logprob + 12.5)
    assert not candidates.whole().isColumnHidden(LOGIT)
    candidates.show_columns(details=False)
    candidates.show_record(known, 8)
    assert candidates.isColumnHidden(LOGIT)


def test_every_column_is_as_wide_as_its_texts_and_the_tokens_take_the_rest(candidates: Candidates) -> None:
    metrics = candidates.fontMetrics()
    for column in (TOKEN, P, SAMPLED, CUT_BY):
        texts = [row(candidates, at)[column] for at in range(OTHERS + 1)]
        assert candidates.columnWidth(column) > max(metrics.horizontalAdvance(text) for text in texts)
    assert candidates.header().length() == candidates.viewport().width()
    candidates.resize(700, 300)
    assert candidates.header().length() == candidates.viewport().width()


def test_enter_writes_on_with_an_alternative(candidates: Candidates, qtbot: QtBot) -> None:
    with qtbot.waitSignal(candidates.branch_requested, timeout=1000) as asked:
        QTest.keyClick(candidates, Qt.Key.Key_Down)
        QTest.keyClick(candidates, Qt.Key.Key_Return)
    assert asked.args == [TOP[2]]
    QTest.keyClick(candidates, Qt.Key.Key_End)
    assert candidates.currentIndex().row() == OTHERS
    with qtbot.assertNotEmitted(candidates.branch_requested):
        QTest.keyClick(candidates, Qt.Key.Key_Return)


def test_they_are_copied_for_a_spreadsheet(candidates: Candidates, choose_in_menu: ChooseInMenu) -> None:
    QTest.keyClick(candidates, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    by_key = QGuiApplication.clipboard().text()
    QGuiApplication.clipboard().clear()
    choose_in_menu(candidates, "Copy")
    assert QGuiApplication.clipboard().text() == by_key
    first, *rows = csv.reader(io.StringIO(by_key), delimiter="\t")
    assert first == ["text", "p", "p_sampled", "cut_by", "logprob", "logit", "id", "bytes"]
    assert len(rows) == OTHERS + 1
    assert float(rows[0][1]) == TOP[0].p
    assert rows[1][0] == "'="  # no formula
    assert rows[2][3:] == ["top_p", str(TOP[2].logprob), "", "9", "e5 a4"]
    assert rows[OTHERS] == ["all others", "0.1249", "0.0"]


def test_a_what_if_is_named_so(candidates: Candidates) -> None:
    candidates.show_record(RECORD, 8, is_what_if=True)
    assert candidates.table.as_text().split("\n")[0].split("\t")[2] == "p_what_if"
    assert candidates.whole().table.headerData(SAMPLED, Qt.Orientation.Horizontal) == "What if %"


@pytest.mark.parametrize(("chosen", "ending"), [("PNG (*.png)", ".png"), ("SVG (*.svg)", ".svg")])
def test_a_picture_has_every_row(
    candidates: Candidates,
    chosen: str,
    ending: str,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    choose_in_menu: ChooseInMenu,
) -> None:
    candidates.resize(200, 60)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(tmp_path / "p.png"), chosen))
    with qtbot.waitSignal(candidates.picture_made, timeout=5000) as made:
        choose_in_menu(candidates, "Save picture…")
    (picture,) = made.args or ()
    assert isinstance(picture, Picture)
    assert picture.path == str(tmp_path / f"p{ending}")
    least = candidates.rowHeight(candidates.table.index(0, 0)) * (OTHERS + 1)
    if ending == ".png":
        assert QImage.fromData(picture.data).height() > least
    else:
        assert QSvgRenderer(QByteArray(picture.data)).viewBox().height() > least
        text = picture.data.decode()
        assert all(word in text for word in ("天空", "all others", "top_p", "min_p"))


def test_no_picture_where_the_dialog_is_given_up(
    candidates: Candidates, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, choose_in_menu: ChooseInMenu
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: ("", ""))
    with qtbot.assertNotEmitted(candidates.picture_made):
        choose_in_menu(candidates, "Save picture…")


def test_it_speaks_chinese(candidates: Candidates, chinese: Callable[[], None]) -> None:
    chinese()
    header = [candidates.table.headerData(column, Qt.Orientation.Horizontal) for column in (TOKEN, SAMPLED, CUT_BY)]
    assert header == ["词元", "采样 %", "被谁剔除"]
    assert row(candidates, OTHERS)[TOKEN] == "其余全部"
    assert candidates.accessibleName() != "Alternatives at this token"
