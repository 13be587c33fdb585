"""The alternatives at one step: the model's own probability and the sampled one as bars, and who cut each."""

from __future__ import annotations

import math

from PySide6.QtCore import (
    QModelIndex,
    QObject,
    QPointF,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)

from chatapp.core.token_record import TokenRecord
from chatapp.ui.language import Translated
from chatapp.ui.panels.probabilities.candidate_table import (
    BYTES,
    CUT_BY,
    ID,
    LOGIT,
    LOGPROB,
    SAMPLED,
    TOKEN,
    Bar,
    CandidateTable,
    Index,
)
from chatapp.ui.panels.probabilities.pictures import ask_for_picture
from chatapp.ui.theme import Theme

_LEAST_ROWS = 8
_MOST_TOKEN_EMS, _PICTURE_EMS = 6, 30
_LEAST_SHOWN = 1e-6  # where the logarithmic scale begins
_BAR, _GAP = 3, 2  # pixels high


class RowDelegate(QStyledItemDelegate):
    """Leaves room for the bars below a row's texts."""

    def __init__(self, bars: int, parent: QObject) -> None:
        super().__init__(parent)
        self._room = bars * (_BAR + _GAP)

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        side = option.displayAlignment & Qt.AlignmentFlag.AlignHorizontal_Mask
        option.displayAlignment = side | Qt.AlignmentFlag.AlignTop

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        size = super().sizeHint(option, index)
        return QSize(size.width(), size.height() + self._room)


