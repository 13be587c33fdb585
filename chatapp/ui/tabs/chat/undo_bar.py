"""What was just done, and the way back."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from chatapp.ui.language import Translated
from chatapp.ui.widgets.build import named, shown

_SHOWN_MS = 20_000


class UndoBar(Translated, QFrame):
    undone = Signal(object)
    """str: a conversation's id"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("group")
        self._deleted: list[str] = []  # ids, the last one last
        self._text = QLabel(wordWrap=True)
        self.button = QPushButton()
        self.button.clicked.connect(self.undo)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 6, 8, 6)
        row.addWidget(self._text, 1)
        row.addWidget(self.button)
        self._timer = QTimer(self, singleShot=True, interval=_SHOWN_MS)
        self._timer.timeout.connect(self.hide)
        shown(named(self, "group"), False)
        self.retranslate()

    def offer(self, conversation_id: str) -> None:
        self._deleted.append(conversation_id)
        self._timer.start()
        self.show()

    def undo(self) -> None:
        """Brings back what was deleted last, also when the bar has gone; once more, what was deleted before it."""
        self.hide()
        if self._deleted:
            self.undone.emit(self._deleted.pop())

    def forget(self, conversation_id: str) -> None:
        """It is no longer in the bin."""
        if conversation_id in self._deleted:
            self._deleted.remove(conversation_id)
        self.hide()

    def retranslate(self) -> None:
        self._text.setText(self.tr("The chat is in the bin, where it stays for 30 days."))
        self.button.setText(self.tr("Undo"))
        self.button.setToolTip(self.tr("Bring it back (Ctrl+Shift+T)"))
