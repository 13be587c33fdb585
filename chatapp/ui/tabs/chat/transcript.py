"""The messages of the branch on show. Streamed text is gathered and drawn at most 30 times a second."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from chatapp.core.chat import Message, Role, Versions
from chatapp.core.errors import ErrorInfo
from chatapp.ui.language import Translated
from chatapp.ui.tabs.chat.message_view import MessageView
from chatapp.ui.widgets.build import named, shown
from chatapp.ui.widgets.column import centred
from chatapp.ui.widgets.reading_order import in_reading_order, outside
from chatapp.ui.widgets.rich_text import Typesetting

FLUSH_MS = 33
_MOST_SHOWN = 60  # more widgets make every layout slower; earlier ones come on request
_FIRST_SHOWN = 8  # at once; more follow while nothing else is to do
_AFTER_PLACE = 30  # messages shown after one that is looked at
_FOLLOW_PIXELS = 40


class Transcript(Translated, QScrollArea):
    wished = Signal(object)
    """Wish"""
    edit_ended = Signal()
    link_chosen = Signal(object)
    """str: an address"""
    view_made = Signal(object)
    """MessageView: a message is now on show"""
    flushed = Signal()
    """text that was added is now on show"""

    def __init__(self, typesetting: Typesetting, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._typesetting = typesetting
        self._theme = theme = typesetting.theme
        self._messages: list[Message] = []
        self._versions: Mapping[str, Versions] = {}
        self._views: dict[str, MessageView] = {}
        self._first = self._end = self._wanted_first = 0  # what is shown of _messages, and is to be
        self._pending: dict[str, list[str]] = {}
        self._line: list[str] = []
        self._following = True
        self._kept_place: tuple[QWidget, int] | None = None  # from the upper edge, in pixels
        self._earlier = shown(QPushButton(), False)
        self._earlier.clicked.connect(self._show_earlier)
        self._later = shown(QPushButton(), False)
        self._later.clicked.connect(self._show_later)
        self._first_kept: str | None = None
        self._looked_at: str | None = None
        self._edits: dict[str, str] = {}  # begun and neither sent nor given up, of messages not on show
        self._column = QWidget()
        border = QLabel(self._column, wordWrap=True, alignment=Qt.AlignmentFlag.AlignCenter)
        self._border = shown(named(border, "notice"), False)
        self._rows = QVBoxLayout(self._column)
        self._rows.setContentsMargins(0, 16, 0, 16)
        self._rows.setSpacing(14)
        self._rows.addWidget(self._earlier, alignment=Qt.AlignmentFlag.AlignHCenter)
        self._rows.addWidget(self._later, alignment=Qt.AlignmentFlag.AlignHCenter)
        self._rows.addStretch()
        self._page = page = named(QWidget(), "page")
        page.setLayout(centred(self._column, 24))
        self.setWidget(page)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._filler = QTimer(self, interval=0)
        self._filler.timeout.connect(self._show_one_earlier)
        self._timer = QTimer(self, interval=FLUSH_MS)
        self._timer.timeout.connect(self._flush)
        self.verticalScrollBar().rangeChanged.connect(self._on_range)
        self.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        self.verticalScrollBar().actionTriggered.connect(lambda _action: self._forget_place())
        theme.changed.connect(self._fit_column)
        self._fit_column()
        self.retranslate()

    def set_messages(
        self, messages: Sequence[Message], versions: Mapping[str, Versions] | None = None, at: str | None = None
    ) -> None:
        """Shows these and nothing else, scrolled to the end or to the message `at`."""
        self._timer.stop()
        self._pending.clear()
        self._kept_place = None
        self._keep_edits(messages)
        for view in self._views.values():
            view.hide()
            view.deleteLater()
        self._views.clear()
        self._looked_at = at
        self._messages, self._versions = list(messages), versions or {}
        self._first_kept = None
        place = next((place for place, message in enumerate(self._messages) if message.id == at), None)
        self._following = place is None
        self._end = len(self._messages) if place is None else min(len(self._messages), place + _AFTER_PLACE)
        self._first = max(0, self._end - _FIRST_SHOWN) if place is None else place
        self._wanted_first = max(0, min(self._first, self._end - _MOST_SHOWN))
        for message in self._messages[self._first : self._end]:
            self._append_view(message)
        self._place_border()
        self._mark_all()
        self._filler.start()
        if at is not None and at in self._views:
            self.scroll_to(self._views[at])

    def messages(self) -> list[Message]:
        """All of the branch, shown or not, oldest first."""
        return list(self._messages)

    def view_of(self, message_id: str) -> MessageView | None:
        """Where that message is shown, if it is."""
        return self._views.get(message_id)

    def reveal(self, message_id: str) -> MessageView | None:
        """Shows that message of the branch, wherever it is, and scrolls to it."""
        if message_id not in self._views:
            kept = self._first_kept
            self.set_messages(self._messages, self._versions, message_id)
            self.set_first_kept(kept)
        view = self._views.get(message_id)
        if view is not None:
            self.scroll_to(view)
        return view

    def scroll_to(self, view: QWidget) -> None:
        """Brings the top of `view`, which lies in a message, into the upper part of what is seen."""
        self.keep_in_place(view, self.viewport().height() // 6)

    def bring_into_sight(self, widget: QWidget, place: QRect) -> None:
        """As little as has to be scrolled for that place of a widget in a message to be seen."""
        seen = QRect(widget.mapTo(self.viewport(), place.topLeft()), place.size())
        if not self.viewport().rect().contains(seen):
            self._following, self._kept_place = False, None
            spot = widget.mapTo(self._page, place.center())
            self.ensureVisible(spot.x(), spot.y(), 0, 2 * place.height())

    def keep_in_place(self, view: QWidget, top: int) -> None:
        """Scrolls `view` to `top` pixels below the upper edge; it stays there until a person scrolls, whatever is still
        laid out above it."""
        self._following = False
        self._kept_place = (view, top)
        for child in self._views.values():
            child.show()  # what is not yet shown has no height
        self._rows.activate()
        self._page.adjustSize()
        self._restore_place()

    def add_message(self, message: Message) -> None:
        self._messages.append(message)
        self._looked_at = None
        if self._end < len(self._messages) - 1:  # an earlier part is on show
            self.set_messages(self._messages, self._versions)
            return
        self._end = len(self._messages)
        self._following, self._kept_place = True, None
        self._append_view(message)
        self._mark_all()

    def add_text(self, message_id: str, text: str) -> None:
        self._pending.setdefault(message_id, []).append(text)
        if not self._timer.isActive():
            self._timer.start()

    def begin_message(self, message: Message) -> None:
        """Its reply is now the one being written."""
        if message.id in self._views:
            self._views[message.id].begin(message)

    def finish_message(self, message: Message) -> None:
        self._flush()
        self._messages = [message if old.id == message.id else old for old in self._messages]
        if message.id in self._views:
            self._views[message.id].finish(message)

    def set_line(self, message_ids: Sequence[str]) -> None:
        """The replies being written and waiting, in their order."""
        self._line = list(message_ids)
        for ahead, message_id in enumerate(self._line):
            if message_id in self._views:
                self._views[message_id].set_ahead(ahead)

    def show_error(self, message_id: str, info: ErrorInfo) -> None:
        if message_id in self._views:
            self._views[message_id].show_error(info)

    def set_first_kept(self, message_id: str | None) -> None:
        """Draws a border above the first message that still fits in the context; None: all do."""
        self._first_kept = message_id
        self._place_border()
        self._mark_left_out()

    def last_reply(self) -> str | None:
        """The id of the last message that is no person's; None where there is none."""
        return next((m.id for m in reversed(self._messages) if m.role is not Role.USER), None)

    def last_question(self) -> str | None:
        """The id of the last message of a person; None where there is none."""
        return next((m.id for m in reversed(self._messages) if m.role is Role.USER), None)

    def versioned(self) -> str | None:
        """The id of the message whose versions are meant: of those that have several the one with the keyboard, else
        the one last gone to, else the last."""
        focused = QApplication.focusWidget()
        with_keyboard = [i for i, view in self._views.items() if focused is not None and view.isAncestorOf(focused)]
        last = [message.id for message in reversed(self._messages)]
        return next((i for i in (*with_keyboard, self._looked_at, *last) if i in self._versions), None)

    def shown_text(self, message_id: str) -> str:
        """What a person can read of that message now."""
        return self._views[message_id].text() if message_id in self._views else ""

    def retranslate(self) -> None:
        self._earlier.setText(self.tr("Show earlier messages"))
        self._later.setText(self.tr("Show later messages"))
        self._border.setText(self.tr("The context is full: the model no longer sees what is above this line."))
        self.setAccessibleName(self.tr("Conversation"))

    def _place_border(self) -> None:
        view = self._views.get(self._first_kept or "")
        self._rows.removeWidget(self._border)
        if view is not None:
            self._rows.insertWidget(self._rows.indexOf(view), self._border)
        self._border.setVisible(view is not None)

    def _mark_all(self) -> None:
        for message in self._messages[self._first : self._end]:
            self._views[message.id].set_last(message is self._messages[-1])
        self._earlier.setVisible(self._wanted_first > 0 and self._first <= self._wanted_first)
        self._later.setVisible(self._end < len(self._messages))
        self._mark_left_out()
        self.set_line(self._line)

    def _mark_left_out(self) -> None:
        ids = [message.id for message in self._messages]
        kept_from = ids.index(self._first_kept) if self._first_kept in ids else 0
        for place in range(self._first, self._end):
            self._views[ids[place]].set_left_out(place < kept_from)

    def _append_view(self, message: Message) -> None:
        self._rows.insertWidget(self._rows.count() - 2, self._make_view(message))

    def _make_view(self, message: Message) -> MessageView:
        view = MessageView(message, self._typesetting, self._versions.get(message.id))
        view.wished.connect(self.wished)
        view.link_chosen.connect(self.link_chosen)
        view.edit_ended.connect(self.edit_ended)
        self._views[message.id] = view
        if (text := self._edits.pop(message.id, None)) is not None:
            view.open_editor(text)
        self.view_made.emit(view)
        return view

    def focusNextPrevChild(self, forward: bool) -> bool:
        """As one reads; from the last message on, or before the first, to what stands outside."""
        widgets, now = in_reading_order(self._page), QApplication.focusWidget()
        if now is self:
            place = 0 if forward else -1
        elif now in widgets:
            place = widgets.index(now) + (1 if forward else -1)
        else:
            return super().focusNextPrevChild(forward)
        target = widgets[place] if 0 <= place < len(widgets) else outside(self, forward=forward)
        if target is None:
            return super().focusNextPrevChild(forward)
        target.setFocus(Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason)
        self.ensureWidgetVisible(target)
        return True

    def _keep_edits(self, coming: Sequence[Message]) -> None:
        """One that was sent is now among the messages."""
        sent = {message.text for message in coming}
        for message_id, view in self._views.items():
            text = view.edited_text()
            if text is not None and text not in sent:
                self._edits[message_id] = text

    def views(self) -> list[MessageView]:
        """Those on show."""
        return list(self._views.values())

    def _show_earlier(self) -> None:
        self._wanted_first = max(0, self._first - _MOST_SHOWN)
        self._following = False
        self._filler.start()

    def _show_later(self) -> None:
        start, self._end = self._end, min(len(self._messages), self._end + _AFTER_PLACE)
        for message in self._messages[start : self._end]:
            self._append_view(message)
        self._place_border()
        self._mark_all()

    def _show_one_earlier(self) -> None:
        """Above what is shown, which stays where it is on the screen."""
        if self._first <= self._wanted_first:
            self._filler.stop()
            self._mark_all()
            return
        bar = self.verticalScrollBar()
        from_end = bar.maximum() - bar.value()
        self._first -= 1
        message = self._messages[self._first]
        self._rows.insertWidget(1, self._make_view(message))
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
        self.flushed.emit()

    def _on_range(self, _minimum: int, maximum: int) -> None:
        if self._following:
            self.verticalScrollBar().setValue(maximum)
        else:
            self._restore_place()

    def _restore_place(self) -> None:
        if self._kept_place is not None:
            view, top = self._kept_place
            self.verticalScrollBar().setValue(view.mapTo(self._page, QPoint(0, 0)).y() - top)

    def _forget_place(self) -> None:
        self._kept_place = None

    def _on_scrolled(self, value: int) -> None:
        self._following = value >= self.verticalScrollBar().maximum() - _FOLLOW_PIXELS

    def _fit_column(self) -> None:
        self._column.setMaximumWidth(self._theme.column_width())
