"""A reply as rich text: prose, code, formulas and thoughts one below the other. Growing changes only the last."""

from __future__ import annotations

import time
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from chatapp.core.segments import Segment, SegmentKind, segments_of
from chatapp.services.background import Background
from chatapp.ui.language import Translated
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.build import plain_tip, shown
from chatapp.ui.widgets.code_view import CodeView
from chatapp.ui.widgets.formulas import Formulas
from chatapp.ui.widgets.markdown_view import MarkdownView
from chatapp.ui.widgets.thought_view import ThoughtView

MOST_SEGMENTS = 60  # at a time; a text of more shows the rest on request
_AT_ONCE_MS, _STEP_MS = 12, 6  # spent at once, and whenever nothing else is to do; one piece is made in any case


class Typesetting(QObject):
    """What all rich texts of a window share."""

    def __init__(self, theme: Theme, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.background = background
        self.formulas = Formulas(background, self)


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
        self._most = self._wanted = MOST_SEGMENTS
        self._filler = QTimer(self, interval=0)
        self._filler.timeout.connect(self._show_some)
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
        self._most, self._wanted = 0, MOST_SEGMENTS
        self._show_for(_AT_ONCE_MS)
        self._filler.start()

    def append_text(self, text: str) -> None:
        self._text += text
        if self._more.isHidden():  # nothing is left out of what grows before a person's eyes
            self._most = self._wanted = len(self._shown) + MOST_SEGMENTS
        self._update_from(self._shown[-1].segment.start if self._shown else 0)

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

    def _update_from(self, start: int) -> None:
        place = len(self._shown) - 1 if self._shown else 0
        for segment in segments_of(self._text, start):
            if place >= self._most:
                break
            self._put(place, segment)
            place += 1
        for old in self._shown[place:]:
            self._drop(old)
        del self._shown[place:]
        self._more.setVisible(self._most >= self._wanted and not self._is_whole())

    def _show_more(self) -> None:
        self._wanted += MOST_SEGMENTS
        self._filler.start()

    def _show_some(self) -> None:
        if self._is_whole() or self._most >= self._wanted:
            self._filler.stop()
            self._more.setVisible(not self._is_whole())
            return
        self._show_for(_STEP_MS)

    def _show_for(self, milliseconds: float) -> None:
        end = time.perf_counter() + milliseconds / 1000
        while True:
            self._most += 1
            self._update_from(self._shown[-1].segment.start if self._shown else 0)
            if self._is_whole() or self._most >= self._wanted or time.perf_counter() > end:
                return

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
        theme = self._typesetting.theme
        match kind:
            case SegmentKind.CODE:
                return CodeView(theme, self._typesetting.background)
            case SegmentKind.THOUGHT:
                return ThoughtView(theme)
            case SegmentKind.FORMULA:
                return FormulaView(self._typesetting)
            case SegmentKind.PROSE:
                view = MarkdownView(theme, self._typesetting.formulas)
                view.setAccessibleName(self.accessibleName())
                view.link_chosen.connect(self.link_chosen)
                return view

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
    """A formula of its own line; its source until it is drawn, and where it can't be."""

    def __init__(self, typesetting: Typesetting, parent: QWidget | None = None) -> None:
        super().__init__(parent, textFormat=Qt.TextFormat.PlainText)
        self._typesetting = typesetting
        self._latex = ""
        typesetting.theme.changed.connect(self.draw)

    def set_formula(self, latex: str) -> None:
        self._latex = latex
        self.setAccessibleName(latex)
        self.setToolTip(plain_tip(latex))
        self.draw()

    def draw(self) -> None:
        image = self._typesetting.formulas.image(
            self._latex,
            size=round(self.fontInfo().pixelSize() * 1.15),
            color=self._typesetting.theme.colors.text,
            ready=self.draw,
            display=True,
        )
        self.setWordWrap(image is None)
        self.setMinimumHeight(0 if image is None else image.deviceIndependentSize().toSize().height())
        if image is None:
            self.setText(self._latex)
        else:
            self.setPixmap(QPixmap.fromImage(image))
