"""The training runs of before as rows of a table; those that are compared are checked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QDateTime, QObject, Qt, Signal

from chatapp.core.options import QT_TRANSLATE_NOOP
from chatapp.core.training import RunResult
from chatapp.storage.runs import StoredRun
from chatapp.ui.tabs.finetune.run_words import STATES, date_text, file_name, in_words, model_name
from chatapp.ui.widgets.build import plain_tip
from chatapp.ui.widgets.table_view import ROOT, SORT_ROLE, CopiedModel, Index

_HEADINGS = (
    QT_TRANSLATE_NOOP("EarlierRuns", "Started at"),
    QT_TRANSLATE_NOOP("EarlierRuns", "Model"),
    QT_TRANSLATE_NOOP("EarlierRuns", "Data"),
    QT_TRANSLATE_NOOP("EarlierRuns", "Held-out loss"),
    QT_TRANSLATE_NOOP("EarlierRuns", "State"),
)
_IN_TRAINING = QT_TRANSLATE_NOOP("EarlierRuns", "in training")
MODEL, DATA, LOSS, _STATE = 1, 2, 3, 4
_UNKNOWN = "–"


class EarlierRunsModel(CopiedModel):
    names = ("started_at", "model", "data", "loss_before", "loss_after", "state")
    checked_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.runs: list[StoredRun] = []
        self.checked: list[Path] = []
        """folders, in the order they were checked"""
        self._in_training: Path | None = None

    def set_runs(self, runs: Sequence[StoredRun], in_training: Path | None) -> None:
        self.beginResetModel()
        self.runs, self._in_training = list(runs), in_training
        folders = {run.folder for run in runs}
        gone = [folder for folder in self.checked if folder not in folders]
        self.checked = [folder for folder in self.checked if folder in folders]
        self.endResetModel()
        if gone:
            self.checked_changed.emit()

    def retranslate(self) -> None:
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(_HEADINGS) - 1)
        self.set_runs(self.runs, self._in_training)

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self.runs)

    def columnCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(_HEADINGS)

    def flags(self, index: Index) -> Qt.ItemFlag:
        checkable = Qt.ItemFlag.ItemIsUserCheckable if index.column() == 0 else Qt.ItemFlag.NoItemFlags
        return super().flags(index) | checkable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        run, column = self.runs[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(run, column)
        if role == Qt.ItemDataRole.CheckStateRole and column == 0:
            return Qt.CheckState.Checked if run.folder in self.checked else Qt.CheckState.Unchecked
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{_tr(_HEADINGS[column])} {self._text(run, column)}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(run.spec.model if column == MODEL else run.spec.data) if column in (MODEL, DATA) else None
        if role == SORT_ROLE:
            return self._sorted_by(run, column)
        return _alignment(column) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.CheckStateRole:
            return False
        self.toggle(index.row(), wanted=Qt.CheckState(value) == Qt.CheckState.Checked)
        return True

    def toggle(self, row: int, *, wanted: bool) -> None:
        folder = self.runs[row].folder
        self.checked = [known for known in self.checked if known != folder] + ([folder] if wanted else [])
        self.dataChanged.emit(self.index(row, 0), self.index(row, 0))
        self.checked_changed.emit()

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return _tr(_HEADINGS[section])
        return _alignment(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def values(self, row: int) -> Sequence[object]:
        run = self.runs[row]
        moment = QDateTime.fromSecsSinceEpoch(int(run.created_at)).toString(Qt.DateFormat.ISODate)
        return moment, model_name(run.spec), file_name(run.spec.data), *losses(run.result), run.state.value

    def _text(self, run: StoredRun, column: int) -> str:
        match column:
            case 0:
                return date_text(run.created_at)
            case 1:
                return model_name(run.spec) or _UNKNOWN
            case 2:
                return file_name(run.spec.data) or _UNKNOWN
            case 3:
                before, after = losses(run.result)
                return _UNKNOWN if before is None or after is None else f"{before:.3f} → {after:.3f}"
            case _:
                return _tr(_IN_TRAINING) if run.folder == self._in_training else in_words(STATES[run.state])

    def _sorted_by(self, run: StoredRun, column: int) -> float | str | None:
        if column == 0:
            return run.created_at
        return losses(run.result)[1] if column == LOSS else self._text(run, column).casefold()


def losses(result: RunResult | None) -> tuple[float | None, float | None]:
    """Before and after: of the test part, else of the validation part."""
    if result is None:
        return None, None
    before, after = result.trained.before, result.trained.after
    if before.test is not None and after.test is not None:
        return before.test, after.test
    return before.validation, after.validation


def _alignment(_column: int) -> Qt.AlignmentFlag:
    return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


def _tr(text: str) -> str:
    return QCoreApplication.translate("EarlierRuns", text)
