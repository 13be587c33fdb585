"""One message of the transcript: who, what, how it ended, its versions, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QToolButton, QVBoxLayout, QWidget

from chatapp.core.chat import Message, MessageState, Role, Versions
from chatapp.core.errors import ErrorInfo, error
from chatapp.core.generation import FinishReason
from chatapp.core.options import QT_TRANSLATE_NOOP
from chatapp.core.sentences import REPLY_INTERRUPTED
from chatapp.ui.language import Translated
from chatapp.ui.panels.probabilities.heat_text import HeatText
from chatapp.ui.tabs.chat.message_editor import MessageEditor
from chatapp.ui.tabs.chat.wish import Wish, WishKind
from chatapp.ui.widgets.build import named
from chatapp.ui.widgets.elided_button import ElidedButton
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
    wished = Signal(object)
    """Wish"""
    edit_ended = Signal()
    link_chosen = Signal(object)
    """str: an address"""

    def __init__(
        self,
        message: Message,
        typesetting: Typesetting,
        versions: Versions | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.message = message
        self.versions = versions
        self._theme = theme = typesetting.theme
        self._mine = message.role is Role.USER
        self._card: ErrorCard | None = None
        self.editor: MessageEditor | None = None
        self.heat: HeatText | None = None
        self._unrendered: list[str] = []  # while the coloured tokens are shown in place of the text
        self._is_last = self._is_left_out = False
        self._ahead = 0
        self._waiting = message.state is MessageState.STREAMING
        self.body = self._made_body(typesetting)
        self.body.set_text(message.text)
        self._author = named(QLabel(textFormat=Qt.TextFormat.PlainText), "heading")
        self._figures = named(ElidedButton(self), "figures")
        self._figures.clicked.connect(lambda: self._wish(WishKind.DETAILS))
        self._copy = self._button(self._on_copy)
        self._good = self._button(lambda: self._wish(WishKind.LIKE))
        self._bad = self._button(lambda: self._wish(WishKind.DISLIKE))
        self._edit = self._button(self.begin_edit)
        self._more = self._button(self._open_menu)
        self._retry = self._button(lambda: self._wish(WishKind.REGENERATE))
        self._continue = self._button(lambda: self._wish(WishKind.CONTINUE))
        self._cancel = self._button(lambda: self._wish(WishKind.CANCEL))
        self._earlier = self._button(lambda: self.go_to_version(-1))
        self._later = self._button(lambda: self.go_to_version(1))
        for button in (self._good, self._bad):
            button.setCheckable(True)
        self._place = named(QLabel(self), "muted")
        self._lay_out()
        theme.changed.connect(self._set_icons)
        self._set_icons()
        self.retranslate()
        if message.state is MessageState.INTERRUPTED:
            self.show_error(message.reply.error or error(REPLY_INTERRUPTED).info)

    def text(self) -> str:
        """All that was written, whatever shows it."""
        return self.body.text() + "".join(self._unrendered)

    def append_text(self, text: str) -> None:
        if self.heat is not None:
            self._unrendered.append(text)
        else:
            self.body.append_text(text)
        if self._waiting:
            self._waiting = False
            self.retranslate()

    def show_heat(self, heat: HeatText | None) -> None:
        """Shows the coloured tokens in place of the text, None: the text again. An earlier one goes."""
        if self.heat is not None:
            self.heat.hide()
            self.heat.deleteLater()
        self.heat = heat
        if heat is None and self._unrendered:
            self.body.append_text("".join(self._unrendered))
            self._unrendered.clear()
        if heat is not None:
            self._content.insertWidget(self._content.indexOf(self.body), heat)
        self.body.setVisible(heat is None and self.editor is None)

    def finish(self, message: Message) -> None:
        """The message in its last state."""
        self.message = message
        self._waiting = False
        if self.text() != message.text:
            self._unrendered.clear()
            self.body.set_text(message.text)
        self.retranslate()

    def begin(self, message: Message) -> None:
        """The message as its reply is now begun."""
        self.message, self._ahead = message, 0
        self.retranslate()

    def set_ahead(self, count: int) -> None:
        """How many replies are written before this one."""
        if self._ahead != count:
            self._ahead = count
            self.retranslate()

    def set_last(self, is_last: bool) -> None:
        self._is_last = is_last
        self._update_actions()

    def set_left_out(self, left_out: bool) -> None:
        """Whether the context is too full for this message."""
        if self._is_left_out != left_out:
            self._is_left_out = left_out
            self.retranslate()

    def show_error(self, info: ErrorInfo) -> None:
        """A card below the text, in place of an earlier one."""
        if self._card is not None:
            self._card.deleteLater()
        self._card = ErrorCard(info, can_retry=not self._mine)
        self._card.retry_requested.connect(lambda: self._wish(WishKind.REGENERATE))
        self._content.addWidget(self._card)

    def begin_edit(self) -> None:
        if self.editor is None and self.message.state is not MessageState.STREAMING:
            self.open_editor(self.text()).edit.setFocus()

    def open_editor(self, text: str) -> MessageEditor:
        """Puts a box with `text` in the place of what the message says."""
        editor = self.editor = MessageEditor(text, asks=self._mine)
        editor.submitted.connect(self._on_edited)
        editor.given_up.connect(self.end_edit)
        self._content.insertWidget(self._content.indexOf(self.body), editor)
        self.body.hide()
        if self.heat is not None:
            self.heat.hide()
        return editor

    def edited_text(self) -> str | None:
        """What stands in the box; None where there is none or nothing was changed."""
        text = self.editor.text() if self.editor is not None else self.text()
        return text if text != self.text() else None

    def end_edit(self) -> None:
        if self.editor is not None:
            editor, self.editor = self.editor, None
            (self.heat or self.body).show()
            editor.hide()
            editor.deleteLater()
            self.edit_ended.emit()

    def go_to_version(self, step: int) -> None:
        if self.versions is not None and 0 <= self.versions.place + step < len(self.versions.ids):
            self.wished.emit(Wish(WishKind.SHOW_VERSION, self.versions.ids[self.versions.place + step]))

    def can_continue(self) -> bool:
        """Whether the reply ended before the model had finished it."""
        how = self.message.reply
        is_open = self.message.state is MessageState.INTERRUPTED or how.finish_reason in (
            FinishReason.LENGTH,
            FinishReason.CANCELLED,
        )
        return not self._mine and is_open and bool(self.message.text)

    def retranslate(self) -> None:
        model = Path(self.message.reply.model).stem
        self._author.setText(self.tr("You") if self._mine else model or self.tr("Model"))
        self._figures.set_text(self._figures_text())
        for button, text in (
            (self._copy, self.tr("Copy this message")),
            (self._good, self.tr("A good reply")),
            (self._bad, self.tr("A bad reply")),
            (self._edit, self.tr("Edit; the message as it was is kept as a version")),
            (self._more, self.tr("More")),
            (self._retry, self.tr("Ask again for another reply (Ctrl+R for the last)")),
            (self._continue, self.tr("Let the model write this reply on")),
            (self._cancel, self.tr("Take this reply out of the line")),
            (self._earlier, self.tr("Earlier version")),
            (self._later, self.tr("Later version")),
            (self._figures, self.tr("Show the details of this reply")),
        ):
            button.setToolTip(text)
            button.setAccessibleName(text)
        self._figures.setToolTip(f"{self._figures.whole_text()}\n{self._figures.toolTip()}".strip())
        self._figures.setAccessibleName(self._figures.whole_text() or self._figures.toolTip())
        self._continue.setText(self.tr("Continue"))
        self._cancel.setText(self.tr("Cancel"))
        name = self.tr("Message of {author}").format(author=self._author.text())
        if self._is_left_out:
            name = self.tr("{message}, no longer in the context").format(message=name)
        self.body.setAccessibleName(name)
        self.setAccessibleName(name)
        self._update_actions()

    def _made_body(self, typesetting: Typesetting) -> GrowingText | RichText:
        """What a person wrote is shown as it was written."""
        if self._mine:
            return GrowingText()
        body = RichText(typesetting)
        body.link_chosen.connect(self.link_chosen)
        return body

    def _button(self, clicked: Callable[[], None]) -> QToolButton:
        button = named(QToolButton(self), "quiet")
        button.clicked.connect(lambda _checked=False: clicked())
        return button

    def _lay_out(self) -> None:
        self.setObjectName("bubble" if self._mine else "reply")
        self._content = QVBoxLayout(self)
        self._content.setContentsMargins(*((16, 8, 12, 8) if self._mine else (16, 2, 12, 2)))
        self._content.setSpacing(4)
        header = QHBoxLayout()
        header.addWidget(self._author)
        header.addStretch()
        header.setContentsMargins(0, 0, 0, 0 if self._mine else 5)
        self._content.addLayout(header)
        self._content.addWidget(self.body)
        footer = QHBoxLayout()
        footer.setSpacing(2)
        self._content.addLayout(footer)
        for widget in (self._earlier, self._place, self._later):
            footer.addWidget(widget)
        footer.addWidget(self._figures, 1)
        footer.addStretch()
        for button in (self._cancel, self._continue, self._retry, self._edit, self._good, self._bad):
            footer.addWidget(button)
        for button in (self._copy, self._more):
            footer.addWidget(button)

    def _update_actions(self) -> None:
        streaming = self.message.state is MessageState.STREAMING
        self._figures.setVisible(not self._mine and bool(self._figures.whole_text()))
        self._figures.setEnabled(not streaming)
        self._retry.setVisible(not self._mine and not streaming)
        self._edit.setVisible(not streaming)
        for button, rating in ((self._good, 1), (self._bad, -1)):
            button.setVisible(not self._mine and not streaming)
            button.setChecked(self.message.reply.rating == rating)
        self._set_icons()
        self._cancel.setVisible(streaming and self._ahead > 0)
        self._continue.setVisible(self._is_last and self.can_continue())
        several = self.versions is not None
        for widget in (self._earlier, self._place, self._later):
            widget.setVisible(several)
        if self.versions is not None:
            place, count = self.versions.place, len(self.versions.ids)
            self._place.setText(f"{place + 1}/{count}")
            self._place.setAccessibleName(self.tr("Version {place} of {count}").format(place=place + 1, count=count))
            self._earlier.setEnabled(place > 0)
            self._later.setEnabled(place + 1 < count)

    def _figures_text(self) -> str:
        parts = [self.tr("no longer in the context")] if self._is_left_out else []
        how = self.message.reply
        if self.message.state is MessageState.STREAMING:
            if self._ahead:
                parts.append(self.tr("Waiting; replies before this one: {count}").format(count=self._ahead))
            else:
                parts.append(self.tr("Reading the prompt…") if self._waiting else self.tr("Writing…"))
        elif how.usage is not None and how.finish_reason is not None:
            parts.append(self.tr("{count} tokens").format(count=how.usage.completion_tokens))
            if how.usage.tokens_per_second:
                parts.append(self.tr("{speed:.1f} tokens/s").format(speed=how.usage.tokens_per_second))
            if how.first_token_ms is not None:
                parts.append(self.tr("first after {seconds:.2f} s").format(seconds=how.first_token_ms / 1000))
            parts.append(QCoreApplication.translate("MessageView", _ENDED[how.finish_reason]))
        elif how.finish_reason is not None:
            parts.append(QCoreApplication.translate("MessageView", _ENDED[how.finish_reason]))
        return " · ".join(parts)

    def _open_menu(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if self.can_continue():
            menu.addAction(self.tr("Continue")).triggered.connect(lambda: self._wish(WishKind.CONTINUE))
        menu.addAction(self.tr("Branch off into a new chat")).triggered.connect(lambda: self._wish(WishKind.BRANCH_OFF))
        if self.versions is not None:
            menu.addAction(self.tr("Compare versions…")).triggered.connect(lambda: self._wish(WishKind.COMPARE))
        if not self._mine:
            trial = menu.addAction(self.tr("Compare with and without adapters"))
            trial.triggered.connect(lambda: self._wish(WishKind.TRY_ADAPTERS))
            menu.addAction(self.tr("Exact prompt…")).triggered.connect(lambda: self._wish(WishKind.SHOW_PROMPT))
            menu.addAction(self.tr("Details…")).triggered.connect(lambda: self._wish(WishKind.DETAILS))
        menu.popup(self._more.mapToGlobal(QPoint(0, self._more.height())))

    def _set_icons(self) -> None:
        for button, name in (
            (self._copy, "copy"),
            (self._retry, "retry"),
            (self._edit, "edit"),
            (self._good, "good"),
            (self._bad, "bad"),
            (self._more, "more"),
            (self._earlier, "left"),
            (self._later, "right"),
        ):
            colors = self._theme.colors
            button.setIcon(self._theme.icon(name, color=colors.accent if button.isChecked() else colors.muted))
            button.setIconSize(self._theme.icon_size(16))

    def _on_edited(self, text: str) -> None:
        """The box stays until the new version takes this message's place: where that fails nothing is lost."""
        if text == self.text():
            self.end_edit()
            return
        self.wished.emit(Wish(WishKind.EDIT, self.message.id, text))

    def _wish(self, kind: WishKind) -> None:
        self.wished.emit(Wish(kind, self.message.id))

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text())
        self._copy.setIcon(self._theme.icon("check", color=self._theme.colors.accent))
        QTimer.singleShot(_COPIED_MS, self, self._set_icons)
