"""Temperature against diversity and perplexity: two plots above one scale."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from chatapp.core.sweep import Mean, SweepPoint
from chatapp.ui.language import Translated
from chatapp.ui.theme import Theme

_MARK, _CAP = 3.5, 4.0  # half a mark, half the end of an interval, pixels
_PICTURE = QSize(900, 640)
_KEYS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End)
_STEPS = (1, 2, 5)  # of a logarithmic scale
_LEFT, _RIGHT, _CENTRE = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignHCenter
_MIDDLE = Qt.AlignmentFlag.AlignVCenter


class SweepChart(Translated, QWidget):
    """Above: distinct-2 as a whole line with squares, self-BLEU / 100 dashed with circles. Below: perplexity."""

    place_chosen = Signal(object)
    """int: the row of a point"""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._points: list[SweepPoint] = []
        self._chosen: int | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self.updateGeometry)
        self.retranslate()

    @property
    def chosen(self) -> int | None:
        return self._chosen

    def show_points(self, points: Sequence[SweepPoint]) -> None:
        """The chosen one stays so where the temperatures are the same."""
        if [p.temperature for p in points] != [p.temperature for p in self._points]:
            self._chosen = None
        self._points = list(points)
        self.choose(self._chosen)

    def choose(self, place: int | None) -> None:
        """Marks a point; says nothing."""
        self._chosen = place
        self.setAccessibleDescription(self.reading())
        self.update()

    def reading(self) -> str:
        """The values of the chosen point in words; "" where none is."""
        if self._chosen is None:
            return ""
        point = self._points[self._chosen]
        parts = [self.tr("T = {temperature:g}, {n} of {all} lanes").format(
            temperature=point.temperature, n=point.n, all=point.lanes
        )]  # fmt: skip
        bleu = "–" if point.self_bleu is None else f"{point.self_bleu:.1f}"
        parts.append(self.tr("distinct-2 {value}").format(value=_in_words(point.distinct_2)))
        parts.append(self.tr("self-BLEU {value}").format(value=bleu))
        parts.append(self.tr("perplexity {value}").format(value=_in_words(point.perplexity)))
        return "; ".join(parts)

    def whole(self) -> SweepChart:
        """A copy with nothing chosen, large enough for a picture."""
        copy = SweepChart(self._theme)
        copy.show_points(self._points)
        copy.resize(max(self.width(), _PICTURE.width()), max(self.height(), _PICTURE.height()))
        return copy

    def retranslate(self) -> None:
        self.setAccessibleName(
            self.tr("Temperature against diversity and perplexity; arrow keys walk the temperatures")
        )
        self.choose(self._chosen)

    def sizeHint(self) -> QSize:
        return QSize(420, self.fontMetrics().lineSpacing() * 26)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, self.fontMetrics().lineSpacing() * 18)

    def plots(self) -> tuple[QRectF, QRectF]:
        """The upper and the lower one; a line of words above each, the scale's below both."""
        line, left = self.fontMetrics().lineSpacing(), self.fontMetrics().horizontalAdvance("00,000") + 8
        high = (self.height() - 6.6 * line) / 2
        wide = self.width() - left - 6.0
        return QRectF(left + 0.5, 1.7 * line, wide, high), QRectF(left + 0.5, 3.6 * line + high, wide, high)

    def x_of(self, place: int) -> float:
        """Of a point, in both plots."""
        plot, temperatures = self.plots()[0], [point.temperature for point in self._points]
        span = temperatures[-1] - temperatures[0]
        part = (temperatures[place] - temperatures[0]) / span if span else 0.5
        return plot.left() + plot.width() * (0.05 + 0.9 * part)

    def perplexities(self) -> tuple[float, float]:
        """The ends of the logarithmic scale: 1, 2 or 5 times a power of ten, around all means. Intervals may reach
        beyond: with two seeds they are as wide as can be."""
        known = [p.perplexity.value for p in self._points if p.perplexity is not None]
        known = [value for value in known if math.isfinite(value)]
        if not known:
            return 1.0, 10.0
        low = max(step for step in _scale() if step <= max(1.0, min(known)))
        high = min((step for step in _scale() if step > max(known)), default=1e9)
        return low, high

    def height_of_perplexity(self, value: float) -> float:
        """0 to 1, of the lower plot's height; what lies outside is put at its edge."""
        low, high = self.perplexities()
        if value <= low:
            return 0.0
        return min(1.0, math.log(value / low) / math.log(high / low))

    def paintEvent(self, _event: QPaintEvent) -> None:
        colors, (upper, lower) = self._theme.colors, self.plots()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for plot in (upper, lower):
            painter.fillRect(plot, QColor(colors.surface))
        self._paint_scales(painter, upper, lower)
        if self._chosen is not None:
            painter.setPen(QPen(QColor(colors.text), 0, Qt.PenStyle.DotLine))
            x = self.x_of(self._chosen)
            for plot in (upper, lower):
                painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
        bleus = [
            None if p.self_bleu is None else Mean(value=p.self_bleu / 100, n=p.n, interval=None) for p in self._points
        ]
        self._paint_course(painter, upper, bleus, _at_most_one, is_dashed=True)
        self._paint_course(painter, upper, [p.distinct_2 for p in self._points], _at_most_one)
        self._paint_course(painter, lower, [p.perplexity for p in self._points], self.height_of_perplexity)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(colors.accent if self.hasFocus() else colors.border), 0))
        for plot in (upper, lower):
            painter.drawRect(plot)

    def _paint_scales(self, painter: QPainter, upper: QRectF, lower: QRectF) -> None:
        line = self.fontMetrics().lineSpacing()
        for part in (0.0, 0.25, 0.5, 0.75, 1.0):
            self._paint_step(painter, upper, part, f"{part:g}")
        low, high = self.perplexities()
        last = math.inf
        for step in (value for value in _scale() if low <= value <= high):
            y = lower.bottom() - lower.height() * self.height_of_perplexity(step)
            self._paint_step(painter, lower, self.height_of_perplexity(step), f"{step:,g}" if last - y > line else "")
            last = y if last - y > line else last
        painter.setPen(QColor(self._theme.colors.muted))
        right = -math.inf
        for place, point in enumerate(self._points):
            label, x = f"{point.temperature:g}", self.x_of(place)
            wide = self.fontMetrics().horizontalAdvance(label)
            if x - wide / 2 > right + 4:
                painter.drawText(QRectF(x - 50, lower.bottom() + 2, 100, line), _CENTRE | _MIDDLE, label)
                right = x + wide / 2
        painter.setPen(QColor(self._theme.colors.text))
        below = QRectF(lower.left(), lower.bottom() + 2 + line, lower.width(), line)
        painter.drawText(below, _CENTRE | _MIDDLE, self.tr("Temperature"))
        x = self._paint_key(painter, upper.left(), upper.top(), self.tr("distinct-2"))
        self._paint_key(painter, x, upper.top(), self.tr("self-BLEU / 100"), is_dashed=True)
        self._paint_key(painter, lower.left(), lower.top(), self.tr("perplexity (logarithmic)"))

    def _paint_step(self, painter: QPainter, plot: QRectF, part: float, label: str) -> None:
        colors, line = self._theme.colors, self.fontMetrics().lineSpacing()
        y = plot.bottom() - plot.height() * part
        painter.setPen(QPen(QColor(colors.border), 0))
        painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
        painter.setPen(QColor(colors.muted))
        painter.drawText(QRectF(0, y - line / 2, plot.left() - 6, line), _RIGHT | _MIDDLE, label)

    def _paint_key(self, painter: QPainter, x: float, top: float, words: str, *, is_dashed: bool = False) -> float:
        """What a line is, above a plot; returns where the next one begins."""
        line = self.fontMetrics().lineSpacing()
        y = top - 0.95 * line
        painter.setPen(self._pen(is_dashed=is_dashed))
        painter.drawLine(QPointF(x, y), QPointF(x + 28, y))
        self._paint_mark(painter, QPointF(x + 14, y), is_dashed=is_dashed)
        painter.setPen(QColor(self._theme.colors.text))
        wide = self.fontMetrics().horizontalAdvance(words)
        painter.drawText(QRectF(x + 34, y - line / 2, wide + 4, line), _LEFT | _MIDDLE, words)
        return x + 34 + wide + 20

    def _paint_course(
        self,
        painter: QPainter,
        plot: QRectF,
        means: Sequence[Mean | None],
        height: Callable[[float], float],
        *,
        is_dashed: bool = False,
    ) -> None:
        places = [(at, mean) for at, mean in enumerate(means) if mean is not None and math.isfinite(mean.value)]
        points = [QPointF(self.x_of(at), plot.bottom() - plot.height() * height(mean.value)) for at, mean in places]
        painter.setPen(self._pen(is_dashed=is_dashed))
        painter.drawPolyline(QPolygonF(points))
        for point, (_, mean) in zip(points, places, strict=True):
            if mean.interval is not None:
                self._paint_interval(painter, plot, point.x(), [height(end) for end in mean.interval])
            self._paint_mark(painter, point, is_dashed=is_dashed)

    def _paint_interval(self, painter: QPainter, plot: QRectF, x: float, ends: Sequence[float]) -> None:
        painter.setPen(self._pen(is_dashed=False))
        low, high = (plot.bottom() - plot.height() * end for end in ends)
        painter.drawLine(QPointF(x, low), QPointF(x, high))
        for part, y in zip(ends, (low, high), strict=True):
            if 0.0 < part < 1.0:  # one that ends outside has no end here
                painter.drawLine(QPointF(x - _CAP, y), QPointF(x + _CAP, y))

    def _pen(self, *, is_dashed: bool) -> QPen:
        """Cosmetic: a wider one costs a hundred times as much."""
        colors = self._theme.colors
        style = Qt.PenStyle.DashLine if is_dashed else Qt.PenStyle.SolidLine
        return QPen(QColor(colors.muted if is_dashed else colors.accent), 0, style)

    def _paint_mark(self, painter: QPainter, at: QPointF, *, is_dashed: bool) -> None:
        colors = self._theme.colors
        painter.setPen(QPen(QColor(colors.muted if is_dashed else colors.accent), 0))
        painter.setBrush(QColor(colors.surface if is_dashed else colors.accent))
        if is_dashed:
            painter.drawEllipse(at, _MARK + 0.5, _MARK + 0.5)
        else:
            painter.drawRect(QRectF(at.x() - _MARK, at.y() - _MARK, 2 * _MARK, 2 * _MARK))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._points and event.button() is Qt.MouseButton.LeftButton:
            x = event.position().x()
            self.place_chosen.emit(min(range(len(self._points)), key=lambda at: abs(self.x_of(at) - x)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, last = Qt.Key(event.key()), len(self._points) - 1
        if key not in _KEYS or last < 0:
            super().keyPressEvent(event)
        elif self._chosen is None or key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self.place_chosen.emit(0 if key in (Qt.Key.Key_Right, Qt.Key.Key_Home) else last)
        else:
            self.place_chosen.emit(min(last, max(0, self._chosen + (1 if key == Qt.Key.Key_Right else -1))))

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()


def _scale() -> list[float]:
    return [float(step * 10**power) for power in range(9) for step in _STEPS]


def _at_most_one(value: float) -> float:
    return min(1.0, max(0.0, value))


def _in_words(mean: Mean | None) -> str:
    if mean is None:
        return "–"
    ends = "" if mean.interval is None else f" ({mean.interval[0]:.3f} … {mean.interval[1]:.3f})"
    return f"{mean.value:.3f}{ends}"
