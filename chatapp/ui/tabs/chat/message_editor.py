"""A message being edited in its place."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from chatapp.ui.language import Translated
from chatapp.ui.widgets.build import is_own_escape, named
from chatapp.ui.widgets.exact_text import exact_text
from chatapp.ui.widgets.prompt_box import PromptEdit


class MessageEditor(Translated, QFrame):
    """Enter saves, Esc gives up; the message as it was stays as a version of its own."""

    submitted = Signal(object)
    """str"""
    given_up = Signal()

    def __init__(self, text: str, *, asks: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("promptFrame")
        self._asks = asks
        self.edit = PromptEdit(self)
        self.edit.setPlainText(text)
        self.edit.moveCursor(self.edit.textCursor().MoveOperation.End)
        self.edit.submitted.connect(self._submit)
        self._note = named(QLabel(wordWrap=True), "muted")
        self._give_up = QPushButton()
        self._give_up.clicked.connect(self.given_up)
        self.save = named(QPushButton(), "primary")
        self.save.clicked.connect(self._submit)
        row = QHBoxLayout()
        row.addWidget(self._note, 1)
        row.addWidget(self._give_up)
        row.addWidget(self.save)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(12, 10, 10, 10)
        rows.addWidget(self.edit)
        rows.addLayout(row)
        self.retranslate()

    def retranslate(self) -> None:
        self.edit.setAccessibleName(self.tr("Edit the message"))
        self._give_up.setText(self.tr("Cancel"))
        self.save.setText(self.tr("Send") if self._asks else self.tr("Save"))
        self._note.setText(self.tr("The message as it was is kept as another version."))

    def event(self, event: QEvent) -> bool:
        if is_own_escape(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.given_up.emit()
        else:
            super().keyPressEvent(event)

    def text(self) -> str:
        return exact_text(self.edit.document())

    def _submit(self) -> None:
        text = self.text()
        if text.strip():
            self.submitted.emit(text)
