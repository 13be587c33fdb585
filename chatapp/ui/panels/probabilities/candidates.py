"""The alternatives at one step: the model's own probability and the sampled one as bars, and who cut each."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractTableModel,
    QCoreApplication,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)

from chatapp.core.options import QT_TRANSLATE_NOOP
from chatapp.core.token_record import Candidate, TokenRecord
from chatapp.ui.language import Translated
from chatapp.ui.panels.probabilities.measure import percent
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.build import plain_tip

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_HEADINGS = (
    QT_TRANSLATE_NOOP("Candidates", "Token"),
    "",
    QT_TRANSLATE_NOOP("Candidates", "p %"),
    QT_TRANSLATE_NOOP("Candidates", "Sampled %"),
    QT_TRANSLATE_NOOP("Candidates", "Cut by"),
    QT_TRANSLATE_NOOP("Candidates", "log p"),
    QT_TRANSLATE_NOOP("Candidates", "Id"),
    QT_TRANSLATE_NOOP("Candidates", "Bytes"),
)
_TOKEN, _BARS, _P, _SAMPLED, _CUT_BY, _LOGPROB, _ID, _BYTES = range(len(_HEADINGS))
_NUMBERS = (_P, _SAMPLED, _LOGPROB, _ID)
_WHAT_IF = QT_TRANSLATE_NOOP("Candidates", "What if %")
_OTHERS = QT_TRANSLATE_NOOP("Candidates", "all others")
_LEAST_BAR = 56  # pixels
_LEAST_SHOWN = 1e-6  # where the logarithmic scale begins
_BAR_ROLE = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, slots=True)
class Bar:
    """p, p_sampled: of this row; cumulative: p of this row and all above."""

    p: float
    p_sampled: float
    cumulative: float
    is_chosen: bool


class CandidateTable(QAbstractTableModel):
    """The record's top k, likeliest first, then one row for all others."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._record: TokenRecord | None = None
        self._chosen: int | None = None
        self._cumulative: list[float] = []
        self._is_what_if = False

    def set_record(self, record: TokenRecord | None, chosen: int | None = None, *, is_what_if: bool = False) -> None:
        """chosen: the id of the token that was written."""
        self.beginResetModel()
        self._is_what_if = is_what_if
        self._record, self._chosen = record, chosen
        self._cumulative, total = [], 0.0
        for candidate in record.top if record is not None else ():
            total += candidate.p
            self._cumulative.append(total)
        self.endResetModel()

    def candidate(self, row: int) -> Candidate | None:
        """None for the row of all others."""
        top = self._record.top if self._record is not None else ()
        return top[row] if 0 <= row < len(top) else None

    def row_of(self, token: int) -> int | None:
        top = self._record.top if self._record is not None else ()
        return next((row for row, candidate in enumerate(top) if candidate.id == token), None)

    def bar(self, row: int) -> Bar | None:
        record = self._record
        if record is None:
            return None
        if (candidate := self.candidate(row)) is None:
            return Bar(record.others_p, record.others_p_sampled, 1.0, False)
        return Bar(candidate.p, candidate.p_sampled, self._cumulative[row], candidate.id == self._chosen)

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() or self._record is None else len(self._record.top) + 1

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(_HEADINGS)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role == _BAR_ROLE:
            return self.bar(index.row())
        if role == Qt.ItemDataRole.DisplayRole:
            return self._texts(index.row())[index.column()]
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._spoken(index.row())
        if role == Qt.ItemDataRole.ToolTipRole and (candidate := self.candidate(index.row())) is not None:
            return plain_tip(f"{token_text(candidate.data)}  {candidate.data.hex(' ')}")
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() in _NUMBERS:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            heading = _WHAT_IF if section == _SAMPLED and self._is_what_if else _HEADINGS[section]
            return QCoreApplication.translate("Candidates", heading)
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if section in _NUMBERS else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def retranslate(self) -> None:
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(_HEADINGS) - 1)

    def _texts(self, row: int) -> tuple[str, ...]:
        bar = self.bar(row)
        if bar is None:
            return ("",) * len(_HEADINGS)
        numbers = (percent(bar.p).removesuffix(" %"), percent(bar.p_sampled).removesuffix(" %"))
        if (candidate := self.candidate(row)) is None:
            return (QCoreApplication.translate("Candidates", _OTHERS), "", *numbers, "", "", "", "")
        return (
            token_text(candidate.data), "", *numbers, candidate.cut_by or "", f"{candidate.logprob:.3f}",
            str(candidate.id), candidate.data.hex(" "),
        )  # fmt: skip

    def _spoken(self, row: int) -> str:
        texts = self._texts(row)
        named = (f"{self.headerData(at, Qt.Orientation.Horizontal)} {texts[at]}" for at in (_P, _SAMPLED, _CUT_BY))
        return ", ".join([texts[_TOKEN], *named])


