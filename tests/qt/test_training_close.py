"""Closing the window while a run is being trained."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from chatapp.app import App
from tests.qt.test_ui_tabs_finetune import WAIT, data, finish, start

__all__ = ["data"]  # a fixture


def answer(app: App, words: str) -> None:
    (box,) = [box for box in app.window.findChildren(QMessageBox) if box.isVisible()]
    (button,) = [button for button in box.buttons() if button.text() == words]
    button.click()


def test_closing_during_a_run_asks(app: App, data: Callable[[str], str], qtbot: QtBot) -> None:
    start(app, data("slow.jsonl"), qtbot, steps=500)
    service = app.context.finetune
    qtbot.waitUntil(lambda: len(service.course) > 2, timeout=WAIT)
    for words in ("Do not close", "Close; resume it later"):
        assert not app.window.close()
        (box,) = [box for box in app.window.findChildren(QMessageBox) if box.isVisible()]
        assert service.is_running
        (button,) = [button for button in box.buttons() if button.text() == words]
        button.click()
        qtbot.waitUntil(lambda box=box: not box.isVisible(), timeout=WAIT)
        assert app.window.isVisible() is (words == "Do not close")
    assert not service.is_running
    assert app.context.runs is not None


def test_a_run_stopped_by_closing_is_finished_first(app: App, data: Callable[[str], str], qtbot: QtBot) -> None:
    start(app, data("slow.jsonl"), qtbot, steps=500)
    service = app.context.finetune
    qtbot.waitUntil(lambda: len(service.course) > 2, timeout=WAIT)
    assert not app.window.close()
    (box,) = [box for box in app.window.findChildren(QMessageBox) if box.isVisible()]
    (button,) = [button for button in box.buttons() if button.text() == "Stop and keep the best"]
    with qtbot.waitSignal(service.finished, timeout=WAIT):
        button.click()
        assert app.window.isVisible()
    qtbot.waitUntil(lambda: not app.window.isVisible(), timeout=WAIT)


def test_a_second_close_leaves_the_run_to_be_resumed(app: App, data: Callable[[str], str], qtbot: QtBot) -> None:
    start(app, data("slow.jsonl"), qtbot, steps=500)
    qtbot.waitUntil(lambda: len(app.context.finetune.course) > 2, timeout=WAIT)
    assert not app.window.close()
    assert app.window.close()
    assert not app.context.finetune.is_running


def test_closing_is_taken_back(app: App, data: Callable[[str], str], qtbot: QtBot) -> None:
    start(app, data("slow.jsonl"), qtbot, steps=500)
    service = app.context.finetune
    qtbot.waitUntil(lambda: len(service.course) > 2, timeout=WAIT)
    with qtbot.waitSignal(service.finished, timeout=WAIT):
        for words in ("Stop and keep the best", "Do not close"):
            assert not app.window.close()
            answer(app, words)
    qtbot.wait(50)
    assert app.window.isVisible()


def test_a_run_given_up_takes_closing_with_it(app: App, data: Callable[[str], str], qtbot: QtBot) -> None:
    view = start(app, data("slow.jsonl"), qtbot, steps=500)
    service = app.context.finetune
    qtbot.waitUntil(lambda: len(service.course) > 2, timeout=WAIT)
    assert not app.window.close()
    answer(app, "Stop and keep the best")
    service.give_up()
    qtbot.waitUntil(view.setup.estimate.start_button.isEnabled, timeout=WAIT)
    finish(app, data("cities.jsonl"), qtbot, steps=5)
    qtbot.wait(50)
    assert app.window.isVisible()


def test_a_run_that_ends_before_the_answer_lets_the_window_close(
    app: App, data: Callable[[str], str], qtbot: QtBot
) -> None:
    start(app, data("slow.jsonl"), qtbot, steps=20)
    with qtbot.waitSignal(app.context.finetune.finished, timeout=WAIT):
        qtbot.waitUntil(lambda: len(app.context.finetune.course) > 2, timeout=WAIT)
        assert not app.window.close()
    answer(app, "Stop and keep the best")
    qtbot.waitUntil(lambda: not app.window.isVisible(), timeout=WAIT)
