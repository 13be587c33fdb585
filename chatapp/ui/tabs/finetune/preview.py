"""Examples as the model gets them, with what is learnt of them marked. Knows no service."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QLabel, QTextEdit, QToolButton, QVBoxLayout, QWidget

from chatapp.core.data_report import Preview, PreviewPiece
from chatapp.core.training import Split
from chatapp.ui.language import Translated
from chatapp.ui.tabs.finetune.run_words import SPLITS, in_words
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.build import named

_LINES = 9


class ExamplePreview(Translated, QWidget):
    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._previews: Sequence[Preview] = ()
        self._place = 0
        self._title = QLabel(wordWrap=True)
        self.earlier, self.later = named(QToolButton(), "quiet"), named(QToolButton(), "quiet")
        self.earlier.clicked.connect(lambda: self.step(-1))
        self.later.clicked.connect(lambda: self.step(1))
        self.text = named(QTextEdit(readOnly=True), "detail")
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.text.setTabChangesFocus(True)
        self._legend = named(QLabel(wordWrap=True), "muted")
        top = QHBoxLayout()
        top.addWidget(self._title, 1)
        top.addWidget(self.earlier)
        top.addWidget(self.later)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(6)
        rows.addLayout(top)
        rows.addWidget(self.text)
        rows.addWidget(self._legend)
        theme.changed.connect(self._on_theme)
        self._on_theme()
        self.retranslate()

    def show_previews(self, previews: Sequence[Preview]) -> None:
        self._previews, self._place = previews, 0
        self._show()

    def step(self, step: int) -> None:
        self._place = min(len(self._previews) - 1, max(0, self._place + step))
        self._show()

    def retranslate(self) -> None:
        self.earlier.setToolTip(self.tr("Example before"))
        self.later.setToolTip(self.tr("Next example"))
        for button in (self.earlier, self.later):
            button.setAccessibleName(button.toolTip())
        self.text.setAccessibleName(self.tr("The example as the model gets it"))
        self._legend.setText(
            self.tr(
                "Underlined on colour: the model learns to write it. Plain: it only reads it. Small: control tokens."
            )
        )
        self._show()

    def _show(self) -> None:
        self.setVisible(bool(self._previews))
        if not self._previews:
            return
        preview = self._previews[self._place]
        text = self.tr("Example {place} of {count}: line {line:,}, {part}, {tokens:,} tokens")
        part = in_words(SPLITS[Split(preview.split)]) if preview.split in set(Split) else ""
        self._title.setText(
            text.format(
                place=self._place + 1,
                count=len(self._previews),
                line=preview.line,
                part=part,
                tokens=preview.n_tokens,
            )
        )
        self.earlier.setEnabled(self._place > 0)
        self.later.setEnabled(self._place + 1 < len(self._previews))
        self.text.clear()
        cursor = QTextCursor(self.text.document())
        for piece in preview.pieces:
            cursor.insertText(piece.text, self._format(piece))
        self.text.moveCursor(QTextCursor.MoveOperation.Start)

    def _format(self, piece: PreviewPiece) -> QTextCharFormat:
        colors, wanted = self._theme.colors, QTextCharFormat()
        wanted.setForeground(QColor(colors.muted if piece.control else colors.text))
        if piece.control:
            wanted.setFontPointSize(self.font().pointSizeF() * 0.85)
        if piece.counted:
            wanted.setBackground(QColor(colors.soft))
            wanted.setFontUnderline(True)
            wanted.setUnderlineColor(QColor(colors.accent))
        return wanted

    def _on_theme(self) -> None:
        self.text.setFixedHeight(self.fontMetrics().lineSpacing() * _LINES + 12)
        for button, name in ((self.earlier, "left"), (self.later, "right")):
            button.setIcon(self._theme.icon(name))
            button.setIconSize(self._theme.icon_size(16))
        self._show()
