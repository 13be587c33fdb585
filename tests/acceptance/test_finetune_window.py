"""Through the real window: choose the model, drop data, train 30 steps, see the curve, use the adapter in the chat."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import cast

from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QSlider
from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.services.finetune import RunPhase
from chatapp.ui.tabs import TABS
from chatapp.ui.tabs.finetune.view import RUN, FinetuneView
from tests.acceptance.chat_hand import Start, ask, chat_of, wait_for_reply
from tests.acceptance.test_finetune import QUESTION, SAMPLES, part_of

N_STEPS = 30
LOOK_MS, TRAIN_MS = 60_000, 600_000


def drop(view: FinetuneView, path: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    buttons, modifiers = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    view.setup.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, mime, buttons, modifiers))


def said(app: App, qtbot: QtBot) -> str:
    app.context.conversations.new()
    return ask(app, qtbot, QUESTION).text()


def test_from_data_to_an_adapter_in_the_chat(start: Start, qtbot: QtBot, tmp_path: Path) -> None:
    app = start()
    for name, value in (("temperature", 0.0), ("max_tokens", 100)):
        app.context.preferences.set_option("sampling", name, value)
    base = said(app, qtbot)
    assert not base.startswith("{")
    app.window.rail.choose([tab.key for tab in TABS].index("finetune"))
    view = cast(FinetuneView, app.window.page("finetune"))
    setup, service = view.setup, app.context.finetune
    assert setup.data.model_path == app.context.inference.status.path
    drop(view, part_of(SAMPLES, tmp_path, 40))
    for name, value in (("steps", N_STEPS), ("batch", 1), ("learning_rate", 0.002), ("evaluate_every", 15)):
        setup.form.fields[name].set_value(value)
        setup.form._on_value(name, value)
    qtbot.waitUntil(setup.estimate.start_button.isEnabled, timeout=LOOK_MS)
    assert f"{N_STEPS} steps" in setup.estimate.needs.text()
    setup.estimate.start_button.click()
    qtbot.waitUntil(lambda: view.currentIndex() == RUN, timeout=LOOK_MS)
    qtbot.waitUntil(lambda: len(service.course) >= 3, timeout=TRAIN_MS)
    assert service.phase is RunPhase.RUNNING
    qtbot.waitUntil(lambda: not service.is_running, timeout=TRAIN_MS)
    assert not view.run.result.isHidden(), service.phase

    curve = view.run.charts.chart.curves[0]  # what is drawn
    assert list(curve.steps) == list(range(1, N_STEPS + 1))
    assert curve.values[-5:].mean() < curve.values[:5].mean() / 2

    began = time.perf_counter()
    with qtbot.waitSignal(app.context.inference.answered, timeout=LOOK_MS):
        view.run.result.use_button.click()
    print(f"\nthe adapter was in use {1000 * (time.perf_counter() - began):.0f} ms after the click")
    app.window.rail.choose(0)
    tuned = said(app, qtbot)
    assert json.loads(tuned).keys() == {"task", "day", "time", "say"}
    (entry,) = [entry for entry in app.context.adapters.fitting if entry.is_on]
    assert Path(entry.adapter.path).parent == app.context.paths.adapters

    sliders = [slider for slider in app.window.findChildren(QSlider) if slider.isVisible()]
    (slider,) = [slider for slider in sliders if slider.accessibleName().startswith("Strength of")]
    slider.setValue(0)
    app.context.conversations.regenerate(chat_of(app).transcript.last_reply() or "")
    wait_for_reply(app, qtbot)
    last = chat_of(app).transcript.view_of(chat_of(app).transcript.last_reply() or "")
    assert last is not None
    assert last.text() == base