def token_text(data: bytes) -> str:
    """A token's bytes as they can be read: spaces and line breaks as signs, what is no whole character as hex."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return f"<{data.hex(' ')}>"
    signs = {" ": "␣", "\n": "⏎", "\t": "⇥", "\r": "␍"}
    return "".join(signs.get(c, c if c.isprintable() else f"<{ord(c):x}>") for c in text) or "⌁"


class BarDelegate(QStyledItemDelegate):
    """Above the model's own probability, below the sampled one, hatched; a line for the sum of this and all above."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.logarithmic = False

    def part(self, p: float) -> float:
        """How much of the width stands for `p`."""
        if not self.logarithmic:
            return p
        return 0.0 if p <= _LEAST_SHOWN else 1.0 - math.log(p) / math.log(_LEAST_SHOWN)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        super().paint(painter, option, index)
        bar = index.data(_BAR_ROLE)
        if not isinstance(bar, Bar):
            return
        colors = self._theme.colors
        row = QRectF(option.rect)
        place = row.adjusted(2, 3, -2, -3)
        half = place.height() / 2
        upper = QRectF(place.left(), place.top(), place.width() * self.part(bar.p), half - 1)
        lower = QRectF(place.left(), place.top() + half, place.width() * self.part(bar.p_sampled), half - 1)
        painter.fillRect(upper, QColor(colors.accent if bar.is_chosen else colors.muted))
        painter.setPen(QPen(QColor(colors.accent), 0))
        painter.fillRect(lower, QColor(colors.soft))
        painter.drawRect(lower)
        x = place.left() + place.width() * self.part(min(1.0, bar.cumulative))
        painter.setPen(QPen(QColor(colors.border), 0))
        painter.drawLine(QPointF(x, row.top()), QPointF(x, row.bottom()))

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(_LEAST_BAR, super().sizeHint(option, index).height())


class Candidates(Translated, QTreeView):
    branch_requested = Signal(object)
    """Candidate: write on with it in place of the token that was written"""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("candidates")
        self.table = CandidateTable(self)
        self._bars = BarDelegate(theme, self)
        self.setModel(self.table)
        self.setItemDelegateForColumn(_BARS, self._bars)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setIndentation(0)
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.activated.connect(self._on_activated)
        theme.changed.connect(self.viewport().update)
        self.show_columns(details=False)
        self.retranslate()

    def show_record(self, record: TokenRecord | None, chosen: int | None = None, *, is_what_if: bool = False) -> None:
        """chosen: the id of the token that was written: it is the current row, where this is not only a what-if of the
        token on show."""
        current = self.currentIndex().row() if is_what_if else -1
        self.table.set_record(record, chosen, is_what_if=is_what_if)
        row = current if current >= 0 else self.table.row_of(chosen) if chosen is not None else None
        if row is not None:
            self.setCurrentIndex(self.table.index(row, 0))

    def show_columns(self, *, details: bool) -> None:
        """details: also log p, id and bytes."""
        for column in (_LOGPROB, _ID, _BYTES):
            self.setColumnHidden(column, not details)

    def use_scale(self, *, logarithmic: bool) -> None:
        self._bars.logarithmic = logarithmic
        self.viewport().update()

    def retranslate(self) -> None:
        self.table.retranslate()
        self.setAccessibleName(self.tr("Alternatives at this token"))

    def _on_activated(self, index: QModelIndex) -> None:
        if (candidate := self.table.candidate(index.row())) is not None:
            self.branch_requested.emit(candidate)
