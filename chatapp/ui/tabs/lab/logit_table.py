"""A step's most likely tokens with what softmax makes of each: a row per token, one for all others."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from chatapp.core.softmax import Softmax
from chatapp.ui.language import Translated
from chatapp.ui.panels.probabilities.candidate_table import token_text
from chatapp.ui.widgets.build import plain_tip

_TOKEN, _LOGIT, _SCALED, _WEIGHT, _P, _P_SCALED = range(6)
_WEIGHTS = ("exp", "exp((z − z max) / T)")  # in short and whole, in every language


class LogitTable(Translated, QTreeWidget):
    place_chosen = Signal(object)
    """int: the row of a token"""
    token_wanted = Signal(object)
    """Candidate, to be appended to the text"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("candidates")
        self._step: Softmax | None = None
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setIndentation(0)
        self.setAllColumnsShowFocus(False)
        self.setColumnCount(_P_SCALED + 1)
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(_TOKEN, QHeaderView.ResizeMode.Stretch)
        self.currentItemChanged.connect(lambda _now, _before: self._tell())
        self.activated.connect(self._on_activated)
        self.retranslate()

    @property
    def chosen(self) -> int | None:
        """The row of the token that is looked at."""
        row = self.currentIndex().row()
        return row if self._step is not None and 0 <= row < len(self._step.rows) else None

    def show_step(self, step: Softmax | None) -> None:
        """The token that was chosen stays so where it is still among them; else it is the likeliest."""
        chosen = self._step.rows[self.chosen].candidate.id if self._step is not None and self.chosen is not None else -1
        self.blockSignals(True)
        self._step = step
        self._fill()
        if step is not None:
            self.choose(next((row for row, of in enumerate(step.rows) if of.candidate.id == chosen), 0))
        self.blockSignals(False)

    def choose(self, row: int) -> None:
        self.setCurrentIndex(self.model().index(row, 0))

    def retranslate(self) -> None:
        temperature = 1.0 if self._step is None else self._step.temperature
        headings = (self.tr("Token"), self.tr("logit z"), "z / T", _WEIGHTS[0], "p, T = 1", f"p, T = {temperature:g}")
        for column, heading in enumerate(headings):
            self.headerItem().setText(column, heading)
            self.headerItem().setTextAlignment(column, _side(column))
        self.headerItem().setToolTip(_WEIGHT, _WEIGHTS[1])
        self.setAccessibleName(self.tr("The most likely tokens; Enter appends one to the text"))
        self._fill()

    def _fill(self) -> None:
        step = self._step
        texts: list[tuple[str, ...]] = []
        if step is not None:
            self.headerItem().setText(_P_SCALED, f"p, T = {step.temperature:g}")
            texts = [
                (
                    token_text(row.candidate.data), f"{row.logit:.3f}", f"{row.scaled:.3f}", number(row.weight),
                    number(row.p), number(row.p_scaled),
                )
                for row in step.rows
            ]  # fmt: skip
            texts.append((self.tr("all others"), "", "", "", number(step.others), number(step.others_scaled)))
        while self.topLevelItemCount() > len(texts):
            self.takeTopLevelItem(self.topLevelItemCount() - 1)
        for row, columns in enumerate(texts):
            item = self.topLevelItem(row) or QTreeWidgetItem(self)
            for column, text in enumerate(columns):
                item.setText(column, text)
                item.setTextAlignment(column, _side(column))
            item.setToolTip(_TOKEN, plain_tip(columns[_TOKEN]))
            spoken = (f"{self.headerItem().text(at)} {columns[at]}" for at in (_P, _P_SCALED, _LOGIT))
            item.setData(_TOKEN, Qt.ItemDataRole.AccessibleTextRole, ", ".join((columns[_TOKEN], *spoken)))

    def _tell(self) -> None:
        if (row := self.chosen) is not None:
            self.place_chosen.emit(row)

    def _on_activated(self, _index: QModelIndex) -> None:
        if self._step is not None and (row := self.chosen) is not None:
            self.token_wanted.emit(self._step.rows[row].candidate)


def number(value: float) -> str:
    """A probability or a weight, however small."""
    return f"{value:.4f}" if value >= 0.001 else f"{value:.1e}"


def _side(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if column == _TOKEN else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter
