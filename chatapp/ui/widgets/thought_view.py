"""What a reasoning model thinks before it answers: folded away, a click shows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QToolButton, QVBoxLayout, QWidget

from chatapp.ui.language import Translated
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.build import named

if TYPE_CHECKING:  # a rich text has thoughts, and a thought is rich text
    from chatapp.ui.widgets.rich_text import RichText


class ThoughtView(Translated, QFrame):
    def __init__(self, theme: Theme, make_body: Callable[[], RichText], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("thought")
        self._theme = theme
        self._make_body = make_body
        self._text = ""
        self._closed = False
        self._words, self._counted = 0, 0  # as many in so many characters
        self.body: RichText | None = None
        self.toggle = named(QToolButton(), "quiet")
        self.toggle.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.toggle.setCheckable(True)
        self.toggle.toggled.connect(self._on_toggled)
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(4)
        self._rows.addWidget(self.toggle, alignment=Qt.AlignmentFlag.AlignLeft)
        theme.changed.connect(self._set_icon)
        self._set_icon()
        self.retranslate()

    def set_thought(self, text: str, *, closed: bool) -> None:
        if not text.startswith(self._text):
            self._words = self._counted = 0
        self._text, self._closed = text, closed
        self._name_toggle()
        if self.toggle.isChecked():
            self._show_text()

    def text(self) -> str:
        return self._text

    def retranslate(self) -> None:
        self._name_toggle()
        self.toggle.setToolTip(self.tr("Show or hide what the model thought before its answer"))
        if self.body is not None:
            self.body.setAccessibleName(self.tr("The model's thoughts"))

    def _name_toggle(self) -> None:
        words = self._word_count()
        thinking = self.tr("Thought ({words} words)") if self._closed else self.tr("Thinking… ({words} words)")
        if self.toggle.text() != (text := thinking.format(words=words)):
            self.toggle.setText(text)
            self.toggle.setAccessibleName(text)

    def _word_count(self) -> int:
        """Reads only what has been added. The last word may still grow: it is counted, but read again."""
        added = self._text[self._counted :]
        words = added.split()
        if words:
            last = added.rindex(words[-1])
            self._words += len(words) - 1
            self._counted += last
        return self._words + bool(words)

    def _on_toggled(self, is_open: bool) -> None:
        self._set_icon()
        if is_open:
            self._show_text()
        if self.body is not None:
            self.body.setVisible(is_open)

    def _show_text(self) -> None:
        """A hidden text is not laid out."""
        if self.body is None:
            self.body = self._make_body()
            self._rows.addWidget(self.body)
            self.retranslate()
        shown_now = self.body.text()
        if self._text.startswith(shown_now):
            self.body.append_text(self._text[len(shown_now) :])
        else:
            self.body.set_text(self._text)

    def _set_icon(self) -> None:
        icon = "chevron" if self.toggle.isChecked() else "folded"
        self.toggle.setIcon(self._theme.icon(icon, color=self._theme.colors.muted))
        self.toggle.setIconSize(self._theme.icon_size(14))
