"""The adapters as a table."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractTableModel, QCoreApplication, QModelIndex, QPersistentModelIndex, Qt

from chatapp.core.models import size_text
from chatapp.core.options import QT_TRANSLATE_NOOP
from chatapp.services.adapters import ListedAdapter
from chatapp.ui.language import error_message
from chatapp.ui.widgets.build import plain_tip

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_HEADINGS = (
    QT_TRANSLATE_NOOP("AdapterTable", "Name"),
    QT_TRANSLATE_NOOP("AdapterTable", "Made for"),
    QT_TRANSLATE_NOOP("AdapterTable", "Rank"),
    QT_TRANSLATE_NOOP("AdapterTable", "Alpha"),
    QT_TRANSLATE_NOOP("AdapterTable", "Size"),
    QT_TRANSLATE_NOOP("AdapterTable", "State"),
)
_NUMBERS = (2, 3, 4)
_IN_USE = QT_TRANSLATE_NOOP("AdapterTable", "In use, strength {scale:.2f}")
_FITS = QT_TRANSLATE_NOOP("AdapterTable", "Fits the model in use")
_UNFIT = QT_TRANSLATE_NOOP("AdapterTable", "For another model")


class AdapterTable(QAbstractTableModel):
    def __init__(self) -> None:
        super().__init__()
        self._entries: list[ListedAdapter] = []
        self._has_model = False

    def set_entries(self, entries: Sequence[ListedAdapter], *, has_model: bool) -> None:
        """has_model: whether it is known what fits."""
        same = [entry.adapter for entry in entries] == [entry.adapter for entry in self._entries]
        if not same:
            self.beginResetModel()
        self._entries, self._has_model = list(entries), has_model
        if same:
            self._refresh()
        else:
            self.endResetModel()

    def at(self, row: int) -> ListedAdapter | None:
        return self._entries[row] if 0 <= row < len(self._entries) else None

    def row_of(self, path: str) -> int:
        """-1 where it is not listed."""
        return next((row for row, entry in enumerate(self._entries) if entry.adapter.path == path), -1)

    def retranslate(self) -> None:
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(_HEADINGS) - 1)
        self._refresh()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._entries)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(_HEADINGS)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        entry = self._entries[index.row()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(error_message(entry.unfit) if entry.unfit is not None else entry.adapter.path)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._texts(entry)[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() in _NUMBERS:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return QCoreApplication.translate("AdapterTable", _HEADINGS[section])
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if section in _NUMBERS else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def _texts(self, entry: ListedAdapter) -> tuple[str, ...]:
        facts = entry.adapter.facts
        return (
            entry.adapter.name,
            facts.base or facts.architecture,
            str(facts.rank),
            f"{facts.alpha:g}",
            size_text(entry.adapter.size_bytes),
            self._state(entry),
        )

    def _state(self, entry: ListedAdapter) -> str:
        if not self._has_model:
            return ""
        state = _UNFIT if entry.unfit is not None else _IN_USE if entry.is_on else _FITS
        return QCoreApplication.translate("AdapterTable", state).format(scale=entry.scale)

    def _refresh(self) -> None:
        if self._entries:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._entries) - 1, len(_HEADINGS) - 1))
