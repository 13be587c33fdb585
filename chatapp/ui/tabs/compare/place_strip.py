"""What each lane has at one place: the token and its probability."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from chatapp.ui.language import Translated
from chatapp.ui.panels.probabilities.candidate_table import token_text
from chatapp.ui.panels.probabilities.heat_text import HeatToken
from chatapp.ui.panels.probabilities.measure import percent
from chatapp.ui.tabs.compare.chip import paint_chip
from chatapp.ui.theme import Theme, distinct_color

_CELL_EMS, _MOST_EMS, _GAP, _BAR = 11, 20, 6, 3


class PlaceStrip(Translated, QWidget):
    """A cell for each lane, always as high as all of them need, so that nothing jumps."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._place: int | None = None
        self._tokens: Sequence[HeatToken | None] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._fit)
        self.retranslate()

    def show_place(self, place: int | None, tokens: Sequence[HeatToken | None]) -> None:
        """tokens: of each lane, None where it is shorter; place None: nothing is looked at."""
        self._place, self._tokens = place, tuple(tokens)
        self._fit()
        self.setAccessibleDescription(self.text())
        self.update()

    def text(self) -> str:
        """In words, as it is read aloud."""
        if self._place is None:
            return ""
        cells = (" ".join((str(lane + 1), *self._words(token))) for lane, token in enumerate(self._tokens))
        return self.tr("Token {place}").format(place=self._place + 1) + ": " + ", ".join(cells)

    def retranslate(self) -> None:
        self.setAccessibleName(self.tr("The token of each lane at the same place"))
        self.setToolTip(self.tr("Point at a token, or walk the tokens with the arrow keys"))
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _words(self, token: HeatToken | None) -> tuple[str, str]:
        if token is None:
            return "–", ""
        return token_text(token.text.encode()), percent(token.record.p) if token.record is not None else ""

    def _head_width(self) -> int:
        return self.fontMetrics().horizontalAdvance(self.tr("Token {place}").format(place=9999)) + 2 * _GAP

    def _columns(self) -> int:
        em = self.fontMetrics().horizontalAdvance("m")
        most = max(1, (self.width() - self._head_width()) // (em * _CELL_EMS + _GAP))
        rows = max(1, -(-len(self._tokens) // most))
        return max(1, -(-len(self._tokens) // rows))

    def _row_height(self) -> int:
        return self.fontMetrics().lineSpacing() + 4 + _BAR + 3

    def _fit(self) -> None:
        columns = self._columns()
        rows = max(1, -(-len(self._tokens) // columns))
        self.setFixedHeight(rows * (self._row_height() + 4))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        head = self._head_width()
        room = QRectF(0, 0, head if self._place is not None else self.width(), self._row_height() - _BAR)
        painter.setPen(QColor(self._theme.colors.muted))
        middle = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        if self._place is None:
            painter.drawText(room, middle, self.toolTip())
        else:
            painter.drawText(room, middle, self.tr("Token {place}").format(place=self._place + 1))
            columns = self._columns()
            most = self.fontMetrics().horizontalAdvance("m") * _MOST_EMS
            width = min(most, (self.width() - head) / columns)
            for lane, token in enumerate(self._tokens):
                x, y = head + lane % columns * width, lane // columns * (self._row_height() + 4)
                self._paint_cell(painter, QRectF(x, y, width - _GAP, self._row_height()), lane, token)
        painter.end()

    def _paint_cell(self, painter: QPainter, cell: QRectF, lane: int, token: HeatToken | None) -> None:
        line = cell.height() - _BAR - 3
        chip = QRectF(cell.left(), cell.top(), max(line, self.fontMetrics().horizontalAdvance("00") + 8), line)
        paint_chip(painter, chip, lane)
        word, number = self._words(token)
        text = QRectF(chip.right() + _GAP, cell.top(), cell.right() - chip.right() - _GAP, line)
        painter.setPen(QColor(self._theme.colors.muted))
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, number)
        left = text.width() - self.fontMetrics().horizontalAdvance(number) - _GAP
        word = self.fontMetrics().elidedText(word, Qt.TextElideMode.ElideRight, int(left))
        painter.setPen(QColor(self._theme.colors.text))
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, word)
        if token is not None and token.record is not None:
            bar = QRectF(text.left(), cell.bottom() - _BAR, text.width(), _BAR)
            painter.fillRect(bar, QColor(self._theme.colors.hover))
            bar.setWidth(text.width() * token.record.p)
            painter.fillRect(bar, distinct_color(lane))
