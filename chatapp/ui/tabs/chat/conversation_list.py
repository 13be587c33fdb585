"""The conversations beside the transcript, the one changed last at the top."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractListModel,
    QDateTime,
    QItemSelectionModel,
    QLocale,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QLabel, QListView, QPushButton, QVBoxLayout, QWidget

from chatapp.core.chat import Conversation
from chatapp.ui.language import Translated
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.build import named, plain_tip

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class ConversationModel(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self._conversations: list[Conversation] = []

    def set_conversations(self, conversations: Sequence[Conversation]) -> None:
        self.beginResetModel()
        self._conversations = list(conversations)
        self.endResetModel()

    def at(self, row: int) -> Conversation:
        return self._conversations[row]

    def row_of(self, conversation_id: str | None) -> int | None:
        ids = [conversation.id for conversation in self._conversations]
        return ids.index(conversation_id) if conversation_id in ids else None

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._conversations)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        conversation = self._conversations[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return conversation.title
        if role == Qt.ItemDataRole.ToolTipRole:
            changed = QDateTime.fromSecsSinceEpoch(int(conversation.updated_at))
            return plain_tip(f"{conversation.title}\n{QLocale().toString(changed, QLocale.FormatType.ShortFormat)}")
        return None


class _List(QListView):
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:  # others would mark a conversation without opening it
            super().mousePressEvent(event)


class ConversationList(Translated, QWidget):
    new_requested = Signal()
    open_requested = Signal(object)
    """str: a conversation's id"""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sidebar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme = theme
        self._model = ConversationModel()
        self._current_id: str | None = None
        self.new_button = QPushButton()
        self.new_button.clicked.connect(self.new_requested)
        self._empty = named(QLabel(wordWrap=True, alignment=Qt.AlignmentFlag.AlignTop, margin=8), "muted")
        self.list = _List()
        self.list.setModel(self._model)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.clicked.connect(self._on_chosen)
        self.list.activated.connect(self._on_chosen)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 12, 10, 10)
        layout.setSpacing(10)
        layout.addWidget(self.new_button)
        layout.addWidget(self._empty)
        layout.addWidget(self.list, 1)
        theme.changed.connect(self._set_icon)
        self._set_icon()
        self.retranslate()

    def set_conversations(self, conversations: Sequence[Conversation]) -> None:
        self._model.set_conversations(conversations)
        self._empty.setVisible(not conversations)
        self.select(self._current_id)

    def select(self, conversation_id: str | None) -> None:
        """Marks the one on show; None: a new one, which is not in the list yet."""
        self._current_id = conversation_id
        row = self._model.row_of(conversation_id)
        if row is None:
            self.list.clearSelection()
        else:
            index = self._model.index(row)
            self.list.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def retranslate(self) -> None:
        self.new_button.setText(self.tr("New chat"))
        self.new_button.setToolTip(self.tr("Start a new conversation (Ctrl+N)"))
        self.new_button.setAccessibleName(self.new_button.text())
        self.list.setAccessibleName(self.tr("Conversations"))
        self._empty.setText(self.tr("Your conversations will be listed here."))

    def _on_chosen(self, index: QModelIndex) -> None:
        chosen = self._model.at(index.row()).id
        if chosen != self._current_id:
            self.open_requested.emit(chosen)

    def _set_icon(self) -> None:
        self.new_button.setIcon(self._theme.icon("plus"))
        self.new_button.setIconSize(self._theme.icon_size(16))
