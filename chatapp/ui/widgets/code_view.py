"""A block of code: its language, a button that copies it, colours."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QColor, QFont, QGuiApplication, QTextCharFormat, QTextDocument, QTextLayout, QTextOption
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget
from shiboken6 import isValid

from chatapp.services.background import Background
from chatapp.ui.language import Translated
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.build import named
from chatapp.ui.widgets.growing_text import GrowingText
from chatapp.ui.widgets.idle import Idle
from chatapp.ui.widgets.markdown_view import fixed_families

if TYPE_CHECKING:  # pygments is read when the first code is shown
    from pygments.lexer import Lexer
    from pygments.token import _TokenType

_COPIED_MS = 1500
_LONGEST_LINE = 2_000  # coloured; longer ones stay plain
_STEP_LINES, _STEP_PIECES = 40, 150  # coloured at a time
_PAUSE_EVERY, _PAUSE = 50, 0.0002  # tokens; seconds
Line = Sequence[tuple[int, "_TokenType"]]
"""(length, kind) of the pieces of a line"""


class CodeView(Translated, QFrame):
    def __init__(self, theme: Theme, background: Background, idle: Idle, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("code")
        self._theme = theme
        self._background = background
        self._code = ""
        self._language = ""
        self.body = GrowingText()
        self.body.setLineWrapMode(GrowingText.LineWrapMode.NoWrap)
        self.body.setWordWrapMode(QTextOption.WrapMode.NoWrap)
        self.body.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self._colors = _Colors(self.body.document(), theme, idle)
        self._label = named(QLabel(textFormat=Qt.TextFormat.PlainText), "muted")
        self.copy = named(QToolButton(), "quiet")
        self.copy.clicked.connect(self._on_copy)
        header = QHBoxLayout()
        header.addWidget(self._label)
        header.addStretch()
        header.addWidget(self.copy)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 4, 6, 8)
        layout.setSpacing(2)
        layout.addLayout(header)
        layout.addWidget(self.body)
        theme.changed.connect(self._apply_theme)
        self._apply_theme()
        self.retranslate()

    def set_code(self, code: str, language: str, *, closed: bool) -> None:
        """What the block says now. A closed one is coloured as a whole, one that grows line by line."""
        if language != self._language:
            self._language = language
            self._label.setText(language)
            self._colors.use(None)
            if not closed:
                self._background.run(lambda: _lexer_of(language), partial(self._on_lexer, language), lambda _info: None)
        if code.startswith(self._code):
            self.body.append_text(code[len(self._code) :])
        elif code != self._code:
            self.body.set_text(code)
            self._colors.refresh()
        self._code = code
        if closed:
            self._background.run(lambda: _lines(language, code), partial(self._on_lines, code), lambda _info: None)
        else:
            self._colors.go_on()

    def code(self) -> str:
        return self._code

    def retranslate(self) -> None:
        self.copy.setToolTip(self.tr("Copy this code"))
        self.copy.setAccessibleName(self.copy.toolTip())
        self.body.setAccessibleName(self.tr("Code"))

    def _on_lexer(self, language: str, lexer: Lexer | None) -> None:
        if isValid(self) and language == self._language:
            self._colors.use(lexer)

    def _on_lines(self, code: str, lines: list[Line]) -> None:
        if isValid(self) and code == self._code:
            self._colors.use_lines(lines)

    def _apply_theme(self) -> None:
        font = QFont(self.font())
        font.setFamilies(fixed_families())
        self.body.setFont(font)
        self._set_icon()
        self._colors.refresh()

    def _set_icon(self) -> None:
        self.copy.setIcon(self._theme.icon("copy", color=self._theme.colors.muted))
        self.copy.setIconSize(self._theme.icon_size(16))

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self.code())
        self.copy.setIcon(self._theme.icon("check", color=self._theme.colors.accent))
        QTimer.singleShot(_COPIED_MS, self, self._set_icon)


class _Colors(QObject):
    """Colours a document, some lines at a time: each time Qt looks through all that follow."""

    def __init__(self, document: QTextDocument, theme: Theme, idle: Idle) -> None:
        super().__init__(document)
        self._document = document
        self._theme = theme
        self._idle = idle
        self._lexer: Lexer | None = None
        self._lines: Sequence[Line] | None = None
        self._next = 0  # the first line without colours
        self._formats: dict[_TokenType, QTextCharFormat | None] = {}

    def use(self, lexer: Lexer | None) -> None:
        self._lexer, self._lines = lexer, None
        self.refresh()

    def use_lines(self, lines: Sequence[Line]) -> None:
        """The pieces of every line, from the whole code: a text of several lines is known as one."""
        self._lines = lines
        self.refresh()

    def refresh(self) -> None:
        self._formats.clear()
        self._next = 0
        self.go_on()

    def go_on(self) -> None:
        """Colours what has been added."""
        if self._lines or self._lexer is not None:
            self._idle.do(self._color_some)

    def _color_some(self) -> bool:
        block = self._document.findBlockByNumber(self._next)
        start, pieces, lines = block.position(), 0, 0
        while block.isValid() and lines < _STEP_LINES and pieces < _STEP_PIECES:
            ranges = self._ranges(self._next + lines, block.text())
            block.layout().setFormats(ranges)
            pieces += len(ranges)
            lines += 1
            end = block.position() + block.length()
            block = block.next()
        if lines:
            self._document.markContentsDirty(start, end - start)
            self._next += lines if block.isValid() else lines - 1  # the last may still grow
        return block.isValid()

    def _ranges(self, number: int, text: str) -> list[QTextLayout.FormatRange]:
        pieces: Line = ()
        if self._lines is not None:
            pieces = self._lines[number] if number < len(self._lines) else ()
        elif self._lexer is not None and len(text) <= _LONGEST_LINE:
            pieces = _split(self._lexer.get_tokens(text))[0]
        ranges = []
        at = 0
        for length, kind in pieces:
            if (format_ := self._format(kind)) is not None:
                range_ = QTextLayout.FormatRange()
                range_.start, range_.length, range_.format = at, length, format_
                ranges.append(range_)
            at += length
        return ranges

    def _format(self, kind: _TokenType) -> QTextCharFormat | None:
        """None where the kind looks like all the rest."""
        from pygments.styles import get_style_by_name

        if kind not in self._formats:
            look = get_style_by_name("github-dark" if self._theme.dark else "default").style_for_token(kind)
            format_ = QTextCharFormat()
            if look["color"]:
                format_.setForeground(QColor(f"#{look['color']}"))
            format_.setFontItalic(bool(look["italic"]))
            self._formats[kind] = format_ if look["color"] or look["italic"] else None
        return self._formats[kind]


def _lexer_of(language: str) -> Lexer | None:
    """Reads the lexer's module: runs off the main thread."""
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return get_lexer_by_name(language.lower(), stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None


def _lines(language: str, code: str) -> list[Line]:
    """Runs off the main thread."""
    lexer = _lexer_of(language)
    if lexer is None or max(map(len, code.split("\n"))) > _LONGEST_LINE:
        return []
    return _split(_with_pauses(lexer.get_tokens(code)))


def _with_pauses(tokens: Iterable[tuple[_TokenType, str]]) -> Iterator[tuple[_TokenType, str]]:
    """Python runs one thread at a time: the window would wait up to 5 ms each time it wants to go on."""
    for number, token in enumerate(tokens, start=1):
        if number % _PAUSE_EVERY == 0:
            time.sleep(_PAUSE)
        yield token


def _split(tokens: Iterable[tuple[_TokenType, str]]) -> list[Line]:
    """The pieces of each line. Lengths are those of Qt, which counts in UTF-16 units."""
    lines: list[list[tuple[int, _TokenType]]] = [[]]
    for kind, piece in tokens:
        for at, part in enumerate(piece.split("\n")):
            if at > 0:
                lines.append([])
            if part:
                lines[-1].append((len(part.encode("utf-16-le")) // 2, kind))
    return list(lines)
