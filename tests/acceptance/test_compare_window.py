"""Done when: the worker is killed while lanes are written: all shown text is kept, "resume" continues the lanes. In the
real window with the real model; also one lane stopped, a lane added, a reply of a chat that goes first, a sweep that is
stopped and goes on, and all that from the keyboard."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable
from dataclasses import replace
from typing import cast

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.core.chat import MessageState
from chatapp.core.comparison import Comparison, LaneState
from chatapp.core.generation import FinishReason
from chatapp.core.sampling import SamplingSettings
from chatapp.services.engine_status import EngineState
from chatapp.storage.comparisons import ComparisonStore
from chatapp.ui.tabs.compare.view import CompareView
from tests.acceptance.chat_hand import Start, chat_of, press

pytestmark = pytest.mark.model
CONTROL = Qt.KeyboardModifier.ControlModifier
WARM = SamplingSettings(temperature=0.9, seed=1)


def compare_of(app: App, qtbot: QtBot) -> CompareView:
    app.window.rail.choose(1)
    qtbot.wait(20)
    return cast(CompareView, app.window.page("compare"))


def run(app: App, qtbot: QtBot, *samplings: SamplingSettings, tokens: int = 60) -> CompareView:
    view = compare_of(app, qtbot)
    view.lanes.row.set_samplings(samplings)
    view.lanes.prompt.limit.widget.setValue(tokens)  # type: ignore[attr-defined]
    view.lanes.prompt.box.setPlainText("Tell me a long story about a fox and a bear.")
    view.lanes.prompt.run_button.click()
    return view


def shown(view: CompareView) -> list[str]:
    return [column.heat.text() for column in view.lanes.columns]


def is_over(app: App) -> Callable[[], bool]:
    return lambda: not app.context.comparison.is_running


def now(app: App) -> Comparison:
    return app.context.comparison.comparison


def test_a_killed_worker_costs_no_shown_text_and_resume_goes_on(start: Start, qtbot: QtBot, rng: random.Random) -> None:
    app = start()
    view = run(app, qtbot, *(replace(WARM, seed=rng.randrange(10**6)) for _ in range(3)))
    tokens = rng.randrange(5, 25)
    qtbot.waitUntil(lambda: all(len(lane.tokens) >= tokens for lane in now(app).lanes), timeout=60_000)
    os.kill(app.context.inference.worker_pids()[0], signal.SIGKILL)
    qtbot.waitUntil(is_over(app), timeout=10_000)
    before, texts = now(app), shown(view)
    assert [lane.state for lane in before.lanes] == [LaneState.INTERRUPTED] * 3
    assert texts == [lane.text for lane in before.lanes]
    assert all(len(lane.tokens) >= tokens for lane in before.lanes)
    assert all(token.record is not None for lane in before.lanes for token in lane.tokens)
    qtbot.waitUntil(lambda: app.context.inference.status.state is EngineState.READY, timeout=30_000)
    qtbot.waitUntil(lambda: ComparisonStore(app._database).load(app.context.comparison.comparison_id) is not None)
    stored = ComparisonStore(app._database).load(app.context.comparison.comparison_id)
    assert stored is not None
    assert [lane.ids for lane in stored.lanes] == [lane.ids for lane in before.lanes]
    assert view.lanes.prompt.resume_button.isVisible()
    press(app, qtbot, Qt.Key.Key_R, CONTROL)
    qtbot.waitUntil(is_over(app), timeout=120_000)
    for earlier, later, text in zip(before.lanes, now(app).lanes, shown(view), strict=True):
        assert later.state is LaneState.ENDED
        assert later.ids[: len(earlier.ids)] == earlier.ids
        assert len(later.tokens) == 60 or later.finish_reason is FinishReason.STOP
        assert [token.index for token in later.tokens] == list(range(len(later.tokens)))
        assert later.text.startswith(earlier.text.rstrip("\ufffd"))
        assert text == later.text
    assert any(len(later.ids) > len(earlier.ids) for earlier, later in zip(before.lanes, now(app).lanes, strict=True))


def test_one_lane_is_stopped_another_added(start: Start, qtbot: QtBot) -> None:
    app = start()
    view = run(app, qtbot, replace(WARM, temperature=0.0), replace(WARM, temperature=0.0), tokens=80)
    qtbot.waitUntil(lambda: len(now(app).lanes[0].tokens) > 4, timeout=60_000)
    app.context.comparison.cancel_lane(0)
    qtbot.waitUntil(lambda: now(app).lanes[0].state is LaneState.ENDED, timeout=10_000)
    view.lanes.add_button.click()
    qtbot.waitUntil(is_over(app), timeout=120_000)
    stopped, whole, added = now(app).lanes
    assert stopped.finish_reason is FinishReason.CANCELLED
    assert whole.finish_reason is not FinishReason.CANCELLED
    assert whole.text.startswith(stopped.text)
    assert len(stopped.tokens) < len(whole.tokens)
    assert added.usage is not None
    assert added.usage.cached_tokens == added.usage.prompt_tokens  # nothing was read again
    assert added.text == whole.text
    assert shown(view) == [stopped.text, whole.text, added.text]


def test_a_reply_of_a_chat_goes_first_and_the_lanes_after_it(start: Start, qtbot: QtBot) -> None:
    app = start()
    greedy = replace(WARM, temperature=0.0)
    run(app, qtbot, greedy, greedy, tokens=50)
    qtbot.waitUntil(is_over(app), timeout=120_000)
    alone = now(app).lanes[0]
    run(app, qtbot, greedy, greedy, tokens=50)
    qtbot.waitUntil(lambda: len(now(app).lanes[1].tokens) > 8, timeout=60_000)
    chat = chat_of(app)
    app.window.rail.choose(0)
    chat.prompt.set_text("Say hello.")
    chat.prompt.button.click()
    qtbot.waitUntil(lambda: app.context.conversations.writing, timeout=10_000)
    qtbot.waitUntil(lambda: not app.context.conversations.writing, timeout=60_000)
    reply = next(m for m in app.context.conversations._messages.values() if m.role.value == "assistant")
    assert reply.state is MessageState.COMPLETE
    assert reply.text
    assert app.context.comparison.is_running
    qtbot.waitUntil(is_over(app), timeout=120_000)
    for lane in now(app).lanes:
        assert lane.state is LaneState.ENDED
        assert lane.text == alone.text  # greedy: what was written before and after is what is written at once


def test_a_sweep_is_stopped_and_goes_on(start: Start, qtbot: QtBot) -> None:
    app = start()
    view = compare_of(app, qtbot)
    view.setCurrentIndex(1)
    form, sweep = view.sweep.form, app.context.sweep
    form.prompt.setPlainText("Write about the sea.")
    form.temperatures.setText("0 1.2")
    form.seeds.setValue(6)
    form.length.setValue(16)
    view.sweep.run_button.click()
    qtbot.waitUntil(lambda: any(lane.state is LaneState.ENDED for lane in sweep.comparison.lanes), timeout=60_000)
    view.sweep.stop_button.click()
    qtbot.waitUntil(lambda: not sweep.is_running, timeout=10_000)
    ended = [lane.ids for lane in sweep.comparison.lanes if lane.finish_reason is FinishReason.LENGTH]
    assert 0 < len(ended) < 12
    assert view.sweep.resume_button.isEnabled()
    view.sweep.resume_button.click()
    qtbot.waitUntil(lambda: not sweep.is_running, timeout=120_000)
    lanes = sweep.comparison.lanes
    assert all(lane.finish_reason in (FinishReason.LENGTH, FinishReason.STOP) for lane in lanes)
    assert [lane.sampling.temperature for lane in lanes] == [0.0, 1.2] * 6
    assert len({lane.ids for lane in lanes[0::2]}) == 1
    assert len({lane.ids for lane in lanes[1::2]}) > 3
    points = view.sweep.chart._points
    assert [(point.temperature, point.n) for point in points] == [(0.0, 6), (1.2, 6)]
    assert points[0].self_bleu == pytest.approx(100.0)


def test_all_of_it_by_keys(start: Start, qtbot: QtBot) -> None:
    """From the chat: Ctrl+2, type, Ctrl+L, Ctrl+Enter, Esc, Ctrl+R, F6, arrow keys."""
    app = start()
    press(app, qtbot, Qt.Key.Key_2, CONTROL)
    view = cast(CompareView, app.window.page("compare"))
    view.lanes.prompt.limit.widget.setValue(40)  # type: ignore[attr-defined]
    qtbot.keyClicks(view.lanes.prompt.box, "Count to twenty.")
    press(app, qtbot, Qt.Key.Key_L, CONTROL)
    assert len(view.lanes.columns) == 3
    press(app, qtbot, Qt.Key.Key_Return, CONTROL)
    qtbot.waitUntil(
        lambda: all(len(lane.tokens) > 2 for lane in now(app).lanes) and bool(now(app).lanes), timeout=60_000
    )
    press(app, qtbot, Qt.Key.Key_Escape)
    qtbot.waitUntil(is_over(app), timeout=10_000)
    stopped = now(app)
    assert FinishReason.CANCELLED in {lane.finish_reason for lane in stopped.lanes}
    press(app, qtbot, Qt.Key.Key_R, CONTROL)
    qtbot.waitUntil(is_over(app), timeout=120_000)
    assert all(lane.finish_reason is not FinishReason.CANCELLED for lane in now(app).lanes)
    press(app, qtbot, Qt.Key.Key_F6)
    press(app, qtbot, Qt.Key.Key_Right)
    press(app, qtbot, Qt.Key.Key_Right)
    chosen = [column.heat.chosen for column in view.lanes.columns]
    assert chosen == [1, 1, 1]
