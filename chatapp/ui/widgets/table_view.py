"""How the tables below the lanes behave: sorted by a click, copied by Ctrl+C, walked by the keyboard."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import (
    QAbstractTableModel,
    QCoreApplication,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
)
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTreeView, QWidget

Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()
SORT_ROLE = Qt.ItemDataRole.UserRole
"""float or str to sort by, None: unknown"""
LAST_ROLE = Qt.ItemDataRole.UserRole + 1
"""bool: such rows stay below the others"""


class CopiedModel(QAbstractTableModel):
    """names: of the columns in copied text; values: of a row, in full precision."""

    names: Sequence[str] = ()

    def values(self, row: int) -> Sequence[object]:
        raise NotImplementedError


class SortedRows(QSortFilterProxyModel):
    """What is unknown comes last whichever way the rest is sorted. The heading of the column sorted by has an arrow."""

    def headings(self) -> list[str]:
        """Without the arrow."""
        columns = range(self.columnCount())
        return [str(self.sourceModel().headerData(column, Qt.Orientation.Horizontal)) for column in columns]

    def next_orders(self) -> list[Qt.SortOrder]:
        """How each column is sorted when it is chosen: the other way round where it is already."""
        up, down = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder
        columns = range(self.columnCount())
        return [down if column == self.sortColumn() and self.sortOrder() is up else up for column in columns]

    def tell_headings(self) -> None:
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, self.columnCount() - 1)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        found = super().headerData(section, orientation, role)
        if role != Qt.ItemDataRole.DisplayRole or section != self.sortColumn():
            return found
        return f"{found} {'↓' if self.sortOrder() is Qt.SortOrder.DescendingOrder else '↑'}"

    def lessThan(self, left: Index, right: Index) -> bool:
        falls = self.sortOrder() is Qt.SortOrder.DescendingOrder
        one, other = (bool(index.data(LAST_ROLE)) for index in (left, right))
        if one == other:
            first, second = left.data(SORT_ROLE), right.data(SORT_ROLE)
            one, other = first is None, second is None
            if one == other:
                return False if one else bool(first < second)
        return one if falls else other


class TableView(QTreeView):
    """Until a heading is clicked rows stand as they come."""

    def __init__(self, model: CopiedModel, name: str, parent: QWidget | None = None) -> None:
        """name: by which the style sheet knows it."""
        super().__init__(parent)
        self.setObjectName(name)
        self.rows = SortedRows(self)
        self.rows.setSourceModel(model)
        self._model = model
        self.setModel(self.rows)
        self.setRootIsDecorated(False)
        self.setIndentation(0)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(False)  # else Fusion frames the whole row
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        header = self.header()
        header.setStretchLastSection(False)
        header.setResizeContentsPrecision(0)  # by what is in sight: a hundred rows take half a second
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSortIndicatorClearable(True)
        self.setSortingEnabled(True)
        header.setSortIndicatorShown(False)  # its room is lost in every column; the heading says it instead
        header.sortIndicatorChanged.connect(lambda _section, _order: self.rows.tell_headings())
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)

    def source_row(self, index: Index) -> int:
        return self.rows.mapToSource(index).row()

    def as_text(self) -> str:
        """The chosen rows, or all where at most one is, with tabs between, as they are sorted."""
        chosen = sorted(index.row() for index in self.selectionModel().selectedRows())
        places = chosen if len(chosen) > 1 else range(self.rows.rowCount())
        lines = [tuple(self._model.names)]
        lines += [tuple(map(_cell, self._model.values(self.source_row(self.rows.index(at, 0))))) for at in places]
        return "\n".join("\t".join(line) for line in lines)

    def copy(self) -> None:
        QGuiApplication.clipboard().setText(self.as_text())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """For those who do not use a mouse the only way to sort."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(QCoreApplication.translate("TableView", "Copy rows")).triggered.connect(self.copy)
        menu.addSeparator()
        by = QCoreApplication.translate("TableView", "Sort by {heading}")
        for column, (heading, order) in enumerate(zip(self.rows.headings(), self.rows.next_orders(), strict=True)):
            sort = partial(self.sortByColumn, column, order)
            menu.addAction(by.format(heading=heading)).triggered.connect(lambda _on=False, sort=sort: sort())
        unsorted = menu.addAction(QCoreApplication.translate("TableView", "Unsorted"))
        unsorted.triggered.connect(lambda: self.sortByColumn(-1, Qt.SortOrder.AscendingOrder))
        menu.popup(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        else:
            super().keyPressEvent(event)


def _cell(value: object) -> str:
    return "" if value is None else str(value)
