"""What the colours stand for."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from chatapp.ui.panels.probabilities.measure import Measure, ends_of, ramp

_STOPS = 12
_BAR = 8  # pixels high


class Legend(QWidget):
    """The ramp with its two ends in words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._measure = Measure.PROBABILITY
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_measure(self, measure: Measure) -> None:
        self._measure = measure
        self.setAccessibleName(" – ".join(ends_of(measure)))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(160, self.fontMetrics().lineSpacing() + _BAR + 2)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        bar = QRectF(0, 0, self.width(), _BAR)
        colors = QLinearGradient(bar.topLeft(), bar.topRight())
        for stop in range(_STOPS + 1):
            colors.setColorAt(stop / _STOPS, ramp(stop / _STOPS))
        painter.fillRect(bar, colors)
        words = QRectF(0, _BAR + 2, self.width(), self.height() - _BAR - 2)
        first, last = ends_of(self._measure)
        painter.drawText(words, Qt.AlignmentFlag.AlignLeft, first)
        painter.drawText(words, Qt.AlignmentFlag.AlignRight, last)
