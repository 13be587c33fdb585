"""The chat tab's parts in their places."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from chatapp.core.errors import ErrorInfo, ErrorKind
from chatapp.services.shelf import Shelf
from chatapp.ui.language import Language, Translated
from chatapp.ui.tabs.chat.conversation_list import ConversationList
from chatapp.ui.tabs.chat.find_bar import FindBar
from chatapp.ui.tabs.chat.inspector import Inspector
from chatapp.ui.tabs.chat.prompt_dialog import PromptDialog
from chatapp.ui.tabs.chat.transcript import Transcript
from chatapp.ui.tabs.chat.welcome import Welcome
from chatapp.ui.widgets.build import named, shown
from chatapp.ui.widgets.column import centred
from chatapp.ui.widgets.error_card import ErrorCard
from chatapp.ui.widgets.link_dialog import LinkDialog
from chatapp.ui.widgets.prompt_box import PromptBox
from chatapp.ui.widgets.rich_text import Typesetting
from chatapp.ui.widgets.silence_card import SilenceCard
from chatapp.ui.widgets.undo_bar import UndoBar

_LIST_EMS, _LEAST_LIST_EMS = 19, 12
_LEAST_MIDDLE_EMS, _ROOM_EMS = 12, 28  # of the conversation: never less; less only where nothing else can give way


class ChatView(Translated, QWidget):
    new_requested = Signal()
    file_dropped = Signal(object)
    """str: the path of an exported chat, or of a model or adapter"""

    def __init__(
        self, typesetting: Typesetting, language: Language, shelf: Shelf, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.typesetting = typesetting
        self._theme = theme = typesetting.theme
        self._card: ErrorCard | None = None
        self.conversations = ConversationList(theme, shelf)
        self.transcript = Transcript(typesetting)
        self.find_bar = FindBar(self.transcript, theme)
        self.welcome = Welcome(theme, language)
        self.prompt = PromptBox(theme)
        self.undo = UndoBar(
            lambda: self.tr("The chat is in the bin, where it stays for 30 days."),
            lambda: self.tr("Bring it back (Ctrl+Shift+T)"),
        )
        self.inspector = shown(Inspector(theme), False)
        self._middle = QStackedWidget()
        self._middle.addWidget(self.welcome)
        self._middle.addWidget(self.transcript)
        self._below = QWidget()
        self._rows = QVBoxLayout(self._below)
        self._rows.setContentsMargins(0, 0, 0, 14)
        self.notice = shown(named(QLabel(wordWrap=True), "notice"), False)
        self.silence = shown(SilenceCard(), False)
        for widget in (self.silence, self.undo, self.notice, self.prompt):
            self._rows.addWidget(widget)
        self._main = main = named(QWidget(), "page")
        column = QVBoxLayout(main)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.find_bar)
        column.addWidget(self._middle, 1)
        column.addLayout(centred(self._below, 24))
        self._list_area = QWidget()
        list_rows = QVBoxLayout(self._list_area)
        list_rows.setContentsMargins(0, 0, 0, 0)
        list_rows.addWidget(self.conversations)
        self._splitter = splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(self._list_area)
        splitter.addWidget(main)
        splitter.setStretchFactor(1, 1)
        splitter.setChildrenCollapsible(False)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(splitter, 1)
        layout.addWidget(self.inspector)
        self.setAcceptDrops(True)
        self.welcome.chosen.connect(self._on_example)
        self.conversations.new_requested.connect(self.new_requested)
        self.transcript.link_chosen.connect(lambda address: LinkDialog(address, self).open())
        self.find_bar.closed.connect(self.take_focus)
        self.transcript.edit_ended.connect(self.take_focus)
        self.conversations.search.given_up.connect(self.take_focus)
        theme.changed.connect(self._fit_column)
        self._fit_column()
        self.retranslate()

    def take_focus(self) -> None:
        self.prompt.edit.setFocus()

    def show_empty(self) -> None:
        self._middle.setCurrentWidget(self.welcome)

    def show_transcript(self) -> None:
        self._middle.setCurrentWidget(self.transcript)

    def open_prompt(self) -> PromptDialog:
        """A window for an exact prompt, waiting for it."""
        dialog = PromptDialog(self._theme, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()
        return dialog

    def set_plain_template(self, plain: bool) -> None:
        """Whether to say that messages go into the plain template."""
        self.notice.setVisible(plain)

    def retranslate(self) -> None:
        self.notice.setText(
            self.tr(
                "This model brings no chat template, so a plain dialogue is used. It may not answer like an assistant."
            )
        )

    def show_error(self, info: ErrorInfo) -> None:
        """A card above the prompt box, in place of an earlier one."""
        self.clear_error()
        self._card = ErrorCard(info, can_dismiss=True)
        self._card.dismissed.connect(lambda: self.clear_error())
        self._rows.insertWidget(0, self._card)

    def clear_error(self, kind: ErrorKind | None = None) -> None:
        """Takes the card away; with `kind` only where it tells of that kind of trouble."""
        if self._card is None or kind not in (None, self._card.info.kind):
            return
        self._card.hide()
        self._card.deleteLater()
        self._card = None

    def toggle_list(self) -> None:
        """Where there is no room for both it takes the inspector's place, and the other way round."""
        if self._list_area.isHidden() and not self.inspector.isHidden():
            self.conversations.show()
            self.inspector.hide()
        else:
            self.conversations.setVisible(self.conversations.isHidden())
        self._make_room()

    def show_parts(self, *, list_shown: bool, inspector_shown: bool) -> None:
        self.conversations.setVisible(list_shown)
        self.inspector.setVisible(inspector_shown)
        self._make_room()

    def toggle_inspector(self) -> None:
        """Gives the keyboard to what it shows, and back."""
        hidden = self.inspector.isHidden()
        self.inspector.setVisible(hidden)
        self._make_room()
        if hidden:
            self.inspector.tabBar().setFocus()
        else:
            self.take_focus()

    def begin_search(self) -> None:
        if self._list_area.isHidden() or self.conversations.isHidden():
            self.toggle_list()
        self.conversations.search.setFocus()
        self.conversations.search.selectAll()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _dropped_files(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        for path in _dropped_files(event):
            self.file_dropped.emit(path)

    def _on_example(self, text: str) -> None:
        self.prompt.replace_text(text)
        self.take_focus()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        """The list gives way where it and the inspector would leave too little for the conversation."""
        em = self.fontMetrics().horizontalAdvance("m")
        inspector = 0 if self.inspector.isHidden() else self.inspector.minimumWidth()
        needed = inspector + (_LEAST_LIST_EMS + _ROOM_EMS) * em
        self._list_area.setVisible(not self.conversations.isHidden() and (not inspector or self.width() >= needed))

    def _fit_column(self) -> None:
        self._below.setMaximumWidth(self._theme.column_width())
        em = self.fontMetrics().horizontalAdvance("m")
        self._main.setMinimumWidth(em * _LEAST_MIDDLE_EMS)
        list_width = em * _LIST_EMS
        self._splitter.setSizes([list_width, max(1, self.width() - list_width)])


def _dropped_files(event: QDropEvent) -> list[str]:
    paths = [url.toLocalFile() for url in event.mimeData().urls()]
    return [path for path in paths if path.lower().endswith((".json", ".gguf"))]
