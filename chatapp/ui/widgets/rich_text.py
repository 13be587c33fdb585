"""A reply as rich text: prose, code, formulas and thoughts one below the other. Growing changes only the last."""

from __future__ import annotations

import time
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from chatapp.core.segments import Segment, SegmentKind, segments_of
from chatapp.services.background import Background
from chatapp.ui.language import Translated
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.build import plain_tip, shown
from chatapp.ui.widgets.code_view import CodeView
from chatapp.ui.widgets.formulas import Formulas, Picture
from chatapp.ui.widgets.idle import Idle
from chatapp.ui.widgets.markdown_view import MarkdownView
from chatapp.ui.widgets.thought_view import ThoughtView

MOST_SEGMENTS = 60  # at a time; a text of more shows the rest on request
_AT_ONCE = 0.008  # seconds for pieces shown at once; the others follow while nothing else is to do


class Typesetting(QObject):
    """What all rich texts of a window share."""

    def __init__(self, theme: Theme, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.background = background
        self.idle = Idle(self)
        self.formulas = Formulas(background, self.idle, self)


@dataclass(slots=True)
class _Shown:
    segment: Segment
    widget: QWidget | None  # None: nothing but empty lines


class RichText(Translated, QWidget):
    link_chosen = Signal(object)
    """str: an address"""

    def __init__(self, typesetting: Typesetting, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._typesetting = typesetting
        self._text = ""
        self._shown: list[_Shown] = []
        self._most = MOST_SEGMENTS
        self._more = shown(QPushButton(self), False)
        self._more.clicked.connect(self._show_more)
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(8)
        self._rows.addWidget(self._more)
        self.retranslate()

    def text(self) -> str:
        """What the model wrote, to the letter."""
        return self._text

    def set_text(self, text: str) -> None:
        for old in self._shown:
            self._drop(old)
        self._shown.clear()
        self._text = text
        self._most = MOST_SEGMENTS
        self._show(_AT_ONCE, least=1)

    def append_text(self, text: str) -> None:
        self._text += text
        if self._more.isHidden():  # nothing is left out of what grows before a person's eyes
            self._most = len(self._shown) + MOST_SEGMENTS
        self._show(_AT_ONCE, least=len(self._shown))

    def widgets(self) -> list[QWidget]:
        """The pieces, from top to bottom."""
        return [piece.widget for piece in self._shown if piece.widget is not None]

    def retranslate(self) -> None:
        self._more.setText(self.tr("This message is very long. Show more of it"))

    def setAccessibleName(self, name: str) -> None:
        super().setAccessibleName(name)
        for widget in self.widgets():
            if isinstance(widget, MarkdownView):
                widget.setAccessibleName(name)

    def _show(self, seconds: float, *, least: int) -> None:
        """Renders the last piece again and adds others behind it for about so long, until there are `least`."""
        ends = time.perf_counter() + seconds
        place = max(0, len(self._shown) - 1)
        for segment in segments_of(self._text, self._shown[-1].segment if self._shown else None):
            if place >= self._most or (place >= least and time.perf_counter() > ends):
                break
            self._put(place, segment)
            place += 1
        for old in self._shown[place:]:
            self._drop(old)
        del self._shown[place:]
        self._more.setVisible(len(self._shown) >= self._most and not self._is_whole())
        if not self._is_done():
            self._typesetting.idle.do(self._show_next)

    def _show_next(self) -> bool:
        self._show(0, least=len(self._shown) + 1)
        return not self._is_done()

    def _show_more(self) -> None:
        self._most += MOST_SEGMENTS
        self._typesetting.idle.do(self._show_next)

    def _is_done(self) -> bool:
        return self._is_whole() or len(self._shown) >= self._most

    def _is_whole(self) -> bool:
        return (self._shown[-1].segment.end if self._shown else 0) >= len(self._text)

    def _put(self, place: int, segment: Segment) -> None:
        old = self._shown[place] if place < len(self._shown) else None
        if old is not None and old.segment == segment:
            return
        has_content = bool(segment.text.strip()) or segment.kind is SegmentKind.CODE
        stays = old is not None and has_content and old.segment.kind is segment.kind
        widget = old.widget if old is not None and stays else None
        if old is not None and not stays:
            self._drop(old)
        if widget is None and has_content:
            widget = self._made(segment.kind)
            self._rows.insertWidget(self._place_of(place), widget)
        if widget is not None:
            self._fill(widget, segment)
        self._shown[place : place + 1] = [_Shown(segment, widget)]

    def _place_of(self, place: int) -> int:
        return sum(piece.widget is not None for piece in self._shown[:place])

    def _made(self, kind: SegmentKind) -> QWidget:
        theme, idle = self._typesetting.theme, self._typesetting.idle
        match kind:
            case SegmentKind.CODE:
                return CodeView(theme, self._typesetting.background, idle)
            case SegmentKind.THOUGHT:
                return ThoughtView(theme, self._made_thoughts)
            case SegmentKind.FORMULA:
                return FormulaView(self._typesetting)
            case SegmentKind.PROSE:
                view = MarkdownView(theme, self._typesetting.formulas)
                view.setAccessibleName(self.accessibleName())
                view.link_chosen.connect(self.link_chosen)
                return view

    def _made_thoughts(self) -> RichText:
        """The text of a thought is rendered when it is unfolded."""
        thoughts = RichText(self._typesetting)
        thoughts.link_chosen.connect(self.link_chosen)
        return thoughts

    def _fill(self, widget: QWidget, segment: Segment) -> None:
        match widget:
            case CodeView():
                widget.set_code(segment.text, segment.language, closed=segment.closed)
            case ThoughtView():
                widget.set_thought(segment.text, closed=segment.closed)
            case FormulaView():
                widget.set_formula(segment.text)
            case MarkdownView():
                widget.set_text(segment.text)

    def _drop(self, piece: _Shown) -> None:
        if piece.widget is not None:
            piece.widget.hide()
            self._rows.removeWidget(piece.widget)
            piece.widget.deleteLater()


class FormulaView(QLabel):
    """A formula of its own line; its source or another text until it is drawn, and where it can't be."""

    def __init__(self, typesetting: Typesetting, parent: QWidget | None = None) -> None:
        super().__init__(parent, textFormat=Qt.TextFormat.PlainText)
        self._typesetting = typesetting
        self._latex = self._text = ""
        typesetting.theme.changed.connect(self.draw)

    def set_formula(self, latex: str, text: str = "") -> None:
        self._latex, self._text = latex, text or latex
        self.setAccessibleName(self._text)
        self.setToolTip(plain_tip(self._text))
        self.draw()

    def drawn(self) -> Picture | None:
        """None where it is not drawn yet, or can't be."""
        return self._typesetting.formulas.image(
            self._latex,
            size=round(self.fontInfo().pixelSize() * 1.15),
            color=self._typesetting.theme.colors.text,
            ready=self.draw,
            display=True,
        )

    def draw(self) -> bool:
        """Done with one call."""
        picture = self.drawn()
        self.setWordWrap(picture is None)
        self.setMinimumHeight(0 if picture is None else picture.image.deviceIndependentSize().toSize().height())
        if picture is None:
            self.setText(self._text)
        else:
            self.setPixmap(QPixmap.fromImage(picture.image))
        return False
