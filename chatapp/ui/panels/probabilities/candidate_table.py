"""The alternatives at one step as rows: a token's text, its probabilities, and who cut it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractTableModel, QCoreApplication, QModelIndex, QObject, QPersistentModelIndex, Qt

from chatapp.core.options import QT_TRANSLATE_NOOP
from chatapp.core.token_export import harmless
from chatapp.core.token_record import Candidate, TokenRecord
from chatapp.ui.panels.probabilities.measure import percent
from chatapp.ui.widgets.build import plain_tip

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_HEADINGS = (
    QT_TRANSLATE_NOOP("Candidates", "Token"),
    QT_TRANSLATE_NOOP("Candidates", "p %"),
    QT_TRANSLATE_NOOP("Candidates", "Sampled %"),
    QT_TRANSLATE_NOOP("Candidates", "Cut by"),
    QT_TRANSLATE_NOOP("Candidates", "log p"),
    QT_TRANSLATE_NOOP("Candidates", "Logit"),
    QT_TRANSLATE_NOOP("Candidates", "Id"),
    QT_TRANSLATE_NOOP("Candidates", "Bytes"),
)
TOKEN, P, SAMPLED, CUT_BY, LOGPROB, LOGIT, ID, BYTES = range(len(_HEADINGS))
_NUMBERS = (P, SAMPLED, LOGPROB, LOGIT, ID)
_WHAT_IF = QT_TRANSLATE_NOOP("Candidates", "What if %")
_OTHERS = QT_TRANSLATE_NOOP("Candidates", "all others")


@dataclass(frozen=True, slots=True)
class Bar:
    """p, p_sampled: of this row; cumulative: p of this row and all above."""

    p: float
    p_sampled: float
    cumulative: float
    is_chosen: bool


class CandidateTable(QAbstractTableModel):
    """The record's top k, likeliest first, then one row for all others."""

    def __init__(self, parent: QObject | None = None, *, drawn: bool = True) -> None:
        """drawn: what is said of sampling is read out too."""
        super().__init__(parent)
        self._drawn = drawn
        self.record: TokenRecord | None = None
        self._top: tuple[Candidate, ...] = ()
        self.chosen: int | None = None
        self.is_what_if = False
        self._cumulative: list[float] = []
        self._known_texts: dict[int, tuple[str, ...]] = {}

    def set_record(self, record: TokenRecord | None, chosen: int | None = None, *, is_what_if: bool = False) -> None:
        """chosen: the id of the token that was written."""
        self.beginResetModel()
        self.record, self.chosen, self.is_what_if = record, chosen, is_what_if
        self._top = record.top if record is not None else ()
        self._known_texts.clear()
        self._cumulative, total = [], 0.0
        for candidate in self._top:
            total += candidate.p
            self._cumulative.append(total)
        self.endResetModel()

    def candidate(self, row: int) -> Candidate | None:
        """None for the row of all others."""
        return self._top[row] if 0 <= row < len(self._top) else None

    def row_of(self, token: int) -> int | None:
        return next((row for row, candidate in enumerate(self._top) if candidate.id == token), None)

    def bar(self, row: int) -> Bar | None:
        record = self.record
        if record is None:
            return None
        if (candidate := self.candidate(row)) is None:
            return Bar(record.others_p, record.others_p_sampled, 1.0, False)
        return Bar(candidate.p, candidate.p_sampled, self._cumulative[row], candidate.id == self.chosen)

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() or self.record is None else len(self._top) + 1

    def columnCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(_HEADINGS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role == Qt.ItemDataRole.DisplayRole:
            return self.texts(index.row())[index.column()]
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._spoken(index.row())
        if role == Qt.ItemDataRole.ToolTipRole and (candidate := self.candidate(index.row())) is not None:
            return plain_tip(f"{token_text(candidate.data)}  {candidate.data.hex(' ')}")
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() in _NUMBERS:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            heading = _WHAT_IF if section == SAMPLED and self.is_what_if else _HEADINGS[section]
            return QCoreApplication.translate("Candidates", heading)
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if section in _NUMBERS else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def as_text(self) -> str:
        """A row each with tabs between, under the names that exported files have."""
        sampled = "p_what_if" if self.is_what_if else "p_sampled"
        rows: list[Sequence[object]] = [("text", "p", sampled, "cut_by", "logprob", "logit", "id", "bytes")]
        for row in range(self.rowCount()):
            bar, candidate, text = self.bar(row), self.candidate(row), harmless(self.texts(row)[TOKEN])
            if candidate is not None:
                logit = self._logit(candidate)
                rows.append(
                    (
                        text, candidate.p, candidate.p_sampled, candidate.cut_by or "", candidate.logprob,
                        "" if logit is None else logit, candidate.id, candidate.data.hex(" "),
                    )
                )  # fmt: skip
            elif bar is not None:
                rows.append((text, bar.p, bar.p_sampled))
        return "\n".join("\t".join(map(str, row)) for row in rows)

    def retranslate(self) -> None:
        self._known_texts.clear()
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(_HEADINGS) - 1)

    def texts(self, row: int) -> tuple[str, ...]:
        """What stands in that row's columns."""
        if row not in self._known_texts:  # the columns' widths ask for it again and again
            self._known_texts[row] = self._made_texts(row)
        return self._known_texts[row]

    def _made_texts(self, row: int) -> tuple[str, ...]:
        bar = self.bar(row)
        if bar is None:
            return ("",) * len(_HEADINGS)
        numbers = (percent(bar.p).removesuffix(" %"), percent(bar.p_sampled).removesuffix(" %"))
        if (candidate := self.candidate(row)) is None:
            return (QCoreApplication.translate("Candidates", _OTHERS), *numbers, "", "", "", "", "")
        logit = self._logit(candidate)
        return (
            token_text(candidate.data), *numbers, candidate.cut_by or "", f"{candidate.logprob:.3f}",
            "" if logit is None else f"{logit:.3f}", str(candidate.id), candidate.data.hex(" "),
        )  # fmt: skip

    def _logit(self, candidate: Candidate) -> float | None:
        return self.record.logit(candidate.logprob) if self.record is not None else None

    def _spoken(self, row: int) -> str:
        texts = self.texts(row)
        named = (
            f"{self.headerData(at, Qt.Orientation.Horizontal)} {texts[at]}"
            for at in ((P, SAMPLED, CUT_BY) if self._drawn else (P,))
        )
        return ", ".join([texts[TOKEN], *named])


def token_text(data: bytes) -> str:
    """A token's bytes as they can be read: spaces and line breaks as signs, what is no whole character as hex."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return f"<{data.hex(' ')}>"
    signs = {" ": "␣", "\n": "⏎", "\t": "⇥", "\r": "␍"}
    return "".join(signs.get(c, c if c.isprintable() else f"<{ord(c):x}>") for c in text) or "⌁"
