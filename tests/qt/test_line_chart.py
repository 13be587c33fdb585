"""The curves of a run: scales, thinning, keys, words."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from chatapp.core.run_course import Evaluation, RunCourse
from chatapp.ui.panels.probabilities.pictures import svg_of
from chatapp.ui.tabs.finetune.histogram import LengthHistogram
from chatapp.ui.tabs.finetune.line_chart import Curve, LineChart, StepMark, Stroke, _thinned, _ticks
from chatapp.ui.tabs.finetune.run_charts import RunCharts
from chatapp.ui.theme import Theme


@pytest.fixture
def chart(light: Theme, qtbot: QtBot) -> LineChart:
    made = LineChart(light)
    qtbot.addWidget(made)
    made.resize(600, 320)
    made.show()
    return made


def curve(*values: float, first: int = 1, name: str = "loss", stroke: Stroke = Stroke.WHOLE) -> Curve:
    steps = np.arange(first, first + len(values), dtype=np.float64)
    return Curve(name=name, steps=steps, values=np.array(values, dtype=np.float64), stroke=stroke)


def test_values_are_walked_by_keys_and_read_in_words(chart: LineChart) -> None:
    chart.show_curves("Loss", [curve(3.0, 2.0, 1.0), curve(2.5, first=2, name="validation", stroke=Stroke.MARKED)])
    told: list[object] = []
    chart.step_chosen.connect(told.append)
    keys = (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_End, Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Home)
    for key in keys:
        QTest.keyClick(chart, key)
    assert told == [1, 2, 3, 3, 2, 1]
    chart.choose(2)
    assert chart.reading() == "step 2 · loss 2 · validation 2.5"
    chart.choose(1)
    assert chart.reading() == "step 1 · loss 3"
    assert chart.accessibleDescription() == chart.reading()
    assert chart.accessibleName().startswith("Loss over the steps")


def test_the_mouse_reads_the_nearest_step(chart: LineChart) -> None:
    chart.show_curves("Loss", [curve(3.0, 2.0, 1.0)], last_step=10)
    at = QPoint(round(chart.x_of(2)) + 3, round(chart.plot().center().y()))
    QTest.mouseMove(chart, at)
    QTest.mousePress(chart, Qt.MouseButton.LeftButton, pos=at)
    assert chart.chosen == 2


def test_gaps_marks_and_nothing_at_all_are_drawn(chart: LineChart) -> None:
    nan = float("nan")
    for curves in ([], [curve()], [curve(nan, nan)], [curve(1.0)], [curve(1.0, nan, 1.0)], [curve(0.0, 0.0)]):
        chart.show_curves("Loss", curves, marks=[StepMark(step=1, words="best", warns=True)])
        chart.choose(1)
        chart.grab()
        low, high = chart._scale
        assert high > low
    chart.show_curves("Loss", [curve(*range(1, 50), name="x" * 300), curve(2.0, name="y")])
    chart.grab()
    assert b"<svg" in svg_of(chart.whole())


def test_thinning_keeps_the_lowest_and_the_highest_of_each_column() -> None:
    rng = np.random.default_rng(1)
    steps, values = np.arange(1, 10_001, dtype=np.float64), rng.normal(size=10_000)
    values[[17, 5_000]] = (99.0, -99.0)
    thin_steps, thin_values = _thinned(steps, values, 300, 10_000)
    assert len(thin_steps) == len(thin_values) == 600
    assert thin_values.max() == 99.0
    assert thin_values.min() == -99.0
    assert (np.diff(thin_steps) >= 0).all()
    same_steps, _ = _thinned(steps[:100], values[:100], 300, 100)
    assert len(same_steps) == 100


@pytest.mark.parametrize(("low", "high", "count"), [(0, 1, 5), (1e-9, 2e-9, 4), (0, 3e9, 6), (0.39, 4.1, 5)])
def test_scales_have_round_numbers(low: float, high: float, count: int) -> None:
    found = _ticks(low, high, count)
    assert 2 <= len(found) <= 2 * count + 1
    assert all(low - 1e-12 <= value <= high * 1.0000001 for value in found)


def test_each_measure_is_drawn_and_over_fitting_marked(light: Theme, qtbot: QtBot) -> None:
    charts, course = RunCharts(light), RunCourse()
    qtbot.addWidget(charts)
    for step in range(1, 41):
        course.add_step({"step": step, "loss": 1.0, "lr": 1e-4, "memory_bytes": 5_000_000, "grad_norm": 1.0})
    for step, loss in ((0, 3.0), (10, 1.0)):
        course.add_evaluation(Evaluation(step=step, val_loss=loss))
    charts.show_course(course)
    assert [mark.words for mark in charts.chart._marks] == ["best (step 10)"]
    for step, loss in ((20, 1.5), (30, 1.6)):
        course.add_evaluation(Evaluation(step=step, val_loss=loss))
    charts.show_course(course)
    assert [(mark.words, mark.warns) for mark in charts.chart._marks] == [("over-fitting from here (step 10)", True)]
    charts.measure.setCurrentIndex(4)
    charts.draw()
    charts.chart.choose(3)
    assert charts.chart.reading() == "step 3 · Memory 5.0 MB"
    assert charts.chart._marks == []


def test_the_histogram_tells_its_bars(light: Theme, qtbot: QtBot) -> None:
    histogram = LengthHistogram(light)
    qtbot.addWidget(histogram)
    histogram.show_bars(((1, 64, 90), (65, 128, 30), (129, 192, 0)), 100)
    histogram.resize(300, 120)
    assert histogram.accessibleDescription().startswith("1 to 64 tokens: 90 examples; 65 to 128")
    first, second, third = (histogram.bar(place) for place in range(3))
    assert second.height() == pytest.approx(first.height() / 3)
    assert third.height() == 0
    histogram.grab()
    histogram.show_bars((), 0)
    histogram.grab()
