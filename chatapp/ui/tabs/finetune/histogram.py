"""How long the examples are: a bar for each span of lengths. Knows no service."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from chatapp.ui.language import Translated
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.build import plain_tip

Bars = Sequence[tuple[int, int, int]]


class LengthHistogram(Translated, QWidget):
    """Bars as in DataReport.histogram; a line stands at the longest length that is allowed."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._bars: Bars = ()
        self._limit = 0
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.updateGeometry)
        self.retranslate()

    def show_bars(self, bars: Bars, limit: int) -> None:
        self._bars, self._limit = bars, limit
        self.retranslate()
        self.update()

    def retranslate(self) -> None:
        self.setAccessibleName(self.tr("Lengths of the examples in tokens"))
        self.setAccessibleDescription("; ".join(map(self._words, self._bars)))

    def sizeHint(self) -> QSize:
        return QSize(240, self.fontMetrics().lineSpacing() * 6)

    def bar(self, place: int) -> QRectF:
        plot, most = self._plot(), max((count for _, _, count in self._bars), default=1) or 1
        wide = plot.width() / max(1, len(self._bars))
        high = plot.height() * self._bars[place][2] / most
        return QRectF(plot.left() + place * wide + 1, plot.bottom() - high, max(1.0, wide - 2), high)

    def _plot(self) -> QRectF:
        return QRectF(self.rect()).adjusted(0.5, 4.5, -0.5, -1.6 * self.fontMetrics().lineSpacing())

    def _words(self, bar: tuple[int, int, int]) -> str:
        shortest, longest, count = bar
        text = self.tr("{shortest:,} to {longest:,} tokens: {count:,} examples")
        return text.format(shortest=shortest, longest=longest, count=count)

    def paintEvent(self, _event: QPaintEvent) -> None:
        colors, plot = self._theme.colors, self._plot()
        painter = QPainter(self)
        painter.fillRect(plot, QColor(colors.surface))
        painter.setPen(Qt.PenStyle.NoPen)
        for place, (shortest, _, _) in enumerate(self._bars):
            is_cut = bool(self._limit) and shortest > self._limit
            painter.setBrush(QColor(colors.muted if is_cut else colors.accent))
            painter.drawRect(self.bar(place))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(colors.border), 0))
        painter.drawRect(plot)
        if self._bars:
            self._paint_scale(painter, plot)

    def _paint_scale(self, painter: QPainter, plot: QRectF) -> None:
        line = self.fontMetrics().lineSpacing()
        below = QRectF(plot.left(), plot.bottom() + 2, plot.width(), 1.5 * line)  # Chinese needs more than a line
        first, last = self._bars[0][0], self._bars[-1][1]
        painter.setPen(QColor(self._theme.colors.muted))
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, f"{first:,}")
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, f"{last:,}")
        painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, self.tr("tokens"))
        if first < self._limit < last:
            x = plot.left() + plot.width() * (self._limit - first) / (last - first)
            painter.setPen(QPen(QColor(self._theme.colors.danger), 0, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
            words = self.tr("cut at {count:,}").format(count=self._limit)
            room = QRectF(x + 4, plot.top() + 2, plot.right() - x - 6, line)
            if room.width() < self.fontMetrics().horizontalAdvance(words):
                room = QRectF(plot.left(), plot.top() + 2, x - plot.left() - 4, line)
                painter.drawText(room, Qt.AlignmentFlag.AlignRight, words)
            else:
                painter.drawText(room, Qt.AlignmentFlag.AlignLeft, words)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        plot = self._plot()
        place = int((event.position().x() - plot.left()) / max(1.0, plot.width()) * len(self._bars))
        if 0 <= place < len(self._bars):
            QToolTip.showText(event.globalPosition().toPoint(), plain_tip(self._words(self._bars[place])), self)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        QToolTip.hideText()
