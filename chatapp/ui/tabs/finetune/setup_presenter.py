"""Between the page of a new run and the services."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject

from chatapp.core.data_report import DataReport
from chatapp.core.errors import AppError, ErrorInfo, error
from chatapp.core.run_sentences import NO_TRAINING_DATA
from chatapp.protocol.finetune import StageBegun
from chatapp.services.finetune import RunPhase
from chatapp.storage.own_chats import Choice, ChosenChats
from chatapp.storage.paths import assets
from chatapp.ui.tabs.base import AppContext
from chatapp.ui.tabs.finetune.data_part import ENDINGS
from chatapp.ui.tabs.finetune.own_chats_dialog import OwnChatsDialog
from chatapp.ui.tabs.finetune.run_words import STAGES, in_words
from chatapp.ui.tabs.finetune.setup_page import SetupPage

DATASETS = "datasets"


class SetupPresenter(QObject):
    """Lives as long as its page. The data is looked at anew whenever what is asked for changes."""

    def __init__(self, page: SetupPage, context: AppContext) -> None:
        super().__init__(page)
        self._page, self._context = page, context
        self._service, self._inspection = context.finetune, context.finetune.inspection
        self._chosen_by_hand = False
        self._report: DataReport | None = None
        self._dialog: OwnChatsDialog | None = None
        page.data.show_sets(sorted((assets() / DATASETS).glob("*.jsonl")))
        page.data.model.activated.connect(self._on_model_chosen)
        page.data.changed.connect(self._on_changed)
        page.form.changed.connect(self._on_changed)
        page.data.samples_changed.connect(lambda: page.show_error(None))
        page.data.own_chats_requested.connect(self._open_own_chats)
        page.file_dropped.connect(self.use_file)
        page.start_requested.connect(self.start)
        page.retry_requested.connect(self._on_changed)
        context.library.listed.connect(lambda _models: self._show_models())
        context.inference.status_changed.connect(lambda _status: self._show_models())
        self._inspection.begun.connect(self._on_begun)
        self._inspection.advanced.connect(self._on_advanced)
        self._inspection.inspected.connect(self._on_inspected)
        self._inspection.failed.connect(self._on_failed)
        self._service.phase_changed.connect(self._on_phase)
        context.component.changed.connect(lambda _view: self._show())
        context.own_chats.counted.connect(self._on_counted)
        context.own_chats.failed.connect(self._on_not_counted)
        self._show_models()
        self._show()

    def use_file(self, path: str) -> None:
        """Data that was dropped."""
        if Path(path).suffix.lower() in ENDINGS:
            self._page.data.set_data(path)
        else:
            self._page.show_error(error(NO_TRAINING_DATA, name=Path(path).name).info)

    def start(self) -> None:
        if not self._page.estimate.start_button.isEnabled():
            return
        self._page.show_error(None)
        try:
            self._service.start(self._page.spec())
        except AppError as problem:
            self._page.show_error(problem.info)

    def _on_model_chosen(self, _row: int) -> None:
        self._chosen_by_hand = True

    def _show_models(self) -> None:
        """The model in use, until another was chosen by hand."""
        data, path = self._page.data, self._context.inference.status.path
        chosen = data.model_path if self._chosen_by_hand or not path else path
        data.show_models(self._context.library.models, chosen)

    def _on_changed(self) -> None:
        spec = self._page.spec()
        self._page.show_error(None)
        if spec.model and spec.data and not self._service.is_running:
            self._inspection.inspect(spec)
        else:
            self._inspection.cancel()
            self._report = None  # it was of what was asked for before
            self._page.progress.hide()
        self._show()

    def _on_begun(self) -> None:
        self._page.progress.setRange(0, 0)
        self._page.progress.show()
        self._show()

    def _on_advanced(self, event: StageBegun) -> None:
        known = event.fraction is not None
        self._page.progress.setRange(0, 1000 if known else 0)
        self._page.progress.setValue(round(1000 * (event.fraction or 0.0)))
        self._page.estimate.show_estimate(None, f"{in_words(STAGES[event.stage])}…", ready=False)

    def _on_inspected(self, report: DataReport) -> None:
        self._report = report
        self._page.progress.hide()
        self._show()

    def _on_failed(self, info: ErrorInfo) -> None:
        self._report = None
        self._page.progress.hide()
        self._page.show_error(info, can_retry=True)
        self._show()

    def _on_phase(self, phase: RunPhase) -> None:
        if phase is RunPhase.IDLE and self._report is None:
            self._on_changed()
        elif phase is RunPhase.STARTING:
            self._page.progress.hide()
        self._show()

    def _show(self) -> None:
        page, spec = self._page, self._page.spec()
        if not spec.data:
            self._report = None
        busy = self._inspection.is_busy
        estimate = None if busy or self._report is None else self._report.estimate
        has_data = self._report is not None and self._report.counts[0] > 0
        page.report.show_report(self._report, spec.settings.max_length)
        page.empty.setVisible(self._report is None)
        ready = has_data and not busy and not self._service.is_running and self._context.component.view.is_usable
        if not self._context.component.view.is_usable:
            estimate = None  # what stands in its place says why nothing can be started
        page.estimate.show_estimate(estimate, self._why_not(busy=busy), ready=ready)

    def _why_not(self, *, busy: bool) -> str:
        """What stands in place of an estimate."""
        spec = self._page.spec()
        if self._service.is_running:
            return self.tr("A run is being trained; the next one can start when it has ended.")
        if (view := self._context.component.view).status is not None and not view.is_usable:
            return self.tr("Install the training component first.")
        if not spec.model:
            return self.tr("Add a model on the Models page first.")
        if not spec.data:
            return self.tr("Choose data to train on.")
        if busy:
            return self.tr("Looking at the data…")
        if self._report is not None and self._report.counts[0] == 0:
            return self.tr("There is nothing to train on in this file.")
        return self.tr("What it will need is not known.")

    def _open_own_chats(self) -> None:
        dialog = OwnChatsDialog(self._context.shelf.folders, self._page)
        self._dialog = dialog
        dialog.choice_changed.connect(self._context.own_chats.count)
        dialog.accepted_choice.connect(self._write_own_chats)
        dialog.finished.connect(self._on_dialog_closed)
        dialog.open()
        self._context.own_chats.count(dialog.choice)

    def _write_own_chats(self, choice: Choice) -> None:
        def written(path: Path) -> None:
            if self._dialog is not None:
                self._dialog.accept()
            self._page.data.set_data(str(path))

        self._context.own_chats.write(choice, written)

    def _on_counted(self, found: ChosenChats) -> None:
        if self._dialog is not None:
            self._dialog.show_count(found)

    def _on_not_counted(self, info: ErrorInfo) -> None:
        if self._dialog is not None:
            self._dialog.show_error(info)

    def _on_dialog_closed(self, _result: int) -> None:
        self._dialog = None
