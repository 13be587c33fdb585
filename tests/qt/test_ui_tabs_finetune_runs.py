"""Runs in the Fine-tune tab of the real window: on show, ended, exported, of before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.services.engine_status import EngineState
from chatapp.services.finetune import RunPhase
from chatapp.storage.runs import RunState
from chatapp.ui.tabs.finetune.view import EARLIER, RUN
from tests.qt.test_ui_tabs_finetune import WAIT, card_in, click, data, finish, start, view_of

__all__ = ["click", "data"]  # fixtures


def test_a_run_is_shown_while_it_goes_and_when_it_has_ended(app: App, data: Callable[[str], str], qtbot: QtBot) -> None:
    view_of(app).setup.data.samples[0].setText("Capital of Finland?")
    view = start(app, data("slow.jsonl"), qtbot, steps=60)
    page, service = view.run, app.context.finetune
    said: list[str] = []
    service.phase_changed.connect(lambda _phase: said.append(page.state.text()))
    service.begun.connect(lambda: said.append(page.state.text()))
    qtbot.waitUntil(lambda: len(service.course) > 5, timeout=WAIT)
    assert view.currentIndex() == RUN
    assert not [text for text in said if "pausing" in text]
    qtbot.waitUntil(lambda: "of 60" in page.state.text(), timeout=WAIT)
    assert page.progress.isVisible()
    assert not page.resume_button.isVisible()
    page.pause_button.click()
    assert "pausing after this step" in page.state.text()
    assert page.go_on_button.isEnabled()
    qtbot.waitUntil(lambda: service.phase is RunPhase.PAUSED, timeout=WAIT)
    assert page.state.text().startswith("Paused after step")
    assert not page.pause_button.isVisible()
    page.go_on_button.click()
    ends: list[str] = []
    service.stage_begun.connect(lambda _stage: (page.retranslated.emit(), ends.append(page.state.text())))
    with qtbot.waitSignal(service.finished, timeout=WAIT):
        pass
    assert ends[0] == "Measuring the losses after training…"
    assert page.result.isVisible()
    assert not page.stop_button.isVisible()
    assert not page.progress.isVisible()
    assert not page.result.warning.isVisible()
    texts = [cell.text() for cell in page.result._cells]
    assert texts[7:14] == ["Validation", "3.940", "1.210", "51.419", "3.353", "3.940", "1.210"]
    table = page.samples
    header, last = table.verticalHeaderItem(0), table.verticalHeaderItem(table.rowCount() - 1)
    assert header is not None
    assert last is not None
    assert (header.text(), last.text()) == ("step 60", "before")
    assert "validation loss" in page.log.toPlainText()


def test_a_parity_that_is_not_ok_is_loud(app: App, data: Callable[[str], str], qtbot: QtBot) -> None:
    page = finish(app, data("unlike.jsonl"), qtbot).run
    assert page.result.warning.isVisible()
    assert "46.00% apart" in page.result.parity.text()


def test_a_run_whose_worker_died_is_resumed_from_the_page(app: App, data: Callable[[str], str], qtbot: QtBot) -> None:
    with qtbot.waitSignal(app.context.finetune.failed, timeout=WAIT):
        view = start(app, data("crash.jsonl"), qtbot)
    page = view.run
    qtbot.waitUntil(lambda: card_in(page) is not None, timeout=WAIT)
    card = card_in(page)
    assert card is not None
    assert "SIGABRT" in card.info.message
    assert page.state.text().endswith("can be resumed")
    assert page.folder_button.isVisible()
    assert not page.use_button.isVisible()
    assert app.context.finetune.folder is not None
    (app.context.finetune.folder / "adapter.gguf").write_bytes(b"GGUF")
    page.retranslated.emit()
    assert page.use_button.isVisible()
    with qtbot.waitSignal(app.context.finetune.finished, timeout=WAIT):
        page.resume_button.click()
    assert card_in(page) is None
    assert page.result.isVisible()


def test_giving_up_asks_first(app: App, data: Callable[[str], str], click: Callable[[str], None], qtbot: QtBot) -> None:
    view = start(app, data("slow.jsonl"), qtbot, steps=500)
    service = app.context.finetune
    qtbot.waitUntil(lambda: len(service.course) > 2, timeout=WAIT)
    click("Train on")
    view.run.give_up_button.click()
    assert service.is_running
    click("Give up")
    view.run.give_up_button.click()
    assert not service.is_running
    assert view.run.resume_button.isVisible()


def test_the_adapter_goes_to_the_chat(
    app: App, data: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    view = finish(app, data("cities.jsonl"), qtbot)
    used: list[tuple[Path, str, str]] = []
    monkeypatch.setattr(app.context.adapters, "use_trained", lambda *given: used.append(given))
    view.run.result.use_button.click()
    assert app.context.finetune.folder is not None
    ((path, name, model),) = used
    assert model == app.context.inference.status.path
    assert path == app.context.finetune.folder / "adapter.gguf"
    assert name.startswith("cities 20")
    assert app.context.inference.status.state is EngineState.READY  # its model is in use already


def test_a_run_is_exported(
    app: App, data: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    view = finish(app, data("cities.jsonl"), qtbot)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    wanted = {
        "card": ("card.md", "Markdown (*.md)", b"# cities"),
        "csv": ("log.csv", "CSV (*.csv)", b"\xef\xbb\xbfstep,"),
        "picture": ("chart.svg", "SVG (*.svg)", b"<?xml"),
    }
    for kind, (name, filters, begins) in wanted.items():
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, n=name, f=filters: (str(tmp_path / n), f))
        with qtbot.waitSignal(app.context.runs.exported, timeout=WAIT):
            view.run.result.export_requested.emit(kind)
        assert view.run.result._written.text() == f"Written to {tmp_path / name}"
        assert (tmp_path / name).read_bytes().startswith(begins)
    for kind in ("peft", "tensorboard"):
        with qtbot.waitSignal(app.context.runs.exported, timeout=WAIT) as exported:
            view.run.result.export_requested.emit(kind)
        names = sorted(path.name for path in Path(exported.args[0]).iterdir())
        assert (
            names == ["adapter_config.json", "adapter_model.safetensors"]
            if kind == "peft"
            else names[0].startswith("events.out.tfevents.")
        )


def test_earlier_runs_are_opened_compared_and_deleted(
    app: App, data: Callable[[str], str], click: Callable[[str], None], qtbot: QtBot
) -> None:
    finish(app, data("one.jsonl"), qtbot)
    view = finish(app, data("two.jsonl"), qtbot)
    page, kept = view.earlier, app.context.runs
    qtbot.waitUntil(lambda: [run.state for run in kept.runs] == [RunState.FINISHED] * 2, timeout=WAIT)
    view.go_to(EARLIER)
    assert page.model.index(0, 2).data() == "two.jsonl"
    page.set_runs(kept.runs[1:], None)
    page.set_runs(kept.runs, None)
    assert page.chosen == kept.runs[1]
    assert page.model.index(0, 3).data() == "4.010 → 1.300"
    assert not page.charts.isVisible()
    for row in (0, 1):
        page.table.setCurrentIndex(page.table.rows.index(row, 0))
        QTest.keyClick(page.table, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: len(page.charts.chart.curves) == 4, timeout=WAIT)
    assert page.charts.isVisible()
    QTest.keyClick(page.table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: view.currentIndex() == RUN, timeout=WAIT)
    assert "one.jsonl" in view.run.title.text()
    assert view.run.result.isVisible()
    view.go_to(EARLIER)
    click("Keep")
    QTest.keyClick(page.table, Qt.Key.Key_Delete)
    qtbot.wait(100)
    assert len(kept.runs) == 2
    click("Delete")
    with qtbot.waitSignal(kept.listed, timeout=WAIT):
        QTest.keyClick(page.table, Qt.Key.Key_Delete)
    assert [Path(run.spec.data).name for run in kept.runs] == ["two.jsonl"]
    qtbot.waitUntil(lambda: len(page.charts.chart.curves) == 2, timeout=WAIT)


def test_a_run_left_by_another_session_is_resumed(app: App, data: Callable[[str], str], qtbot: QtBot) -> None:
    with qtbot.waitSignal(app.context.finetune.failed, timeout=WAIT):
        view = start(app, data("crash.jsonl"), qtbot)
    qtbot.waitUntil(lambda: bool(app.context.runs.runs), timeout=WAIT)
    assert app.context.runs.runs[0].state is RunState.RESUMABLE
    view.go_to(EARLIER)
    with qtbot.waitSignal(app.context.finetune.finished, timeout=WAIT):
        view.earlier.resume_button.click()
    assert view.currentIndex() == RUN
