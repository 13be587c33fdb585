"""Read-only text that is as tall as its content and scrolls with the page around it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QUrl
from PySide6.QtGui import QResizeEvent, QTextBlockFormat, QTextCursor, QWheelEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextBrowser, QWidget

from chatapp.ui.widgets.exact_text import exact_text

LINE_PERCENT = 130


class GrowingText(QTextBrowser):
    """Appending lays out only the last paragraph again. Nothing in the text is ever loaded or followed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("messageText")
        self.setOpenLinks(False)
        self.setUndoRedoEnabled(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setTabChangesFocus(True)
        self.document().setDocumentMargin(0)
        self.document().documentLayout().documentSizeChanged.connect(self.fit)
        GrowingText.set_text(self, "")  # the line height; a subclass has nothing to show yet

    def set_text(self, text: str) -> None:
        self.clear()
        spaced = QTextBlockFormat()
        spaced.setLineHeight(LINE_PERCENT, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        cursor = QTextCursor(self.document())
        cursor.setBlockFormat(spaced)  # the paragraphs that follow inherit it
        self._insert(cursor, text)

    def append_text(self, text: str) -> None:
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        self._insert(cursor, text)

    def _insert(self, cursor: QTextCursor, text: str) -> None:
        """A person's place in an empty text would run with what is inserted, and a long line would scroll after it."""
        place = self.textCursor()
        anchor, position = place.anchor(), place.position()
        cursor.insertText(text)
        if place.position() != position:
            place.setPosition(anchor)
            place.setPosition(position, QTextCursor.MoveMode.KeepAnchor)
            self.setTextCursor(place)

    def text(self) -> str:
        return exact_text(self.document())

    def fit(self) -> None:
        """As tall as the text, with room for a scroll bar where the text is wider than the page."""
        height = max(self.fontMetrics().lineSpacing(), round(self.document().size().height() + 0.5))
        if self.horizontalScrollBarPolicy() != Qt.ScrollBarPolicy.ScrollBarAlwaysOff and self._is_too_wide():
            height += self.horizontalScrollBar().sizeHint().height()
        if self.height() != height:
            self.setFixedHeight(height)

    def _is_too_wide(self) -> bool:
        return self.document().idealWidth() > self.viewport().width()

    def loadResource(self, _kind: int, _name: QUrl | str) -> None:
        """No picture, style sheet or page that a text names is opened."""

    def sizeHint(self) -> QSize:
        return QSize(400, self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # the page scrolls
