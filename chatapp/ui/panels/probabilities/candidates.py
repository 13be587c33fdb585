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
    BAR_ROLE,
    BARS,
    BYTES,
    CUT_BY,
    ID,
    LOGPROB,
    SAMPLED,
    Bar,
    CandidateTable,
    Index,
)
from chatapp.ui.panels.probabilities.pictures import ask_for_picture
from chatapp.ui.theme import Theme

_LEAST_BAR, _PICTURE_BAR = 40, 200  # pixels
_LEAST_ROWS = 8
_LEAST_SHOWN = 1e-6  # where the logarithmic scale begins


class BarDelegate(QStyledItemDelegate):
    """Above the model's own probability, below the sampled one, hatched, where tokens were drawn; a line for the sum of
    this and all above."""

    def __init__(self, theme: Theme, parent: QObject | None = None, *, drawn: bool = True) -> None:
        super().__init__(parent)
        self._theme = theme
        self._drawn = drawn
        self.logarithmic = False

    def part(self, p: float) -> float:
        """How much of the width stands for `p`."""
        if not self.logarithmic:
            return p
        return 0.0 if p <= _LEAST_SHOWN else 1.0 - math.log(p) / math.log(_LEAST_SHOWN)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        bar = index.data(BAR_ROLE)
        if not isinstance(bar, Bar):
            return
        colors = self._theme.colors
        row = QRectF(option.rect)
        place = row.adjusted(2, 3, -2, -3)
        half = place.height() / (2 if self._drawn else 1)
        upper = QRectF(place.left(), place.top(), place.width() * self.part(bar.p), half - 1)
        lower = QRectF(place.left(), place.top() + half, place.width() * self.part(bar.p_sampled), half - 1)
        painter.fillRect(upper, QColor(colors.accent if bar.is_chosen else colors.muted))
        if self._drawn:
            painter.setPen(QPen(QColor(colors.accent), 0))
            painter.fillRect(lower, QColor(colors.soft))
            painter.drawRect(lower)
        x = place.left() + place.width() * self.part(min(1.0, bar.cumulative))
        painter.setPen(QPen(QColor(colors.border), 0))
        painter.drawLine(QPointF(x, row.top()), QPointF(x, row.bottom()))

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(_LEAST_BAR, super().sizeHint(option, index).height())


class Candidates(Translated, QTreeView):
    branch_requested = Signal(object)
    """Candidate: write on with it in place of the token that was written"""
    picture_made = Signal(object)
    """Picture"""

    def __init__(self, theme: Theme, parent: QWidget | None = None, *, drawn: bool = True) -> None:
        """drawn: see ProbabilityPanel."""
        super().__init__(parent)
        self._theme = theme
        self._drawn = drawn
        self.setObjectName("candidates")
        self.table = CandidateTable(self, drawn=drawn)
        self._bars = BarDelegate(theme, self, drawn=drawn)
        self.setModel(self.table)
        self.setItemDelegateForColumn(BARS, self._bars)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setIndentation(0)
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        for column in (SAMPLED, CUT_BY):
            self.setColumnHidden(column, not drawn)
        if drawn:
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
        self._fit_columns()
        row = current if current >= 0 else self.table.row_of(chosen) if chosen is not None else None
        if row is not None:
            self.setCurrentIndex(self.table.index(row, 0))

    def show_columns(self, *, details: bool) -> None:
        """details: also log p, id and bytes."""
        for column in (LOGPROB, ID, BYTES):
            self.setColumnHidden(column, not details)
        self._fit_columns()

    def use_scale(self, *, logarithmic: bool) -> None:
        self._bars.logarithmic = logarithmic
        self.viewport().update()

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
        copy.show_columns(details=not self.isColumnHidden(ID))
        copy.use_scale(logarithmic=self._bars.logarithmic)
        copy.show()
        copy.show_record(self.table.record, self.table.chosen, is_what_if=self.table.is_what_if)
        rows = sum(copy.rowHeight(copy.table.index(row, 0)) for row in range(copy.table.rowCount()))
        wide, high = copy.width() - copy.viewport().width(), copy.height() - copy.viewport().height()
        least = copy.header().length() - copy.columnWidth(BARS) + _PICTURE_BAR
        copy.resize(max(self.width(), least + wide), rows + high)
        return copy

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_bars()

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
        self.setMinimumHeight(self.fontMetrics().lineSpacing() * _LEAST_ROWS * 3 // 2)
        self._fit_columns()

    def _fit_columns(self) -> None:
        """Once for each record: a header that follows its contents by itself asks for them several times over."""
        for column in range(self.table.columnCount()):
            if column != BARS and not self.isColumnHidden(column):
                self.resizeColumnToContents(column)
        self._fit_bars()

    def _fit_bars(self) -> None:
        """They take what the others leave."""
        others = self.header().length() - self.columnWidth(BARS)
        self.setColumnWidth(BARS, max(_LEAST_BAR, self.viewport().width() - others))

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
