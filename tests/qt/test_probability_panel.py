"""The panel: figures of a reply and of ranges, the chosen token, the look, in both languages."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from chatapp.core.course import Course
from chatapp.ui.panels.probabilities.candidate_table import LOGIT
from chatapp.ui.panels.probabilities.heat_text import HeatToken
from chatapp.ui.panels.probabilities.legend import Legend
from chatapp.ui.panels.probabilities.measure import Measure, TokenLook, level, percent, ramp, value_text
from chatapp.ui.panels.probabilities.panel import ProbabilityPanel
from chatapp.ui.theme import Theme
from tests.builders import candidate, token_record

PS = (0.5, 0.25, 0.001, 0.125, 0.5)
WORDS = ("The", " sky", " is", "", " blue")
TOKENS = [
    HeatToken(n, word, token_record(p, entropy=n, rank=n, top=(candidate(n, word.encode(), p, p_sampled=p),)))
    for n, (word, p) in enumerate(zip(WORDS, PS, strict=True))
]


@pytest.fixture
def panel(light: Theme, qtbot: QtBot) -> ProbabilityPanel:
    made = ProbabilityPanel(light)
    qtbot.addWidget(made)
    made.resize(300, 700)
    made.set_tokens(TOKENS)
    made.place_chosen.connect(made.choose)
    made.show()
    qtbot.waitExposed(made)
    return made


def surprises(panel: ProbabilityPanel) -> list[str]:
    rows = panel.reply.surprises
    return [rows.item(row).text() for row in range(rows.count())]


def test_the_figures_of_a_reply(panel: ProbabilityPanel) -> None:
    assert panel.reply.figures.text() == "5 tokens · perplexity 10.51 · mean entropy 2.00 nat"
    assert surprises(panel) == ["0.1 %  ␣is", "12.5 %  ⌁", "25.0 %  ␣sky", "50.0 %  The", "50.0 %  ␣blue"]
    assert panel._empty.isHidden()


def test_the_figures_of_a_range_and_the_way_back(panel: ProbabilityPanel, qtbot: QtBot) -> None:
    timeline = panel.reply.timeline
    timeline.choose(0)
    with qtbot.waitSignal(panel.range_chosen, timeout=1000) as told:
        QTest.keyClick(timeline, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert told.args == [(0, 1)]
    assert panel.reply.figures.text() == "Tokens 1 to 2 · perplexity 2.83 · mean entropy 0.50 nat"
    assert surprises(panel) == ["25.0 %  ␣sky", "50.0 %  The"]
    assert panel.reply.whole.isVisible()
    with qtbot.waitSignal(panel.range_chosen, timeout=1000) as told:
        panel.reply.whole.click()
    assert told.args == [None]
    assert panel.reply.figures.text().startswith("5 tokens")
    assert len(surprises(panel)) == 5
    assert not panel.reply.whole.isVisible()


def test_a_range_without_records_has_no_figures(panel: ProbabilityPanel) -> None:
    panel.set_tokens([HeatToken(-1, "before", None), *TOKENS])
    QTest.keyClick(panel.reply.timeline, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert panel.reply.figures.text() == "Tokens 1 to 1"
    assert surprises(panel) == []


def test_the_chosen_token_and_its_alternatives(panel: ProbabilityPanel) -> None:
    assert panel._token_label.text() == "Choose a token in the text."
    assert not panel.candidates.isVisible()
    panel.choose(2)
    assert panel._token_label.text() == "␣is  p 0.1 % · sampled 0.1 % · 9.97 bit · rank 3 · entropy 2.00 nat"
    assert panel.candidates.isVisible()
    assert panel.candidates.table.rowCount() == 2
    panel.choose(3)  # inside a character
    assert panel._token_label.text().startswith("⌁  p 12.5 %")
    panel.set_tokens([HeatToken(-1, "before", None), TOKENS[0]])
    panel.choose(0)
    assert not panel.candidates.isVisible()


def test_a_surprising_token_is_gone_to(panel: ProbabilityPanel, qtbot: QtBot) -> None:
    rows = panel.reply.surprises
    rows.setCurrentRow(1)
    with qtbot.waitSignal(panel.place_chosen, timeout=1000) as told:
        QTest.keyClick(rows, Qt.Key.Key_Return)
    assert told.args == [3]
    assert panel.chosen == 3


def test_a_reply_without_records_says_so(panel: ProbabilityPanel) -> None:
    panel.set_tokens([HeatToken(1, "x", None)])
    assert panel._empty.isVisible()
    assert not panel.reply.isVisible()
    panel.append_tokens(TOKENS[:1])  # the first that has one
    assert not panel._empty.isVisible()
    assert panel.reply.figures.text().startswith("1 tokens")


def test_figures_follow_a_reply_that_is_written(panel: ProbabilityPanel, qtbot: QtBot) -> None:
    panel.reply.surprises.setCurrentRow(0)
    panel.append_tokens([HeatToken(9, " so", token_record(0.9))] * 3)
    qtbot.waitUntil(lambda: panel.reply.figures.text().startswith("8 tokens"), timeout=3000)
    for _ in range(5):
        panel.append_tokens([HeatToken(9, " so", token_record(0.9))] * 3)
    qtbot.waitUntil(lambda: panel.reply.figures.text().startswith("23 tokens"), timeout=3000)
    assert surprises(panel)[0] == "0.1 %  ␣is"


def test_a_list_that_stays_as_it_was_keeps_its_row(panel: ProbabilityPanel) -> None:
    panel.reply.surprises.setCurrentRow(3)
    panel.reply._show()
    assert panel.reply.surprises.currentRow() == 3


def test_choosing_in_4000_tokens_counts_nothing_again(
    panel: ProbabilityPanel, rng: random.Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = [HeatToken(n, " x", token_record(rng.random() + 1e-6)) for n in range(4000)]
    tokens[-1] = HeatToken(7, " last", token_record(1e-9, top=(candidate(7, b" last", 1e-9),)))
    panel.set_tokens(tokens)
    assert panel.reply.figures.text().startswith("4,000 tokens")
    assert surprises(panel)[0] == "1.0e-07 %  ␣last"
    counted: list[object] = []
    monkeypatch.setattr(Course, "most_surprising", lambda *_args: counted.append(None) or [])
    for place in (3999, 0, 2000):
        panel.choose(place)
    assert counted == []
    panel.choose(3999)
    assert panel._token_label.text().startswith("␣last")
    assert panel.candidates.currentIndex().row() == 0


def test_the_look_is_told_and_shown(panel: ProbabilityPanel, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(panel.look_changed):
        panel.show_look(TokenLook(coloured=True, measure=Measure.RANK, underlines=True))
    assert panel.legend.accessibleName() == "1 – ≥ 1,000"
    with qtbot.waitSignal(panel.look_changed, timeout=1000) as told:
        panel.coloured.click()
    assert told.args == [TokenLook(coloured=False, measure=Measure.RANK, underlines=True)]
    with qtbot.waitSignal(panel.look_changed, timeout=1000) as told:
        panel.measures.setCurrentIndex(panel.measures.findData(Measure.ENTROPY))
        panel.measures.activated.emit(0)
    assert told.args == [TokenLook(coloured=True, measure=Measure.ENTROPY, underlines=True)]
    with qtbot.waitSignal(panel.look_changed, timeout=1000) as told:
        panel.underlines.click()
    assert told.args == [TokenLook(coloured=True, measure=Measure.ENTROPY, underlines=False)]


def test_the_scale_and_the_columns_are_switched(panel: ProbabilityPanel) -> None:
    panel.choose(0)
    panel.logarithmic.click()
    assert panel.candidates.logarithmic
    hidden = [panel.candidates.isColumnHidden(column) for column in range(8)]
    panel.details.click()
    assert sum(hidden) == 4
    assert [column for column in range(8) if panel.candidates.isColumnHidden(column)] == [LOGIT]  # not recorded


def test_export_is_wished(panel: ProbabilityPanel, qtbot: QtBot) -> None:
    with qtbot.waitSignal(panel.export_requested, timeout=1000):
        panel.reply.export.click()


def test_it_speaks_chinese(panel: ProbabilityPanel, chinese: Callable[[], None]) -> None:
    panel.choose(4)
    chinese()
    assert panel.coloured.text() == "为回复着色"
    assert panel.reply.figures.text() == "5 个词元 · 困惑度 10.51 · 平均熵 2.00 nat"
    assert "第 5 位" in panel._token_label.text()
    assert panel.measures.itemText(0) == "概率"
    assert panel.reply.export.text() == "导出…"
    assert panel.reply.timeline.accessibleName() == "每个词元的惊异度与熵（比特）"


def test_the_legend_draws_the_ramp(light: Theme, qtbot: QtBot) -> None:
    legend = Legend()
    qtbot.addWidget(legend)
    legend.resize(300, 40)
    for measure, ends in ((Measure.SURPRISAL, "0 bit – ≥ 12 bit"), (Measure.PROBABILITY, "100 % – 0 %")):
        legend.show_measure(measure)
        assert legend.accessibleName() == ends
    picture = legend.grab().toImage()
    for x, at in ((0, 0.0), (picture.width() - 1, 1.0)):
        shown, wanted = picture.pixelColor(x, 2), ramp(at)
        assert max(abs(a - b) for a, b in zip(shown.getRgb(), wanted.getRgb(), strict=True)) <= 8  # type: ignore[arg-type]


def test_values_and_colours_of_the_measures() -> None:
    record = token_record(0.25, entropy=1.5, rank=1233)
    assert [value_text(measure, record) for measure in Measure] == ["25.0 %", "2.00 bit", "1.50 nat", "1,234"]
    assert [level(measure, record) for measure in Measure] == [24, 5, 10, 32]
    assert [level(measure, token_record(1.0, entropy=0.0)) for measure in Measure] == [0, 0, 0, 0]
    assert [percent(p) for p in (1.0, 0.1234, 0.001, 0.00012, 0.0)] == [
        "100.0 %", "12.3 %", "0.1 %", "1.2e-02 %", "0.0 %",
    ]  # fmt: skip
