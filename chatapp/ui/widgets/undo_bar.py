"""What was just done, and the way back."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from chatapp.ui.language import Translated
from chatapp.ui.widgets.build import named, shown

_SHOWN_MS = 20_000


class UndoBar(Translated, QFrame):
    """text, tip: what was done and what the button does, in the window's language."""

    undone = Signal(object)
    """str: the id of what was deleted"""

    def __init__(self, text: Callable[[], str], tip: Callable[[], str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._told, self._tip = text, tip
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

    def offer(self, identity: str) -> None:
        self._deleted.append(identity)
        self._timer.start()
        self.show()

    def undo(self) -> None:
        """Brings back what was deleted last, also when the bar has gone; once more, what was deleted before it."""
        self.hide()
        if self._deleted:
            self.undone.emit(self._deleted.pop())

    def forget(self, identity: str) -> None:
        """It is no longer in the bin."""
        if identity in self._deleted:
            self._deleted.remove(identity)
        self.hide()

    def retranslate(self) -> None:
        self._text.setText(self._told())
        self.button.setText(self.tr("Undo"))
        self.button.setToolTip(self._tip())
