"""A card that says the model is not responding, with the two things a person can do about it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from chatapp.core.errors import error
from chatapp.core.sentences import WORKER_QUIET
from chatapp.ui.language import Translated, error_advice, error_message
from chatapp.ui.widgets.build import named


class SilenceCard(Translated, QFrame):
    """Hides itself where a person wants to wait."""

    restart_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self._title = named(QLabel(wordWrap=True), "cardTitle")
        self._hint = QLabel(wordWrap=True)
        self.wait = QPushButton()
        self.wait.clicked.connect(self.hide)
        self.restart = QPushButton()
        self.restart.clicked.connect(self.restart_requested)
        buttons = QHBoxLayout()
        for button in (self.wait, self.restart):
            buttons.addWidget(button)
        buttons.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 14, 12)
        for label in (self._title, self._hint):
            label.setTextFormat(Qt.TextFormat.PlainText)
            layout.addWidget(label)
        layout.addLayout(buttons)
        self.retranslate()

    def retranslate(self) -> None:
        info = error(WORKER_QUIET).info
        self._title.setText(error_message(info))
        self._hint.setText(error_advice(info))
        self.wait.setText(self.tr("Wait"))
        self.restart.setText(self.tr("Restart the model"))
        self.setAccessibleName(f"{self._title.text()} {self._hint.text()}")
