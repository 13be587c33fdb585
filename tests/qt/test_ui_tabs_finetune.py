"""The Fine-tune tab in the real window, over workers that play an engine and a trainer."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.core.components import ComponentState
from chatapp.ui.tabs import TABS
from chatapp.ui.tabs.finetune.own_chats_dialog import OwnChatsDialog
from chatapp.ui.tabs.finetune.view import EARLIER, FinetuneView
from chatapp.ui.widgets.error_card import ErrorCard

WAIT = 20_000
FINETUNE = [tab.key for tab in TABS].index("finetune")


def view_of(app: App) -> FinetuneView:
    app.window.rail.choose(FINETUNE)
    return cast(FinetuneView, app.window.page("finetune"))


@pytest.fixture
def data(tmp_path: Path) -> Callable[[str], str]:
    def make(name: str) -> str:
        path = tmp_path / name
        path.write_text('{"prompt": "a", "completion": "b"}\n')
        return str(path)

    return make


@pytest.fixture
def click(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """The button that the next question is answered with."""

    def choose(text: str) -> None:
        def ask(box: QMessageBox) -> int:
            (found,) = [button for button in box.buttons() if button.text() == text]
            cast(QPushButton, found).click()
            return 0

        monkeypatch.setattr(QMessageBox, "exec", ask)

    return choose


def start(app: App, path: str, qtbot: QtBot, *, steps: int = 0) -> FinetuneView:
    view = view_of(app)
    view.setup.form.fields["steps"].set_value(steps)
    view.setup.form._on_value("steps", steps)
    view.setup.data.set_data(path)
    qtbot.waitUntil(view.setup.estimate.start_button.isEnabled, timeout=WAIT)
    view.setup.estimate.start_button.click()
    return view


def finish(app: App, path: str, qtbot: QtBot, *, steps: int = 0) -> FinetuneView:
    with qtbot.waitSignal(app.context.finetune.finished, timeout=WAIT):
        view = start(app, path, qtbot, steps=steps)
    qtbot.waitUntil(lambda: bool(app.context.runs.runs), timeout=WAIT)
    return view


def card_in(page: QWidget) -> ErrorCard | None:
    return next((card for card in page.findChildren(ErrorCard) if card.isVisible()), None)


def test_data_is_looked_at_before_anything_is_trained(app: App, data: Callable[[str], str], qtbot: QtBot) -> None:
    setup = view_of(app).setup
    assert not setup.estimate.start_button.isEnabled()
    assert setup.estimate.needs.text() == "Choose data to train on."
    assert setup.data.model_path == app.context.inference.status.path
    setup.data.set_data(data("cities.jsonl"))
    assert setup.estimate.needs.text() == "Looking at the data…"
    qtbot.waitUntil(setup.estimate.start_button.isEnabled, timeout=WAIT)
    assert setup.estimate.needs.text().endswith("120 steps, about 3 min.")
    assert [label.text() for label in setup.report.parts if label.isVisible()] == [
        "Training: 160", "Validation: 20", "Test: 20 (locked until the end)",
    ]  # fmt: skip
    assert "Longer than 512 tokens and cut off: 7" in setup.report.notes.text()
    assert "Line 7:" in setup.report.problems.text()
    setup.data.set_unseen(data("other.csv"))
    qtbot.waitUntil(lambda: setup.report.parts[3].isVisible(), timeout=WAIT)
    setup.data.clear_button.click()
    qtbot.waitUntil(lambda: not setup.report.parts[3].isVisible(), timeout=WAIT)


def test_what_changed_during_a_run_is_looked_at_after_it(app: App, data: Callable[[str], str], qtbot: QtBot) -> None:
    setup = start(app, data("slow.jsonl"), qtbot, steps=20).setup
    service = app.context.finetune
    qtbot.waitUntil(lambda: len(service.course) > 2, timeout=WAIT)
    told: list[bool] = []
    service.finished.connect(lambda _result: told.append(setup.estimate.start_button.isEnabled()))
    with qtbot.waitSignal(service.finished, timeout=WAIT):
        setup.data.set_data(data("refuse.jsonl"))
    assert told == [False]
    assert not setup.estimate.start_button.isEnabled()


def test_nothing_starts_without_the_training_component(app: App, data: Callable[[str], str], qtbot: QtBot) -> None:
    setup, component = view_of(app).setup, app.context.component
    setup.data.set_data(data("cities.jsonl"))
    qtbot.waitUntil(setup.estimate.start_button.isEnabled, timeout=WAIT)
    there = component.view
    assert there.status is not None
    component._set(replace(there, status=replace(there.status, state=ComponentState.MISSING)))
    assert not setup.estimate.start_button.isEnabled()
    assert setup.estimate.needs.text() == "Install the training component first."
    component._set(there)
    assert setup.estimate.start_button.isEnabled()


def test_the_end_of_a_run_is_told_elsewhere(app: App, data: Callable[[str], str], qtbot: QtBot) -> None:
    finish(app, data("one.jsonl"), qtbot)
    assert card_in(app.window) is None
    for name, ends, words in (("two", "finished", "has finished"), ("crash", "failed", "stopped")):
        with qtbot.waitSignal(getattr(app.context.finetune, ends), timeout=WAIT):
            start(app, data(f"{name}.jsonl"), qtbot)
            app.window.rail.choose(0)
        card = card_in(app.window)
        assert card is not None
        assert words in card.info.message
        app.window.dismiss_card(card.info)


def test_a_failure_is_shown_whatever_run_is_on_show(app: App, data: Callable[[str], str], qtbot: QtBot) -> None:
    view = finish(app, data("one.jsonl"), qtbot)
    with qtbot.waitSignal(app.context.finetune.failed, timeout=WAIT):
        start(app, data("slow-crash.jsonl"), qtbot)
        qtbot.waitUntil(lambda: len(app.context.finetune.course) > 0, timeout=WAIT)
        app.context.finetune.pause()
        view.earlier.open_requested.emit(next(run for run in app.context.runs.runs if "one" in run.spec.data))
        qtbot.waitUntil(lambda: "one.jsonl" in view.run.title.text(), timeout=WAIT)
        app.context.finetune.go_on()
    assert "slow-crash.jsonl" in view.run.title.text()
    qtbot.waitUntil(lambda: card_in(view.run) is not None, timeout=WAIT)


def test_what_is_learnt_is_underlined_and_control_tokens_are_small(
    app: App, data: Callable[[str], str], qtbot: QtBot
) -> None:
    setup = view_of(app).setup
    setup.data.set_data(data("cities.jsonl"))
    qtbot.waitUntil(setup.estimate.start_button.isEnabled, timeout=WAIT)
    preview, found = setup.report.preview, {}
    block = preview.text.document().firstBlock()
    while block.isValid():
        iterator = block.begin()
        while not iterator.atEnd():
            fragment = iterator.fragment()
            found[fragment.text()] = (fragment.charFormat().fontUnderline(), fragment.charFormat().fontPointSize() > 0)
            iterator += 1
        block = block.next()
    assert found["Helsinki, on the Gulf of Finland. 赫尔辛基。"] == (True, False)
    assert found["<|im_end|>"] == (True, True)  # the last, which is learnt
    assert found["<|im_start|>"] == (False, True)
    assert found["assistant"] == (False, False)
    assert preview._title.text() == "Example 1 of 3: line 1, Validation, 71 tokens"
    preview.later.click()
    preview.later.click()
    assert not preview.later.isEnabled()
    assert preview._title.text().startswith("Example 3 of 3: line 3, Training")


def test_files_are_dropped_and_others_refused(app: App, data: Callable[[str], str], qtbot: QtBot) -> None:
    setup = view_of(app).setup
    for name, taken in (("cities.csv", True), ("picture.png", False)):
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(data(name))])
        buttons, modifiers = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        setup.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, mime, buttons, modifiers))
        assert setup.data.data.endswith("cities.csv")
        qtbot.waitUntil(lambda taken=taken: (card_in(setup) is None) is taken, timeout=WAIT)
    card = card_in(setup)
    assert card is not None
    assert "picture.png" in card.info.message
    view = view_of(app)
    view.go_to(EARLIER)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(data("towns.csv"))])
    view.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, mime, buttons, modifiers))
    assert setup.isVisible()
    assert setup.data.data.endswith("towns.csv")


def test_start_is_asked_for_on_its_page(app: App, data: Callable[[str], str], qtbot: QtBot) -> None:
    view, service = view_of(app), app.context.finetune
    view.setup.data.set_data(data("cities.jsonl"))
    view.setup.merged.click()
    qtbot.waitUntil(view.setup.estimate.start_button.isEnabled, timeout=WAIT)
    (begin,) = [action for action in app.window._pages["finetune"].actions if action.title == "Start training"]
    view.go_to(EARLIER)
    begin.run()
    assert not service.is_running
    assert view.setup.isVisible()
    with qtbot.waitSignal(service.finished, timeout=WAIT):
        begin.run()
    assert service.spec is not None
    assert service.spec.exports == ("gguf", "peft", "merged")


def test_the_second_file_of_a_set_goes_with_it(app: App, data: Callable[[str], str]) -> None:
    part = view_of(app).setup.data
    own = data("own.jsonl")
    sets = [Path(data(name)) for name in ("set.jsonl", "set.unseen.jsonl")]
    part._use_set(sets[0])
    assert part.unseen == str(sets[1])
    part.set_data(own)
    assert part.unseen == ""
    part.set_unseen(own)
    part.set_data(str(sets[0]))
    assert part.unseen == own


def test_refused_data_is_a_card_with_a_retry(app: App, data: Callable[[str], str], qtbot: QtBot) -> None:
    setup = view_of(app).setup
    setup.data.set_data(data("refuse.jsonl"))
    qtbot.waitUntil(lambda: card_in(setup) is not None, timeout=WAIT)
    assert not setup.estimate.start_button.isEnabled()
    assert not setup.progress.isVisible()
    setup.data.data = data("cities.jsonl")
    card = card_in(setup)
    assert card is not None
    card._retry.click()
    qtbot.waitUntil(setup.estimate.start_button.isEnabled, timeout=WAIT)
    assert card_in(setup) is None


def test_short_memory_is_warned_of(app: App, data: Callable[[str], str], qtbot: QtBot) -> None:
    setup = view_of(app).setup
    setup.data.set_data(data("cities.jsonl"))
    qtbot.waitUntil(setup.estimate.start_button.isEnabled, timeout=WAIT)
    assert not setup.estimate.warning.isVisible()
    batch = setup.form.fields["batch"].widget
    batch.setValue(64)  # type: ignore[attr-defined]
    qtbot.waitUntil(setup.estimate.warning.isVisible, timeout=WAIT)
    assert setup.form.reset_button.isEnabled()
    setup.form.reset_button.click()
    assert setup.form.settings.batch == 4
    assert batch.value() == 4  # type: ignore[attr-defined]


def test_every_option_has_a_field_and_help(app: App) -> None:
    form = view_of(app).setup.form
    assert len(form.fields) == 22
    assert [about.label for about, _, _ in form._rows][:5] == [
        "Rank r", "Learning rate", "Batch", "Epochs", "Longest example",
    ]  # fmt: skip
    assert not form._more.isVisible()
    form.fold.click()
    assert form._more.isVisible()
    rate = form.fields["learning_rate"].widget
    assert rate.text() == "0.0002"  # type: ignore[attr-defined]
    rate.stepBy(1)  # type: ignore[attr-defined]
    assert form.settings.learning_rate == pytest.approx(5e-4)
    rate.stepBy(-2)  # type: ignore[attr-defined]
    assert form.settings.learning_rate == pytest.approx(1e-4)
    rate.selectAll()  # type: ignore[attr-defined]
    QTest.keyClicks(rate, "3e-5")
    QTest.keyClick(rate, Qt.Key.Key_Return)
    assert form.settings.learning_rate == pytest.approx(3e-5)
    form.fields["packing"].widget.click()  # type: ignore[attr-defined]
    assert form.settings.packing is True
    assert "(1 changed)" in form.fold.text()
    for _, label, button in form._rows:
        assert label.text()
        assert button.toolTip()
        assert button.accessibleName()


def test_own_chats_become_the_data(app: App, qtbot: QtBot) -> None:
    conversations = app.context.conversations
    conversations.send("say hello there")
    qtbot.waitUntil(lambda: conversations.writing, timeout=WAIT)
    qtbot.waitUntil(lambda: not conversations.writing, timeout=WAIT)
    setup = view_of(app).setup
    setup.data.chats_button.click()
    (dialog,) = setup.findChildren(OwnChatsDialog)
    qtbot.waitUntil(dialog.use_button.isEnabled, timeout=WAIT)
    assert dialog.count.text() == "1 chats, 1 examples, 1 replies to learn from."
    dialog.liked.setCurrentIndex(2)
    qtbot.waitUntil(lambda: dialog.count.text() == "No chat fits.", timeout=WAIT)
    assert not dialog.use_button.isEnabled()
    dialog.liked.setCurrentIndex(0)
    qtbot.waitUntil(dialog.use_button.isEnabled, timeout=WAIT)
    dialog.use_button.click()
    qtbot.waitUntil(lambda: "own-chats" in setup.data.data, timeout=WAIT)
    assert "hello" in Path(setup.data.data).read_text("utf-8")


def test_all_is_said_in_chinese_and_has_a_name(
    app: App, data: Callable[[str], str], chinese: Callable[[], None], qtbot: QtBot
) -> None:
    view = finish(app, data("cities.jsonl"), qtbot)
    chinese()
    assert view.setup.estimate.start_button.text() == "开始训练"
    assert view.run.result.use_button.text() == "在对话中使用"
    assert view.earlier.model.index(0, 4).data() == "已完成"
    assert "词元" in view.setup.report._sum.text()
    for control in (
        view, view.setup.data.model, view.setup.progress, view.setup.report.histogram, view.setup.report.preview.text,
        view.run.progress, view.run.charts.chart, view.run.charts.measure, view.run.samples, view.run.log,
        view.earlier.table, *view.setup.data.samples, *(field.widget for field in view.setup.form.fields.values()),
    ):  # fmt: skip
        assert control.accessibleName(), control


def test_ten_thousand_steps_are_drawn_in_a_few_milliseconds(app: App, qtbot: QtBot) -> None:
    charts = view_of(app).run.charts
    course = app.context.finetune.course
    for step in range(1, 10_001):
        course.add_step({"step": step, "loss": 2.0 + (step % 97) / 50, "lr": 1e-4})
    charts.show_course(course)
    charts.chart.resize(1200, 400)
    charts.chart.grab()
    began = time.process_time()
    for _ in range(5):
        charts.show_course(course)
        charts.chart.grab()
    assert (time.process_time() - began) / 5 < 0.1  # 10 ms measured, on a machine with nothing else to do
