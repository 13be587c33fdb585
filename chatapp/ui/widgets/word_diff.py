"""Two texts, word by word: what went is struck through, what came is underlined."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QLabel, QTextEdit, QVBoxLayout, QWidget

from chatapp.core.diff import Change, Stretch, differences
from chatapp.ui.language import Translated
from chatapp.ui.widgets.build import named
from chatapp.ui.widgets.rich_text import Typesetting


class WordDiff(Translated, QWidget):
    """Says how many words changed, and below that shows both texts in one. They are compared off the main thread, one
    pair at a time; of pairs that come meanwhile only the newest is."""

    def __init__(self, typesetting: Typesetting, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._typesetting = typesetting
        self._wanted = self._compared = ("", "")
        self._stretches: list[Stretch] = []
        self._is_busy = False
        self.summary = named(QLabel(wordWrap=True), "muted")
        self.text = named(QTextEdit(readOnly=True), "detail")
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setFocusProxy(self.text)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self.summary)
        rows.addWidget(self.text, 1)
        typesetting.theme.changed.connect(self._draw)
        self.retranslate()

    def compare(self, old: str, new: str) -> None:
        """Shows their differences soon; until then what was on show stays."""
        self._wanted = (old, new)
        if not self._is_busy and not self._typesetting.background.closed and self._wanted != self._compared:
            self._begin()

    def retranslate(self) -> None:
        self.text.setAccessibleName(self.tr("Differences, word by word"))
        removed, added = (
            sum(len(s.text.split()) for s in self._stretches if s.change is change)
            for change in (Change.REMOVED, Change.ADDED)
        )
        if not any(self._compared):
            self.summary.clear()
        elif self._compared[0] == self._compared[1]:
            self.summary.setText(self.tr("The two are the same."))
        else:
            text = self.tr("Struck through: words that went ({removed}). Underlined: words that came ({added}).")
            self.summary.setText(text.format(removed=removed, added=added))

    def _begin(self) -> None:
        self._is_busy, texts = True, self._wanted

        def done(stretches: list[Stretch]) -> None:
            self._is_busy = False
            self._stretches, self._compared = stretches, texts
            self._draw()
            self.retranslate()
            self.compare(*self._wanted)

        def failed(_problem: object) -> None:
            self._is_busy = False

        self._typesetting.background.run(lambda: differences(*texts), done, failed)

    def _draw(self) -> None:
        bar = self.text.verticalScrollBar()
        place = bar.value()  # of a text that grows the reader keeps the place
        self.text.clear()
        cursor = QTextCursor(self.text.document())
        cursor.beginEditBlock()
        for stretch in self._stretches:
            cursor.insertText(stretch.text, self._format(stretch.change))
        cursor.endEditBlock()
        self.text.moveCursor(QTextCursor.MoveOperation.Start)
        bar.setValue(place)

    def _format(self, change: Change) -> QTextCharFormat:
        colors, form = self._typesetting.theme.colors, QTextCharFormat()
        form.setForeground(QColor(colors.muted if change is Change.REMOVED else colors.text))
        if change is Change.REMOVED:
            form.setFontStrikeOut(True)
        elif change is Change.ADDED:
            form.setBackground(QColor(colors.soft))
            form.setFontUnderline(True)
        return form
