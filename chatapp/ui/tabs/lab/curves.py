"""The probabilities of the most likely tokens by rank, at temperature 1 and at T."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from chatapp.core.softmax import Softmax
from chatapp.ui.language import Translated
from chatapp.ui.panels.probabilities.candidate_table import token_text
from chatapp.ui.tabs.lab.logit_table import number
from chatapp.ui.theme import Theme

_TOPS = (1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)  # of the linear scale
_DECADES = 6  # of the logarithmic one
_MARK = 2.5  # half a mark, pixels
_KEYS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}


class Curves(Translated, QWidget):
    """T = 1 as a dashed line with circles, T as a whole line with squares."""

    place_chosen = Signal(object)
    """int: the row of a token"""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._step: Softmax | None = None
        self._chosen: int | None = None
        self._is_logarithmic = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self.updateGeometry)
        self.retranslate()

    def show_step(self, step: Softmax | None, chosen: int | None) -> None:
        self._step = step
        self.choose(chosen)

    def choose(self, place: int | None) -> None:
        """Marks a token; says nothing."""
        self._chosen = place
        self.setAccessibleDescription(self._caption())
        self.update()

    def use_scale(self, *, logarithmic: bool) -> None:
        self._is_logarithmic = logarithmic
        self.update()

    def retranslate(self) -> None:
        self.setAccessibleName(self.tr("Probability by rank, at temperature 1 and at T"))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(300, self.fontMetrics().lineSpacing() * 12)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self.fontMetrics().lineSpacing() * 9)

    def _plot(self) -> QRectF:
        line, left = self.fontMetrics().lineSpacing(), self.fontMetrics().horizontalAdvance("0.0000") + 6
        return QRectF(self.rect()).adjusted(left + 0.5, 2.5 * line + 0.5, -4.5, -1.3 * line - 0.5)

    def _top(self) -> float:
        """The highest probability there is room for."""
        step = self._step
        most = max((max(row.p, row.p_scaled) for row in step.rows), default=1.0) if step is not None else 1.0
        return min((top for top in _TOPS if top >= most), default=1.0)

    def height_of(self, p: float) -> float:
        """How much of the plot's height stands for `p`."""
        if not self._is_logarithmic:
            return p / self._top()
        return 0.0 if p <= 10.0**-_DECADES else 1.0 + math.log10(p) / _DECADES

    def _points(self, values: list[float]) -> QPolygonF:
        plot = self._plot()
        return QPolygonF(
            [QPointF(self._x(at), plot.bottom() - plot.height() * self.height_of(p)) for at, p in enumerate(values)]
        )

    def _x(self, place: int) -> float:
        plot, count = self._plot(), len(self._step.rows) if self._step is not None else 1
        return plot.left() + plot.width() * (place + 0.5) / count

    def _caption(self) -> str:
        step, place = self._step, self._chosen
        if step is None or place is None:
            return ""
        row = step.rows[place]
        return f"{token_text(row.candidate.data)}  {number(row.p)} → {number(row.p_scaled)}"

    def paintEvent(self, _event: QPaintEvent) -> None:
        colors, plot, step = self._theme.colors, self._plot(), self._step
        painter = QPainter(self)
        painter.fillRect(plot, QColor(colors.surface))
        self._paint_scale(painter, plot)
        if step is not None:
            self._paint_chosen(painter, plot)
            for values, color, dashed in (
                ([row.p for row in step.rows], colors.muted, True),
                ([row.p_scaled for row in step.rows], colors.accent, False),
            ):
                points = self._points(values)
                painter.setPen(_pen(color, dashed=dashed))
                painter.drawPolyline(points)
                for point in points.toList():
                    _paint_mark(painter, point, QColor(color), dashed=dashed)
            self._paint_legend(painter, plot, step)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(colors.accent if self.hasFocus() else colors.border), 0))
        painter.drawRect(plot)

    def _paint_scale(self, painter: QPainter, plot: QRectF) -> None:
        colors, line = self._theme.colors, self.fontMetrics().lineSpacing()
        steps = range(0, _DECADES + 1, 2) if self._is_logarithmic else range(5)
        for at in steps:
            p = 10.0**-at if self._is_logarithmic else self._top() * at / 4
            y = plot.bottom() - plot.height() * self.height_of(p)
            painter.setPen(QPen(QColor(colors.border), 0))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            painter.setPen(QColor(colors.muted))
            label = f"1e−{at}" if self._is_logarithmic and at else f"{p:.4g}"
            place = QRectF(0, y - line / 2, plot.left() - 6, line)
            painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, label)
        count = len(self._step.rows) if self._step is not None else 0
        for at in (place for place in range(count) if place == 0 or (place + 1) % 5 == 0):
            place = QRectF(self._x(at) - line, plot.bottom() + 2, 2 * line, line)
            painter.drawText(place, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, str(at + 1))

    def _paint_chosen(self, painter: QPainter, plot: QRectF) -> None:
        if self._chosen is None:
            return
        colors, x, line = self._theme.colors, self._x(self._chosen), self.fontMetrics().lineSpacing()
        painter.setPen(QPen(QColor(colors.text), 0))
        painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
        words = QRectF(plot.left(), 0, plot.width(), line)
        caption = self.fontMetrics().elidedText(self._caption(), Qt.TextElideMode.ElideMiddle, int(words.width()))
        painter.drawText(words, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, caption)

    def _paint_legend(self, painter: QPainter, plot: QRectF, step: Softmax) -> None:
        colors, line = self._theme.colors, self.fontMetrics().lineSpacing()
        x = plot.left()
        for words, color, dashed in (
            ("T = 1", colors.muted, True),
            (f"T = {step.temperature:g}", colors.accent, False),
        ):
            middle, end = QPointF(x + 14, 1.7 * line), QPointF(x + 28, 1.7 * line)
            painter.setPen(_pen(color, dashed=dashed))
            painter.drawLine(QPointF(x, 1.7 * line), end)
            _paint_mark(painter, middle, QColor(color), dashed=dashed)
            painter.setPen(QColor(colors.text))
            place = QRectF(x + 34, 1.2 * line, plot.width(), line)
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)
            x += 34 + self.fontMetrics().horizontalAdvance(words) + 18

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._step is not None and event.button() is Qt.MouseButton.LeftButton:
            plot, count = self._plot(), len(self._step.rows)
            at = int((event.position().x() - plot.left()) / plot.width() * count)
            self.place_chosen.emit(min(count - 1, max(0, at)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = _KEYS.get(Qt.Key(event.key()))
        if step is None or self._step is None or self._chosen is None:
            super().keyPressEvent(event)
        else:
            self.place_chosen.emit(min(len(self._step.rows) - 1, max(0, self._chosen + step)))


def _pen(color: str, *, dashed: bool) -> QPen:
    """Cosmetic: a wider one costs a hundred times as much."""
    return QPen(QColor(color), 0, Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine)


def _paint_mark(painter: QPainter, point: QPointF, color: QColor, *, dashed: bool) -> None:
    painter.setPen(QPen(color, 0))
    if dashed:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(point, _MARK, _MARK)
    else:
        painter.fillRect(QRectF(point.x() - _MARK, point.y() - _MARK, 2 * _MARK, 2 * _MARK), color)
