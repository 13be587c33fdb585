"""The sweep page: the form at the left, the chart at the right. Knows no service."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from chatapp.core.errors import ErrorInfo
from chatapp.core.sweep import SweepPoint
from chatapp.ui.language import Translated
from chatapp.ui.panels.probabilities.pictures import ask_for_picture
from chatapp.ui.tabs.compare.sweep_chart import SweepChart
from chatapp.ui.tabs.compare.sweep_form import SweepForm
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.build import is_own_escape, named, shown
from chatapp.ui.widgets.error_card import ErrorCard
from chatapp.ui.widgets.save_dialog import ask_where

_FORM_EMS, _SIDE_BY_SIDE_EMS = 24, 52
_MARGIN = 28


class SweepPage(Translated, QScrollArea):
    run_requested = Signal()
    cancel_requested = Signal()
    resume_requested = Signal()
    picture_made = Signal(object)
    """Picture"""
    export_requested = Signal(object)
    """str: the path of a CSV file"""
    retranslated = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._card: ErrorCard | None = None
        self._running = False
        self._resumable = False
        self.form, self.chart = SweepForm(theme), SweepChart(theme)
        self.run_button, self.stop_button = named(QPushButton(), "primary"), named(QPushButton(), "stop")
        self.resume_button = QPushButton()
        self.progress = shown(QProgressBar(textVisible=False), False)
        self.note = named(QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText), "muted")
        self.empty = named(QLabel(wordWrap=True, alignment=Qt.AlignmentFlag.AlignCenter), "muted")
        self.reading = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.reading.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.picture_button, self.export_button = QPushButton(), QPushButton()
        self._points: list[SweepPoint] = []
        self._whole, self._left, self._right = named(QWidget(), "page"), QWidget(), QWidget()
        self._lay_out()
        self._connect()
        theme.changed.connect(self._fit)
        self.show_points(())
        self.set_running(False, resumable=False)
        self.retranslate()

    def take_focus(self) -> None:
        self.form.prompt.setFocus()

    def set_running(self, running: bool, *, resumable: bool) -> None:
        """resumable: whether lanes of the sweep on show are left that did not come to their end."""
        had_focus = self.run_button.hasFocus() or self.resume_button.hasFocus() or self.stop_button.hasFocus()
        self._running, self._resumable = running, resumable
        self.form.set_enabled(not running)
        self.run_button.setVisible(not running)
        self.stop_button.setVisible(running)
        self.resume_button.setVisible(resumable and not running)
        self.progress.setVisible(running)
        self._update_buttons()
        if had_focus:
            (self.stop_button if running else self.resume_button if resumable else self.run_button).setFocus()

    def show_progress(self, done: int, count: int) -> None:
        """done: lanes at their end."""
        self.progress.setMaximum(max(1, count))
        self.progress.setValue(done)

    def show_points(self, points: Sequence[SweepPoint]) -> None:
        self._points = list(points)
        has_figures = any(point.n for point in points)
        self.chart.show_points(points)
        self.chart.setVisible(bool(points))
        self.empty.setVisible(not points)
        for button in (self.picture_button, self.export_button):
            button.setEnabled(has_figures)
        self._read()

    def show_error(self, info: ErrorInfo | None) -> None:
        """A card above the note; None takes it away."""
        card, self._card = self._card, None
        if card is not None:
            card.hide()
            card.deleteLater()
        if info is not None:
            self._card = ErrorCard(info, can_dismiss=True)
            self._card.dismissed.connect(lambda: self.show_error(None))
            self._rows.insertWidget(self._rows.indexOf(self.note), self._card)

    def retranslate(self) -> None:
        self.run_button.setText(self.tr("Run"))
        self.run_button.setToolTip(self.tr("Begin a new sweep; the one on show is replaced (Ctrl+Enter)"))
        self.stop_button.setText(self.tr("Stop"))
        self.stop_button.setToolTip(self.tr("Stop; what is written is kept (Esc)"))
        self.resume_button.setText(self.tr("Resume"))
        self.resume_button.setToolTip(self.tr("Go on with the lanes that did not come to their end"))
        self.progress.setAccessibleName(self.tr("How many lanes are written"))
        self.empty.setText(
            self.tr("Nothing has been swept yet. Write a prompt and press Run: a point per temperature.")
        )
        self.picture_button.setText(self.tr("Save picture…"))
        self.export_button.setText(self.tr("Export…"))
        self.export_button.setToolTip(self.tr("The points as CSV: the mean and the 95 % interval of each figure"))
        self._read()
        self.retranslated.emit()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        for button in (self.run_button, self.stop_button, self.resume_button):
            buttons.addWidget(button)
        buttons.addStretch()
        self._rows = QVBoxLayout(self._left)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(10)
        self._rows.addWidget(self.form)
        self._rows.addLayout(buttons)
        self._rows.addWidget(self.progress)
        self._rows.addWidget(self.note)
        self._rows.addStretch(1)
        below = QHBoxLayout()
        below.addWidget(self.reading, 1)
        below.addWidget(self.picture_button, 0, Qt.AlignmentFlag.AlignTop)
        below.addWidget(self.export_button, 0, Qt.AlignmentFlag.AlignTop)
        right = QVBoxLayout(self._right)
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(10)
        right.addWidget(self.chart, 1)
        right.addWidget(self.empty, 1)
        right.addLayout(below)
        self._parts = QBoxLayout(QBoxLayout.Direction.LeftToRight, self._whole)
        self._parts.setContentsMargins(_MARGIN, 16, _MARGIN, 14)
        self._parts.setSpacing(24)
        self._parts.addWidget(self._left)
        self._parts.addWidget(self._right, 1)
        self.setWidget(self._whole)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def _connect(self) -> None:
        self.form.changed.connect(self._update_buttons)
        self.run_button.clicked.connect(self.run_requested)
        self.stop_button.clicked.connect(self.cancel_requested)
        self.resume_button.clicked.connect(self.resume_requested)
        self.chart.place_chosen.connect(self._on_chosen)
        self.picture_button.clicked.connect(self._save_picture)
        self.export_button.clicked.connect(self._export)

    def _update_buttons(self) -> None:
        self.run_button.setEnabled(not self._running and self.form.is_ready())

    def _on_chosen(self, place: int) -> None:
        self.chart.choose(place)
        self._read()

    def _read(self) -> None:
        if self.chart.chosen is not None:
            self.reading.setText(self.chart.reading())
        elif self._points:
            self.reading.setText(self.tr("Bars: 95 % intervals over the seeds. Click a point, or walk with ← →."))
        else:
            self.reading.clear()

    def _save_picture(self) -> None:
        whole = self.chart.whole()
        picture = ask_for_picture(self, self.tr("Save picture"), self.tr("temperature sweep"), whole)
        whole.deleteLater()
        if picture is not None:
            self.picture_made.emit(picture)

    def _export(self) -> None:
        path = ask_where(self, self.tr("Export points"), self.tr("temperature sweep"), (("CSV", ".csv"),))
        if path:
            self.export_requested.emit(path)

    def event(self, event: QEvent) -> bool:
        if self._running and is_own_escape(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._running and event.key() == Qt.Key.Key_Escape:
            self.cancel_requested.emit()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        em = self.fontMetrics().horizontalAdvance("m")
        beside = self.width() >= _SIDE_BY_SIDE_EMS * em
        self._parts.setDirection(QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom)
        self._left.setMaximumWidth(em * _FORM_EMS if beside else (1 << 24) - 1)
        self._left.setMinimumWidth(em * _FORM_EMS if beside else 0)
