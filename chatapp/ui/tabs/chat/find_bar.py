"""Finding words in the conversation on show: a bar above it, every place marked, F3 from one to the next."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeyEvent, QTextCharFormat, QTextCursor, QTextDocument
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QToolButton,
    QWidget,
)

from chatapp.core.markdown import without_marks
from chatapp.ui.language import Translated
from chatapp.ui.tabs.chat.transcript import Transcript
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.build import is_own_escape, named, shown
from chatapp.ui.widgets.thought_view import ThoughtView

_AFTER_TYPING_MS = 120
_Editor = QTextEdit | QPlainTextEdit
_Place = tuple[_Editor, QTextCursor]


class FindBar(Translated, QFrame):
    closed = Signal()

    def __init__(self, transcript: Transcript, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("findBar")
        self._transcript = transcript
        self._theme = theme
        self._hits: list[str] = []  # ids of the messages that hold the words
        self._at = -1
        self._places: list[_Place] = []  # in the message looked at
        self._place = -1
        self._marked: list[_Editor] = []
        self.edit = QLineEdit(clearButtonEnabled=True)
        self.count = named(QLabel(), "muted")
        self._previous, self._next, self._close = (named(QToolButton(), "quiet") for _ in range(3))
        self._previous.clicked.connect(lambda: self.step(-1))
        self._next.clicked.connect(lambda: self.step(1))
        self._close.clicked.connect(self.close_bar)
        self._close.setText("✕")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 8, 6)
        for widget in (self.edit, self.count, self._previous, self._next, self._close):
            row.addWidget(widget, 1 if widget is self.edit else 0)
        self._timer = QTimer(self, singleShot=True, interval=_AFTER_TYPING_MS)
        self._timer.timeout.connect(self.search)
        self.edit.textChanged.connect(lambda _text: self._timer.start())
        theme.changed.connect(self._set_icons)
        self._set_icons()
        shown(self, False)
        self.retranslate()

    def open_bar(self) -> None:
        self.show()
        self.edit.setFocus()
        self.edit.selectAll()

    def close_bar(self) -> None:
        self._timer.stop()
        self._unmark()
        self._hits, self._at = [], -1
        self.hide()
        self.closed.emit()

    def search(self) -> None:
        """Looks for the words from the newest message on."""
        self._timer.stop()
        wanted = self.edit.text()
        messages = self._transcript.messages()
        self._hits = [m.id for m in messages if wanted and _holds(self._text_of(m.id, m.text), wanted)]
        self._places, self._place, self._at = [], -1, len(self._hits)
        self._unmark()
        if self._hits:
            self.step(-1)
        self.retranslate()

    def step(self, by: int) -> None:
        """To the next place (1) or the one before (-1), round the ends."""
        if not self.isVisible():
            self.open_bar()
        if self._timer.isActive():
            self.search()
            return
        if not self._hits:
            return
        self._place += by
        if not 0 <= self._place < len(self._places):
            self._at = (self._at + by) % len(self._hits)
            self._look_at(self._hits[self._at])
            self._place = 0 if by > 0 else len(self._places) - 1
        self._show_place()
        self.retranslate()

    def retranslate(self) -> None:
        self.edit.setPlaceholderText(self.tr("Find in this chat"))
        self.edit.setAccessibleName(self.edit.placeholderText())
        for button, text in (
            (self._previous, self.tr("Previous (Shift+F3)")),
            (self._next, self.tr("Next (F3)")),
            (self._close, self.tr("Close (Esc)")),
        ):
            button.setToolTip(text)
            button.setAccessibleName(text)
        if not self.edit.text():
            self.count.setText("")
        elif not self._hits:
            self.count.setText(self.tr("Not found"))
        else:
            text = self.tr("message {at} of {count}").format(at=self._at + 1, count=len(self._hits))
            if len(self._places) > 1:
                text += self.tr(", place {at} of {count}").format(at=self._place + 1, count=len(self._places))
            self.count.setText(text)

    def event(self, event: QEvent) -> bool:
        if is_own_escape(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if event.key() == Qt.Key.Key_Escape:
            self.close_bar()
        elif enter:
            self.step(1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else -1)
        else:
            super().keyPressEvent(event)

    def _text_of(self, message_id: str, stored: str) -> str:
        return self._transcript.shown_text(message_id) or stored

    def _look_at(self, message_id: str) -> None:
        """Marks every place in that message."""
        self._unmark()
        view = self._transcript.reveal(message_id)
        self._places = []
        if view is None:
            return
        for thought in view.body.findChildren(ThoughtView):
            if _holds(thought.text(), self.edit.text()):
                thought.toggle.setChecked(True)
        for editor in view.body.findChildren(QWidget) if not isinstance(view.body, QTextEdit) else [view.body]:
            if not isinstance(editor, QTextEdit | QPlainTextEdit):
                continue
            places = _places(editor.document(), self.edit.text())
            self._places += [(editor, place) for place in places]
            if places:
                self._marked.append(editor)
                editor.setExtraSelections([self._selection(place) for place in places])

    def _show_place(self) -> None:
        for editor in self._marked:
            selections = [
                self._selection(p, now=at == self._place) for at, (e, p) in enumerate(self._places) if e is editor
            ]
            editor.setExtraSelections(selections)
        if 0 <= self._place < len(self._places):
            editor, cursor = self._places[self._place]
            below = self._transcript.viewport().height() // 3
            self._transcript.keep_in_place(editor, below - editor.cursorRect(cursor).top())

    def _selection(self, place: QTextCursor, *, now: bool = False) -> QTextEdit.ExtraSelection:
        colors = self._theme.colors
        form, selection = QTextCharFormat(), QTextEdit.ExtraSelection()
        form.setBackground(QColor(colors.accent if now else colors.hover))
        if now:
            form.setForeground(QColor(colors.on_accent))
        else:
            form.setFontUnderline(True)
        selection.cursor, selection.format = place, form
        return selection

    def _unmark(self) -> None:
        for editor in self._marked:
            try:
                editor.setExtraSelections([])
            except RuntimeError:  # its message is no longer on show
                continue
        self._marked = []

    def _set_icons(self) -> None:
        for button, name in ((self._previous, "arrow-up"), (self._next, "arrow-down")):
            button.setIcon(self._theme.icon(name, color=self._theme.colors.muted))
            button.setIconSize(self._theme.icon_size(16))


def _holds(text: str, wanted: str) -> bool:
    """As it was written or as it is read."""
    wanted = wanted.casefold()
    return wanted in text.casefold() or wanted in without_marks(text).casefold()


def _places(document: QTextDocument, wanted: str) -> list[QTextCursor]:
    found: list[QTextCursor] = []
    cursor = document.find(wanted)
    while not cursor.isNull() and wanted:
        found.append(cursor)
        cursor = document.find(wanted, cursor)
    return found
