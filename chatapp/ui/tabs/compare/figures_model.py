"""The lanes as rows: their settings, their figures, why they ended; and the means of lanes with other seeds only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QCoreApplication, QObject, Qt

from chatapp.core.comparison import Comparison, LaneResult, LaneState
from chatapp.core.generation import FinishReason
from chatapp.core.lanes import LaneFigures
from chatapp.core.options import QT_TRANSLATE_NOOP
from chatapp.core.sampling import SamplingSettings
from chatapp.core.sweep import Mean, is_whole, mean_of
from chatapp.ui.language import error_message
from chatapp.ui.tabs.compare.figures_help import HEADINGS, HELP
from chatapp.ui.widgets.build import plain_tip
from chatapp.ui.widgets.table_view import LAST_ROLE, ROOT, SORT_ROLE, CopiedModel, Index

_UNKNOWN = "–"
_LANE, _SEED, _ENDED = 0, 5, 13
_TEXTS = (_LANE, _ENDED)
_DIGITS: dict[int, str] = {6: ",.0f", 7: ".3f", 8: ".3f", 9: ".3f", 10: ".3f", 11: ".3f", 12: ".1f"}
_MEAN_DIGITS = {6: ",.1f", 12: ".1f"}  # they stand beside half an interval
_FIRST_FIGURE = min(_DIGITS)
_NOTHING: tuple[float | None, ...] = (None,) * len(_DIGITS)
_MEAN = QT_TRANSLATE_NOOP("FiguresTable", "Mean {lanes}")
_SEEDS = QT_TRANSLATE_NOOP("FiguresTable", "{count} seeds")
_COUNTED = QT_TRANSLATE_NOOP("FiguresTable", "{count} of {all}")
_STATES = {
    LaneState.WAITING: QT_TRANSLATE_NOOP("FiguresTable", "waits"),
    LaneState.WRITING: QT_TRANSLATE_NOOP("FiguresTable", "being written"),
    LaneState.FAILED: QT_TRANSLATE_NOOP("FiguresTable", "failed"),
    LaneState.INTERRUPTED: QT_TRANSLATE_NOOP("FiguresTable", "interrupted"),
}
_REASONS = {
    FinishReason.STOP: QT_TRANSLATE_NOOP("FiguresTable", "finished"),
    FinishReason.LENGTH: QT_TRANSLATE_NOOP("FiguresTable", "length limit"),
    FinishReason.CANCELLED: QT_TRANSLATE_NOOP("FiguresTable", "stopped"),
}


@dataclass(frozen=True, slots=True)
class _Row:
    """means: in place of the figures of a lane, where this is the row of `places`."""

    places: tuple[int, ...]
    lane: LaneResult
    figures: tuple[float | None, ...]
    means: tuple[Mean | None, ...] = ()


class FiguresModel(CopiedModel):
    names = (
        "lane", "temperature", "top_k", "top_p", "min_p", "seed", "tokens", "perplexity", "mean_entropy", "distinct_1",
        "distinct_2", "repetition", "tokens_per_second", "ended",
    )  # fmt: skip

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[_Row] = []

    def set_comparison(self, comparison: Comparison, figures: Sequence[LaneFigures | None]) -> None:
        """figures: of each lane; None: not counted yet."""
        rows = [
            _Row((place,), lane, _NOTHING if known is None else _as_columns(known))
            for place, (lane, known) in enumerate(zip(comparison.lanes, figures, strict=True))
        ]
        rows += _mean_rows(rows)
        if [row.places for row in rows] != [row.places for row in self._rows]:
            self.beginResetModel()
            self._rows = rows
            self.endResetModel()
        elif rows != self._rows:
            self._rows = rows
            self._refresh()

    def retranslate(self) -> None:
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(HEADINGS) - 1)
        self._refresh()

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(HEADINGS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row, column = self._rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(row, column)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{_translated(HEADINGS[column])} {self._text(row, column)}"
        if role == SORT_ROLE:
            return _value(row, column) if column != _ENDED else self._text(row, column)
        if role == LAST_ROLE:
            return bool(row.means)
        if role == Qt.ItemDataRole.ToolTipRole and column == _ENDED and row.lane.error is not None and not row.means:
            return plain_tip(error_message(row.lane.error))
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return _translated(HEADINGS[section])
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            text = _translated(HELP[section])
            return plain_tip(text) if role == Qt.ItemDataRole.ToolTipRole else text
        return _alignment(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def values(self, row: int) -> Sequence[object]:
        shown = self._rows[row]
        if not shown.means:
            lane = self._text(shown, _LANE)
            return (lane, *(_value(shown, c) for c in range(1, _ENDED)), self._text(shown, _ENDED))
        return [self._text(shown, column) for column in range(len(HEADINGS))]

    def _text(self, row: _Row, column: int) -> str:
        if row.means and (text := _mean_text(row, column)) is not None:
            return text
        if column == _ENDED:
            return _translated(
                _REASONS[row.lane.finish_reason]
                if row.lane.state is LaneState.ENDED and row.lane.finish_reason is not None
                else _STATES.get(row.lane.state, "")
            )
        value = _value(row, column)
        return _UNKNOWN if value is None else format(value, _DIGITS.get(column, "g" if 0 < column < _SEED else ".0f"))

    def _refresh(self) -> None:
        if self._rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, len(HEADINGS) - 1))


def _as_columns(figures: LaneFigures) -> tuple[float | None, ...]:
    return (
        figures.n_tokens, figures.perplexity, figures.mean_entropy, figures.distinct_1, figures.distinct_2,
        figures.repetition, figures.tokens_per_second,
    )  # fmt: skip


def _mean_rows(rows: Sequence[_Row]) -> list[_Row]:
    """One for all lanes that differ in nothing but the seed; of those among them that came to their end."""
    alike: dict[SamplingSettings, list[_Row]] = {}
    for row in rows:
        alike.setdefault(replace(row.lane.sampling, seed=None), []).append(row)
    found = []
    for group in alike.values():
        if len(group) > 1:
            columns = zip(*(row.figures for row in group if is_whole(row.lane)), strict=True)
            means: tuple[Mean | None, ...] = tuple(map(mean_of, columns)) or (None,) * len(_DIGITS)
            places = tuple(row.places[0] for row in group)
            found.append(_Row(places, group[0].lane, group[0].figures, means))
    return found


def _mean_text(row: _Row, column: int) -> str | None:
    """None for what all its lanes have in common."""
    count = max((mean.n for mean in row.means if mean is not None), default=0)
    if column == _LANE:
        return _translated(_MEAN).format(lanes=_ranges(row.places))
    if column == _SEED:
        return _translated(_SEEDS).format(count=len(row.places))
    if column == _ENDED:
        return _translated(_COUNTED).format(count=count, all=len(row.places))
    if column < _FIRST_FIGURE:
        return None
    mean, digits = row.means[column - _FIRST_FIGURE], _MEAN_DIGITS.get(column, ".2f")
    if mean is None:
        return _UNKNOWN
    reach = "" if mean.interval is None else f" ± {mean.interval[1] - mean.value:{digits}}"
    return f"{mean.value:{digits}}{reach}"


def _ranges(places: Sequence[int]) -> str:
    """Their numbers: 1, 3–5"""
    runs: list[list[int]] = []
    for place in places:
        if runs and runs[-1][-1] == place - 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    return ", ".join(f"{run[0] + 1}–{run[-1] + 1}" if len(run) > 1 else str(run[0] + 1) for run in runs)


def _value(row: _Row, column: int) -> float | None:
    sampling = row.lane.sampling
    if column >= _FIRST_FIGURE:
        at = column - _FIRST_FIGURE
        if row.means:
            mean = row.means[at]
            return None if mean is None else mean.value
        return len(row.lane.tokens) and row.figures[at] if at == 0 else row.figures[at] if row.lane.tokens else None
    getters: tuple[Callable[[], float | None], ...] = (
        lambda: row.places[0] + 1, lambda: sampling.temperature, lambda: sampling.top_k, lambda: sampling.top_p,
        lambda: sampling.min_p, lambda: sampling.seed,
    )  # fmt: skip
    return getters[column]()


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if column in _TEXTS else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter


def _translated(text: str) -> str:
    return QCoreApplication.translate("FiguresTable", text)
