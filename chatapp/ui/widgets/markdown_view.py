"""Prose from a model as rich text: Markdown without HTML, without pictures, with links that only ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial

from PySide6.QtCore import QRectF, QUrl, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFontDatabase,
    QFontMetricsF,
    QImage,
    QPainter,
    QPaintEvent,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextDocumentFragment,
    QTextFrameFormat,
    QTextImageFormat,
    QTextTable,
)
from PySide6.QtWidgets import QWidget

from chatapp.core.markdown import FORMULA_PLACE, is_heavy, tamed, with_formulas_back, with_formulas_marked
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.build import plain_tip
from chatapp.ui.widgets.formulas import Formulas, Picture, beside_text
from chatapp.ui.widgets.growing_text import LINE_PERCENT, GrowingText

_FEATURES = QTextDocument.MarkdownFeature.MarkdownDialectGitHub | QTextDocument.MarkdownFeature.MarkdownNoHTML
LINK_SCHEMES = ("http", "https", "mailto")
_HEADING_SIZES = (1.35, 1.22, 1.12, 1.05, 1.0, 1.0)
_SPACE = 8  # pixels between paragraphs at 100 %
_FORMULA_SIZE = 1.12  # to the text: its letters are smaller than others of the same size
_QUOTE_INDENT, _QUOTE_BAR = 16, 3  # pixels at 100 %
_QUOTE_LEVEL = QTextBlockFormat.Property.BlockQuoteLevel.value
_FIXED = QTextBlockFormat.LineHeightTypes.FixedHeight.value
_PROPORTIONAL = QTextBlockFormat.LineHeightTypes.ProportionalHeight.value
_IMAGE = QTextDocument.ResourceType.ImageResource.value


class MarkdownView(GrowingText):
    """Shows one piece of prose; `set_text` renders all of it again."""

    link_chosen = Signal(object)
    """str: the address of a link that was clicked"""

    def __init__(self, theme: Theme, formulas: Formulas, parent: QWidget | None = None) -> None:
        self._theme = theme
        self._formulas = formulas
        self._source = ""
        self._document: SafeDocument | None = None
        self._quotes: list[tuple[int, int, int]] = []
        super().__init__(parent)
        self.anchorClicked.connect(lambda url: self.link_chosen.emit(url.toString()))
        theme.changed.connect(self.render_again)

    def set_text(self, text: str) -> None:
        """What is put into an empty document on show is laid out once; a document with a text in it, twice."""
        self._source = text
        filling = _Filling(self._empty(), self._theme, partial(self._formula, color=self._theme.colors.text))
        filling.fill(text)
        document = self._empty()
        for name, image in filling.images.items():
            document.addResource(_IMAGE, QUrl(name), image)
        self.setDocument(document)
        QTextCursor(document).insertFragment(QTextDocumentFragment(filling.document))
        self._quotes = _quotes(document)
        document.documentLayout().documentSizeChanged.connect(self.fit)
        filling.document.deleteLater()
        if self._document is not None:
            self._document.deleteLater()
        self._document = document
        self.fit()

    def append_text(self, text: str) -> None:
        self.set_text(self._source + text)

    def text(self) -> str:
        """The Markdown."""
        return self._source

    def render_again(self) -> bool:
        """Done with one call."""
        self.set_text(self._source)
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._quotes:
            self._paint_quotes()

    def _paint_quotes(self) -> None:
        painter = QPainter(self.viewport())
        layout, zoom = self.document().documentLayout(), self._theme.zoom / 100
        for level, first, last in self._quotes:
            above = layout.blockBoundingRect(self.document().findBlockByNumber(first))
            below = layout.blockBoundingRect(self.document().findBlockByNumber(last))
            bar = QRectF(level * _QUOTE_INDENT * zoom, above.top(), _QUOTE_BAR * zoom, below.bottom() - above.top())
            painter.fillRect(bar, QColor(self._theme.colors.border))
        painter.end()

    def _empty(self) -> SafeDocument:
        document = SafeDocument(self)
        document.setDefaultFont(self.font())
        document.setDocumentMargin(0)
        return document

    def _formula(self, latex: str, *, color: str) -> Picture | None:
        size = round(self.fontInfo().pixelSize() * _FORMULA_SIZE)
        return self._formulas.image(latex, size=size, color=color, ready=self.render_again)


class SafeDocument(QTextDocument):
    """Loads nothing: what is not put into it is not there."""

    def loadResource(self, _kind: int, _name: QUrl | str) -> None:
        return None


@dataclass(slots=True)
class _Run:
    """Characters of one format."""

    start: int
    length: int
    format_number: int
    format: QTextCharFormat
    text: str
    heading: int  # its level, 0: none
    is_quoted: bool


@dataclass(slots=True)
class _Filling:
    """Fills a document that nobody lays out: a picture's file would be opened by its first layout."""

    document: QTextDocument
    theme: Theme
    formula: Callable[[str], Picture | None]
    images: dict[str, QImage] = field(default_factory=dict)
    _dressed: dict[tuple[int, int, bool], QTextCharFormat] = field(default_factory=dict)

    def fill(self, text: str) -> None:
        if is_heavy(text):
            QTextCursor(self.document).insertText(text)
            self._space_blocks()
            return
        marked, formulas = with_formulas_marked(tamed(text))
        self.document.setMarkdown(marked, _FEATURES)
        # selected before anything changes: finding a place means reading the paragraph again after each change
        for run, selected in [(run, self._selected(run)) for run in self._runs() if self._needs_dress(run, formulas)]:
            self._dress(run, selected, formulas)
        self._space_blocks()
        for frame in self.document.rootFrame().childFrames():
            if isinstance(frame, QTextTable):
                self._dress_table(frame)

    def _runs(self) -> list[_Run]:
        found = []
        block = self.document.begin()
        while block.isValid():
            shape = block.blockFormat()
            heading, is_quoted = shape.headingLevel(), shape.intProperty(_QUOTE_LEVEL) > 0
            pieces = block.begin()
            while not pieces.atEnd():
                piece = pieces.fragment()
                format_ = piece.charFormat()
                place = (piece.position(), piece.length(), piece.charFormatIndex())
                found.append(_Run(*place, format_, piece.text(), heading, is_quoted))
                pieces += 1
            block = block.next()
        return found

    def _needs_dress(self, run: _Run, formulas: list[str]) -> bool:
        return run.format.isImageFormat() or _has_place(run, formulas) or self._dressed_format(run) != run.format

    def _dress(self, run: _Run, selected: QTextCursor, formulas: list[str]) -> None:
        if run.format.isImageFormat():
            selected.insertText(_alternative(run.format.toImageFormat()), QTextCharFormat())
        elif _has_place(run, formulas):
            self._place_formulas(run, selected, formulas)
        else:
            selected.setCharFormat(self._dressed_format(run))

    def _dressed_format(self, run: _Run) -> QTextCharFormat:
        """Made once for all runs that look alike: there may be hundreds."""
        look = (run.format_number, run.heading, run.is_quoted)
        if look not in self._dressed:
            self._dressed[look] = self._made_format(run)
        return self._dressed[look]

    def _made_format(self, run: _Run) -> QTextCharFormat:
        dressed = QTextCharFormat(run.format)
        if 0 < run.heading <= len(_HEADING_SIZES):
            dressed.clearProperty(QTextCharFormat.Property.FontSizeAdjustment.value)
            dressed.setFontPointSize(self.document.defaultFont().pointSizeF() * _HEADING_SIZES[run.heading - 1])
        if run.is_quoted:
            dressed.setForeground(QBrush(QColor(self.theme.colors.muted)))
        if run.format.isAnchor():
            self._dress_link(dressed)
        if run.format.fontFixedPitch():
            dressed = code_format(self.theme, dressed)
        return dressed

    def _dress_link(self, format_: QTextCharFormat) -> None:
        """A link that leads elsewhere than to a page or a mail is only text."""
        if QUrl(format_.anchorHref()).scheme().lower() in LINK_SCHEMES:
            format_.setForeground(QBrush(QColor(self.theme.colors.accent)))
            format_.setToolTip(plain_tip(format_.anchorHref()))
            return
        for name in ("AnchorHref", "AnchorName", "IsAnchor", "ForegroundBrush", "TextUnderlineStyle", "FontUnderline"):
            format_.clearProperty(QTextCharFormat.Property[name].value)

    def _place_formulas(self, run: _Run, cursor: QTextCursor, formulas: list[str]) -> None:
        format_ = self._dressed_format(run)
        cursor.removeSelectedText()
        at = 0
        for found in FORMULA_PLACE.finditer(run.text):
            cursor.insertText(run.text[at : found.start()], format_)
            number = int(found.group(1))
            latex = formulas[number] if number < len(formulas) else ""
            picture = self.formula(latex)
            if picture is None:
                cursor.insertText(latex, code_format(self.theme, format_))
            else:
                self._insert_picture(cursor, picture, f"formula:{number}", latex)
            at = found.end()
        cursor.insertText(run.text[at:], format_)

    def _insert_picture(self, cursor: QTextCursor, picture: Picture, name: str, latex: str) -> None:
        image, alignment = beside_text(picture, QFontMetricsF(self.document.defaultFont()))
        self.images[name] = image
        format_ = QTextImageFormat()
        format_.setName(name)
        format_.setWidth(image.deviceIndependentSize().width())
        format_.setHeight(image.deviceIndependentSize().height())
        format_.setVerticalAlignment(alignment)
        format_.setToolTip(plain_tip(latex))
        cursor.insertImage(format_)

    def _selected(self, run: _Run) -> QTextCursor:
        cursor = QTextCursor(self.document)
        cursor.setPosition(run.start)
        cursor.setPosition(run.start + run.length, QTextCursor.MoveMode.KeepAnchor)
        return cursor

    def _space_blocks(self) -> None:
        everything = QTextCursor(self.document)
        everything.select(QTextCursor.SelectionType.Document)
        everything.mergeBlockFormat(self._spacing(_SPACE))
        block = self.document.begin()
        while block.isValid():
            following = block.next()
            level = block.blockFormat().intProperty(_QUOTE_LEVEL)
            if level > 0 or not following.isValid() or _belong_together(block, following):
                shape = self._spacing(0 if not following.isValid() or _belong_together(block, following) else _SPACE)
                if level > 0:
                    shape.setLeftMargin(self._scaled(level * _QUOTE_INDENT))
                    shape.setRightMargin(0)
                QTextCursor(block).mergeBlockFormat(shape)
            block = following

    def _spacing(self, below: int) -> QTextBlockFormat:
        shape = QTextBlockFormat()
        shape.setLineHeight(LINE_PERCENT, _PROPORTIONAL)
        shape.setTopMargin(0)
        shape.setBottomMargin(self._scaled(below))
        return shape

    def _scaled(self, pixels: int) -> int:
        return round(pixels * self.theme.zoom / 100)

    def _dress_table(self, table: QTextTable) -> None:
        format_ = table.format()
        format_.setBorder(1)
        format_.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
        format_.setBorderBrush(QBrush(QColor(self.theme.colors.border)))
        format_.setBorderCollapse(True)
        format_.setCellPadding(5)
        format_.setCellSpacing(0)
        table.setFormat(format_)
        cells = table.firstCursorPosition()
        cells.setPosition(table.lastPosition(), QTextCursor.MoveMode.KeepAnchor)
        cells.mergeBlockFormat(self._spacing(0))
        if table.rows() > 1:  # Qt aligns only what is below the head
            for column in range(table.columns()):
                shape = QTextBlockFormat()
                shape.setAlignment(table.cellAt(1, column).firstCursorPosition().blockFormat().alignment())
                table.cellAt(0, column).firstCursorPosition().mergeBlockFormat(shape)
        for place in (table.firstPosition() - 1, table.lastPosition() + 1):
            beside = self.document.findBlock(place)
            if not beside.text():  # Qt wants a paragraph before and behind every table
                shape = self._spacing(0)
                shape.setLineHeight(1, _FIXED)
                QTextCursor(beside).mergeBlockFormat(shape)


