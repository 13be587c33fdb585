"""Two versions of a message, word by word: what went is struck through, what came is underlined."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QHBoxLayout, QLabel, QTextEdit, QVBoxLayout, QWidget

from chatapp.core.chat import Versions
from chatapp.core.diff import Change, Stretch, differences
from chatapp.ui.language import Translated
from chatapp.ui.widgets.build import named
from chatapp.ui.widgets.rich_text import Typesetting


class DiffDialog(Translated, QDialog):
    """text_of: the text of a version by its id."""

    def __init__(
        self, typesetting: Typesetting, versions: Versions, text_of: Callable[[str], str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._typesetting = typesetting
        self._versions = versions
        self._text_of = text_of
        self._stretches: list[Stretch] = []
        self._asked = 0
        self.old, self.new = QComboBox(), QComboBox()
        for box in (self.old, self.new):
            box.addItems([str(number + 1) for number in range(len(versions.ids))])
        self.old.setCurrentIndex(versions.place - 1 if versions.place else 1)
        self.new.setCurrentIndex(versions.place)
        for box in (self.old, self.new):
            box.currentIndexChanged.connect(self._compare)
        self._old_label, self._new_label = QLabel(), QLabel()
        self._summary = named(QLabel(wordWrap=True), "muted")
        self.text = QTextEdit(readOnly=True)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self._buttons.rejected.connect(self.reject)
        top = QHBoxLayout()
        for widget in (self._old_label, self.old, self._new_label, self.new):
            top.addWidget(widget)
        top.addStretch()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(18, 16, 18, 14)
        rows.addLayout(top)
        for below in (self._summary, self.text, self._buttons):
            rows.addWidget(below)
        em = self.fontMetrics().horizontalAdvance("m")
        self.resize(46 * em, 34 * em)
        typesetting.theme.changed.connect(self._draw)
        self.retranslate()
        self._compare()

    def retranslate(self) -> None:
        self.setWindowTitle(self.tr("Compare versions"))
        self._old_label.setText(self.tr("From version"))
        self._new_label.setText(self.tr("to version"))
        for box, label in ((self.old, self._old_label), (self.new, self._new_label)):
            box.setAccessibleName(label.text())
        self._buttons.button(QDialogButtonBox.StandardButton.Close).setText(self.tr("Close"))
        self.text.setAccessibleName(self.windowTitle())
        self._say()

    def _compare(self) -> None:
        old, new = (self._text_of(self._versions.ids[box.currentIndex()]) for box in (self.old, self.new))
        self._asked += 1
        asked = self._asked

        def done(stretches: list[Stretch]) -> None:
            if asked == self._asked:
                self._stretches = stretches
                self._draw()
                self._say()

        self._typesetting.background.run(lambda: differences(old, new), done, lambda _problem: None)

    def _say(self) -> None:
        removed, added = (
            sum(len(s.text.split()) for s in self._stretches if s.change is change)
            for change in (Change.REMOVED, Change.ADDED)
        )
        if self._stretches and not removed + added:
            self._summary.setText(self.tr("The two are the same."))
        else:
            text = self.tr("Struck through: words that went ({removed}). Underlined: words that came ({added}).")
            self._summary.setText(text.format(removed=removed, added=added))

    def _draw(self) -> None:
        self.text.clear()
        cursor = QTextCursor(self.text.document())
        cursor.beginEditBlock()
        for stretch in self._stretches:
            cursor.insertText(stretch.text, self._format(stretch.change))
        cursor.endEditBlock()
        self.text.moveCursor(QTextCursor.MoveOperation.Start)

    def _format(self, change: Change) -> QTextCharFormat:
        colors, form = self._typesetting.theme.colors, QTextCharFormat()
        form.setForeground(QColor(colors.muted if change is Change.REMOVED else colors.text))
        if change is Change.REMOVED:
            form.setFontStrikeOut(True)
        elif change is Change.ADDED:
            form.setBackground(QColor(colors.soft))
            form.setFontUnderline(True)
        return form


def open_diff(dialog: DiffDialog) -> None:
    """Shows it; it is deleted when it closes."""
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()