class Candidates(Translated, QTreeView):
    """Below each row, as wide as all of it: a bar for the model's own probability, one for the sampled where tokens
    were drawn, and a mark at the sum of this row and all above."""

    branch_requested = Signal(object)
    """Candidate: write on with it in place of the token that was written"""
    picture_made = Signal(object)
    """Picture"""

    def __init__(self, theme: Theme, parent: QWidget | None = None, *, drawn: bool = True) -> None:
        """drawn: see ProbabilityPanel."""
        super().__init__(parent)
        self._theme = theme
        self._drawn = drawn
        self._details = False
        self.setObjectName("candidates")
        self.table = CandidateTable(self, drawn=drawn)
        self.logarithmic = False
        self.setModel(self.table)
        self.setItemDelegate(RowDelegate(2 if drawn else 1, self))
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setIndentation(0)
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        for column in (SAMPLED, CUT_BY):
            self.setColumnHidden(column, not drawn)
        self.activated.connect(self._on_activated)
        theme.changed.connect(self._fit)
        self.show_columns(details=False)
        self._fit()
        self.retranslate()

    def show_record(self, record: TokenRecord | None, chosen: int | None = None, *, is_what_if: bool = False) -> None:
        """chosen: the id of the token that was written: it is the current row, where this is not only a what-if of the
        token on show."""
        current = self.currentIndex().row() if is_what_if else -1
        self.table.set_record(record, chosen, is_what_if=is_what_if)
        self._hide_columns()
        self._fit_columns()
        row = current if current >= 0 else self.table.row_of(chosen) if chosen is not None else None
        if row is not None:
            self.setCurrentIndex(self.table.index(row, 0))

    def show_columns(self, *, details: bool) -> None:
        """details: also log p, the logit where it is known, id and bytes."""
        self._details = details
        self._hide_columns()
        self._fit_columns()

    def use_scale(self, *, logarithmic: bool) -> None:
        self.logarithmic = logarithmic
        self.viewport().update()

    def part(self, p: float) -> float:
        """How much of the width stands for `p`."""
        if not self.logarithmic:
            return p
        return 0.0 if p <= _LEAST_SHOWN else 1.0 - math.log(p) / math.log(_LEAST_SHOWN)

    def bars_of(self, row: int) -> tuple[QRectF, QRectF, float]:
        """Where they are in the viewport: p, p_sampled (empty where nothing was drawn), x of the sum."""
        bar = self.table.bar(row) or Bar(0.0, 0.0, 0.0, False)
        below = self.visualRect(self.table.index(row, TOKEN)).bottom() + 1
        wide = self.viewport().width() - 2.0 * _GAP
        top = below - (_BAR + _GAP) * (2 if self._drawn else 1)
        upper = QRectF(_GAP, top, wide * self.part(bar.p), _BAR)
        lower = QRectF(_GAP, top + _BAR + 1, wide * self.part(bar.p_sampled) if self._drawn else 0.0, _BAR)
        return upper, lower, _GAP + wide * self.part(min(1.0, bar.cumulative))

    def drawRow(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().drawRow(painter, option, index)
        bar = self.table.bar(index.row())
        if bar is None:
            return
        colors = self._theme.colors
        upper, lower, x = self.bars_of(index.row())
        painter.fillRect(upper, QColor(colors.accent if bar.is_chosen else colors.muted))
        painter.setPen(QPen(QColor(colors.accent), 0))
        if lower.width() > 0:
            painter.fillRect(lower, QColor(colors.surface))  # hollow: told from the other without colour
            painter.drawRect(lower)
        painter.setPen(QPen(QColor(colors.text), 0))
        painter.drawLine(QPointF(x, upper.top()), QPointF(x, upper.top() + 2 * _BAR))

    def retranslate(self) -> None:
        self.table.retranslate()
        self._fit_columns()
        self.setAccessibleName(self.tr("Alternatives at this token"))

    def whole(self) -> Candidates:
        """A copy in which every row is seen, for a picture."""
        copy = Candidates(self._theme, drawn=self._drawn)
        copy.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
        copy.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        copy.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        copy.show_columns(details=self._details)
        copy.use_scale(logarithmic=self.logarithmic)
        copy.show()
        copy.show_record(self.table.record, self.table.chosen, is_what_if=self.table.is_what_if)
        rows = sum(copy.rowHeight(copy.table.index(row, 0)) for row in range(copy.table.rowCount()))
        wide, high = copy.width() - copy.viewport().width(), copy.height() - copy.viewport().height()
        least = max(copy.header().length(), copy.fontMetrics().horizontalAdvance("m") * _PICTURE_EMS)
        copy.resize(max(self.width(), least + wide), rows + high)
        return copy

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_tokens()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self._copy()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self.tr("Copy")).triggered.connect(self._copy)
        menu.addAction(self.tr("Save picture…")).triggered.connect(self._save_picture)
        menu.popup(event.globalPos())

    def _fit(self) -> None:
        self.setMinimumHeight(self.fontMetrics().lineSpacing() * _LEAST_ROWS * 2)
        self._fit_columns()

    def _fit_columns(self) -> None:
        """Once for each record: a header that follows its contents by itself asks for them several times over."""
        for column in range(self.table.columnCount()):
            if not self.isColumnHidden(column):
                self.resizeColumnToContents(column)
        self._fit_tokens()

    def _fit_tokens(self) -> None:
        """They take what the others leave, and not much more."""
        others = self.header().length() - self.columnWidth(TOKEN)
        most = self.fontMetrics().horizontalAdvance("m") * _MOST_TOKEN_EMS
        wanted = min(self.sizeHintForColumn(TOKEN), most)
        self.setColumnWidth(TOKEN, max(wanted, self.viewport().width() - others))

    def _hide_columns(self) -> None:
        record = self.table.record
        for column in (LOGPROB, LOGIT, ID, BYTES):
            is_known = column != LOGIT or (record is not None and record.log_total != 0.0)
            self.setColumnHidden(column, not (self._details and is_known))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.table.as_text())

    def _save_picture(self) -> None:
        whole = self.whole()
        picture = ask_for_picture(self, self.tr("Save picture"), self.tr("alternatives"), whole)
        whole.deleteLater()
        if picture is not None:
            self.picture_made.emit(picture)

    def _on_activated(self, index: QModelIndex) -> None:
        if (candidate := self.table.candidate(index.row())) is not None:
            self.branch_requested.emit(candidate)
