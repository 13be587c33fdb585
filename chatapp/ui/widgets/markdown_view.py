"""Prose from a model as rich text: Markdown without HTML, without pictures, with links that only ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFontDatabase,
    QImage,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFrameFormat,
    QTextImageFormat,
    QTextTable,
)
from PySide6.QtWidgets import QWidget

from chatapp.core.markdown import FORMULA_PLACE, is_heavy, tamed, with_formulas_back, with_formulas_marked
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.build import plain_tip
from chatapp.ui.widgets.formulas import Formulas
from chatapp.ui.widgets.growing_text import LINE_PERCENT, GrowingText

_FEATURES = QTextDocument.MarkdownFeature.MarkdownDialectGitHub | QTextDocument.MarkdownFeature.MarkdownNoHTML
LINK_SCHEMES = ("http", "https", "mailto")
_HEADING_SIZES = (1.35, 1.22, 1.12, 1.05, 1.0, 1.0)
_SPACE = 8  # pixels between paragraphs at 100 %
_FIXED = QTextBlockFormat.LineHeightTypes.FixedHeight.value
_PROPORTIONAL = QTextBlockFormat.LineHeightTypes.ProportionalHeight.value


class MarkdownView(GrowingText):
    """Shows one piece of prose; `set_text` renders all of it again."""

    link_chosen = Signal(object)
    """str: the address of a link that was clicked"""

    def __init__(self, theme: Theme, formulas: Formulas, parent: QWidget | None = None) -> None:
        self._theme = theme
        self._formulas = formulas
        self._source = ""
        self._document: SafeDocument | None = None
        super().__init__(parent)
        self.anchorClicked.connect(lambda url: self.link_chosen.emit(url.toString()))
        theme.changed.connect(self.render_again)

    def set_text(self, text: str) -> None:
        self._source = text
        document = SafeDocument(self)
        document.setDefaultFont(self.font())
        document.setDocumentMargin(0)
        _Filling(document, self._theme, partial(self._formula, color=self._theme.colors.text)).fill(text)
        document.documentLayout().documentSizeChanged.connect(self.fit)
        self.setDocument(document)
        if self._document is not None:
            self._document.deleteLater()
        self._document = document
        self.fit()

    def append_text(self, text: str) -> None:
        self.set_text(self._source + text)

    def text(self) -> str:
        """The Markdown."""
        return self._source

    def render_again(self) -> None:
        self.set_text(self._source)

    def _formula(self, latex: str, *, color: str) -> QImage | None:
        return self._formulas.image(latex, size=self.fontInfo().pixelSize(), color=color, ready=self.render_again)


class SafeDocument(QTextDocument):
    """Loads nothing: what is not put into it is not there."""

    def loadResource(self, _kind: int, _name: QUrl | str) -> None:
        return None


@dataclass(slots=True)
class _Filling:
    """Fills a document that nobody lays out yet: a picture's file would be opened by its first layout."""

    document: QTextDocument
    theme: Theme
    formula: Callable[[str], QImage | None]

    def fill(self, text: str) -> None:
        if is_heavy(text):
            QTextCursor(self.document).insertText(text)
        else:
            marked, formulas = with_formulas_marked(tamed(text))
            self.document.setMarkdown(marked, _FEATURES)
            self._replace_pictures()
            self._dress_texts()
            self._place_formulas(formulas)
        self._dress_tables()
        self._dress_blocks()

    def _replace_pictures(self) -> None:
        for start, length, format_, _text in reversed(self._fragments()):  # from the end: places before stay
            if format_.isImageFormat():
                self._selected(start, length).insertText(_alternative(format_.toImageFormat()), QTextCharFormat())

    def _dress_texts(self) -> None:
        for start, length, format_, _text in self._fragments():
            level = self.document.findBlock(start).blockFormat().headingLevel()
            dressed = QTextCharFormat(format_)
            if 0 < level <= len(_HEADING_SIZES):
                dressed.clearProperty(QTextCharFormat.Property.FontSizeAdjustment.value)
                dressed.setFontPointSize(self.document.defaultFont().pointSizeF() * _HEADING_SIZES[level - 1])
            if format_.isAnchor():
                self._dress_link(dressed)
            if format_.fontFixedPitch():
                dressed = code_format(self.theme, dressed)
            if dressed != format_:
                self._selected(start, length).setCharFormat(dressed)

    def _dress_link(self, format_: QTextCharFormat) -> None:
        """A link that leads elsewhere than to a page or a mail is only text."""
        if QUrl(format_.anchorHref()).scheme().lower() in LINK_SCHEMES:
            format_.setForeground(QBrush(QColor(self.theme.colors.accent)))
            format_.setToolTip(plain_tip(format_.anchorHref()))
            return
        for name in ("AnchorHref", "AnchorName", "IsAnchor", "ForegroundBrush", "TextUnderlineStyle", "FontUnderline"):
            format_.clearProperty(QTextCharFormat.Property[name].value)

    def _fragments(self) -> list[tuple[int, int, QTextCharFormat, str]]:
        """(place, length, format, text) of each run of one format."""
        found = []
        block = self.document.begin()
        while block.isValid():
            pieces = block.begin()
            while not pieces.atEnd():
                piece = pieces.fragment()
                found.append((piece.position(), piece.length(), piece.charFormat(), piece.text()))
                pieces += 1
            block = block.next()
        return found

    def _place_formulas(self, formulas: list[str]) -> None:
        for start, length, format_, text in reversed(self._fragments()) if formulas else ():
            if FORMULA_PLACE.search(text) is None:
                continue
            cursor = self._selected(start, length)
            cursor.removeSelectedText()
            at = 0
            for found in FORMULA_PLACE.finditer(text):
                cursor.insertText(text[at : found.start()], format_)
                number = int(found.group(1))
                latex = formulas[number] if number < len(formulas) else ""
                image = self.formula(latex)
                if image is None:
                    cursor.insertText(latex, code_format(self.theme, format_))
                else:
                    insert_image(cursor, image, f"formula:{number}", latex)
                at = found.end()
            cursor.insertText(text[at:], format_)

    def _selected(self, start: int, length: int) -> QTextCursor:
        cursor = QTextCursor(self.document)
        cursor.setPosition(start)
        cursor.setPosition(start + length, QTextCursor.MoveMode.KeepAnchor)
        return cursor

    def _dress_tables(self) -> None:
        for frame in self.document.rootFrame().childFrames():
            if isinstance(frame, QTextTable):
                format_ = frame.format()
                format_.setBorder(1)
                format_.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
                format_.setBorderBrush(QBrush(QColor(self.theme.colors.border)))
                format_.setBorderCollapse(True)
                format_.setCellPadding(5)
                format_.setCellSpacing(0)
                frame.setFormat(format_)

    def _dress_blocks(self) -> None:
        block = self.document.begin()
        while block.isValid():
            self._dress_block(block)
            block = block.next()

    def _dress_block(self, block: QTextBlock) -> None:
        cursor = QTextCursor(block)
        format_ = block.blockFormat()
        format_.setLineHeight(LINE_PERCENT, _PROPORTIONAL)
        tight = cursor.currentTable() is not None or not block.next().isValid()
        tight = tight or (block.textList() is not None and block.next().textList() is not None)
        format_.setTopMargin(0)
        format_.setBottomMargin(0 if tight else round(_SPACE * self.theme.zoom / 100))
        if format_.intProperty(QTextBlockFormat.Property.BlockQuoteLevel.value) > 0:
            format_.setBackground(QBrush(QColor(self.theme.colors.soft)))
        if not block.text() and cursor.currentTable() is None and _beside_table(block):
            format_.setLineHeight(1, _FIXED)  # Qt wants a paragraph before and behind every table
            format_.setBottomMargin(0)
        cursor.setBlockFormat(format_)


