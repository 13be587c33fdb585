"""A block of code: its language, a button that copies it, colours."""

from __future__ import annotations

from collections.abc import Sequence

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.styles import get_style_by_name
from pygments.token import _TokenType
from pygments.util import ClassNotFound
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import (
    QColor,
    QFont,
    QGuiApplication,
    QSyntaxHighlighter,
    QTextCharFormat,
    QTextDocument,
    QTextOption,
)
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget
from shiboken6 import isValid

from chatapp.services.background import Background
from chatapp.ui.language import Translated
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.build import named
from chatapp.ui.widgets.growing_text import GrowingText
from chatapp.ui.widgets.markdown_view import fixed_families

_COPIED_MS = 1500
_LONGEST_LINE = 2_000  # coloured; longer ones stay plain
Line = Sequence[tuple[int, _TokenType]]
"""(length, kind) of the pieces of a line"""


class CodeView(Translated, QFrame):
    def __init__(self, theme: Theme, background: Background, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("code")
        self._theme = theme
        self._background = background
        self._language = ""
        self.body = GrowingText()
        self.body.setLineWrapMode(GrowingText.LineWrapMode.NoWrap)
        self.body.setWordWrapMode(QTextOption.WrapMode.NoWrap)
        self.body.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self._colors = _Highlighter(self.body.document(), theme)
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
            self._background.run(lambda: _lexer_of(language), self._on_lexer, lambda _info: None)
        shown = self.body.text()
        if code.startswith(shown):
            self.body.append_text(code[len(shown) :])
        elif code != shown:
            self.body.set_text(code)
        if closed:
            self._background.run(lambda: _lines(language, code), self._on_lines, lambda _info: None)

    def code(self) -> str:
        return self.body.text()

    def retranslate(self) -> None:
        self.copy.setToolTip(self.tr("Copy this code"))
        self.copy.setAccessibleName(self.copy.toolTip())
        self.body.setAccessibleName(self.tr("Code"))

    def _on_lexer(self, lexer: Lexer | None) -> None:
        if isValid(self):
            self._colors.use(lexer)

    def _on_lines(self, lines: list[Line]) -> None:
        if isValid(self):
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


class _Highlighter(QSyntaxHighlighter):
    def __init__(self, document: QTextDocument, theme: Theme) -> None:
        super().__init__(document)
        self._theme = theme
        self._lexer: Lexer | None = None
        self._lines: Sequence[Line] | None = None
        self._formats: dict[_TokenType, QTextCharFormat] = {}

    def use(self, lexer: Lexer | None) -> None:
        self._lexer, self._lines = lexer, None

    def use_lines(self, lines: Sequence[Line]) -> None:
        """The pieces of every line, from the whole code: a text of several lines is known as one."""
        self._lines = lines
        self.rehighlight()

    def refresh(self) -> None:
        self._formats.clear()
        self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        number = self.currentBlock().blockNumber()
        if self._lines is not None:
            pieces: Line = self._lines[number] if number < len(self._lines) else ()
        elif self._lexer is not None and len(text) <= _LONGEST_LINE:
            pieces = _split(self._lexer, text)[0]
        else:
            return
        at = 0
        for length, kind in pieces:
            self.setFormat(at, length, self._format(kind))
            at += length

    def _format(self, kind: _TokenType) -> QTextCharFormat:
        if kind not in self._formats:
            look = get_style_by_name("github-dark" if self._theme.dark else "default").style_for_token(kind)
            format_ = QTextCharFormat()
            if look["color"]:
                format_.setForeground(QColor(f"#{look['color']}"))
            format_.setFontItalic(bool(look["italic"]))
            self._formats[kind] = format_
        return self._formats[kind]


def _lexer_of(language: str) -> Lexer | None:
    """Reads the lexer's module: runs off the main thread."""
    try:
        return get_lexer_by_name(language.lower(), stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None


def _lines(language: str, code: str) -> list[Line]:
    """Runs off the main thread."""
    lexer = _lexer_of(language)
    if lexer is None or max(map(len, code.split("\n"))) > _LONGEST_LINE:
        return []
    return _split(lexer, code)


def _split(lexer: Lexer, code: str) -> list[Line]:
    """The pieces of each line. Lengths are those of Qt, which counts in UTF-16 units."""
    lines: list[list[tuple[int, _TokenType]]] = [[]]
    for kind, piece in lexer.get_tokens(code):
        for at, part in enumerate(piece.split("\n")):
            if at > 0:
                lines.append([])
            if part:
                lines[-1].append((len(part.encode("utf-16-le")) // 2, kind))
    return list(lines)
