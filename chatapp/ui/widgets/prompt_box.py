"""The box a person writes in: grows with the text, sends with Enter, and offers Stop while a reply is written."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QResizeEvent, QTextCursor
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from chatapp.ui.language import Translated
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.build import named
from chatapp.ui.widgets.exact_text import exact_text

_MOST_LINES = 9


class PromptBox(Translated, QFrame):
    """Sending leaves the text where it is; who has kept the prompt empties the box."""

    submitted = Signal(object)
    """str"""
    stop_requested = Signal()
    edit_last_requested = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("promptFrame")
        self._theme = theme
        self._writing = False
        self._hint = ""
        self.edit = PromptEdit(self)
        self.edit.submitted.connect(self._submit)
        self.edit.focus_changed.connect(self._on_focus)
        self.edit.edit_last_requested.connect(self.edit_last_requested)
        self.edit.textChanged.connect(self._update)
        self.button = named(QPushButton(), "primary")
        self.button.clicked.connect(self._on_clicked)
        row = QHBoxLayout()
        row.addStretch()
        row.addWidget(self.button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 10, 10, 10)
        layout.setSpacing(4)
        layout.addWidget(self.edit)
        layout.addLayout(row)
        theme.changed.connect(self._update)
        self.retranslate()

    def text(self) -> str:
        return exact_text(self.edit.document())

    def set_text(self, text: str) -> None:
        self.edit.setPlainText(text)
        self.edit.moveCursor(self.edit.textCursor().MoveOperation.End)

    def replace_text(self, text: str) -> None:
        """As `set_text`, in a step that a person can undo."""
        cursor = self.edit.textCursor()
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.insertText(text)
        self.edit.setTextCursor(cursor)

    def set_writing(self, writing: bool) -> None:
        """While a reply is written the button says Stop; the text can still be edited."""
        self._writing = writing
        self._update()

    def set_send_key(self, name: str) -> None:
        """ "enter" or "ctrl_enter"; see ChatSettings."""
        self.edit.send_key = name
        self.retranslate()

    def retranslate(self) -> None:
        if self.edit.send_key == "ctrl_enter":
            self._hint = self.tr("Message: Ctrl+Enter sends, Enter starts a line")
        else:
            self._hint = self.tr("Message: Enter sends, Shift+Enter starts a line")
        self._fit_hint()
        self.edit.setAccessibleName(self.tr("Message"))
        self._update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_hint()

    def _fit_hint(self) -> None:
        """In one line: the empty box is as high."""
        room = self.edit.viewport().width() - 2 * round(self.edit.document().documentMargin()) - 2
        hint = self.edit.fontMetrics().elidedText(self._hint, Qt.TextElideMode.ElideRight, room)
        self.edit.setPlaceholderText(hint)

    def _update(self) -> None:
        if self._writing:
            self.button.setText(self.tr("Stop"))
            self.button.setToolTip(self.tr("End the reply (Esc); what is written stays"))
        else:
            self.button.setText(self.tr("Send"))
            keys = "Ctrl+Enter" if self.edit.send_key == "ctrl_enter" else "Enter"
            self.button.setToolTip(self.tr("Send the message ({keys})").format(keys=keys))
        self.button.setAccessibleName(self.button.text())
        colors = self._theme.colors
        name, color = ("stop", colors.background) if self._writing else ("send", colors.on_accent)
        self.button.setIcon(self._theme.icon(name, color=color))
        if self.button.objectName() != (wanted := "stop" if self._writing else "primary"):
            self.button.setObjectName(wanted)
            self.button.style().unpolish(self.button)
            self.button.style().polish(self.button)
        self.button.setIconSize(self._theme.icon_size(16))
        self.button.setEnabled(self._writing or bool(self.text().strip()))

    def _on_clicked(self) -> None:
        if self._writing:
            self.stop_requested.emit()
        else:
            self._submit()

    def _submit(self) -> None:
        if self.text().strip():
            self.submitted.emit(self.text())

    def _on_focus(self, focused: bool) -> None:
        self.setProperty("focused", focused)
        self.style().unpolish(self)
        self.style().polish(self)


class PromptEdit(QPlainTextEdit):
    """Never sends while an input method composes."""

    submitted = Signal()
    edit_last_requested = Signal()
    """Up in an empty box"""
    focus_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("promptEdit")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTabChangesFocus(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(2)
        self.send_key = "enter"
        self.document().documentLayout().documentSizeChanged.connect(lambda _size: self._fit())
        self._fit()

    def _fit(self) -> None:
        line = self.fontMetrics().lineSpacing()
        lines = min(_MOST_LINES, max(1, round(self.document().size().height())))  # the layout counts in lines
        self.setFixedHeight(line * lines + 12)
        scrolls = self.document().size().height() > _MOST_LINES  # lines of other scripts are taller than the font's
        policy = Qt.ScrollBarPolicy.ScrollBarAsNeeded if scrolls else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        if policy is not self.verticalScrollBarPolicy():  # setting it lays out a long text anew
            self.setVerticalScrollBarPolicy(policy)

    def _is_composing(self) -> bool:
        layout = self.textCursor().block().layout()
        return layout is not None and bool(layout.preeditAreaText())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if is_enter and self._is_composing():
            return  # it belongs to the input method
        if is_enter and not shift and (control or self.send_key == "enter"):
            self.submitted.emit()
            return
        plain_up = event.key() == Qt.Key.Key_Up and not (shift or control)
        if plain_up and self.document().isEmpty() and not self._is_composing():
            self.edit_last_requested.emit()
            return
        super().keyPressEvent(event)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        """A dropped file is for the page around the box; its path is not what a person wants to say."""
        return not any(url.isLocalFile() for url in source.urls()) and super().canInsertFromMimeData(source)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focus_changed.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.focus_changed.emit(False)
