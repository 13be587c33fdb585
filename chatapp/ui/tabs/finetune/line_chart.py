"""Curves over the steps of a run: walked by the keyboard, read under the mouse. Knows no service."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from chatapp.ui.language import Translated
from chatapp.ui.theme import Theme

Values = npt.NDArray[np.float64]
_MARK = 3.5  # half a mark, pixels
_SMOOTH_PIXELS = 4  # a curve that jumps little needs no point in each column
_FAINT = 110  # of 255: how much of a faint curve covers what lies below
_PICTURE = QSize(900, 420)
_KEYS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End)
_RIGHT, _CENTRE, _LEFT = Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignHCenter, Qt.AlignmentFlag.AlignLeft
_MIDDLE = Qt.AlignmentFlag.AlignVCenter
_ROOM = 0.06  # of the scale, above and below what is drawn


class Stroke(Enum):
    """How a curve is drawn, so that it is told by more than its colour."""

    WHOLE = "whole"
    FAINT = "faint"
    MARKED = "marked"  # dashed, with a square at each value


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """steps, values: float64 (n,), steps rising; color None: the theme's."""

    name: str
    steps: Values
    values: Values
    stroke: Stroke = Stroke.WHOLE
    color: QColor | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepMark:
    """A step that is marked by a line, and what it is."""

    step: int
    words: str
    warns: bool = False


