"""The training runs of before: opened, resumed, deleted, compared in one chart. Knows no service."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QLabel, QMessageBox, QPushButton, QVBoxLayout, QWidget

from chatapp.storage.runs import RunState, StoredRun
from chatapp.ui.language import Translated
from chatapp.ui.tabs.finetune.earlier_model import DATA, EarlierRunsModel
from chatapp.ui.tabs.finetune.run_charts import RunCharts
from chatapp.ui.tabs.finetune.run_words import date_text, title_of
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.build import named
from chatapp.ui.widgets.table_view import TableView

_MARGIN = 28


class EarlierPage(Translated, QWidget):
    open_requested = Signal(object)
    """StoredRun"""
    resume_requested = Signal(object)
    """StoredRun"""
    delete_requested = Signal(object)
    """StoredRun; a person has been asked"""
    compared_changed = Signal()
    """see `model.checked`"""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._in_training: Path | None = None
        self.model = EarlierRunsModel(self)
        self.table = TableView(self.model, "candidates")
        self.table.setSelectionMode(TableView.SelectionMode.SingleSelection)
        self.table.header().setSectionResizeMode(DATA, QHeaderView.ResizeMode.Stretch)
        self.charts = RunCharts(theme)
        self.hint = named(QLabel(wordWrap=True), "muted")
        self.empty = named(QLabel(wordWrap=True, alignment=Qt.AlignmentFlag.AlignCenter), "muted")
        self.open_button, self.resume_button, self.delete_button = QPushButton(), QPushButton(), QPushButton()
        self._lay_out()
        self._connect()
        self.set_runs((), None)
        self.retranslate()

    @property
    def chosen(self) -> StoredRun | None:
        index = self.table.currentIndex()
        return self.model.runs[self.table.source_row(index)] if index.isValid() else None

    def take_focus(self) -> None:
        self.table.setFocus()

    def set_runs(self, runs: Sequence[StoredRun], in_training: Path | None) -> None:
        """The newest first; in_training: the folder of the one that is."""
        row, chosen = self.table.currentIndex().row(), self.chosen
        self._in_training = in_training
        self.model.set_runs(runs, in_training)
        places = {run.folder: place for place, run in enumerate(runs)}
        if chosen is not None and chosen.folder in places:
            self.table.setCurrentIndex(self.table.rows.mapFromSource(self.model.index(places[chosen.folder], 0)))
        elif runs:
            self.table.setCurrentIndex(self.table.rows.index(min(max(row, 0), len(runs) - 1), 0))
        for widget in (self.table, self.hint, self.open_button, self.resume_button, self.delete_button):
            widget.setVisible(bool(runs))
        self.empty.setVisible(not runs)
        self._show_compared()
        self._update_buttons()

    def retranslate(self) -> None:
        self.table.setAccessibleName(self.tr("Training runs; Enter opens, Space compares, Delete deletes"))
        self.open_button.setText(self.tr("Open"))
        self.resume_button.setText(self.tr("Resume"))
        self.resume_button.setToolTip(self.tr("Go on from its last checkpoint"))
        self.delete_button.setText(self.tr("Delete…"))
        self.delete_button.setToolTip(self.tr("Deletes its folder for good, after a question (Del)"))
        self.hint.setText(self.tr("Tick runs to compare them in one chart."))
        self.empty.setText(self.tr("What you train is kept and will be listed here."))
        row = self.table.currentIndex().row()
        self.model.retranslate()
        if row >= 0:
            self.table.setCurrentIndex(self.table.rows.index(row, 0))

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        for button in (self.open_button, self.resume_button, self.delete_button):
            buttons.addWidget(button)
        buttons.addSpacing(12)
        buttons.addWidget(self.hint, 1)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(_MARGIN, 16, _MARGIN, 14)
        rows.setSpacing(10)
        rows.addWidget(self.table, 2)
        rows.addLayout(buttons)
        rows.addWidget(self.charts, 3)
        rows.addWidget(self.empty, 1)

    def _connect(self) -> None:
        self.table.doubleClicked.connect(lambda _index: self._open())
        self.table.selectionModel().currentChanged.connect(lambda _new, _old: self._update_buttons())
        self.model.checked_changed.connect(self._on_checked)
        self.open_button.clicked.connect(self._open)
        self.resume_button.clicked.connect(self._resume)
        self.delete_button.clicked.connect(self._delete)

    def _on_checked(self) -> None:
        self._show_compared()
        self.compared_changed.emit()

    def _show_compared(self) -> None:
        self.charts.setVisible(bool(self.model.checked) and bool(self.model.runs))

    def _update_buttons(self) -> None:
        run = self.chosen
        is_trained = run is not None and run.folder == self._in_training
        self.open_button.setEnabled(run is not None)
        is_open = run is not None and run.state is not RunState.FINISHED
        self.resume_button.setEnabled(is_open and self._in_training is None)
        self.delete_button.setEnabled(run is not None and not is_trained)

    def _open(self) -> None:
        if self.chosen is not None:
            self.open_requested.emit(self.chosen)

    def _resume(self) -> None:
        if self.chosen is not None and self.resume_button.isEnabled():
            self.resume_requested.emit(self.chosen)

    def _delete(self) -> None:
        run = self.chosen
        if run is None or not self.delete_button.isEnabled():
            return
        box = QMessageBox(QMessageBox.Icon.Question, self.tr("Delete"), "", parent=self)
        box.setTextFormat(Qt.TextFormat.PlainText)
        text = self.tr("Delete the run “{title}” of {date} for good?")
        box.setText(text.format(title=title_of(run.spec), date=date_text(run.created_at)))
        box.setInformativeText(self.tr("Its adapter, checkpoint and log go. Copies that were exported stay."))
        yes = box.addButton(self.tr("Delete"), QMessageBox.ButtonRole.DestructiveRole)
        no = box.addButton(self.tr("Keep"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(no)
        box.setEscapeButton(no)
        box.exec()
        if box.clickedButton() is yes:
            self.delete_requested.emit(run)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self.table.hasFocus() or self.chosen is None:
            super().keyPressEvent(event)
            return
        match event.key():
            case Qt.Key.Key_Delete:
                self._delete()
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self._open()
            case Qt.Key.Key_Space:
                row = self.table.source_row(self.table.currentIndex())
                self.model.toggle(row, wanted=self.chosen.folder not in self.model.checked)
            case _:
                super().keyPressEvent(event)
