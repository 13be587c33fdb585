"""The library as a table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QAbstractTableModel, QCoreApplication, QModelIndex, QPersistentModelIndex, Qt

from chatapp.core.models import LibraryModel, size_text
from chatapp.core.options import QT_TRANSLATE_NOOP
from chatapp.ui.widgets.build import plain_tip

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_HEADINGS = (
    QT_TRANSLATE_NOOP("ModelTable", "Name"),
    QT_TRANSLATE_NOOP("ModelTable", "Architecture"),
    QT_TRANSLATE_NOOP("ModelTable", "Quantization"),
    QT_TRANSLATE_NOOP("ModelTable", "Size"),
    QT_TRANSLATE_NOOP("ModelTable", "Context"),
    QT_TRANSLATE_NOOP("ModelTable", "State"),
)
_NUMBERS = (3, 4)
_IN_USE = QT_TRANSLATE_NOOP("ModelTable", "In use")
_GONE = QT_TRANSLATE_NOOP("ModelTable", "File is gone")
_UNCHANGED = QT_TRANSLATE_NOOP("ModelTable", "Unchanged")
_DIFFERS = QT_TRANSLATE_NOOP("ModelTable", "Not as added")


class ModelTable(QAbstractTableModel):
    def __init__(self) -> None:
        super().__init__()
        self._models: list[LibraryModel] = []
        self._verified: dict[str, bool] = {}
        self.used = ""

    def set_models(self, models: Sequence[LibraryModel]) -> None:
        self.beginResetModel()
        self._models = list(models)
        self.endResetModel()

    def set_used(self, path: str) -> None:
        """Marks the model in use; "" for none."""
        if path != self.used:
            self.used = path
            self._refresh()

    def set_verified(self, path: str, unchanged: bool) -> None:
        """What a comparison of the file with its checksum has found."""
        self._verified[path] = unchanged
        self._refresh()

    def at(self, row: int) -> LibraryModel | None:
        return self._models[row] if 0 <= row < len(self._models) else None

    def retranslate(self) -> None:
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(_HEADINGS) - 1)
        self._refresh()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._models)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(_HEADINGS)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        model = self._models[index.row()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(model.path)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._texts(model)[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() in _NUMBERS:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return QCoreApplication.translate("ModelTable", _HEADINGS[section])
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if section in _NUMBERS else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def _texts(self, model: LibraryModel) -> tuple[str, ...]:
        context = f"{model.context:,}" if model.context else "?"
        return (
            model.name,
            model.architecture,
            model.quantization,
            size_text(model.size_bytes),
            context,
            self._state(model),
        )

    def _state(self, model: LibraryModel) -> str:
        states = [_IN_USE] if model.path == self.used else []
        if not Path(model.path).is_file():
            states = [_GONE]
        elif model.path in self._verified:
            states.append(_UNCHANGED if self._verified[model.path] else _DIFFERS)
        return " · ".join(QCoreApplication.translate("ModelTable", state) for state in states)

    def _refresh(self) -> None:
        if self._models:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._models) - 1, len(_HEADINGS) - 1))
