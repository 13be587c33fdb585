"""Below the lanes: figures, partings, word differences. Only what is on show is counted."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from chatapp.core.comparison import Comparison, LaneResult, LaneState
from chatapp.core.errors import error
from chatapp.core.generation import FinishReason, Token
from chatapp.core.sentences import NO_MODEL_LOADED
from chatapp.services.background import Background
from chatapp.ui.tabs.compare import divergence_model, figure_counter
from chatapp.ui.tabs.compare.foot import ComparisonFoot
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.rich_text import Typesetting
from chatapp.ui.widgets.table_view import TableView
from tests.lanes import comparison, lane, token
from tests.qt.conftest import ChooseInMenu

CONTROL = Qt.KeyboardModifier.ControlModifier
FIGURES, PARTINGS, WORDS = range(3)


@pytest.fixture
def foot(light: Theme, qtbot: QtBot) -> Iterator[ComparisonFoot]:
    background = Background("differences")
    made = ComparisonFoot(Typesetting(light, background))
    qtbot.addWidget(made)
    made.resize(1180, 320)
    made.show()
    qtbot.waitExposed(made)
    yield made
    background.close()


def cells(table: TableView) -> list[list[str]]:
    """What stands in the rows, as they are sorted."""
    rows = table.rows
    return [[rows.index(row, column).data() for column in range(rows.columnCount())] for row in range(rows.rowCount())]


def headings(table: TableView) -> list[str]:
    return [
        table.rows.headerData(column, Qt.Orientation.Horizontal) for column in range(table.rows.columnCount())
    ]  # fmt: skip


def counted(foot: ComparisonFoot, qtbot: QtBot) -> list[list[str]]:
    """The partings, once all divergences are counted."""
    qtbot.waitUntil(lambda: all(row[-1] != "…" for row in cells(foot.divergence.table)), timeout=3000)
    return cells(foot.divergence.table)


def figures(foot: ComparisonFoot, qtbot: QtBot, *lanes: LaneResult, together: bool = True) -> list[list[str]]:
    """The table of these lanes, once they are counted."""
    shown = comparison(*lanes, together=together)
    foot.set_comparison(shown)
    qtbot.waitUntil(lambda: foot.figures._counter.last.lanes is shown.lanes, timeout=5000)
    return cells(foot.figures.table)


def grown(before: LaneResult, text: str) -> LaneResult:
    """The same tokens and more."""
    return lane(text, tokens=before.tokens, state=LaneState.WRITING, seed=before.sampling.seed)


def test_each_lane_has_its_settings_and_figures(foot: ComparisonFoot, qtbot: QtBot) -> None:
    failed = replace(lane(state=LaneState.FAILED, seed=None), error=error(NO_MODEL_LOADED).info)
    first, second = figures(foot, qtbot, lane("a b a b", temperature=0.5, seed=7, p=0.25), failed)
    assert first == [
        "1", "0.5", "40", "0.95", "0.05", "7", "4", "4.000", "1.000", "0.500", "0.667", "0.000", "10.0",
        "length limit",
    ]  # fmt: skip
    assert second[5:] == ["–", "0", *["–"] * 6, "failed"]
    tip = foot.figures.table.rows.index(1, 13).data(Qt.ItemDataRole.ToolTipRole)
    assert "No model is loaded" in tip


def test_lanes_that_differ_in_the_seed_have_a_mean_with_its_interval(foot: ComparisonFoot, qtbot: QtBot) -> None:
    lanes = [
        lane("a b c d", temperature=0.5, seed=1, p=0.25),
        lane("a b c e", temperature=0.5, seed=2, p=0.125),
        lane("a b", temperature=0.5, seed=3, reason=FinishReason.CANCELLED),
        lane("x", temperature=0.9, seed=1),
    ]
    rows = figures(foot, qtbot, *lanes)
    assert len(rows) == 5
    mean = rows[-1]
    assert (mean[0], mean[1], mean[5], mean[13]) == ("Mean 1–3", "0.5", "3 seeds", "2 of 3")
    assert mean[7] == "6.00 ± 25.41"  # the mean of 4 and 8: t of one degree of freedom is 12.706, the error 2
    assert len(figures(foot, qtbot, lanes[0], lanes[3])) == 2


def test_what_is_told_of_all_lanes_together(foot: ComparisonFoot, qtbot: QtBot) -> None:
    same = [lane("one two three four five", seed=seed) for seed in (1, 2)]
    figures(foot, qtbot, *same)
    assert "self-BLEU 100.0 of 100, 20.0 tokens per second" in foot.figures.together.text()
    figures(foot, qtbot, *same, together=False)
    assert "10.0 tokens per second" in foot.figures.together.text()
    figures(foot, qtbot, same[0])
    assert "self-BLEU – of 100" in foot.figures.together.text()


def test_a_heading_sorts_and_means_and_unknown_stay_below(foot: ComparisonFoot, qtbot: QtBot) -> None:
    table = foot.figures.table
    unknown = lane("", temperature=0.1)
    figures(foot, qtbot, lane("a", seed=1), lane("a", p=0.1, seed=2), unknown, lane("a", p=0.2, seed=3))
    assert [row[0] for row in cells(table)] == ["1", "2", "3", "4", "Mean 1–2, 4"]
    for order, wanted in (
        (Qt.SortOrder.AscendingOrder, ["1", "4", "2", "3", "Mean 1–2, 4"]),
        (Qt.SortOrder.DescendingOrder, ["2", "4", "1", "3", "Mean 1–2, 4"]),
    ):
        table.sortByColumn(7, order)
        assert [row[0] for row in cells(table)] == wanted


def test_headings_and_the_menu_sort(foot: ComparisonFoot, qtbot: QtBot, choose_in_menu: ChooseInMenu) -> None:
    table = foot.figures.table
    figures(
        foot, qtbot, lane("a b", seed=1, temperature=0.2), lane("a", seed=2), lane("a b c", seed=3, temperature=0.3)
    )
    names = headings(table)
    tokens = names.index("Tokens")
    header = table.header()
    middle = QPoint(header.sectionViewportPosition(tokens) + header.sectionSize(tokens) // 2, header.height() // 2)
    for heading, wanted in (("Tokens ↑", "213"), ("Tokens ↓", "312")):
        QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=middle)
        assert "".join(row[0] for row in cells(table)) == wanted
        assert headings(table)[tokens] == heading
    for text, wanted in (("Sort by Temp.", "132"), ("Sort by Temp.", "231"), ("Unsorted", "123")):
        choose_in_menu(table, text)
        assert "".join(row[0] for row in cells(table)) == wanted
    assert headings(table) == names


def test_the_table_is_copied_with_tabs_between(foot: ComparisonFoot, qtbot: QtBot) -> None:
    figures(foot, qtbot, lane("a b", seed=1, p=0.3), lane("b", seed=4_000_000_000), lane("c", temperature=0.0))
    table = foot.figures.table
    table.setFocus()
    QTest.keyClick(table, Qt.Key.Key_C, CONTROL)
    lines = [line.split("\t") for line in QGuiApplication.clipboard().text().splitlines()]
    assert lines[0][:7] == ["lane", "temperature", "top_k", "top_p", "min_p", "seed", "tokens"]
    assert [line[0] for line in lines[1:]] == ["1", "2", "3", "Mean 1–2"]
    assert float(lines[1][7]) == pytest.approx(1 / 0.3)  # in full
    assert lines[2][5] == "4000000000"
    table.setCurrentIndex(table.rows.index(1, 0))
    QTest.keyClick(table, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(table, Qt.Key.Key_C, CONTROL)
    assert [line.split("\t")[0] for line in QGuiApplication.clipboard().text().splitlines()] == ["lane", "2", "3"]


def test_every_heading_explains_itself(foot: ComparisonFoot, chinese: Callable[[], None]) -> None:
    tables = (foot.figures.table, foot.divergence.table)
    before = [headings(table) for table in tables]
    chinese()
    for table, english in zip(tables, before, strict=True):
        for column in range(table.rows.columnCount()):
            tip = table.rows.headerData(column, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole)
            assert len(tip) > 8
        assert headings(table) != english
    assert foot.tabText(FIGURES) == "指标"


def test_only_lanes_that_changed_are_counted_anew(
    foot: ComparisonFoot, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[LaneResult] = []
    count = figure_counter.figures_of

    def spy(counted: LaneResult) -> object:
        asked.append(counted)
        return count(counted)

    monkeypatch.setattr(figure_counter, "figures_of", spy)
    first, second = lane("a b", seed=1), lane("a", seed=2, state=LaneState.WRITING)
    figures(foot, qtbot, first, second)
    longer = grown(second, "b c")
    assert figures(foot, qtbot, replace(first), longer)[1][6] == "3"
    assert asked == [first, second, longer]


def test_of_what_comes_while_it_counts_only_the_newest_is_counted(
    foot: ComparisonFoot, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts: list[int] = []
    count = figure_counter._count

    def spy(lanes: tuple[LaneResult, ...], before: figure_counter.Counted) -> figure_counter.Counted:
        counts.append(len(lanes[0].tokens))
        return count(lanes, before)

    monkeypatch.setattr(figure_counter, "_count", spy)
    growing = [lane("a", state=LaneState.WRITING)]
    for _ in range(5):
        growing.append(grown(growing[-1], "b"))
    for one in growing:
        foot.set_comparison(comparison(one))
    qtbot.waitUntil(lambda: cells(foot.figures.table)[0][6] == "6", timeout=5000)
    assert counts == [1, 6]


def test_a_count_is_followed_by_a_rest(foot: ComparisonFoot, qtbot: QtBot) -> None:
    one = lane("a", state=LaneState.WRITING)
    figures(foot, qtbot, one)
    rest = foot.figures._counter._rest
    rest.start(60_000)
    foot.set_comparison(comparison(grown(one, "b")))
    qtbot.wait(100)
    assert cells(foot.figures.table)[0][6] == "1"
    rest.start(0)
    qtbot.waitUntil(lambda: cells(foot.figures.table)[0][6] == "2", timeout=2000)


def test_figures_of_a_growing_lane_stay_until_they_are_counted_and_those_of_another_go(
    foot: ComparisonFoot, qtbot: QtBot
) -> None:
    one = lane("a b", seed=1, state=LaneState.WRITING)
    figures(foot, qtbot, one)
    foot.set_comparison(comparison(grown(one, "c")))
    assert cells(foot.figures.table)[0][6] == "2"
    foot.set_comparison(comparison(lane("x y z", seed=1)))
    assert cells(foot.figures.table)[0][6] == "–"


def test_where_two_lanes_part(foot: ComparisonFoot, qtbot: QtBot) -> None:
    foot.setCurrentIndex(PARTINGS)
    lanes = [
        lane("the old mill", seed=1),
        lane("the new mill", seed=2, p=0.25, p_sampled=0.125),
        lane("the old mill", seed=3),
        lane("the old", seed=4),
        lane("the old", seed=5, state=LaneState.WRITING),
    ]
    foot.set_comparison(comparison(*lanes))
    rows = {row[0]: row[1:] for row in counted(foot, qtbot)}
    assert len(rows) == 10
    assert rows["1 – 2"][:7] == ["2", "␣old", "50.0 %", "80.0 %", "␣new", "25.0 %", "12.5 %"]
    assert rows["1 – 3"] == ["equal", *["–"] * 6, "0.0000"]
    assert rows["1 – 4"][:5] == ["3: part at the end", "␣mill", "50.0 %", "80.0 %", "–"]
    assert rows["4 – 5"] == ["equal so far", *["–"] * 7]
    assert rows["1 – 5"][0] == "equal so far"  # it may yet write the same


def test_the_divergence_is_infinite_where_one_had_cut_what_the_other_drew(foot: ComparisonFoot, qtbot: QtBot) -> None:
    foot.setCurrentIndex(PARTINGS)
    foot.set_comparison(comparison(lane("a b", p_sampled=0.5), lane("a c", p_sampled=1.0)))
    (row,) = counted(foot, qtbot)
    assert row[-1] == "∞"
    assert foot.divergence.model.pairs[0].kl == math.inf


def test_a_row_leads_to_its_place_by_click_and_by_enter(foot: ComparisonFoot, qtbot: QtBot) -> None:
    foot.setCurrentIndex(PARTINGS)
    foot.set_comparison(
        comparison(lane("a b", seed=1), lane("a b", seed=2), lane("a b c d", seed=3), lane("x", seed=4))
    )
    table = foot.divergence.table
    table.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    assert cells(table)[0][0] == "1 – 3"
    with qtbot.waitSignal(foot.divergence_chosen, timeout=1000) as told:
        QTest.mouseClick(
            table.viewport(), Qt.MouseButton.LeftButton, pos=table.visualRect(table.rows.index(0, 0)).center()
        )
    assert told.args == [0, 2, 2]
    table.setFocus()
    QTest.keyClick(table, Qt.Key.Key_Down)
    with qtbot.waitSignal(foot.divergence_chosen, timeout=1000) as told:
        QTest.keyClick(table, Qt.Key.Key_Return)
    assert told.args == [1, 2, 2]
    assert (foot.diff.old.currentIndex(), foot.diff.new.currentIndex()) == (1, 2)
    equal = next(row for row, texts in enumerate(cells(table)) if texts[0] == "1 – 2")
    with qtbot.assertNotEmitted(foot.divergence_chosen, wait=50):
        table.setCurrentIndex(table.rows.index(equal, 0))
        QTest.keyClick(table, Qt.Key.Key_Return)


def test_what_has_parted_is_not_looked_for_again(
    foot: ComparisonFoot, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    foot.setCurrentIndex(PARTINGS)
    lanes = [lane(text, seed=at, state=LaneState.WRITING) for at, text in enumerate(("a b", "a c", "a"))]
    foot.set_comparison(comparison(*lanes))
    counted(foot, qtbot)
    asked: list[tuple[object, object]] = []
    look = divergence_model.first_divergence

    def spy(one: tuple[int, ...], other: tuple[int, ...]) -> int | None:
        asked.append((one, other))
        return look(one, other)

    monkeypatch.setattr(divergence_model, "first_divergence", spy)
    lanes = [grown(before, "d e") for before in lanes]
    foot.set_comparison(comparison(*lanes))
    assert asked == [(lanes[0].ids, lanes[2].ids), (lanes[1].ids, lanes[2].ids)]
    assert [row[1] for row in counted(foot, qtbot)] == ["2", "2", "2"]
    other = [lane(text, seed=at) for at, text in enumerate(("x b", "y c", "z"))]
    foot.set_comparison(comparison(*other))  # another comparison with as many lanes
    assert [row[1] for row in counted(foot, qtbot)] == ["1", "1", "1"]


def test_a_token_without_bytes_ends_the_text(foot: ComparisonFoot, qtbot: QtBot) -> None:
    foot.setCurrentIndex(PARTINGS)
    end = Token(lane=0, index=1, id=2, text="", data=b"")
    written = lane("a")
    foot.set_comparison(comparison(replace(written, tokens=(*written.tokens, end)), lane("a b", seed=2)))
    (row,) = counted(foot, qtbot)
    assert row[1:6] == ["2", "ends the text", "–", "–", "␣b"]


def test_tokens_are_copied_so_that_no_spreadsheet_takes_them_for_a_formula(foot: ComparisonFoot) -> None:
    foot.setCurrentIndex(PARTINGS)
    foot.set_comparison(comparison(lane(tokens=(token("=1+1"),)), lane(tokens=(token("b", p=0.3),))))
    names, row = (line.split("\t") for line in foot.divergence.table.as_text().splitlines())
    assert names[:3] == ["lanes", "place", "token_a"]
    assert row[:3] == ["1–2", "1", "'=1+1"]
    assert float(row[6]) == pytest.approx(0.3)


def test_two_lanes_word_by_word_while_they_grow(foot: ComparisonFoot, qtbot: QtBot) -> None:
    foot.setCurrentIndex(WORDS)
    first, second = lane("the old mill", seed=1), lane("the new", seed=2, state=LaneState.WRITING)
    foot.set_comparison(comparison(first, second))
    text, diff = foot.diff.diff.text, foot.diff.diff
    qtbot.waitUntil(lambda: text.toPlainText() == " the old millnew", timeout=3000)
    foot.set_comparison(comparison(first, grown(second, "mill")))
    qtbot.waitUntil(lambda: text.toPlainText() == " the old new mill", timeout=3000)
    assert "went (1)" in diff.summary.text()
    foot.diff.new.setCurrentIndex(0)
    qtbot.waitUntil(lambda: diff.summary.text() == "The two are the same.", timeout=3000)
    foot.set_comparison(comparison(first))
    assert not foot.diff.old.isEnabled()


def test_only_the_page_on_show_counts(foot: ComparisonFoot, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, Comparison]] = []
    for name, page in (("figures", foot.figures), ("partings", foot.divergence), ("words", foot.diff)):
        monkeypatch.setattr(page, "set_comparison", lambda what, name=name: told.append((name, what)))
    first, second = comparison(lane("a")), comparison(lane("a b"))
    foot.set_comparison(first)
    foot.set_comparison(first)
    assert told == [("figures", first)]
    foot.hide()
    foot.set_comparison(second)
    assert len(told) == 1
    foot.show()
    foot.setCurrentIndex(PARTINGS)
    foot.setCurrentIndex(FIGURES)
    assert told[1:] == [("figures", second), ("partings", second)]