def _has_place(run: _Run, formulas: list[str]) -> bool:
    return bool(formulas) and FORMULA_PLACE.search(run.text) is not None


def _belong_together(block: QTextBlock, following: QTextBlock) -> bool:
    """Points of a list and lines of code stand close."""
    if block.textList() is not None:
        return following.textList() is not None
    code = QTextBlockFormat.Property.BlockCodeLanguage.value
    return block.blockFormat().hasProperty(code) and following.blockFormat().hasProperty(code)


def _quotes(document: QTextDocument) -> list[tuple[int, int, int]]:
    """(level, first block, last block) of every bar beside quotes."""
    bars: list[tuple[int, int, int]] = []
    begun: list[int] = []  # of the bars that go on, from the outermost
    block = document.begin()
    for number in range(document.blockCount() + 1):
        level = block.blockFormat().intProperty(_QUOTE_LEVEL) if block.isValid() else 0
        while len(begun) > level:
            bars.append((len(begun) - 1, begun.pop(), number - 1))
        begun += [number] * (level - len(begun))
        block = block.next()
    return bars


def code_format(theme: Theme, base: QTextCharFormat) -> QTextCharFormat:
    """`base` in the fixed font, on a ground of its own."""
    format_ = QTextCharFormat(base)
    format_.setFontFamilies(fixed_families())
    format_.setBackground(QBrush(QColor(theme.colors.hover)))
    return format_


@cache
def fixed_families() -> list[str]:
    return [QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).family(), "DejaVu Sans Mono", "monospace"]


def _alternative(image: QTextImageFormat) -> str:
    """What stands in place of a picture: its description or its address."""
    words = image.stringProperty(QTextCharFormat.Property.ImageAltText.value) or image.name()
    return f"[{with_formulas_back(words, lambda _number: '…')}]"
