"""What an empty conversation shows: a greeting and three prompts to begin with."""

from __future__ import annotations

import json

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from chatapp.storage.paths import assets
from chatapp.ui.language import Language, Translated
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.build import named

_CARD_EMS = 42
_WIDEST, _NARROWEST = 640, 80
_SIDE = 24


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
        self._texts: list[str] = []
        self.examples = [named(QPushButton(), "example") for _ in self._prompts["en"]]
        column = QVBoxLayout(self)
        column.setContentsMargins(_SIDE, 0, _SIDE, 0)
        column.addStretch(3)
        column.addWidget(self._greeting)
        column.addWidget(self._promise)
        column.addSpacing(20)
        for place, button in enumerate(self.examples):
            button.clicked.connect(lambda _checked=False, p=place: self.chosen.emit(self._texts[p]))
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.setMinimumWidth(_NARROWEST)
            column.addWidget(button)
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
        self._texts = self._prompts.get(self._language.current, self._prompts["en"])
        for button, text in zip(self.examples, self._texts, strict=True):
            button.setAccessibleName(text)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """An example that has not enough room says so with an ellipsis."""
        widest = min(_WIDEST, self.fontMetrics().horizontalAdvance("m") * _CARD_EMS)
        width = min(widest, self.width() - 2 * _SIDE)
        for button, text in zip(self.examples, self._texts, strict=True):
            button.setMaximumWidth(widest)
            padding = button.sizeHint().width() - button.fontMetrics().horizontalAdvance(button.text())
            elide = Qt.TextElideMode.ElideRight
            button.setText(button.fontMetrics().elidedText(text, elide, width - padding))
            button.setToolTip("" if button.text() == text else text)
