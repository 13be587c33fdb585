"""The conversations beside the transcript: pinned, in folders, found by words, or in the bin."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QItemSelectionModel, QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QLineEdit,
    QListView,
    QMenu,
    QPushButton,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from chatapp.core.chat import Conversation
from chatapp.services.shelf import Found, Shelf
from chatapp.ui.language import Translated
from chatapp.ui.tabs.chat.list_model import Index, ListModel, Row, grouped, row_of, row_of_hit
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.build import is_own_escape, named, shown
from chatapp.ui.widgets.save_dialog import ask_where

_AFTER_TYPING_MS = 150


class _List(QListView):
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:  # others would mark a conversation without opening it
            super().mousePressEvent(event)


class _TwoLines(QStyledItemDelegate):
    """Lines of other scripts are taller than those of the font itself."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        size = super().sizeHint(option, index)
        lines = str(index.data()).count("\n")
        return QSize(size.width(), size.height() + lines * option.fontMetrics.height() // 2)


class _Search(QLineEdit):
    """Down goes to what was found, Esc forgets it and, once more, goes back to where one writes."""

    left = Signal()
    given_up = Signal()

    def event(self, event: QEvent) -> bool:
        if is_own_escape(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            if self.text():
                self.clear()
            else:
                self.given_up.emit()
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.left.emit()
        else:
            super().keyPressEvent(event)


class ConversationList(Translated, QWidget):
    new_requested = Signal()
    open_requested = Signal(object, object)
    """str: a conversation's id; str | None: a message's"""

    def __init__(self, theme: Theme, shelf: Shelf, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sidebar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme = theme
        self._shelf = shelf
        self._model = ListModel()
        self._current_id: str | None = None
        self._found: Found | None = None
        self.new_button = QPushButton()
        self.new_button.clicked.connect(self.new_requested)
        self.more = named(QToolButton(), "quiet")
        self.more.clicked.connect(self._open_more)
        self.search = _Search(clearButtonEnabled=True)
        self.search.left.connect(self._go_to_list)
        self._timer = QTimer(self, singleShot=True, interval=_AFTER_TYPING_MS)
        self._timer.timeout.connect(lambda: shelf.search(self.search.text().strip()))
        self.search.textChanged.connect(self._on_typed)
        self._empty = named(QLabel(wordWrap=True, alignment=Qt.AlignmentFlag.AlignTop, margin=8), "muted")
        self.list = _List()
        self.list.setModel(self._model)
        self.list.setItemDelegate(_TwoLines(self.list))
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._open_menu)
        self.list.clicked.connect(self._on_chosen)
        self.list.activated.connect(self._on_chosen)
        self.bin_button = shown(QPushButton(), False)
        self.bin_button.setCheckable(True)
        self.bin_button.toggled.connect(lambda _on: self._refresh())
        top = QHBoxLayout()
        top.addWidget(self.new_button, 1)
        top.addWidget(self.more)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 12, 10, 10)
        layout.setSpacing(10)
        layout.addLayout(top)
        for widget in (self.search, self._empty):
            layout.addWidget(widget)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.bin_button)
        shelf.changed.connect(self._refresh)
        shelf.found.connect(self._on_found)
        theme.changed.connect(self._set_icons)
        self._set_icons()
        self.retranslate()

    def select(self, conversation_id: str | None) -> None:
        """Marks the one on show; None: a new one, which is not in the list yet."""
        self._current_id = conversation_id
        place = self._model.place_of(conversation_id)
        if place is None:
            self.list.clearSelection()
        else:
            index = self._model.index(place)
            self.list.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def rename(self, conversation_id: str) -> None:
        conversation = self._shelf.get(conversation_id)
        if conversation is not None:
            title, ok = QInputDialog.getText(
                self, self.tr("Rename"), self.tr("Name of the conversation:"), text=conversation.title
            )
            if ok:
                self._shelf.rename(conversation_id, title)

    def export(self, conversation_id: str) -> None:
        conversation = self._shelf.get(conversation_id)
        if conversation is None:
            return
        kinds = ((self.tr("Everything, to import again"), ".json"), (self.tr("To read: Markdown"), ".md"))
        if path := ask_where(self, self.tr("Export"), conversation.title, kinds):
            self._shelf.export(conversation_id, path)

    def import_chat(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, self.tr("Import a chat"), "", self.tr("Exported chats (*.json)"))
        if path:
            self._shelf.import_file(path)

    def menu_for(self, conversation_id: str) -> QMenu:
        """What can be done with that conversation."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        conversation, shelf = self._shelf.get(conversation_id), self._shelf
        if conversation is None:
            return menu
        if conversation.deleted_at is not None:
            menu.addAction(self.tr("Restore")).triggered.connect(lambda: shelf.restore(conversation_id))
            menu.addAction(self.tr("Delete for good")).triggered.connect(lambda: shelf.remove(conversation_id))
            return menu
        menu.addAction(self.tr("Rename…")).triggered.connect(lambda: self.rename(conversation_id))
        pin = menu.addAction(self.tr("Unpin") if conversation.pinned else self.tr("Pin"))
        pin.triggered.connect(lambda: shelf.change(conversation_id, pinned=not conversation.pinned))
        self._add_folders(menu.addMenu(self.tr("Folder")), conversation)
        menu.addAction(self.tr("Export…")).triggered.connect(lambda: self.export(conversation_id))
        menu.addSeparator()
        menu.addAction(self.tr("Delete")).triggered.connect(lambda: shelf.delete(conversation_id))
        return menu

    def retranslate(self) -> None:
        self.new_button.setText(self.tr("New chat"))
        self.new_button.setToolTip(self.tr("Start a new conversation (Ctrl+N)"))
        self.new_button.setAccessibleName(self.new_button.text())
        self.more.setToolTip(self.tr("Import a chat, or do something with the one on show"))
        self.more.setAccessibleName(self.more.toolTip())
        self.search.setPlaceholderText(self.tr("Search all chats"))
        self.search.setAccessibleName(self.search.placeholderText())
        self.list.setAccessibleName(self.tr("Conversations"))
        self._refresh()

    def _add_folders(self, menu: QMenu, conversation: Conversation) -> None:
        def put(folder: str) -> None:
            self._shelf.change(conversation.id, folder=folder)

        menu.addAction(self.tr("None")).triggered.connect(lambda: put(""))
        for folder in self._shelf.folders:
            menu.addAction(folder.replace("&", "&&")).triggered.connect(lambda _on=False, f=folder: put(f))
        menu.addAction(self.tr("New folder…")).triggered.connect(lambda: self._ask_folder(conversation.id))

    def _ask_folder(self, conversation_id: str) -> None:
        name, ok = QInputDialog.getText(self, self.tr("New folder"), self.tr("Name of the folder:"))
        if ok and name.strip():
            self._shelf.change(conversation_id, folder=" ".join(name.split()))

    def _open_more(self) -> None:
        menu = self.menu_for(self._current_id or "")
        menu.addSeparator()
        menu.addAction(self.tr("Import a chat…")).triggered.connect(self.import_chat)
        menu.popup(self.more.mapToGlobal(QPoint(0, self.more.height())))

    def _open_menu(self, at: QPoint) -> None:
        index = self.list.indexAt(at)
        row = self._model.at(index.row()) if index.isValid() else None
        if row is not None and row.conversation_id:
            self.menu_for(row.conversation_id).popup(self.list.viewport().mapToGlobal(at))

    def _on_typed(self, text: str) -> None:
        if text.strip():
            self._timer.start()
        else:
            self._timer.stop()
            self._found = None
            self._refresh()

    def _on_found(self, found: Found) -> None:
        if found.text == self.search.text().strip():
            self._found = found
            self._refresh()

    def _refresh(self) -> None:
        binned = self._shelf.bin
        self.bin_button.setText(self.tr("Bin ({count})").format(count=len(binned)))
        self.bin_button.setToolTip(self.tr("Deleted chats; each is kept for 30 days"))
        self.bin_button.setVisible(bool(binned))
        if not binned and self.bin_button.isChecked():
            self.bin_button.setChecked(False)
            return
        rows, nothing = self._rows_on_show(binned)
        self._model.set_rows(rows)
        self._empty.setText(nothing)
        self._empty.setVisible(not rows)
        self.select(self._current_id)

    def _rows_on_show(self, binned: Sequence[Conversation]) -> tuple[list[Row], str]:
        if self._found is not None:
            return [row_of_hit(hit) for hit in self._found.hits], self.tr("No chat has these words.")
        if self.bin_button.isChecked():
            return [row_of(conversation) for conversation in binned], ""
        kept = self._shelf.conversations
        rows = grouped(kept, pinned=self.tr("Pinned"), others=self.tr("Others"))
        return rows, self.tr("Your conversations will be listed here.")

    def _go_to_list(self) -> None:
        if self._timer.isActive():
            self._timer.stop()
            self._shelf.search(self.search.text().strip())
        self.list.setFocus()
        if not self.list.currentIndex().isValid() and self._model.rowCount():
            self.list.setCurrentIndex(self._model.index(0))

    def _on_chosen(self, index: Index) -> None:
        row = self._model.at(index.row())
        if self.bin_button.isChecked() and self._found is None:
            self.menu_for(row.conversation_id).popup(
                self.list.viewport().mapToGlobal(self.list.visualRect(self._model.index(index.row())).bottomLeft())
            )
        elif row.conversation_id and (row.conversation_id != self._current_id or row.message_id is not None):
            self.open_requested.emit(row.conversation_id, row.message_id)

    def _set_icons(self) -> None:
        self.new_button.setIcon(self._theme.icon("plus"))
        self.more.setIcon(self._theme.icon("more", color=self._theme.colors.muted))
        for button in (self.new_button, self.more):
            button.setIconSize(self._theme.icon_size(16))
