"""Text whose every token is coloured by what the model thought of it; tokens are walked by keys and chosen by mouse."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QToolTip, QWidget

from chatapp.core.generation import TEXT_BEFORE
from chatapp.core.token_record import TokenRecord
from chatapp.ui.panels.probabilities.measure import LEVELS, Measure, letters_on, level, ramp, value_text
from chatapp.ui.panels.probabilities.text_places import line_rects
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.build import plain_tip
from chatapp.ui.widgets.exact_text import SEPARATORS
from chatapp.ui.widgets.growing_text import GrowingText

_LINES = (  # of the underline mode, from what was expected to what was not
    QTextCharFormat.UnderlineStyle.NoUnderline,
    QTextCharFormat.UnderlineStyle.DotLine,
    QTextCharFormat.UnderlineStyle.DashUnderline,
    QTextCharFormat.UnderlineStyle.SingleUnderline,
)
_LONG = 200  # tokens of a paragraph, after which it is divided
_SENTENCE_ENDS = (".", "!", "?", "。", "！", "？", "…")
_BAR = 2.0  # pixels, below a marked range
_STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}


@dataclass(frozen=True, slots=True)
class HeatToken:
    """text: what became readable with it, "" inside a character of several bytes; record None: none was made."""

    id: int
    text: str
    record: TokenRecord | None


def as_shown(tokens: Sequence[HeatToken], text: str) -> list[HeatToken] | None:
    """The tokens that spell `text`: without what was cut behind it, and with a last one without a record for what they
    leave out. None where they spell another text."""
    shown: list[HeatToken] = []
    left = text
    for token in tokens:
        if not left.startswith(token.text[: len(left)]):
            return None
        if token.text and not left:
            break
        shown.append(replace(token, text=token.text[: len(left)]))
        left = left[len(token.text) :]
    if left:
        shown.append(HeatToken(TEXT_BEFORE, left, None))
    return shown


class HeatText(GrowingText):
    token_chosen = Signal(object)
    """int: its place among the tokens"""
    token_hovered = Signal(object)
    """int below the mouse, or None"""
    details_requested = Signal()
    """of the chosen token"""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        self._theme = theme
        self._measure = Measure.PROBABILITY
        self._underlines = False
        self._tokens: list[HeatToken] = []
        self._starts: list[int] = []  # of each token in the document
        self._length = 0
        self._breaks: list[int] = []  # positions of those that are not in the text
        self._since_break = 0  # tokens
        self._formats: dict[int, QTextCharFormat] = {}
        self._chosen: int | None = None
        self._hovered: int | None = None
        self._range: tuple[int, int] | None = None
        super().__init__(parent)
        self.setMouseTracking(True)
        theme.changed.connect(self._draw_again)

    def set_tokens(self, tokens: Sequence[HeatToken]) -> None:
        """Shows these and nothing else; none is chosen."""
        self.set_text("")
        self._tokens, self._starts, self._length = [], [], 0
        self._breaks, self._since_break = [], 0
        self._chosen = self._hovered = self._range = None
        self.append_tokens(tokens)

    def append_tokens(self, tokens: Sequence[HeatToken]) -> None:
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.beginEditBlock()
        for token in tokens:
            if token.text and self._is_time_for_a_break(token.text):
                self._breaks.append(self._length)
                cursor.insertBlock()
                self._length, self._since_break = cursor.position(), 0
            self._tokens.append(token)
            self._starts.append(self._length)
            self._since_break = 0 if "\n" in token.text else self._since_break + 1
            if token.text:
                cursor.insertText(token.text, self._format_of(token))
                self._length = cursor.position()
        cursor.endEditBlock()

    def text(self) -> str:
        return "".join(token.text for token in self._tokens)

    def tokens(self) -> Sequence[HeatToken]:
        return self._tokens

    def show_as(self, measure: Measure, *, underlines: bool) -> None:
        """Another measure, or lines below the words in place of colours behind them."""
        if (measure, underlines) != (self._measure, self._underlines):
            self._measure, self._underlines = measure, underlines
            self._draw_again()

    @property
    def chosen(self) -> int | None:
        return self._chosen

    def choose(self, place: int | None) -> None:
        """Marks that token; tells of it where it is another one."""
        if place == self._chosen or (place is not None and not 0 <= place < len(self._tokens)):
            return
        self._chosen = place
        self.viewport().update()
        if place is not None:
            self.setAccessibleDescription(self._described(place))
            self.token_chosen.emit(place)

    def mark_range(self, places: tuple[int, int] | None) -> None:
        """Draws a line below the tokens from the first to the last of `places`."""
        self._range = places
        self.viewport().update()

    def token_at(self, point: QPoint) -> int | None:
        """The place of the token at `point` of the viewport."""
        position = self.document().documentLayout().hitTest(point.toPointF(), Qt.HitTestAccuracy.ExactHit)
        return self._place_at(position) if position >= 0 and self._starts else None

    def place_at_height(self, y: int) -> int | None:
        """The first token of the line at that height of the text, or of the nearest line."""
        if not self._starts:
            return None
        position = max(0, self.document().documentLayout().hitTest(QPointF(0, y), Qt.HitTestAccuracy.FuzzyHit))
        block = self.document().findBlock(position)  # between two lines its end is what is hit
        line = block.layout().lineForTextPosition(position - block.position())
        return self._place_at(block.position() + line.textStart() if line.isValid() else position)

    def _place_at(self, position: int) -> int:
        place = bisect_right(self._starts, position) - 1
        while place > 0 and not self._tokens[place].text:  # it ends inside a character: the next one shows it
            place -= 1
        return place

    def _hover(self, place: int | None) -> None:
        if place != self._hovered:
            self._hovered = place
            self.token_hovered.emit(place)

    def _is_time_for_a_break(self, text: str) -> bool:
        """Qt lays out a paragraph as a whole for each token that is added, so long ones are divided: after a sentence,
        else before a word, else anywhere. What is copied is as it was written."""
        if self._since_break < _LONG:
            return False
        before = next((token.text for token in reversed(self._tokens) if token.text), "")
        after_sentence = before.endswith(_SENTENCE_ENDS) and "\n" not in text
        return after_sentence or self._since_break >= (2 * _LONG if text[0].isspace() else 3 * _LONG)

    def rect_of(self, place: int) -> QRect:
        """Where that token begins."""
        cursor = QTextCursor(self.document())
        cursor.setPosition(self._starts[place])
        return self.cursorRect(cursor)

    def _draw_again(self) -> None:
        self._formats.clear()
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()
        for place, token in enumerate(self._tokens):
            if token.text:
                cursor.setPosition(self._starts[place])
                cursor.setPosition(self._end_of(place), QTextCursor.MoveMode.KeepAnchor)
                cursor.setCharFormat(self._format_of(token))
        cursor.endEditBlock()

    def _end_of(self, place: int) -> int:
        return self._starts[place + 1] if place + 1 < len(self._starts) else self._length

    def _format_of(self, token: HeatToken) -> QTextCharFormat:
        step = -1 if token.record is None else level(self._measure, token.record)
        if step not in self._formats:
            self._formats[step] = self._made_format(step)
        return self._formats[step]

    def _made_format(self, step: int) -> QTextCharFormat:
        made = QTextCharFormat()
        if step < 0:
            made.setForeground(QBrush(QColor(self._theme.colors.muted)))
        elif self._underlines:
            made.setForeground(QBrush(QColor(self._theme.colors.text)))
            made.setUnderlineStyle(_LINES[min(len(_LINES) - 1, step * len(_LINES) // LEVELS)])
            made.setUnderlineColor(QColor(self._theme.colors.accent))
        else:
            color = ramp(step / (LEVELS - 1))
            made.setBackground(QBrush(color))
            made.setForeground(QBrush(letters_on(color)))
        return made

    def _described(self, place: int) -> str:
        token = self._tokens[place]
        if token.record is None:
            return token.text
        return f"{token.text!r}: {value_text(self._measure, token.record)}"

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._chosen is None and self._range is None:
            return
        painter = QPainter(self.viewport())
        painter.translate(-self.horizontalScrollBar().value(), -self.verticalScrollBar().value())
        clip, accent = QRectF(event.rect()), QColor(self._theme.colors.accent)
        if self._range is not None:
            for rect in self._rects_of(*self._range, clip):
                painter.fillRect(QRectF(rect.left(), rect.bottom() - _BAR, rect.width(), _BAR), accent)
        if self._chosen is not None:
            painter.setPen(accent)
            for frame in self._rects_of(self._chosen, self._chosen, clip):
                for shift in (0, 1):  # two pixels wide at every zoom
                    painter.drawRect(frame.toRect().adjusted(shift, shift, -shift - 1, -shift - 1))
        painter.end()

    def _rects_of(self, first: int, last: int, clip: QRectF) -> list[QRectF]:
        start = self._starts[first]
        return line_rects(self.document(), start, max(self._end_of(last), start + 1), clip)

    def createMimeDataFromSelection(self) -> QMimeData:
        """The words, without colours."""
        data, cursor = super().createMimeDataFromSelection(), self.textCursor()
        units = bytearray(cursor.selectedText().encode("utf-16-le", "surrogatepass"))
        start, end = cursor.selectionStart(), cursor.selectionEnd()
        for position in reversed(self._breaks):
            if start <= position < end:
                del units[2 * (position - start) : 2 * (position - start) + 2]
        # WORKAROUND: one made in Python and left on the clipboard crashes the end of the program (PySide6 6.11)
        data.text()  # Qt's own fills itself when it is first read
        data.clear()
        data.setText(units.decode("utf-16-le", "replace").translate(SEPARATORS))
        return data

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        if (
            event.button() is Qt.MouseButton.LeftButton
            and (place := self.token_at(event.position().toPoint())) is not None
        ):
            self.choose(place)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        place = self.token_at(event.position().toPoint())
        self._hover(place)
        if place is None:
            QToolTip.hideText()
        else:
            QToolTip.showText(event.globalPosition().toPoint(), plain_tip(self._described(place)), self)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hover(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = _STEPS.get(Qt.Key(event.key()))
        if step is not None and event.modifiers() == Qt.KeyboardModifier.NoModifier and self._tokens:
            first = 0 if step > 0 else len(self._tokens) - 1
            self.choose(first if self._chosen is None else self._chosen + step)
        elif event.key() in (Qt.Key.Key_Home, Qt.Key.Key_End) and self._tokens:
            self.choose(0 if event.key() == Qt.Key.Key_Home else len(self._tokens) - 1)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._chosen is not None:
            self.details_requested.emit()
        else:
            super().keyPressEvent(event)
