"""The course of a reply: surprisal and entropy of each token, to be clicked or brushed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolTip, QWidget

from chatapp.core.course import Course, Values
from chatapp.core.token_record import LOG_2
from chatapp.ui.language import Translated
from chatapp.ui.panels.probabilities.candidate_table import token_text
from chatapp.ui.panels.probabilities.heat_text import HeatToken
from chatapp.ui.panels.probabilities.pictures import ask_for_picture
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.build import is_own_escape, plain_tip

_HEIGHT_LINES = 5
_LEAST_BITS = 4.0  # the scale shows at least so much
_DRAG_PIXELS = 4
_PICTURE = QSize(900, 240)
_KEYS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End)


class Timeline(Translated, QWidget):
    """Both in bits, on one scale. Where there are more tokens than pixels each column shows its highest value."""

    place_chosen = Signal(object)
    """int: a token's place"""
    range_chosen = Signal(object)
    """(first, last) places that were brushed, None: they are the whole again"""
    picture_made = Signal(object)
    """Picture"""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.course = Course()
        self._tokens: list[HeatToken] = []
        self._chosen: int | None = None
        self._pressed: float | None = None
        self._brush: tuple[int, int] | None = None  # where it began and where it is now
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.updateGeometry)
        self.retranslate()

    def set_tokens(self, tokens: Sequence[HeatToken]) -> None:
        """Of another reply; none is chosen and nothing brushed."""
        self.course, self._tokens, self._chosen, self._brush = Course(), [], None, None
        self.append_tokens(tokens)

    def append_tokens(self, tokens: Sequence[HeatToken]) -> None:
        self._tokens += tokens
        self.course.append(token.record for token in tokens)
        self.update()

    @property
    def brushed(self) -> tuple[int, int] | None:
        """The first and the last place of the range."""
        return None if self._brush is None else (min(self._brush), max(self._brush))

    def choose(self, place: int | None) -> None:
        """Marks a token; says nothing."""
        self._chosen = place
        self.setAccessibleDescription("" if place is None else self._described(place))
        self.update()

    def clear_range(self) -> None:
        """The whole reply again."""
        if self._brush is not None:
            self._brush = None
            self.update()
            self.range_chosen.emit(None)

    def retranslate(self) -> None:
        self.setAccessibleName(self.tr("Surprisal and entropy of each token, in bits"))

    def _described(self, place: int) -> str:
        token = self._tokens[place]
        if token.record is None:
            return token_text(token.text.encode())
        return self.tr("{token}  surprisal {bits:.2f} bit, entropy {entropy:.2f} bit").format(
            token=token_text(token.text.encode()), bits=token.record.surprisal, entropy=token.record.entropy / LOG_2
        )

    def sizeHint(self) -> QSize:
        return QSize(240, self.fontMetrics().lineSpacing() * _HEIGHT_LINES)

    def _plot(self) -> QRectF:
        return QRectF(self.rect()).adjusted(0.5, 4.5, -0.5, -0.5)

    def _columns(self, values: Values) -> tuple[Values, Values]:
        """(x, highest value) of each point to draw."""
        plot = self._plot()
        count = len(values)
        if count <= plot.width():
            return plot.left() + (np.arange(count, dtype=np.float64) + 0.5) * (plot.width() / max(count, 1)), values
        edges = np.linspace(0, count, int(plot.width()) + 1).astype(np.int64)[:-1]
        return plot.left() + np.arange(len(edges), dtype=np.float64), np.maximum.reduceat(values, edges)

    def _points(self, values: Values, most: float) -> QPolygonF:
        plot = self._plot()
        across, heights = self._columns(values)
        down = plot.bottom() - heights * (plot.height() / most)
        return QPolygonF([QPointF(x, y) for x, y in zip(across.tolist(), down.tolist(), strict=True)])

    def paintEvent(self, _event: QPaintEvent) -> None:
        colors, plot = self._theme.colors, self._plot()
        painter = QPainter(self)
        painter.fillRect(plot, QColor(colors.surface))
        if (brushed := self.brushed) is not None:
            painter.fillRect(self._span(*brushed), QColor(colors.soft))
        if self._tokens:
            surprisal, entropy = self.course.bits()
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
        if self._chosen is not None:
            x = self._span(self._chosen, self._chosen).center().x()
            painter.setPen(QPen(QColor(colors.text), 0))
            painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
        painter.setPen(QPen(QColor(colors.accent if self.hasFocus() else colors.border), 0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(plot)

    def _span(self, first: int, last: int) -> QRectF:
        plot = self._plot()
        wide = plot.width() / max(len(self._tokens), 1)
        return QRectF(plot.left() + first * wide, plot.top(), (last - first + 1) * wide, plot.height())

    def _place_at(self, x: float) -> int:
        plot, count = self._plot(), len(self._tokens)
        return min(count - 1, max(0, int((x - plot.left()) / plot.width() * count)))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._tokens and event.button() is Qt.MouseButton.LeftButton:
            self._pressed = event.position().x()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not self._tokens:
            return
        at = self._place_at(event.position().x())
        if self._pressed is None:
            words = (self._described(at), self.tr("Line: surprisal. Area: entropy. Click a token, or drag over some."))
            QToolTip.showText(event.globalPosition().toPoint(), "".join(map(plain_tip, words)), self)
        elif self._brush is not None or abs(event.position().x() - self._pressed) > _DRAG_PIXELS:
            self._brush = (self._place_at(self._pressed), at)
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._pressed = self._pressed, None
        if pressed is None:
            return
        if abs(event.position().x() - pressed) > _DRAG_PIXELS:
            self.range_chosen.emit(self.brushed)
            return
        self.clear_range()
        self.place_chosen.emit(self._place_at(pressed))

    def event(self, event: QEvent) -> bool:
        if is_own_escape(event) and self._brush is not None:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Escape and self._brush is not None:
            self.clear_range()
        elif key not in _KEYS or not self._tokens:
            super().keyPressEvent(event)
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._extend(key)
        else:
            self.place_chosen.emit(self._after(self._chosen, key))

    def _extend(self, key: Qt.Key) -> None:
        """From the chosen token, and from nowhere a range of one."""
        start, end = self._brush or (self._chosen, self._chosen)
        to = self._after(end, key)
        self._brush = (to if start is None else start, to)
        self.update()
        self.range_chosen.emit(self.brushed)

    def _after(self, place: int | None, key: Qt.Key) -> int:
        """Where a key leads from there."""
        last = len(self._tokens) - 1
        if key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            return 0 if key == Qt.Key.Key_Home else last
        if place is None:
            return 0 if key == Qt.Key.Key_Right else last
        return min(last, max(0, place + (1 if key == Qt.Key.Key_Right else -1)))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self.tr("Save picture…")).triggered.connect(self._save_picture)
        menu.popup(event.globalPos())

    def whole(self) -> Timeline:
        """A copy in which there is room for many tokens, for a picture."""
        copy = Timeline(self._theme)
        copy.set_tokens(self._tokens)
        copy.choose(self._chosen)
        copy._brush = self._brush
        copy.resize(max(self.width(), _PICTURE.width()), max(self.height(), _PICTURE.height()))
        return copy

    def _save_picture(self) -> None:
        whole = self.whole()
        picture = ask_for_picture(self, self.tr("Save picture"), self.tr("course of a reply"), whole)
        whole.deleteLater()
        if picture is not None:
            self.picture_made.emit(picture)
