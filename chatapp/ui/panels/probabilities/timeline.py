"""The course of a reply: surprisal and entropy of each token, to be clicked or brushed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from chatapp.core.token_record import LOG_2, TokenRecord
from chatapp.ui.language import Translated
from chatapp.ui.theme import Theme

_HEIGHT_LINES = 5
_LEAST_BITS = 4.0  # the scale shows at least so much
_DRAG_PIXELS = 4
_GROWTH = 256

Values = npt.NDArray[np.float32]


class Timeline(Translated, QWidget):
    """Both in bits, on one scale. Where there are more tokens than pixels each column shows its highest value."""

    place_chosen = Signal(object)
    """int: a token's place"""
    range_chosen = Signal(object)
    """(first, last) places that were brushed"""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._bits = np.zeros((2, _GROWTH), dtype=np.float32)  # surprisal, entropy
        self._count = 0
        self._chosen: int | None = None
        self._pressed: float | None = None
        self._brushed: tuple[int, int] | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.updateGeometry)
        self.retranslate()

    def set_records(self, records: Sequence[TokenRecord | None]) -> None:
        self._count, self._chosen, self._brushed = 0, None, None
        self.append_records(records)

    def append_records(self, records: Sequence[TokenRecord | None]) -> None:
        while self._count + len(records) > self._bits.shape[1]:
            self._bits = np.concatenate([self._bits, np.zeros_like(self._bits)], axis=1)
        for at, record in enumerate(records, start=self._count):
            self._bits[:, at] = (0.0, 0.0) if record is None else (record.surprisal, record.entropy / LOG_2)
        self._count += len(records)
        self.update()

    def choose(self, place: int | None) -> None:
        """Marks a token; says nothing."""
        self._chosen = place
        self.update()

    def retranslate(self) -> None:
        self.setAccessibleName(self.tr("Surprisal and entropy of each token, in bits"))
        self.setToolTip(self.tr("Line: surprisal. Area: entropy. Click a token, or drag over some."))

    def sizeHint(self) -> QSize:
        return QSize(240, self.fontMetrics().lineSpacing() * _HEIGHT_LINES)

    def _plot(self) -> QRectF:
        return QRectF(self.rect()).adjusted(0.5, 4.5, -0.5, -0.5)

    def _columns(self, values: Values) -> tuple[Values, Values]:
        """(x, highest value) of each point to draw."""
        plot = self._plot()
        count = len(values)
        if count <= plot.width():
            spread = np.arange(count, dtype=np.float32) + np.float32(0.5)
            return plot.left() + spread * np.float32(plot.width() / max(count, 1)), values
        edges = np.linspace(0, count, int(plot.width()) + 1).astype(np.int64)[:-1]
        return plot.left() + np.arange(len(edges), dtype=np.float32), np.maximum.reduceat(values, edges)

    def _points(self, values: Values, most: float) -> QPolygonF:
        plot = self._plot()
        across, heights = self._columns(values)
        down = plot.bottom() - heights / np.float32(most) * np.float32(plot.height())
        return QPolygonF([QPointF(float(x), float(y)) for x, y in zip(across, down, strict=True)])

    def paintEvent(self, _event: QPaintEvent) -> None:
        colors, plot = self._theme.colors, self._plot()
        painter = QPainter(self)
        painter.fillRect(plot, QColor(colors.surface))
        if self._brushed is not None:
            painter.fillRect(self._span(*self._brushed), QColor(colors.soft))
        if self._count:
            surprisal, entropy = self._bits[:, : self._count]
            most = max(_LEAST_BITS, float(surprisal.max()), float(entropy.max()))
            area = self._points(entropy, most)
            area.append(QPointF(area.last().x(), plot.bottom()))
            area.prepend(QPointF(area.first().x(), plot.bottom()))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colors.hover))
            painter.drawPolygon(area)
            painter.setPen(QPen(QColor(colors.accent), 0))  # cosmetic: a wider one costs a hundred times as much
            painter.drawPolyline(self._points(surprisal, most))
            painter.setPen(QColor(colors.muted))
            painter.drawText(plot.adjusted(4, 0, -4, 0), Qt.AlignmentFlag.AlignTop, f"{most:.0f} bit")
        if self._chosen is not None and self._count:
            x = self._span(self._chosen, self._chosen).center().x()
            painter.setPen(QPen(QColor(colors.text), 0))
            painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
        painter.setPen(QPen(QColor(colors.accent if self.hasFocus() else colors.border), 0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(plot)

    def _span(self, first: int, last: int) -> QRectF:
        plot = self._plot()
        wide = plot.width() / max(self._count, 1)
        return QRectF(plot.left() + first * wide, plot.top(), (last - first + 1) * wide, plot.height())

    def _place_at(self, x: float) -> int:
        plot = self._plot()
        return min(self._count - 1, max(0, int((x - plot.left()) / plot.width() * self._count)))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._count and event.button() is Qt.MouseButton.LeftButton:
            self._pressed = event.position().x()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is not None and abs(event.position().x() - self._pressed) > _DRAG_PIXELS:
            first, last = sorted((self._place_at(self._pressed), self._place_at(event.position().x())))
            self._brushed = (first, last)
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._pressed = self._pressed, None
        if pressed is None:
            return
        if abs(event.position().x() - pressed) > _DRAG_PIXELS and self._brushed is not None:
            self.range_chosen.emit(self._brushed)
            return
        self._brushed = None
        self.update()
        self.place_chosen.emit(self._place_at(pressed))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None or not self._count:
            super().keyPressEvent(event)
            return
        at = 0 if self._chosen is None else min(self._count - 1, max(0, self._chosen + step))
        self.place_chosen.emit(at)
