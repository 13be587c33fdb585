"""The lanes side by side: the same place of all texts, scrolling together, keys, languages, and how all of it fits."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QPlainTextEdit,
    QToolTip,
    QWidget,
)
from pytestqt.qtbot import QtBot

from chatapp.ui.panels.probabilities.measure import Measure
from chatapp.ui.tabs.compare import TAB
from chatapp.ui.tabs.compare.lane_column import LaneColumn
from chatapp.ui.tabs.compare.lanes_page import LanesPage
from chatapp.ui.tabs.compare.pace import Pace
from chatapp.ui.tabs.compare.view import CompareView
from chatapp.ui.theme import Theme
from tests.fakes.comparisons import Parts

LEFT, RIGHT = Qt.Key.Key_Left, Qt.Key.Key_Right


@pytest.fixture
def parts(light: Theme, qtbot: QtBot) -> Iterator[Parts]:
    parts = Parts(light)
    yield parts
    parts.background.close()


@pytest.fixture
def page(parts: Parts, qtbot: QtBot) -> Iterator[LanesPage]:
    widget = TAB.build(parts.context).widget
    assert isinstance(widget, CompareView)
    widget.resize(1208, 900)
    widget.show()
    qtbot.waitExposed(widget)
    yield widget.lanes
    widget.deleteLater()
    qtbot.wait(1)  # in an event loop it is deleted


def write(page: LanesPage, parts: Parts, *texts: list[str]) -> None:
    """Runs a lane for each of `texts`."""
    page.row.set_samplings([page.columns[0].sampling] * len(texts))
    page.prompt.box.setPlainText("Once")
    page.prompt.run_button.click()
    for lane, words in enumerate(texts):
        parts.inference.write(lane, *words)


def chosen(page: LanesPage) -> list[int | None]:
    return [column.heat.chosen for column in page.columns]


def is_seen(column: LaneColumn, place: int) -> bool:
    rect = column.heat.rect_of(place)
    shown = QRect(column.heat.mapTo(column.area.viewport(), rect.topLeft()), rect.size())
    return column.area.viewport().rect().contains(shown)


def test_keys_walk_the_same_place_in_all_lanes(page: LanesPage, parts: Parts) -> None:
    write(page, parts, ["A", " b", " c"], ["D", " e"])
    assert page.strip.text() == ""
    page.row.step(1)
    assert QApplication.focusWidget() is page.columns[0].heat
    QTest.keyClick(page.columns[0].heat, RIGHT)
    QTest.keyClick(page.columns[0].heat, RIGHT)
    assert chosen(page) == [1, 1]
    assert page.strip.text() == "Token 2: 1 ␣b 50.0 %, 2 ␣e 50.0 %"
    page.row.step(1)
    assert QApplication.focusWidget() is page.columns[1].heat
    QTest.keyClick(page.columns[1].heat, LEFT)
    assert chosen(page) == [0, 0]
    page.row.step(1)
    for _ in range(2):
        QTest.keyClick(page.columns[0].heat, RIGHT)
    assert chosen(page) == [2, None]
    assert page.strip.text() == "Token 3: 1 ␣c 50.0 %, 2 – "
    parts.inference.write(1, " f", first=2)
    page.row.look_again()
    assert page.strip.accessibleDescription().endswith("2 ␣f 50.0 %")


def test_what_is_below_the_mouse_is_shown_for_all_and_then_no_more(
    page: LanesPage, parts: Parts, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QToolTip, "showText", lambda *_: None)
    write(page, parts, ["Alpha", " beta"], ["Gamma", " delta"])
    heat = page.columns[0].heat
    qtbot.waitUntil(lambda: heat.width() > 100 and heat.isVisible(), timeout=3000)
    QTest.mouseMove(heat.viewport(), heat.rect_of(0).center() + QPoint(8, 0))
    qtbot.waitUntil(lambda: page.strip.text().startswith("Token 1: 1 Alpha"), timeout=3000)
    assert [column.heat._range for column in page.columns] == [(0, 0), (0, 0)]
    assert chosen(page) == [None, None]
    heat.token_hovered.emit(None)
    assert page.strip.text() == ""


def test_a_divergence_is_marked_in_its_two_lanes_and_scrolled_to(page: LanesPage, parts: Parts, qtbot: QtBot) -> None:
    words = [f"{number}\n" for number in range(200)]
    write(page, parts, words, ["short"], words)
    page.mark_divergence(0, 2, 150)
    assert chosen(page) == [150, None, 150]
    assert page.strip.text().startswith("Token 151: 1 150")
    qtbot.waitUntil(lambda: is_seen(page.columns[0], 150) and is_seen(page.columns[2], 150), timeout=3000)


def test_lanes_are_scrolled_together_by_their_tokens(page: LanesPage, parts: Parts, qtbot: QtBot) -> None:
    write(page, parts, [f"{number}\n" for number in range(200)], [f"{number}\n\n" for number in range(200)], ["short"])
    bars = [column.area.verticalScrollBar() for column in page.columns]
    for lane in range(3):
        parts.inference.end_lane(lane, page.columns[lane].heat.text())
    qtbot.waitUntil(lambda: bars[1].maximum() > 2000, timeout=3000)
    qtbot.wait(50)
    line = page.columns[0].heat.rect_of(100).top()
    bars[0].setValue(line + 2)
    assert [page.columns[lane].top_place for lane in (0, 1)] == [100, 100]
    page.together.click()
    bars[1].setValue(0)
    assert page.columns[0].top_place == 100


def test_the_end_is_followed_until_a_person_scrolls(page: LanesPage, parts: Parts, qtbot: QtBot) -> None:
    write(page, parts, [f"{number}\n" for number in range(100)], ["other"])
    bar = page.columns[0].area.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 500 and bar.value() == bar.maximum(), timeout=3000)
    bar.setValue(10)
    parts.inference.write(0, *["more\n"] * 50, first=100)
    most = bar.maximum()
    qtbot.waitUntil(lambda: bar.maximum() > most, timeout=3000)
    assert bar.value() == 10


def test_colours_and_lines_are_those_of_all_lanes(page: LanesPage, parts: Parts) -> None:
    write(page, parts, ["A"], ["B"])
    page.measures.setCurrentIndex(list(Measure).index(Measure.RANK))
    page.measures.activated.emit(3)
    page.underlines.click()
    page.add_button.click()
    assert {(c.heat._measure, c.heat._underlines) for c in page.columns} == {(Measure.RANK, True)}
    assert page.legend.accessibleName().startswith("1 –")


@pytest.mark.parametrize("size", [(1208, 640), (2488, 1360)])
@pytest.mark.parametrize("count", [1, 2, 4, 8, 16])
def test_lanes_share_the_width_and_nothing_is_cut_off(
    page: LanesPage, parts: Parts, qtbot: QtBot, count: int, size: tuple[int, int]
) -> None:
    page.window().resize(size[0], size[1] + 48)
    write(page, parts, *[["word"] * 40] * count)
    page.set_foot(QLabel("foot"))
    QApplication.processEvents()
    widths = [column.width() for column in page.columns]
    assert max(widths) - min(widths) <= 1
    assert min(widths) >= page.fontMetrics().horizontalAdvance("m") * 17
    assert page.verticalScrollBar().maximum() == 0
    for column in page.columns:
        assert column.height() <= page.row.viewport().height()
        assert column.figures.geometry().bottom() < column.height()
    fits = sum(widths) + 10 * count <= page.row.viewport().width() + 10
    qtbot.waitUntil(lambda: (page.row.horizontalScrollBar().maximum() == 0) == fits, timeout=2000)


def test_a_small_window_scrolls_the_page(page: LanesPage, parts: Parts, qtbot: QtBot) -> None:
    page.resize(700, 300)
    qtbot.waitUntil(lambda: page.verticalScrollBar().maximum() > 0, timeout=3000)
    whole = page.widget()
    assert whole is not None
    assert whole.width() <= page.viewport().width()
    assert page.columns[0].figures.geometry().bottom() < page.columns[0].height()


def test_a_foot_takes_the_place_of_the_one_before(page: LanesPage) -> None:
    first, second = QLabel("a"), QLabel("b")
    page.set_foot(first)
    page.set_foot(second)
    assert page.splitter.count() == 2
    assert page.splitter.widget(1) is second


def test_tab_reaches_everything_and_everything_has_a_name(page: LanesPage, parts: Parts) -> None:
    write(page, parts, ["A"], ["B"])
    page.columns[0].settings_button.click()
    QApplication.processEvents()
    kinds = (QAbstractButton, QAbstractSpinBox, QComboBox, QPlainTextEdit)
    controls = [widget for kind in kinds for widget in page.findChildren(kind) if widget.isVisible()]
    assert [widget for widget in controls if not (widget.accessibleName() or _text_of(widget))] == []
    reached: list[QWidget | None] = []
    page.prompt.box.setFocus()
    while (widget := QApplication.focusWidget()) not in reached:
        reached.append(widget)
        assert widget is not None
        QTest.keyClick(widget, Qt.Key.Key_Tab)
    missing = [w for w in controls if w.isEnabled() and w.focusPolicy() & Qt.FocusPolicy.TabFocus and w not in reached]
    assert missing == []
    assert page.columns[1].heat in reached


def _text_of(widget: QWidget) -> str:
    return widget.text() if isinstance(widget, QAbstractButton) else ""


def test_all_is_said_in_the_language_chosen(page: LanesPage, parts: Parts, chinese: Callable[[], None]) -> None:
    write(page, parts, ["A"], ["B"])
    for lane in (0, 1):
        parts.inference.end_lane(lane, "AB"[lane])
    parts.inference.end()
    chinese()
    column = page.columns[0]
    words = [column.state.text(), column.figures.text(), column.accessibleName(), page.note.text(), page.presets.text()]
    words += [page.prompt.run_button.text(), page.strip.toolTip(), column.settings.seed.placeholderText()]
    assert [text for text in words if not any("\u4e00" <= c <= "\u9fff" for c in text)] == []


def test_the_pace_is_that_of_the_last_seconds() -> None:
    now = 0.0
    pace = Pace(lambda: now)
    assert pace.rate == 0
    for second in range(10):
        now = float(second)
        pace.add(3)
    assert pace.rate == pytest.approx(3.0)
    now = 30.0
    assert pace.rate == 0
