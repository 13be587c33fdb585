"""The sweep page over a comparison service whose worker is played by the test."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from chatapp.core.comparison import LaneState
from chatapp.core.errors import AppError, ErrorInfo, error
from chatapp.core.generation import FinishReason, Token, Usage
from chatapp.core.sampling import SamplingSettings
from chatapp.core.sentences import NO_MODEL_LOADED, WORKER_DIED
from chatapp.core.sweep import points_of
from chatapp.protocol.engine import (
    ChatPrompt,
    Compare,
    Compared,
    LaneFailed,
    LaneFinished,
    PromptProgress,
    RawPrompt,
    TokensEmitted,
)
from chatapp.services.comparison import LANES_AT_ONCE, ComparisonService
from chatapp.services.inference import InferenceService
from chatapp.services.pending_writes import PendingWrites
from chatapp.services.replies import Replies
from chatapp.storage.comparisons import ComparisonStore
from chatapp.ui.tabs.base import AppContext
from chatapp.ui.tabs.compare import sweep_presenter
from chatapp.ui.tabs.compare.sweep_page import SweepPage
from chatapp.ui.tabs.compare.sweep_presenter import SweepPresenter
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.error_card import ErrorCard
from tests.lanes import comparison, lane, token

USAGE = Usage(
    prompt_tokens=1, cached_tokens=0, completion_tokens=4, prompt_ms=1.0, generate_ms=40.0, context_tokens=5
)  # fmt: skip
LEFT, RIGHT, HOME, END = Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End


class _Inference(QObject):
    """A worker that says what the test says."""

    advanced = Signal(object)
    answered = Signal(object)
    failed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.status = SimpleNamespace(path="/models/m.gguf")
        self.asked: list[Compare] = []
        self.cancelled: list[int] = []
        self.problem: AppError | None = None

    def ask(self, make: Callable[[int], Compare]) -> int:
        if self.problem is not None:
            raise self.problem
        self.asked.append(make(len(self.asked) + 1))
        return len(self.asked)

    def cancel_asked(self, request_id: int, _lane: int | None = None) -> None:
        self.cancelled.append(request_id)

    def write(self, place: int, text: str, *, p: float = 0.5) -> None:
        tokens = tuple(token(f" {word}", at, p=p) for at, word in enumerate(text.split()))
        self.advanced.emit(TokensEmitted(request_id=len(self.asked), lane=place, text=text, tokens=tokens))

    def end(self, place: int, reason: FinishReason = FinishReason.LENGTH) -> None:
        seed = next(lane.sampling.seed for lane in self.asked[-1].lanes if lane.number == place)
        self.advanced.emit(
            LaneFinished(
                request_id=len(self.asked), lane=place, text="", finish_reason=reason, seed=seed or 0,
                reproducible=True, usage=USAGE,
            )
        )  # fmt: skip

    def finish(self) -> None:
        self.answered.emit(Compared(request_id=len(self.asked), together=True, n_tokens=0, generate_ms=1.0))

    def write_all(self, text: str = "a b a b") -> None:
        """What was asked for last, and then the next lanes, until nothing is asked for."""
        done = 0
        while done < len(self.asked):
            done = len(self.asked)
            for start in self.asked[-1].lanes:
                self.write(start.number, text)
                self.end(start.number)
            self.finish()


class _Replies(QObject):
    started = Signal(object)
    queue_changed = Signal()
    writing: object = None
    waiting: tuple[object, ...] = ()


@dataclass
class Sweep:
    page: SweepPage
    inference: _Inference
    replies: _Replies
    service: ComparisonService
    saved: dict[str, bytes] = field(default_factory=dict)

    def run(self, temperatures: str = "0 1", seeds: int = 2, length: int = 8) -> None:
        form = self.page.form
        form.prompt.setPlainText("Once upon a time")
        form.temperatures.setText(temperatures)
        form.seeds.setValue(seeds)
        form.length.setValue(length)
        self.page.run_button.click()

    def card(self) -> ErrorCard | None:
        QApplication.processEvents()  # it is shown with the next layout
        return next((card for card in self.page.findChildren(ErrorCard) if not card.isHidden()), None)


@pytest.fixture
def sweep(light: Theme, qtbot: QtBot) -> Sweep:
    page, inference, replies = SweepPage(light), _Inference(), _Replies()
    qtbot.addWidget(page)
    writes = SimpleNamespace(write=lambda _what, _work: None)
    service = ComparisonService(
        cast(ComparisonStore, SimpleNamespace(save=lambda *_: None, save_lane=lambda *_: None)),
        cast(InferenceService, inference),
        cast(Replies, replies),
        cast(PendingWrites, writes),
        sweeps=True,
        parent=page,
    )
    made = Sweep(page, inference, replies, service)
    context = SimpleNamespace(
        preferences=SimpleNamespace(settings=SimpleNamespace(sampling=SamplingSettings(top_k=7, temperature=0.3))),
        records=SimpleNamespace(save_picture=made.saved.__setitem__),
    )
    SweepPresenter(page, service, cast(AppContext, context))
    page.resize(1100, 640)
    page.show()
    qtbot.waitExposed(page)
    return made


def test_nothing_runs_without_a_prompt_or_with_a_bad_list_and_that_is_said(sweep: Sweep) -> None:
    page = sweep.page
    assert page.empty.isVisible()
    assert not page.chart.isVisible()
    assert not page.run_button.isEnabled()
    page.form.prompt.setPlainText("x")
    assert page.run_button.isEnabled()
    assert page.form.sum.text() == "28 lanes in all."
    for text, said in (("0 warm", "warm is not a temperature."), ("", "0 temperatures"), ("9", "9")):
        page.form.temperatures.setText(text)
        assert not page.run_button.isEnabled()
        assert page.form.problem.isVisible()
        assert said in page.form.problem.text()
        assert not page.form.sum.isVisible()
    page.form.temperatures.setText("0, 1")
    assert page.run_button.isEnabled()
    assert not page.form.problem.isVisible()
    assert page.form.sum.text() == "8 lanes in all."


def test_a_sweep_asks_for_all_temperatures_with_their_first_seed_first(sweep: Sweep) -> None:
    sweep.run("0 0.5 1", seeds=4, length=16)
    (asked,) = sweep.inference.asked
    assert len(asked.lanes) == LANES_AT_ONCE
    assert [(s.sampling.seed, s.sampling.temperature) for s in asked.lanes[:4]] == [(1, 0), (1, 0.5), (1, 1), (2, 0)]
    assert {(s.sampling.top_k, s.sampling.max_tokens) for s in asked.lanes} == {(7, 16)}
    assert asked.probs == 1
    assert isinstance(asked.prompt, ChatPrompt)
    sweep.inference.write_all()
    assert len(sweep.inference.asked) == 2
    assert [point.n for point in points_of(sweep.service.comparison)] == [4, 4, 4]


def test_a_prompt_may_go_without_the_template(sweep: Sweep) -> None:
    sweep.page.form.raw.setChecked(True)
    sweep.run()
    assert sweep.inference.asked[0].prompt == RawPrompt(text="Once upon a time")


def test_progress_is_told_with_the_time_that_is_left(
    sweep: Sweep, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr(sweep_presenter.time, "monotonic", lambda: now)
    sweep.run(length=4)
    page, note = sweep.page, sweep.page.note
    assert page.progress.isVisible()
    assert not page.run_button.isVisible()
    assert not page.form.temperatures.isEnabled()
    assert note.text() == "0 of 4 lanes are written."
    sweep.inference.advanced.emit(PromptProgress(request_id=1, done=1, total=4))
    qtbot.waitUntil(lambda: "the prompt is read: 25 %" in note.text(), timeout=2000)
    now = 110.0
    sweep.inference.write(0, "a b c d")
    sweep.inference.end(0)
    sweep.inference.write(1, "a b c d")  # half of all tokens
    qtbot.waitUntil(lambda: note.text() == "1 of 4 lanes are written; about 10 s left.", timeout=2000)
    assert (page.progress.value(), page.progress.maximum()) == (1, 4)
    assert page.chart.isVisible()
    assert page.export_button.isEnabled()
    now = 10_000.0
    qtbot.waitUntil(lambda: "about 165 min left" in note.text(), timeout=2000)
    sweep.inference.end(1)
    for place in (2, 3):
        sweep.inference.write(place, "a b")
        sweep.inference.end(place, FinishReason.STOP)
    sweep.inference.finish()
    assert note.text() == "All 4 lanes are written."
    assert not page.progress.isVisible()
    assert page.run_button.isVisible()
    assert not page.resume_button.isVisible()


def test_escape_stops_and_resume_goes_on_with_what_is_left(sweep: Sweep) -> None:
    sweep.run()
    sweep.inference.write(0, "a b")
    sweep.inference.end(0)
    sweep.inference.write(1, "c")
    assert sweep.page.stop_button.hasFocus()
    QTest.keyClick(sweep.page.stop_button, Qt.Key.Key_Escape)
    assert sweep.inference.cancelled == [1]
    for place in (1, 2, 3):
        sweep.inference.end(place, FinishReason.CANCELLED)
    sweep.inference.finish()
    assert sweep.page.note.text() == "Ended early: 1 of 4 lanes are written and counted."
    assert [point.n for point in points_of(sweep.service.comparison)] == [1, 0]
    assert sweep.page.resume_button.isVisible()
    sweep.page.resume_button.click()
    again = sweep.inference.asked[1]
    assert [start.number for start in again.lanes] == [1, 2, 3]
    assert len(again.lanes[0].before) == 1
    sweep.inference.write_all("d")
    assert sweep.page.note.text() == "All 4 lanes are written."


def test_without_a_model_a_card_says_so_and_it_can_be_tried_again(sweep: Sweep) -> None:
    sweep.inference.problem = error(NO_MODEL_LOADED)
    sweep.run()
    card = sweep.card()
    assert card is not None
    assert "No model is loaded" in card.accessibleName()
    assert sweep.page.resume_button.isVisible()
    assert not sweep.page.progress.isVisible()
    assert not sweep.page.export_button.isEnabled()
    sweep.inference.problem = None
    sweep.page.resume_button.click()
    assert sweep.card() is None
    sweep.inference.write_all()
    assert sweep.page.note.text() == "All 4 lanes are written."


def test_a_lane_that_fails_costs_only_itself(sweep: Sweep) -> None:
    sweep.run()
    info: ErrorInfo = error(WORKER_DIED).info
    sweep.inference.advanced.emit(LaneFailed(request_id=1, lane=2, error=info))
    for place in (0, 1, 3):
        sweep.inference.write(place, "a")
        sweep.inference.end(place)
    sweep.inference.finish()
    assert sweep.page.note.text().startswith("3 of 4 lanes are written, some failed:")
    assert sweep.card() is not None
    assert sweep.service.comparison.lanes[2].state is LaneState.FAILED
    assert sweep.page.resume_button.isVisible()


def test_it_waits_for_a_reply(sweep: Sweep) -> None:
    sweep.replies.writing = object()
    sweep.run()
    assert sweep.inference.asked == []
    assert sweep.page.note.text() == "A reply is being written; the sweep goes on after it."
    sweep.replies.writing = None
    sweep.replies.queue_changed.emit()
    assert len(sweep.inference.asked) == 1
    assert sweep.page.note.text() == "0 of 4 lanes are written."


def test_the_points_are_walked_by_keys_and_read_in_words(sweep: Sweep) -> None:
    sweep.run("0 0.5 1.5")
    sweep.inference.write_all("a b a b")
    chart, reading = sweep.page.chart, sweep.page.reading
    assert "95 % intervals" in reading.text()
    for key, wanted in ((RIGHT, 0), (RIGHT, 1), (END, 2), (RIGHT, 2), (LEFT, 1), (HOME, 0), (LEFT, 0)):
        QTest.keyClick(chart, key)
        assert chart.chosen == wanted
    words = "distinct-2 0.667 (0.667 … 0.667); self-BLEU 100.0; perplexity 2.000 (2.000 … 2.000)"
    assert reading.text() == f"T = 0, 2 of 2 lanes; {words}"
    assert chart.accessibleDescription() == reading.text()
    middle = chart.plots()[1].center().toPoint()
    QTest.mousePress(chart, Qt.MouseButton.LeftButton, pos=QPoint(round(chart.x_of(2)) - 5, middle.y()))
    assert chart.chosen == 2


def test_the_chart_keeps_its_scales(sweep: Sweep) -> None:
    chart = sweep.page.chart
    chart.show_points(points_of(comparison(lane("a", temperature=0.0, p=0.5), lane("a", temperature=1.0, p=0.0006))))
    assert chart.perplexities() == (2.0, 2000.0)
    assert chart.height_of_perplexity(2.0) == 0.0
    assert chart.height_of_perplexity(1.0) == 0.0
    assert chart.height_of_perplexity(-3.0) == 0.0  # where a wide interval ends
    assert chart.height_of_perplexity(2000.0) == pytest.approx(1.0)
    assert chart.height_of_perplexity(63.2456) == pytest.approx(0.5, abs=1e-3)  # the geometric mean
    assert chart.height_of_perplexity(1e6) == 1.0
    upper, lower = chart.plots()
    assert upper.bottom() < lower.top()
    assert lower.bottom() < chart.height()
    chart.show_points(points_of(comparison(lane("a", temperature=0.7))))
    assert chart.x_of(0) == pytest.approx(upper.center().x())
    chart.grab()
    chart.show_points([])
    assert chart.perplexities() == (1.0, 10.0)
    chart.grab()


def test_picture_and_points_are_saved(sweep: Sweep, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sweep.run("0 1")
    sweep.inference.write_all()
    for name, button, kind in (
        ("a.svg", sweep.page.picture_button, "SVG (*.svg)"),
        ("a.png", sweep.page.picture_button, "PNG (*.png)"),
        ("a.csv", sweep.page.export_button, "CSV (*.csv)"),
    ):
        path = str(tmp_path / name)
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, path=path, kind=kind: (path, kind))
        button.click()
    svg, png, points = (sweep.saved[str(tmp_path / name)] for name in ("a.svg", "a.png", "a.csv"))
    assert b"<svg" in svg
    assert b"Temperature" in svg
    assert png.startswith(b"\x89PNG")
    rows = list(csv.DictReader(points.decode("utf-8-sig").splitlines()))
    assert [(row["temperature"], row["n"], row["self_bleu"]) for row in rows] == [
        ("0.0", "2", rows[0]["self_bleu"]), ("1.0", "2", rows[1]["self_bleu"]),
    ]  # fmt: skip
    assert float(rows[0]["self_bleu"]) == pytest.approx(100.0)


def test_all_is_said_in_chinese_and_has_a_name(sweep: Sweep, chinese: Callable[[], None]) -> None:
    sweep.run()
    sweep.inference.write_all()
    chinese()
    page = sweep.page
    assert page.run_button.text() == "运行"
    assert page.note.text() == "全部 4 路已写完。"
    form = page.form
    for control in (form.prompt, form.temperatures, form.seeds, form.length, page.progress, page.chart):
        assert control.accessibleName()


def test_a_new_sweep_takes_the_place_of_the_last(sweep: Sweep) -> None:
    sweep.run("0 1")
    sweep.inference.write_all()
    sweep.page.chart.choose(1)
    sweep.run("0.5 0.7")
    assert [point.temperature for point in points_of(sweep.service.comparison)] == [0.5, 0.7]
    assert sweep.page.chart.chosen is None
    assert not sweep.page.export_button.isEnabled()


def test_a_point_is_counted_anew_only_where_a_lane_came_to_its_end(
    sweep: Sweep, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    asked: list[float] = []
    count = sweep_presenter.point_of

    def spy(temperature: float, lanes: list[object]) -> object:
        asked.append(temperature)
        return count(temperature, lanes)  # type: ignore[arg-type]

    sweep.run("0 1")
    monkeypatch.setattr(sweep_presenter, "point_of", spy)
    sweep.inference.write(0, "a b")
    sweep.inference.end(0)
    qtbot.waitUntil(lambda: sweep.page.progress.value() == 1, timeout=2000)
    qtbot.wait(900)
    assert asked == [0.0]


def test_tokens_of_another_comparison_change_nothing(sweep: Sweep) -> None:
    sweep.run()
    foreign = (Token(lane=0, index=0, id=1, text="x", data=b"x"),)
    sweep.inference.advanced.emit(TokensEmitted(request_id=99, lane=0, text="x", tokens=foreign))
    assert sweep.service.comparison.lanes[0].tokens == ()
