"""What a reasoning model thinks before it answers: folded away, a click shows it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QToolButton, QVBoxLayout, QWidget

from chatapp.ui.language import Translated
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.build import named, shown
from chatapp.ui.widgets.growing_text import GrowingText


class ThoughtView(Translated, QFrame):
    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("thought")
        self._theme = theme
        self._text = ""
        self._closed = False
        self.toggle = named(QToolButton(), "quiet")
        self.toggle.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.toggle.setCheckable(True)
        self.toggle.toggled.connect(self._on_toggled)
        self.body = shown(GrowingText(self), False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.toggle, alignment=Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self.body)
        theme.changed.connect(self._set_icon)
        self._set_icon()
        self.retranslate()

    def set_thought(self, text: str, *, closed: bool) -> None:
        self._text, self._closed = text, closed
        self.retranslate()
        if self.toggle.isChecked():
            self._show_text()

    def retranslate(self) -> None:
        words = len(self._text.split())
        if self._closed:
            self.toggle.setText(self.tr("Thought ({words} words)").format(words=words))
        else:
            self.toggle.setText(self.tr("Thinking… ({words} words)").format(words=words))
        self.toggle.setAccessibleName(self.toggle.text())
        self.toggle.setToolTip(self.tr("Show or hide what the model thought before its answer"))
        self.body.setAccessibleName(self.tr("The model's thoughts"))

    def _on_toggled(self, is_open: bool) -> None:
        self._set_icon()
        self.body.setVisible(is_open)
        if is_open:
            self._show_text()

    def _show_text(self) -> None:
        """A hidden text is not laid out."""
        shown_now = self.body.text()
        if self._text.startswith(shown_now):
            self.body.append_text(self._text[len(shown_now) :])
        else:
            self.body.set_text(self._text)

    def _set_icon(self) -> None:
        icon = "chevron" if self.toggle.isChecked() else "folded"
        self.toggle.setIcon(self._theme.icon(icon, color=self._theme.colors.muted))
        self.toggle.setIconSize(self._theme.icon_size(14))
