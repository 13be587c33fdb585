"""One message of the transcript: who, what, how it ended, and what can be done with it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from chatapp.core.chat import Message, MessageState, Role
from chatapp.core.errors import ErrorInfo, error
from chatapp.core.generation import FinishReason
from chatapp.core.options import QT_TRANSLATE_NOOP
from chatapp.core.sentences import REPLY_INTERRUPTED
from chatapp.ui.language import Translated
from chatapp.ui.widgets.build import named
from chatapp.ui.widgets.error_card import ErrorCard
from chatapp.ui.widgets.growing_text import GrowingText
from chatapp.ui.widgets.rich_text import RichText, Typesetting

_ENDED = {
    FinishReason.STOP: QT_TRANSLATE_NOOP("MessageView", "finished"),
    FinishReason.LENGTH: QT_TRANSLATE_NOOP("MessageView", "length limit reached"),
    FinishReason.CANCELLED: QT_TRANSLATE_NOOP("MessageView", "stopped"),
}
_COPIED_MS = 1500


class MessageView(Translated, QFrame):
    retry_requested = Signal(object)
    """str: the message's id"""
    prompt_requested = Signal(object)
    """str: the message's id"""
    link_chosen = Signal(object)
    """str: an address"""

    def __init__(self, message: Message, typesetting: Typesetting, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.message = message
        self._theme = theme = typesetting.theme
        self._card: ErrorCard | None = None
        self._is_last = False
        self._waiting = message.state is MessageState.STREAMING and not message.text
        self.body = self._made_body(typesetting)
        self.body.set_text(message.text)
        self._author = named(QLabel(textFormat=Qt.TextFormat.PlainText), "heading")
        self._figures = named(QLabel(self), "muted")
        self._copy = named(QToolButton(), "quiet")
        self._copy.clicked.connect(self._on_copy)
        self._retry = named(QToolButton(self), "quiet")
        self._retry.clicked.connect(lambda: self.retry_requested.emit(self.message.id))
        self._prompt = named(QToolButton(self), "quiet")
        self._prompt.clicked.connect(lambda: self.prompt_requested.emit(self.message.id))
        self._lay_out()
        theme.changed.connect(self._set_icons)
        self._set_icons()
        self.retranslate()
        if message.state is MessageState.INTERRUPTED:
            self.show_error(message.reply.error or error(REPLY_INTERRUPTED).info)

    def _made_body(self, typesetting: Typesetting) -> GrowingText | RichText:
        """What a person wrote is shown as it was written."""
        if self.message.role is not Role.ASSISTANT:
            return GrowingText()
        body = RichText(typesetting)
        body.link_chosen.connect(self.link_chosen)
        return body

    def append_text(self, text: str) -> None:
        self.body.append_text(text)
        if self._waiting:
            self._waiting = False
            self.retranslate()

    def finish(self, message: Message) -> None:
        """The message in its last state."""
        self.message = message
        if self.body.text() != message.text:
            self.body.set_text(message.text)
        self.retranslate()

    def set_last(self, is_last: bool) -> None:
        """Only the last reply can be asked for again: an earlier one would take what follows it from view."""
        self._is_last = is_last
        self._update_retry()

    def show_error(self, info: ErrorInfo) -> None:
        """A card below the text, in place of an earlier one."""
        if self._card is not None:
            self._card.deleteLater()
        self._card = ErrorCard(info, can_retry=self._is_last)
        self._card.retry_requested.connect(lambda: self.retry_requested.emit(self.message.id))
        self._content.addWidget(self._card)

    def retranslate(self) -> None:
        mine = self.message.role is Role.USER
        model = Path(self.message.reply.model).stem
        self._author.setText(self.tr("You") if mine else model or self.tr("Model"))
        self._figures.setText(self._figures_text())
        self._figures.setVisible(not mine)
        self._copy.setToolTip(self.tr("Copy this message"))
        self._copy.setAccessibleName(self._copy.toolTip())
        self._retry.setToolTip(self.tr("Ask again for another reply"))
        self._retry.setAccessibleName(self._retry.toolTip())
        self._prompt.setToolTip(self.tr("Show the exact prompt of this reply, token by token (Ctrl+Shift+E)"))
        self._prompt.setAccessibleName(self.tr("Show the exact prompt"))
        self._prompt.setVisible(not mine)
        self._update_retry()
        self.body.setAccessibleName(self.tr("Message of {author}").format(author=self._author.text()))
        self.setAccessibleName(self.body.accessibleName())

    def _lay_out(self) -> None:
        mine = self.message.role is Role.USER
        self.setObjectName("bubble" if mine else "reply")
        self._content = QVBoxLayout(self)
        self._content.setContentsMargins(*((16, 8, 12, 14) if mine else (16, 2, 12, 2)))
        self._content.setSpacing(4)
        header = QHBoxLayout()
        header.addWidget(self._author)
        header.addStretch()
        header.setContentsMargins(0, 0, 0, 0 if mine else 5)
        self._content.addLayout(header)
        self._content.addWidget(self.body)
        if mine:
            header.addWidget(self._copy)
            return
        footer = QHBoxLayout()
        footer.addWidget(self._figures)
        footer.addStretch()
        footer.addWidget(self._prompt)
        footer.addWidget(self._retry)
        footer.addWidget(self._copy)
        self._content.addLayout(footer)

    def _update_retry(self) -> None:
        mine = self.message.role is Role.USER
        self._retry.setVisible(self._is_last and not mine and self.message.state is not MessageState.STREAMING)
        if self._card is not None:
            self._card.set_can_retry(self._is_last)

    def _figures_text(self) -> str:
        if self.message.role is Role.USER:
            return ""
        if self.message.state is MessageState.STREAMING:
            return self.tr("Reading the prompt…") if self._waiting else self.tr("Writing…")
        how = self.message.reply
        if how.usage is None or how.finish_reason is None:
            return ""
        ended = QCoreApplication.translate("MessageView", _ENDED[how.finish_reason])
        return self.tr("{tokens} tokens · {speed:.1f} tokens/s · {ended}").format(
            tokens=how.usage.completion_tokens, speed=how.usage.tokens_per_second, ended=ended
        )

    def _set_icons(self) -> None:
        for button, name in ((self._copy, "copy"), (self._retry, "retry"), (self._prompt, "prompt")):
            button.setIcon(self._theme.icon(name, color=self._theme.colors.muted))
            button.setIconSize(self._theme.icon_size(16))

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self.body.text())
        self._copy.setIcon(self._theme.icon("check", color=self._theme.colors.accent))
        QTimer.singleShot(_COPIED_MS, self, self._set_icons)
