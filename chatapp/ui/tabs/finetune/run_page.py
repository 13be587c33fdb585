"""One run on show: how it goes, and how it ended. Knows no service."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from chatapp.core.errors import ErrorInfo
from chatapp.ui.language import Translated
from chatapp.ui.tabs.finetune.result_view import ResultView
from chatapp.ui.tabs.finetune.run_charts import RunCharts
from chatapp.ui.tabs.finetune.samples_table import SamplesTable
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.build import named, shown
from chatapp.ui.widgets.error_card import ErrorCard
from chatapp.ui.widgets.flow import FlowLayout

_MARGIN = 28
_MOST_LINES = 2000
_CHART_LINES, _TABLE_LINES = 15, 11


class RunPage(Translated, QScrollArea):
    pause_requested = Signal()
    go_on_requested = Signal()
    stop_requested = Signal()
    give_up_requested = Signal()
    resume_requested = Signal()
    use_requested = Signal()
    folder_requested = Signal()
    live_requested = Signal()
    """the run that is being trained is wanted on show"""
    retranslated = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._card: ErrorCard | None = None
        self.title = named(QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText), "heading")
        self.state = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.progress = shown(QProgressBar(textVisible=False, maximum=1000), False)
        self.pause_button, self.go_on_button = QPushButton(), named(QPushButton(), "primary")
        self.stop_button, self.give_up_button = named(QPushButton(), "stop"), QPushButton()
        self.resume_button, self.live_button = named(QPushButton(), "primary"), QPushButton()
        self.use_button, self.folder_button = QPushButton(), QPushButton()
        self.result = ResultView()
        self.charts = RunCharts(theme)
        self.below = QTabWidget(documentMode=True)
        self.samples, self.log = SamplesTable(), named(QPlainTextEdit(readOnly=True), "detail")
        self.log.setMaximumBlockCount(_MOST_LINES)
        self._no_samples = named(QLabel(wordWrap=True, alignment=Qt.AlignmentFlag.AlignCenter), "muted")
        self.empty = named(QLabel(wordWrap=True, alignment=Qt.AlignmentFlag.AlignCenter), "muted")
        self._whole, self._body = named(QWidget(), "page"), QWidget()
        self._lay_out()
        self._connect()
        theme.changed.connect(self._fit)
        self._fit()
        self.show_nothing()
        self.retranslate()

    def take_focus(self) -> None:
        buttons = (self.go_on_button, self.pause_button, self.resume_button, self.result.use_button)
        next((button for button in buttons if button.isVisible()), self.charts.chart).setFocus()

    def show_nothing(self) -> None:
        self._body.hide()
        self.empty.show()

    def show_body(self) -> None:
        self.empty.hide()
        self._body.show()

    def show_buttons(self, names: Sequence[str], *, enabled: bool = True) -> None:
        """names: of pause, go_on, stop, give_up, resume, use, folder, live; enabled: those that need the worker too."""
        buttons = {
            "pause": self.pause_button,
            "go_on": self.go_on_button,
            "stop": self.stop_button,
            "give_up": self.give_up_button,
            "resume": self.resume_button,
            "use": self.use_button,
            "folder": self.folder_button,
            "live": self.live_button,
        }
        had_focus = any(button.hasFocus() for button in buttons.values())
        for name, button in buttons.items():
            button.setVisible(name in names)
            button.setEnabled(enabled or name in ("give_up", "folder", "live"))
        if had_focus:
            self.take_focus()

    def show_progress(self, fraction: float | None, *, running: bool) -> None:
        """None: it is not known how much is done."""
        self.progress.setVisible(running)
        self.progress.setRange(0, 0 if fraction is None else 1000)
        self.progress.setValue(round(1000 * (fraction or 0.0)))

    def show_samples(self, has_any: bool) -> None:
        self.samples.setVisible(has_any)
        self._no_samples.setVisible(not has_any)

    def show_error(self, info: ErrorInfo | None) -> None:
        """A card above the result; None takes it away."""
        card, self._card = self._card, None
        if card is not None:
            card.hide()
            card.deleteLater()
        if info is not None:
            self._card = ErrorCard(info, can_dismiss=True)
            self._card.dismissed.connect(lambda: self.show_error(None))
            self._rows.insertWidget(self._rows.indexOf(self.result), self._card)

    def retranslate(self) -> None:
        self.pause_button.setText(self.tr("Pause"))
        self.pause_button.setToolTip(self.tr("After this step; what is trained so far is written to the disk (Ctrl+P)"))
        self.go_on_button.setText(self.tr("Go on"))
        self.go_on_button.setToolTip(self.tr("Train on from here (Ctrl+P)"))
        self.stop_button.setText(self.tr("Stop and keep the best"))
        self.stop_button.setToolTip(self.tr("Train no further, test the best adapter and write it"))
        self.give_up_button.setText(self.tr("Give up"))
        self.give_up_button.setToolTip(self.tr("End the process now; the run can be resumed from its last checkpoint"))
        self.use_button.setText(self.tr("Use in chat"))
        self.folder_button.setText(self.tr("Show folder"))
        self.resume_button.setText(self.tr("Resume"))
        self.resume_button.setToolTip(self.tr("Go on from the last checkpoint"))
        self.live_button.setText(self.tr("Show the run in training"))
        self.progress.setAccessibleName(self.tr("How much of the run is done"))
        self.below.setTabText(0, self.tr("Samples"))
        self.below.setTabText(1, self.tr("Log"))
        self.log.setAccessibleName(self.tr("What happened in the run"))
        self._no_samples.setText(self.tr("This run answers no sample prompts, or has not got to them yet."))
        self.empty.setText(self.tr("No run is on show. Start one on the first page, or open one of the earlier runs."))
        self.retranslated.emit()

    def _lay_out(self) -> None:
        buttons = FlowLayout()
        for button in (
            self.go_on_button,
            self.pause_button,
            self.stop_button,
            self.give_up_button,
            self.resume_button,
            self.use_button,
            self.folder_button,
            self.live_button,
        ):
            buttons.addWidget(button)
        self._rows = QVBoxLayout(self._body)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(10)
        for widget in (self.title, self.state, self.progress):
            self._rows.addWidget(widget)
        self._rows.addLayout(buttons)
        self._rows.addWidget(self.result)
        self._rows.addWidget(self.charts, 3)
        samples = QWidget()
        inner = QVBoxLayout(samples)
        inner.setContentsMargins(0, 6, 0, 0)
        inner.addWidget(self.samples)
        inner.addWidget(self._no_samples)
        self.below.addTab(samples, "")
        self.below.addTab(self.log, "")
        self.below.tabBar().setDrawBase(False)
        self._rows.addWidget(self.below, 2)
        outer = QHBoxLayout(self._whole)
        outer.setContentsMargins(_MARGIN, 16, _MARGIN, 14)
        outer.addWidget(self._body)
        outer.addWidget(self.empty)
        self.setWidget(self._whole)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.show_samples(False)

    def _connect(self) -> None:
        self.pause_button.clicked.connect(self.pause_requested)
        self.go_on_button.clicked.connect(self.go_on_requested)
        self.stop_button.clicked.connect(self.stop_requested)
        self.give_up_button.clicked.connect(self.give_up_requested)
        self.resume_button.clicked.connect(self.resume_requested)
        self.live_button.clicked.connect(self.live_requested)
        for button, wanted in (
            (self.use_button, self.use_requested),
            (self.result.use_button, self.use_requested),
            (self.folder_button, self.folder_requested),
            (self.result.folder_button, self.folder_requested),
        ):
            button.clicked.connect(wanted)

    def _fit(self) -> None:
        line = self.fontMetrics().lineSpacing()
        self.charts.setMinimumHeight(line * _CHART_LINES)
        self.below.setMinimumHeight(line * _TABLE_LINES)
