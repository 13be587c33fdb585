"""A card that says what happened and what to do, with the button that does it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from chatapp.core.errors import ErrorInfo, ErrorKind
from chatapp.ui.actions import Action
from chatapp.ui.language import Translated, error_advice, error_message
from chatapp.ui.widgets.build import named, shown

_DETAIL_LINES = 8


class ErrorCard(Translated, QFrame):
    retry_requested = Signal()
    dismissed = Signal()

    def __init__(
        self,
        info: ErrorInfo,
        *,
        can_retry: bool = False,
        can_dismiss: bool = False,
        actions: Sequence[Action] = (),
        parent: QWidget | None = None,
    ) -> None:
        """actions: what else can be done about it, a button each."""
        super().__init__(parent)
        is_notice = info.kind is ErrorKind.NOTICE  # nothing is wrong now
        self.setObjectName("group" if is_notice else "card")
        self.info = info
        self._title = named(QLabel(wordWrap=True), "heading" if is_notice else "cardTitle")
        self._hint = QLabel(wordWrap=True)
        for label in (self._title, self._hint):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._retry = shown(QPushButton(), can_retry)
        self._retry.clicked.connect(self.retry_requested)
        self._details = shown(QPushButton(), bool(info.detail))
        self._dismiss = shown(named(QToolButton(), "quiet"), can_dismiss)
        self._dismiss.setText("✕")
        self._dismiss.clicked.connect(self.dismissed)
        self._detail = named(shown(QPlainTextEdit(info.detail, readOnly=True), False), "detail")
        self._detail.setFixedHeight(self.fontMetrics().lineSpacing() * _DETAIL_LINES)
        self._details.setCheckable(True)
        self._details.toggled.connect(self._detail.setVisible)
        self._own_buttons = [(action, QPushButton()) for action in actions]
        for action, button in self._own_buttons:
            button.clicked.connect(action.run)
        buttons = QHBoxLayout()
        for button in (self._retry, *(own for _, own in self._own_buttons), self._details):
            buttons.addWidget(button)
        buttons.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 14, 12)
        top = QHBoxLayout()
        top.addWidget(self._title, 1)
        top.addWidget(self._dismiss, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(top)
        layout.addWidget(self._hint)
        layout.addLayout(buttons)
        layout.addWidget(self._detail)
        self.retranslate()

    def set_can_retry(self, can_retry: bool) -> None:
        self._retry.setVisible(can_retry)

    def retranslate(self) -> None:
        self._title.setText(error_message(self.info))
        self._hint.setText(error_advice(self.info))
        self._retry.setText(self.tr("Retry"))
        for action, button in self._own_buttons:
            button.setText(action.text())
        self._details.setText(self.tr("Show details"))
        self._dismiss.setToolTip(self.tr("Dismiss"))
        self._dismiss.setAccessibleName(self._dismiss.toolTip())
        self._detail.setAccessibleName(self.tr("Details of the error"))
        self.setAccessibleName(f"{self._title.text()} {self._hint.text()}")
