"""The messages of the branch on show. Streamed text is gathered and drawn at most 30 times a second."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from chatapp.core.chat import Message, Role
from chatapp.core.errors import ErrorInfo
from chatapp.ui.language import Translated
from chatapp.ui.tabs.chat.message_view import MessageView
from chatapp.ui.widgets.build import named, shown
from chatapp.ui.widgets.column import centred
from chatapp.ui.widgets.rich_text import Typesetting

FLUSH_MS = 33
_MOST_SHOWN = 60  # more widgets make every layout slower; earlier ones come on request
_FIRST_SHOWN = 8  # at once; more follow while nothing else is to do
_FOLLOW_PIXELS = 40


class Transcript(Translated, QScrollArea):
    retry_requested = Signal(object)
    """str: a message's id"""
    prompt_requested = Signal(object)
    """str: a message's id"""
    link_chosen = Signal(object)
    """str: an address"""

    def __init__(self, typesetting: Typesetting, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._typesetting = typesetting
        self._theme = theme = typesetting.theme
        self._messages: list[Message] = []
        self._views: dict[str, MessageView] = {}
        self._pending: dict[str, list[str]] = {}
        self._following = True
        self._earlier = shown(QPushButton(), False)
        self._earlier.clicked.connect(self._show_earlier)
        self._first_kept: str | None = None
        self._column = QWidget()
        border = QLabel(self._column, wordWrap=True, alignment=Qt.AlignmentFlag.AlignCenter)
        self._border = shown(named(border, "notice"), False)
        self._rows = QVBoxLayout(self._column)
        self._rows.setContentsMargins(0, 16, 0, 16)
        self._rows.setSpacing(14)
        self._rows.addWidget(self._earlier, alignment=Qt.AlignmentFlag.AlignHCenter)
        self._rows.addStretch()
        self._page = page = named(QWidget(), "page")
        page.setLayout(centred(self._column, 24))
        self.setWidget(page)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._wanted = 0
        self._filler = QTimer(self, interval=0)
        self._filler.timeout.connect(self._show_one_earlier)
        self._timer = QTimer(self, interval=FLUSH_MS)
        self._timer.timeout.connect(self._flush)
        self.verticalScrollBar().rangeChanged.connect(self._on_range)
        self.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        theme.changed.connect(self._fit_column)
        self._fit_column()
        self.retranslate()

    def set_messages(self, messages: Sequence[Message]) -> None:
        """Shows these and nothing else, scrolled to the end."""
        self._timer.stop()
        self._pending.clear()
        for view in self._views.values():
            view.hide()
            view.deleteLater()
        self._views.clear()
        self.set_first_kept(None)
        self._messages = list(messages)
        self._following = True
        for message in self._messages[-_FIRST_SHOWN:]:
            self._append_view(message)
        self._mark_last()
        self._wanted = min(len(self._messages), _MOST_SHOWN)
        self._earlier.setVisible(len(self._messages) > _MOST_SHOWN)
        self._filler.start()

    def add_message(self, message: Message) -> None:
        self._messages.append(message)
        self._wanted = max(self._wanted, len(self._views) + 1)
        self._following = True
        self._append_view(message)
        self._mark_last()

    def add_text(self, message_id: str, text: str) -> None:
        self._pending.setdefault(message_id, []).append(text)
        if not self._timer.isActive():
            self._timer.start()

    def finish_message(self, message: Message) -> None:
        self._flush()
        self._messages = [message if old.id == message.id else old for old in self._messages]
        if message.id in self._views:
            self._views[message.id].finish(message)

    def show_error(self, message_id: str, info: ErrorInfo) -> None:
        if message_id in self._views:
            self._views[message_id].show_error(info)

    def set_first_kept(self, message_id: str | None) -> None:
        """Draws a border above the first message that still fits in the context; None: all do."""
        self._first_kept = message_id
        self._place_border()

    def last_reply(self) -> str | None:
        """The id of the last message that is no person's; None where there is none."""
        return next((m.id for m in reversed(self._messages) if m.role is not Role.USER), None)

    def shown_text(self, message_id: str) -> str:
        """What a person can read of that message now."""
        return self._views[message_id].body.text() if message_id in self._views else ""

    def retranslate(self) -> None:
        self._earlier.setText(self.tr("Show earlier messages"))
        self._border.setText(self.tr("The context is full: the model no longer sees what is above this line."))
        self.setAccessibleName(self.tr("Conversation"))

    def _place_border(self) -> None:
        view = self._views.get(self._first_kept or "")
        self._rows.removeWidget(self._border)
        if view is not None:
            self._rows.insertWidget(self._rows.indexOf(view), self._border)
        self._border.setVisible(view is not None)

    def _mark_last(self) -> None:
        for message in self._messages:
            if message.id in self._views:
                self._views[message.id].set_last(message is self._messages[-1])

    def _append_view(self, message: Message) -> None:
        self._rows.insertWidget(self._rows.count() - 1, self._make_view(message))

    def _make_view(self, message: Message) -> MessageView:
        view = MessageView(message, self._typesetting)
        view.retry_requested.connect(self.retry_requested)
        view.prompt_requested.connect(self.prompt_requested)
        view.link_chosen.connect(self.link_chosen)
        self._views[message.id] = view
        return view

    def _show_earlier(self) -> None:
        self._wanted = min(len(self._messages), self._wanted + _MOST_SHOWN)
        self._following = False
        self._filler.start()

    def _show_one_earlier(self) -> None:
        """Above what is shown, which stays where it is on the screen."""
        if len(self._views) >= self._wanted:
            self._filler.stop()
            self._earlier.setVisible(len(self._messages) > len(self._views))
            return
        bar = self.verticalScrollBar()
        from_end = bar.maximum() - bar.value()
        message = self._messages[len(self._messages) - len(self._views) - 1]
        view = self._make_view(message)
        self._rows.insertWidget(1, view)
        if message.id == self._first_kept:
            self._place_border()
        if not self._following:
            self._rows.activate()
            self._page.adjustSize()
            bar.setValue(bar.maximum() - from_end)

    def _flush(self) -> None:
        if not self._pending:
            self._timer.stop()
            return
        pending, self._pending = self._pending, {}
        for message_id, parts in pending.items():
            if message_id in self._views:
                self._views[message_id].append_text("".join(parts))

    def _on_range(self, _minimum: int, maximum: int) -> None:
        if self._following:
            self.verticalScrollBar().setValue(maximum)

    def _on_scrolled(self, value: int) -> None:
        self._following = value >= self.verticalScrollBar().maximum() - _FOLLOW_PIXELS

    def _fit_column(self) -> None:
        self._column.setMaximumWidth(self._theme.column_width())
