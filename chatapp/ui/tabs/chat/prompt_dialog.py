"""The exact prompt behind a reply: every token in its bounds, the template's words apart from people's."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QTextEdit, QVBoxLayout, QWidget

from chatapp.core.errors import ErrorInfo
from chatapp.core.prompt_token import PromptToken
from chatapp.protocol.engine import PromptShown
from chatapp.ui.language import Translated
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.build import named
from chatapp.ui.widgets.error_card import ErrorCard

_MOST_TOKENS = 20_000  # drawn; the numbers count all


class PromptDialog(Translated, QDialog):
    """Opens empty and says that it waits; `show_prompt` or `show_error` fills it."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._shown: PromptShown | None = None
        self._failed = False
        self.summary = QLabel(wordWrap=True)
        self._legend = named(QLabel(wordWrap=True), "muted")
        self.text = QTextEdit(readOnly=True)
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self._copy = self._buttons.addButton("", QDialogButtonBox.ButtonRole.ActionRole)
        self._copy.clicked.connect(self._on_copy)
        self._buttons.rejected.connect(self.reject)
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(18, 16, 18, 14)
        self._rows.setSpacing(10)
        for widget in (self.summary, self._legend, self.text, self._buttons):
            self._rows.addWidget(widget)
        em = self.fontMetrics().horizontalAdvance("m")
        self.resize(46 * em, 34 * em)
        theme.changed.connect(self._draw)
        self.retranslate()

    def show_prompt(self, shown: PromptShown) -> None:
        self._shown = shown
        self._draw()
        self.retranslate()

    def show_error(self, info: ErrorInfo) -> None:
        self._failed = True
        self._rows.insertWidget(0, ErrorCard(info))
        self.retranslate()

    def retranslate(self) -> None:
        self.setWindowTitle(self.tr("Exact prompt"))
        self.summary.setText(self._summary_text())
        self.summary.setVisible(not self._failed)
        self._legend.setText(
            self.tr("Each token has its own shade. The template's words are coloured; ↵ is a line break, ␣ a space.")
        )
        self._copy.setText(self.tr("Copy"))
        self._copy.setEnabled(self._shown is not None)
        self._buttons.button(QDialogButtonBox.StandardButton.Close).setText(self.tr("Close"))
        self.text.setAccessibleName(self.windowTitle())

    def _summary_text(self) -> str:
        if self._shown is None:
            return self.tr("Asking the model process… while a reply is written, this waits for its end.")
        texts = [
            self.tr("{count:,} tokens of {limit:,}, exactly as the model is given them.").format(
                count=len(self._shown.tokens), limit=self._shown.n_ctx
            )
        ]
        if self._shown.left_out:
            texts.append(
                self.tr("The context is full: the oldest messages left out: {count}.").format(
                    count=self._shown.left_out
                )
            )
        return " ".join(texts)

    def _draw(self) -> None:
        if self._shown is None:
            return
        document = self.text.document()
        document.clear()
        cursor = QTextCursor(document)
        cursor.beginEditBlock()
        for number, token in enumerate(self._shown.tokens[:_MOST_TOKENS]):
            cursor.insertText(_readable(token), self._format(token, odd=number % 2 == 1))
        cursor.endEditBlock()

    def _format(self, token: PromptToken, *, odd: bool) -> QTextCharFormat:
        colors = self._theme.colors
        form = QTextCharFormat()
        form.setForeground(QColor(colors.accent if token.message is None else colors.text))
        form.setBackground(QColor(colors.hover if odd else colors.surface))
        form.setFontWeight(600 if token.control else 400)
        return form

    def _on_copy(self) -> None:
        if self._shown is not None:
            QGuiApplication.clipboard().setText("".join(token.text for token in self._shown.tokens))


def _readable(token: PromptToken) -> str:
    """Spaces and line breaks made visible; bytes of an unfinished character as they are."""
    if not token.text:
        return "".join(f"⟨{byte:02X}⟩" for byte in token.data) or "·"
    if token.text.strip(" \n\t") == "":
        return token.text.replace(" ", "␣").replace("\t", "⇥").replace("\n", "↵\n")
    return token.text.replace("\n", "↵\n")
