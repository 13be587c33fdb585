"""What a sweep is made of: a prompt, temperatures, seeds, a length. Knows no service."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QLineEdit, QPlainTextEdit, QSpinBox, QVBoxLayout, QWidget

from chatapp.core.comparison import Comparison
from chatapp.core.errors import AppError
from chatapp.core.sweep import MOST_SEEDS, TEMPERATURES, temperatures_of
from chatapp.ui.language import Translated, error_advice, error_message
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.build import named
from chatapp.ui.widgets.exact_text import exact_text

_SEEDS, _LENGTH, _LONGEST = 4, 64, 4096
_LINES = 5
_TEXT_MARGIN = 6  # pixels; a style sheet's padding does not reach the text of a spin box


class SweepForm(Translated, QWidget):
    changed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._intro = named(QLabel(wordWrap=True), "muted")
        self.prompt = named(QPlainTextEdit(tabChangesFocus=True), "detail")
        self.raw = QCheckBox()
        self.temperatures = QLineEdit(" ".join(f"{t:g}" for t in TEMPERATURES))
        self.seeds, self.length = _Spin(), _Spin()
        self.seeds.setRange(1, MOST_SEEDS)
        self.seeds.setValue(_SEEDS)
        self.length.setRange(1, _LONGEST)
        self.length.setValue(_LENGTH)
        self.length.setSingleStep(16)
        self.problem = named(QLabel(wordWrap=True), "cardTitle")
        self.sum = named(QLabel(wordWrap=True), "muted")
        self._labels = [QLabel() for _ in range(3)]
        self._lay_out()
        self.prompt.textChanged.connect(self._on_changed)
        self.temperatures.textChanged.connect(self._on_changed)
        self.seeds.valueChanged.connect(self._on_changed)
        theme.changed.connect(self._fit)
        self.retranslate()

    def text(self) -> str:
        return exact_text(self.prompt.document())

    def chosen_temperatures(self) -> tuple[float, ...]:
        """Empty where the list is none; the form then says why."""
        try:
            return temperatures_of(self.temperatures.text())
        except AppError:
            return ()

    def show_sweep(self, comparison: Comparison) -> None:
        """What that sweep was asked with."""
        samplings = [lane.sampling for lane in comparison.lanes]
        temperatures = sorted({sampling.temperature for sampling in samplings})
        self.prompt.setPlainText(comparison.prompt.text)
        self.raw.setChecked(comparison.prompt.raw)
        self.temperatures.setText(" ".join(f"{temperature:.15g}" for temperature in temperatures))
        self.temperatures.setCursorPosition(0)
        if samplings:
            self.seeds.setValue(len({sampling.seed for sampling in samplings}))
            self.length.setValue(samplings[0].max_tokens)

    def is_ready(self) -> bool:
        return bool(self.text().strip()) and bool(self.chosen_temperatures())

    def set_enabled(self, enabled: bool) -> None:
        for widget in (self.prompt, self.raw, self.temperatures, self.seeds, self.length):
            widget.setEnabled(enabled)

    def retranslate(self) -> None:
        self._intro.setText(
            self.tr(
                "Continues one prompt at several temperatures, with several seeds each, and shows what becomes of "
                "diversity and perplexity. All other sampling options are those of the chat."
            )
        )
        self.prompt.setPlaceholderText(self.tr("Write a prompt"))
        self.prompt.setAccessibleName(self.tr("Prompt"))
        self.raw.setText(self.tr("Without the chat template"))
        self.raw.setToolTip(self.tr("The text itself is continued, for models that do not chat"))
        names = (self.tr("Temperatures"), self.tr("Seeds for each"), self.tr("Reply length (tokens)"))
        boxes: tuple[QWidget, ...] = (self.temperatures, self.seeds, self.length)
        for label, box, name in zip(self._labels, boxes, names, strict=True):
            label.setText(name)
            box.setAccessibleName(name)
        self.temperatures.setToolTip(self.tr("Numbers from 0 to 5 with blanks between them"))
        self.seeds.setToolTip(self.tr("Each temperature is tried with the seeds 1, 2, … up to this number"))
        self._say()

    def _lay_out(self) -> None:
        self._fit()
        grid = QGridLayout()
        grid.setColumnStretch(1, 1)
        self.temperatures.setCursorPosition(0)
        for row, (label, box) in enumerate(zip(self._labels[1:], (self.seeds, self.length), strict=True)):
            grid.addWidget(label, row, 0)
            grid.addWidget(box, row, 1)
            label.setBuddy(box)
        self._labels[0].setBuddy(self.temperatures)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(10)
        for widget in (self._intro, self.prompt, self.raw, self._labels[0], self.temperatures, self.problem):
            rows.addWidget(widget)
        rows.addLayout(grid)
        rows.addWidget(self.sum)

    def _fit(self) -> None:
        self.prompt.setFixedHeight(self.fontMetrics().lineSpacing() * _LINES + 12)

    def _on_changed(self) -> None:
        self._say()
        self.changed.emit()

    def _say(self) -> None:
        count = 0
        self.problem.clear()
        try:
            count = len(temperatures_of(self.temperatures.text())) * self.seeds.value()
        except AppError as problem:
            self.problem.setText(f"{error_message(problem.info)} {error_advice(problem.info)}")
        self.problem.setVisible(not count)
        self.sum.setVisible(bool(count))
        self.sum.setText(self.tr("{count} lanes in all.").format(count=count))
        self.temperatures.setAccessibleDescription(self.problem.text())


class _Spin(QSpinBox):
    def __init__(self) -> None:
        super().__init__()
        self.lineEdit().setTextMargins(_TEXT_MARGIN, 0, 0, 0)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # the wheel scrolls the page and changes no number by accident
