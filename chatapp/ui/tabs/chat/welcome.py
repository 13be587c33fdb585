"""What an empty conversation shows: a greeting and three prompts to begin with."""

from __future__ import annotations

import json

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from chatapp.storage.paths import assets
from chatapp.ui.language import Language, Translated
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.build import named

_CARD_EMS = 42
_WIDEST = 640


class Welcome(Translated, QWidget):
    chosen = Signal(object)
    """str: an example prompt"""

    def __init__(self, theme: Theme, language: Language, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._language = language
        self._prompts: dict[str, list[str]] = json.loads(
            (assets() / "starter" / "prompts.json").read_text(encoding="utf-8")
        )
        self._greeting = QLabel(alignment=Qt.AlignmentFlag.AlignHCenter, wordWrap=True)
        self._promise = named(QLabel(alignment=Qt.AlignmentFlag.AlignHCenter, wordWrap=True), "muted")
        self.examples = [named(QPushButton(), "example") for _ in self._prompts["en"]]
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 0, 24, 0)
        column.addStretch(3)
        column.addWidget(self._greeting)
        column.addWidget(self._promise)
        column.addSpacing(20)
        for button in self.examples:
            button.clicked.connect(lambda _checked=False, b=button: self.chosen.emit(b.text()))
            column.addWidget(button)
            column.setAlignment(button, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(2)
        theme.changed.connect(self.retranslate)
        self.retranslate()

    def retranslate(self) -> None:
        self._greeting.setText(self.tr("What shall we talk about?"))
        font = self.font()
        font.setPointSizeF(font.pointSizeF() * 1.6)
        font.setBold(True)
        self._greeting.setFont(font)
        self._promise.setText(self.tr("Everything stays on this computer. Choose an example or write your own."))
        texts = self._prompts.get(self._language.current, self._prompts["en"])
        width = min(_WIDEST, self.fontMetrics().horizontalAdvance("m") * _CARD_EMS)
        for button, text in zip(self.examples, texts, strict=True):
            button.setText(text)
            button.setAccessibleName(text)
            button.setFixedWidth(width)