class LineChart(Translated, QWidget):
    """Where there are more values than pixels each column shows its lowest and its highest."""

    step_chosen = Signal(object)
    """int, by a person; None: no more"""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._curves: list[Curve] = []
        self._marks: list[StepMark] = []
        self._title = ""
        self._text_of: Callable[[float], str] = lambda value: f"{value:.4g}"
        self._last_step = 1
        self._scale = (0.0, 1.0)
        self._chosen: int | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self.updateGeometry)
        self.retranslate()

    @property
    def chosen(self) -> int | None:
        return self._chosen

    @property
    def curves(self) -> Sequence[Curve]:
        return self._curves

    def show_curves(
        self,
        title: str,
        curves: Sequence[Curve],
        *,
        marks: Sequence[StepMark] = (),
        last_step: int = 0,
        text_of: Callable[[float], str] | None = None,
    ) -> None:
        """title: what is drawn, in words; last_step: how far the scale of steps reaches at least; text_of: a value as
        text."""
        self._title, self._curves, self._marks = title, list(curves), list(marks)
        if text_of is not None:
            self._text_of = text_of
        ends = [float(curve.steps[-1]) for curve in curves if len(curve.steps)]
        self._last_step = max(1, last_step, *map(int, ends))
        self._scale = _scale(curves)
        self.retranslate()
        self.update()

    def choose(self, step: int | None) -> None:
        """Reads the curves at a step; says nothing."""
        self._chosen = step
        self.setAccessibleDescription(self.reading())
        self.update()

    def reading(self) -> str:
        """The values at the chosen step in words; "" where none is."""
        if self._chosen is None:
            return ""
        parts = [self.tr("step {step:,}").format(step=self._chosen)]
        for curve in self._curves:
            value = _value_at(curve, self._chosen)
            if value is not None:
                parts.append(f"{curve.name} {self._text_of(value)}")
        return " · ".join(parts)

    def whole(self) -> LineChart:
        """A copy with nothing chosen, large enough for a picture."""
        copy = LineChart(self._theme)
        copy.show_curves(self._title, self._curves, marks=self._marks, last_step=self._last_step, text_of=self._text_of)
        copy.resize(max(self.width(), _PICTURE.width()), max(self.height(), _PICTURE.height()))
        return copy

    def retranslate(self) -> None:
        self.setAccessibleName(self.tr("{what} over the steps; arrow keys walk them").format(what=self._title))
        self.setAccessibleDescription(self.reading())

    def sizeHint(self) -> QSize:
        return QSize(480, self.fontMetrics().lineSpacing() * 17)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, self.fontMetrics().lineSpacing() * 11)

    def plot(self) -> QRectF:
        """A line of words above, the scale's below."""
        line, left = self.fontMetrics().lineSpacing(), self.fontMetrics().horizontalAdvance("00,000.0") + 10
        lines = self._key_lines(self.width() - left - 10.0)
        top = (0.5 + 1.2 * lines) * line
        return QRectF(left + 0.5, top, self.width() - left - 10.0, self.height() - top - 2.7 * line)

    def x_of(self, step: float) -> float:
        plot = self.plot()
        return plot.left() + plot.width() * step / self._last_step

    def y_of(self, value: float) -> float:
        plot, (low, high) = self.plot(), self._scale
        return plot.bottom() - plot.height() * (value - low) / (high - low)

    def paintEvent(self, _event: QPaintEvent) -> None:
        colors, plot = self._theme.colors, self.plot()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(plot, QColor(colors.surface))
        self._paint_scales(painter, plot)
        self._paint_marks(painter, plot)
        painter.save()
        painter.setClipRect(plot.adjusted(-_MARK - 1, -_MARK - 1, _MARK + 1, _MARK + 1))
        for curve in self._curves:
            self._paint_curve(painter, plot, curve)
        if self._chosen is not None:
            painter.setPen(QPen(QColor(colors.text), 0, Qt.PenStyle.DotLine))
            x = self.x_of(self._chosen)
            painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
        painter.restore()
        self._paint_keys(painter, plot)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(colors.accent if self.hasFocus() else colors.border), 0))
        painter.drawRect(plot)

    def _paint_scales(self, painter: QPainter, plot: QRectF) -> None:
        colors, line = self._theme.colors, self.fontMetrics().lineSpacing()
        for value in _ticks(*self._scale, max(2, int(plot.height() / (2.2 * line)))):
            y = self.y_of(value)
            painter.setPen(QPen(QColor(colors.border), 0))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            painter.setPen(QColor(colors.muted))
            painter.drawText(QRectF(0, y - line / 2, plot.left() - 6, line), _RIGHT | _MIDDLE, self._text_of(value))
        painter.setPen(QColor(colors.muted))
        wide = self.fontMetrics().horizontalAdvance("000,000") + 12
        for value in _ticks(0, self._last_step, max(2, int(plot.width() / wide / 1.6)), whole=True):
            x = min(self.x_of(value), plot.right() - wide / 4)
            painter.drawText(QRectF(x - wide / 2, plot.bottom() + 2, wide, line), _CENTRE | _MIDDLE, f"{value:,.0f}")
        below = QRectF(plot.left(), plot.bottom() + 2 + line, plot.width(), 1.5 * line)
        painter.setPen(QColor(colors.text))
        painter.drawText(below, _CENTRE | _MIDDLE, self.tr("Steps"))

    def _paint_marks(self, painter: QPainter, plot: QRectF) -> None:
        colors, line = self._theme.colors, self.fontMetrics().lineSpacing()
        for place, mark in enumerate(self._marks):
            x, wide = self.x_of(mark.step), self.fontMetrics().horizontalAdvance(mark.words) + 8
            painter.setPen(QPen(QColor(colors.danger if mark.warns else colors.muted), 0, Qt.PenStyle.DashDotLine))
            painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
            left = x + 5 if x + wide + 5 < plot.right() else x - wide - 1
            painter.drawText(QRectF(left, plot.top() + 2 + place * line, wide, line), _LEFT | _MIDDLE, mark.words)

    def _paint_curve(self, painter: QPainter, plot: QRectF, curve: Curve) -> None:
        known = np.isfinite(curve.values)
        columns = int(plot.width()) if curve.stroke is Stroke.FAINT else int(plot.width() / _SMOOTH_PIXELS)
        steps, values = _thinned(curve.steps[known], curve.values[known], columns, self._last_step)
        if not len(steps):
            return
        low, high = self._scale
        across = plot.left() + steps * (plot.width() / self._last_step)
        down = plot.bottom() - (values - low) * (plot.height() / (high - low))
        points = [QPointF(x, y) for x, y in zip(across.tolist(), down.tolist(), strict=True)]
        painter.setPen(self._pen(curve))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, curve.stroke is not Stroke.FAINT)  # it costs ten times
        painter.drawPolyline(QPolygonF(points))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if curve.stroke is Stroke.MARKED or len(points) == 1:
            self._paint_squares(painter, points, curve)

    def _paint_squares(self, painter: QPainter, points: Sequence[QPointF], curve: Curve) -> None:
        painter.setPen(QPen(self._color(curve), 0))
        painter.setBrush(self._color(curve))
        for at in points:
            painter.drawRect(QRectF(at.x() - _MARK, at.y() - _MARK, 2 * _MARK, 2 * _MARK))

    def _paint_keys(self, painter: QPainter, plot: QRectF) -> None:
        """What each curve is, above the plot."""
        line = self.fontMetrics().lineSpacing()
        x, y = plot.left(), 0.75 * line
        for curve in self._curves:
            wide = self._key_width(curve)
            if x + wide > plot.right() and x > plot.left():
                x, y = plot.left(), y + 1.2 * line
            painter.setPen(self._pen(curve))
            painter.drawLine(QPointF(x, y), QPointF(x + 28, y))
            if curve.stroke is Stroke.MARKED:
                self._paint_squares(painter, [QPointF(x + 14, y)], curve)
            painter.setPen(QColor(self._theme.colors.text))
            name = self.fontMetrics().elidedText(curve.name, Qt.TextElideMode.ElideRight, int(plot.width()) - 40)
            painter.drawText(QRectF(x + 34, y - line / 2, wide, line), _LEFT | _MIDDLE, name)
            x += wide

    def _key_width(self, curve: Curve) -> float:
        return 34 + self.fontMetrics().horizontalAdvance(curve.name) + 22

    def _key_lines(self, room: float) -> int:
        x, lines = 0.0, 1
        for curve in self._curves:
            wide = self._key_width(curve)
            if x + wide > room and x > 0:
                x, lines = 0.0, lines + 1
            x += wide
        return lines

    def _color(self, curve: Curve) -> QColor:
        if curve.color is not None:
            return curve.color
        colors = self._theme.colors
        color = QColor({Stroke.FAINT: colors.muted, Stroke.MARKED: colors.text}.get(curve.stroke, colors.accent))
        color.setAlpha(_FAINT if curve.stroke is Stroke.FAINT else 255)
        return color

    def _pen(self, curve: Curve) -> QPen:
        """Cosmetic: a wider one costs a hundred times as much."""
        style = Qt.PenStyle.DashLine if curve.stroke is Stroke.MARKED else Qt.PenStyle.SolidLine
        return QPen(self._color(curve), 0, style)

    def _read_at(self, x: float) -> None:
        plot = self.plot()
        step = round((x - plot.left()) / max(1.0, plot.width()) * self._last_step)
        self._choose_by_hand(min(self._last_step, max(0, step)))

    def _choose_by_hand(self, step: int | None) -> None:
        self.choose(step)
        self.step_chosen.emit(step)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._curves:
            self._read_at(event.position().x())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._curves:
            self._read_at(event.position().x())

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._choose_by_hand(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        known = np.unique(np.concatenate([curve.steps for curve in self._curves])) if self._curves else np.zeros(0)
        if key not in _KEYS or not len(known):
            super().keyPressEvent(event)
            return
        if key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            place = 0 if key == Qt.Key.Key_Home else len(known) - 1
        elif self._chosen is None:
            place = 0 if key == Qt.Key.Key_Right else len(known) - 1
        elif key == Qt.Key.Key_Right:
            place = int(np.searchsorted(known, self._chosen, side="right"))
        else:
            place = int(np.searchsorted(known, self._chosen, side="left")) - 1
        self._choose_by_hand(int(known[min(len(known) - 1, max(0, place))]))

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()


def _thinned(steps: Values, values: Values, columns: int, last_step: int) -> tuple[Values, Values]:
    """The lowest and the highest value of each column of pixels, where there are more than two in one."""
    if len(steps) <= 2 * max(1, columns):
        return steps, values
    column = np.minimum((steps * (columns / last_step)).astype(np.int64), columns - 1)
    starts = np.flatnonzero(np.diff(column, prepend=-1))
    pairs = np.stack([np.minimum.reduceat(values, starts), np.maximum.reduceat(values, starts)], axis=1)
    return np.repeat(steps[starts], 2), pairs.ravel()


def _scale(curves: Sequence[Curve]) -> tuple[float, float]:
    """The ends of the scale, a little beyond all values."""
    known = [curve.values[np.isfinite(curve.values)] for curve in curves]
    known = [values for values in known if len(values)]
    if not known:
        return 0.0, 1.0
    low, high = min(float(values.min()) for values in known), max(float(values.max()) for values in known)
    if low > 0.0 and low < high / 2:
        low = 0.0
    room = (high - low) * _ROOM or max(abs(high) * 0.1, 1e-9)
    return (0.0 if low == 0.0 else low - room), high + room


def _ticks(low: float, high: float, count: int, *, whole: bool = False) -> list[float]:
    """About `count` round numbers between the two."""
    rough = (high - low) / max(1, count)
    power = 10.0 ** math.floor(math.log10(rough)) if rough > 0 else 1.0
    step = next(power * part for part in (1, 2, 5, 10) if power * part >= rough * 0.999)
    if whole:
        step = max(1.0, round(step))
    first = math.ceil(low / step - 1e-9)
    return [step * place for place in range(first, math.floor(high / step + 1e-9) + 1)]


def _value_at(curve: Curve, step: int) -> float | None:
    """The value of the last step that is not after that one."""
    place = int(np.searchsorted(curve.steps, step, side="right")) - 1
    if place < 0 or not math.isfinite(curve.values[place]):
        return None
    return float(curve.values[place])
