"""The rows of the conversation list: headings, conversations, or what a search found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QDateTime, QLocale, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QFont

from chatapp.core.chat import Conversation
from chatapp.storage.chat_search import SearchHit
from chatapp.ui.widgets.build import plain_tip

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_BEFORE = 14  # characters: in a narrow list what was found must still be seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """conversation_id "": a heading."""

    text: str
    conversation_id: str = ""
    message_id: str | None = None
    tip: str = ""


class ListModel(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Row] = []

    def set_rows(self, rows: Sequence[Row]) -> None:
        if list(rows) != self._rows:
            self.beginResetModel()
            self._rows = list(rows)
            self.endResetModel()

    def at(self, place: int) -> Row:
        return self._rows[place]

    def place_of(self, conversation_id: str | None) -> int | None:
        ids = [row.conversation_id for row in self._rows]
        return ids.index(conversation_id) if conversation_id in ids else None

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        is_heading = not self._rows[index.row()].conversation_id
        return Qt.ItemFlag.NoItemFlags if is_heading else Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = self._rows[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return row.text
        if role == Qt.ItemDataRole.ToolTipRole and row.tip:
            return plain_tip(row.tip)
        if role == Qt.ItemDataRole.FontRole and not row.conversation_id:
            font = QFont()
            font.setBold(True)
            return font
        return None


def row_of(conversation: Conversation) -> Row:
    changed = QDateTime.fromSecsSinceEpoch(int(conversation.updated_at))
    when = QLocale().toString(changed, QLocale.FormatType.ShortFormat)
    return Row(text=conversation.title, conversation_id=conversation.id, tip=f"{conversation.title}\n{when}")


def row_of_hit(hit: SearchHit) -> Row:
    """Its title, and below it the words with what stands around them."""
    snippet = f"{hit.before[-_BEFORE:]}{hit.match}{hit.after}".strip()
    text = hit.title if hit.message_id is None else f"{hit.title}\n{snippet}"
    return Row(text=text, conversation_id=hit.conversation_id, message_id=hit.message_id, tip=snippet)


def grouped(conversations: Sequence[Conversation], *, pinned: str, others: str) -> list[Row]:
    """The pinned ones, each folder in order of the alphabet, then the others, under headings where there is more than
    one group."""
    groups: dict[str, list[Conversation]] = {pinned: [c for c in conversations if c.pinned]}
    for folder in sorted({c.folder for c in conversations} - {""}, key=str.casefold):
        groups[f"▸ {folder}"] = [c for c in conversations if c.folder == folder and not c.pinned]
    groups[others] = [c for c in conversations if not c.folder and not c.pinned]
    filled = {heading: members for heading, members in groups.items() if members}
    rows: list[Row] = []
    for heading, members in filled.items():
        if len(filled) > 1:
            rows.append(Row(text=heading))
        rows += [row_of(conversation) for conversation in members]
    return rows
