"""The coloured number by which a lane is known wherever it is named."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from chatapp.ui.panels.probabilities.measure import letters_on
from chatapp.ui.theme import distinct_color


def paint_chip(painter: QPainter, box: QRectF, place: int) -> None:
    """The number of the lane at `place`, counted from 1, on its colour."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(distinct_color(place))
    painter.drawRoundedRect(box, 5, 5)
    painter.setPen(letters_on(distinct_color(place)))
    font = painter.font()
    font.setBold(True)
    painter.setFont(font)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(place + 1))
    painter.restore()


class Chip(QWidget):
    def __init__(self, place: int = 0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._place = place
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_place(self, place: int) -> None:
        self._place = place
        self.setAccessibleName(str(place + 1))
        self.update()

    def sizeHint(self) -> QSize:
        side = self.fontMetrics().lineSpacing() + 4
        return QSize(max(side, self.fontMetrics().horizontalAdvance("00") + 8), side)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_chip(painter, QRectF(self.rect()), self._place)
        painter.end()
