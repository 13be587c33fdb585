"""The comparisons of before as rows of a table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PureWindowsPath

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale, QObject, Qt

from chatapp.core.comparison import is_sweep
from chatapp.core.options import QT_TRANSLATE_NOOP
from chatapp.storage.comparisons import StoredComparison
from chatapp.ui.widgets.build import plain_tip
from chatapp.ui.widgets.table_view import ROOT, SORT_ROLE, CopiedModel, Index

_HEADINGS = (
    QT_TRANSLATE_NOOP("EarlierDialog", "Prompt"),
    QT_TRANSLATE_NOOP("EarlierDialog", "Run at"),
    QT_TRANSLATE_NOOP("EarlierDialog", "Model"),
    QT_TRANSLATE_NOOP("EarlierDialog", "Lanes"),
)
_TITLE, _MODEL, _LANES = 0, 2, 3
_SWEEP = QT_TRANSLATE_NOOP("EarlierDialog", "{count}, sweep")
_UNKNOWN = "–"


class EarlierModel(CopiedModel):
    names = ("prompt", "run_at", "model", "lanes")

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._all: list[StoredComparison] = []
        self._words: list[str] = []
        self.entries: list[StoredComparison] = []  # those that are shown

    def set_entries(self, entries: Sequence[StoredComparison]) -> None:
        self._all = list(entries)
        self._refresh()

    def set_filter(self, text: str) -> None:
        """Only those are shown in whose row every word occurs."""
        self._words = text.casefold().split()
        self._refresh()

    @property
    def has_any(self) -> bool:
        """Also where the filter shows none."""
        return bool(self._all)

    def retranslate(self) -> None:
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(_HEADINGS) - 1)
        self._refresh()

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self.entries)

    def columnCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(_HEADINGS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        entry, column = self.entries[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return _text(entry, column)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{_tr(_HEADINGS[column])} {_text(entry, column)}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(_text(entry, column)) if column in (_TITLE, _MODEL) else None
        if role == SORT_ROLE:
            return _sorted_by(entry, column)
        return _alignment(column) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return _tr(_HEADINGS[section])
        return _alignment(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def values(self, row: int) -> Sequence[object]:
        entry = self.entries[row]
        moment = QDateTime.fromSecsSinceEpoch(int(entry.created_at)).toString(Qt.DateFormat.ISODate)
        return entry.title, moment, _model_name(entry), entry.n_lanes

    def _refresh(self) -> None:
        self.beginResetModel()
        self.entries = [entry for entry in self._all if _has_words(entry, self._words)]
        self.endResetModel()


def _has_words(entry: StoredComparison, words: Sequence[str]) -> bool:
    whole = " ".join(_text(entry, column) for column in range(len(_HEADINGS))).casefold()
    return all(word in whole for word in words)


def _text(entry: StoredComparison, column: int) -> str:
    match column:
        case 0:
            return entry.title or _UNKNOWN
        case 1:
            moment = QDateTime.fromSecsSinceEpoch(int(entry.created_at))
            return QLocale().toString(moment, QLocale.FormatType.ShortFormat)
        case 2:
            return _model_name(entry) or _UNKNOWN
        case _:
            return _tr(_SWEEP).format(count=entry.n_lanes) if is_sweep(entry.n_lanes) else str(entry.n_lanes)


def _sorted_by(entry: StoredComparison, column: int) -> float | str:
    return (entry.title.casefold(), entry.created_at, _model_name(entry).casefold(), float(entry.n_lanes))[column]


def _model_name(entry: StoredComparison) -> str:
    return PureWindowsPath(entry.model).name


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column == _LANES else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


def _tr(text: str) -> str:
    return QCoreApplication.translate("EarlierDialog", text)
