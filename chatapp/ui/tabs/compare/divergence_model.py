"""Each two lanes as a row: where they part, with which tokens, and how far their distributions are apart."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import combinations

from PySide6.QtCore import QCoreApplication, QObject, Qt, QTimer

from chatapp.core.comparison import Comparison, LaneResult, LaneState
from chatapp.core.generation import Token
from chatapp.core.lanes import first_divergence, mean_divergence
from chatapp.core.options import QT_TRANSLATE_NOOP
from chatapp.core.token_export import harmless
from chatapp.ui.panels.probabilities.candidate_table import token_text
from chatapp.ui.panels.probabilities.measure import percent
from chatapp.ui.widgets.build import plain_tip
from chatapp.ui.widgets.table_view import ROOT, SORT_ROLE, CopiedModel, Index

_AT_ONCE = 0.008  # seconds of divergences between two looks at what a person does
_UNKNOWN, _LATER = "–", "…"
_HEADINGS = (
    QT_TRANSLATE_NOOP("DivergenceTable", "Lanes"),
    QT_TRANSLATE_NOOP("DivergenceTable", "Part at token"),
    QT_TRANSLATE_NOOP("DivergenceTable", "Token of the first"),
    QT_TRANSLATE_NOOP("DivergenceTable", "p"),
    QT_TRANSLATE_NOOP("DivergenceTable", "Sampled"),
    QT_TRANSLATE_NOOP("DivergenceTable", "Token of the second"),
    QT_TRANSLATE_NOOP("DivergenceTable", "p"),
    QT_TRANSLATE_NOOP("DivergenceTable", "Sampled"),
    QT_TRANSLATE_NOOP("DivergenceTable", "Mean KL (nat)"),
)
_HELP = (
    QT_TRANSLATE_NOOP("DivergenceTable", "Two lanes, by their numbers."),
    QT_TRANSLATE_NOOP(
        "DivergenceTable", "The first token in which they differ, counted from 1. Up to there both have the same text."
    ),
    QT_TRANSLATE_NOOP("DivergenceTable", "What the first of the two wrote there."),
    QT_TRANSLATE_NOOP("DivergenceTable", "The model's own probability of it, before any sampler."),
    QT_TRANSLATE_NOOP(
        "DivergenceTable", "The probability with which this lane's settings could draw it, after all samplers."
    ),
    QT_TRANSLATE_NOOP("DivergenceTable", "What the second of the two wrote there."),
    QT_TRANSLATE_NOOP("DivergenceTable", "The model's own probability of it, before any sampler."),
    QT_TRANSLATE_NOOP(
        "DivergenceTable", "The probability with which this lane's settings could draw it, after all samplers."
    ),
    QT_TRANSLATE_NOOP(
        "DivergenceTable",
        "How far apart the two draw: the mean of KL = Σ a ln(a / b) over the steps up to where they part, a and b "
        "being the probabilities after the samplers. ∞: the first could draw what the second had cut.",
    ),
)
_LANES, _PLACE, _TOKEN_A, _TOKEN_B, _KL = 0, 1, 2, 5, 8
_TEXTS = (_LANES, _PLACE, _TOKEN_A, _TOKEN_B)
_EQUAL = QT_TRANSLATE_NOOP("DivergenceTable", "equal")
_EQUAL_SO_FAR = QT_TRANSLATE_NOOP("DivergenceTable", "equal so far")
_AT_END = QT_TRANSLATE_NOOP("DivergenceTable", "{place}: part at the end")
_ENDS = QT_TRANSLATE_NOOP("DivergenceTable", "ends the text")


class Parting(Enum):
    """AT_END: one begins the other."""

    OPEN = "open"
    EQUAL = "equal"
    AT_END = "at_end"
    PLACE = "place"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """a, b: places of the lanes; place: the first token that differs, from 0, None where there is none (yet); kl: None
    where it is not known, or not counted yet."""

    a: int
    b: int
    parting: Parting
    place: int | None = None
    token_a: Token | None = None
    token_b: Token | None = None
    kl: float | None = None
    is_counted: bool = False


class DivergenceModel(CopiedModel):
    names = (
        "lanes", "place", "token_a", "p_a", "p_sampled_a", "token_b", "p_b", "p_sampled_b", "mean_kl",
    )  # fmt: skip

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.pairs: list[Pair] = []
        self._lanes: tuple[LaneResult, ...] = ()
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._count_some)

    def set_comparison(self, comparison: Comparison) -> None:
        """Where two have parted nothing is looked for again."""
        known = {(pair.a, pair.b): pair for pair in self.pairs}
        lanes, before = comparison.lanes, self._lanes
        self._lanes = lanes
        pairs = [
            old
            if (old := known.get((a, b))) is not None and _holds(old, lanes, before)
            else _pair_of(a, lanes[a], b, lanes[b])
            for a, b in combinations(range(len(lanes)), 2)
        ]
        if len(pairs) != len(self.pairs):
            self.beginResetModel()
            self.pairs = pairs
            self.endResetModel()
        else:
            changed = [row for row, pair in enumerate(pairs) if pair != self.pairs[row]]
            self.pairs = pairs
            if changed:  # told once: each telling takes as long as many rows do
                self.dataChanged.emit(self.index(changed[0], 0), self.index(changed[-1], len(_HEADINGS) - 1))
        if any(_is_due(pair) for pair in pairs):
            self._timer.start()

    def retranslate(self) -> None:
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(_HEADINGS) - 1)
        self._refresh()

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self.pairs)

    def columnCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(_HEADINGS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        pair, column = self.pairs[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return _text(pair, column)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{_translated(_HEADINGS[column])} {_text(pair, column)}"
        if role == SORT_ROLE:
            return _sorted_by(pair, column)
        token = {_TOKEN_A: pair.token_a, _TOKEN_B: pair.token_b}.get(column)
        if role == Qt.ItemDataRole.ToolTipRole and token is not None:
            return plain_tip(f"{token_text(token.data)}  {token.data.hex(' ')}  id {token.id}")
        return _alignment(column) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return _translated(_HEADINGS[section])
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(_translated(_HELP[section]))
        return _alignment(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def values(self, row: int) -> Sequence[object]:
        pair = self.pairs[row]
        tokens = [(t, None if t is None else t.record) for t in (pair.token_a, pair.token_b)]
        cells: list[object] = [f"{pair.a + 1}–{pair.b + 1}", _text(pair, _PLACE)]
        for token, record in tokens:
            cells.append("" if token is None else harmless(token_text(token.data)))
            cells += [None, None] if record is None else [record.p, record.p_sampled]
        return [*cells, pair.kl]

    def _count_some(self) -> None:
        """The next divergences; there may be more than a hundred pairs of long texts."""
        begun = time.perf_counter()
        due = [row for row, pair in enumerate(self.pairs) if _is_due(pair)]
        for done, row in enumerate(due):
            pair = self.pairs[row]
            kl = mean_divergence(self._lanes[pair.a].tokens, self._lanes[pair.b].tokens)
            self.pairs[row] = replace(pair, kl=kl, is_counted=True)
            if time.perf_counter() - begun > _AT_ONCE or done == len(due) - 1:
                self.dataChanged.emit(self.index(due[0], _KL), self.index(row, _KL))
                return
        self._timer.stop()

    def _refresh(self) -> None:
        if self.pairs:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.pairs) - 1, len(_HEADINGS) - 1))


def _is_due(pair: Pair) -> bool:
    return not pair.is_counted and pair.parting is not Parting.OPEN


def _holds(pair: Pair, lanes: Sequence[LaneResult], before: Sequence[LaneResult]) -> bool:
    """Whether what is known of them is still so. Tokens are only ever added to a lane; of another comparison they are
    other objects."""
    if pair.parting is not Parting.PLACE or pair.place is None:
        return all(
            lanes[at].state is before[at].state
            and len(lanes[at].tokens) == len(before[at].tokens)
            and all(map(_same, lanes[at].tokens[-1:], before[at].tokens[-1:]))
            for at in (pair.a, pair.b)
        )
    return all(
        len(lanes[at].tokens) > pair.place and lanes[at].tokens[pair.place] is token
        for at, token in ((pair.a, pair.token_a), (pair.b, pair.token_b))
    )


def _same(one: Token, other: Token) -> bool:
    return one is other


def _pair_of(a: int, lane_a: LaneResult, b: int, lane_b: LaneResult) -> Pair:
    place = first_divergence(lane_a.ids, lane_b.ids)
    grows_a, grows_b = (lane.state in (LaneState.WAITING, LaneState.WRITING) for lane in (lane_a, lane_b))
    if place is None:
        return Pair(a=a, b=b, parting=Parting.OPEN if grows_a or grows_b else Parting.EQUAL)
    token_a, token_b = (lane.tokens[place] if place < len(lane.tokens) else None for lane in (lane_a, lane_b))
    if (token_a is None and grows_a) or (token_b is None and grows_b):
        return Pair(a=a, b=b, parting=Parting.OPEN)
    parting = Parting.AT_END if token_a is None or token_b is None else Parting.PLACE
    return Pair(a=a, b=b, parting=parting, place=place, token_a=token_a, token_b=token_b)


def _text(pair: Pair, column: int) -> str:
    if column == _LANES:
        return f"{pair.a + 1} – {pair.b + 1}"
    if column == _PLACE:
        return _place_text(pair)
    if column == _KL:
        if _is_due(pair):
            return _LATER
        return _UNKNOWN if pair.kl is None else "∞" if math.isinf(pair.kl) else f"{pair.kl:.4f}"
    token = pair.token_a if column < _TOKEN_B else pair.token_b
    if token is None:
        return _UNKNOWN
    if column in (_TOKEN_A, _TOKEN_B):
        return token_text(token.data) if token.data else _translated(_ENDS)
    if token.record is None:
        return _UNKNOWN
    return percent(token.record.p if column in (_TOKEN_A + 1, _TOKEN_B + 1) else token.record.p_sampled)


def _place_text(pair: Pair) -> str:
    match pair.parting:
        case Parting.OPEN:
            return _translated(_EQUAL_SO_FAR)
        case Parting.EQUAL:
            return _translated(_EQUAL)
        case Parting.AT_END:
            return _translated(_AT_END).format(place=(pair.place or 0) + 1)
        case Parting.PLACE:
            return str((pair.place or 0) + 1)


def _sorted_by(pair: Pair, column: int) -> float | str | None:
    if column == _LANES:
        return pair.a * 1000 + pair.b
    if column == _PLACE:
        return pair.place
    if column == _KL:
        return pair.kl
    token = pair.token_a if column < _TOKEN_B else pair.token_b
    if token is None or column in (_TOKEN_A, _TOKEN_B):
        return None if token is None else token_text(token.data)
    record = token.record
    if record is None:
        return None
    return record.p if column in (_TOKEN_A + 1, _TOKEN_B + 1) else record.p_sampled


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if column in _TEXTS else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter


def _translated(text: str) -> str:
    return QCoreApplication.translate("DivergenceTable", text)