def _beside_table(block: QTextBlock) -> bool:
    beside = (block.previous(), block.next())
    return any(other.isValid() and QTextCursor(other).currentTable() is not None for other in beside)


def code_format(theme: Theme, base: QTextCharFormat) -> QTextCharFormat:
    """`base` in the fixed font, on a ground of its own."""
    format_ = QTextCharFormat(base)
    format_.setFontFamilies(fixed_families())
    format_.setBackground(QBrush(QColor(theme.colors.hover)))
    return format_


def fixed_families() -> list[str]:
    return [QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).family(), "DejaVu Sans Mono", "monospace"]


def insert_image(cursor: QTextCursor, image: QImage, name: str, text: str) -> None:
    """Puts `image` at the cursor; text: what it says, for those who can't see it."""
    cursor.document().addResource(QTextDocument.ResourceType.ImageResource.value, QUrl(name), image)
    format_ = QTextImageFormat()
    format_.setName(name)
    format_.setWidth(image.deviceIndependentSize().width())
    format_.setHeight(image.deviceIndependentSize().height())
    format_.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignMiddle)
    format_.setToolTip(plain_tip(text))
    cursor.insertImage(format_)


def _alternative(image: QTextImageFormat) -> str:
    """What stands in place of a picture: its description or its address."""
    words = image.stringProperty(QTextCharFormat.Property.ImageAltText.value) or image.name()
    return f"[{with_formulas_back(words, lambda _number: '…')}]"
