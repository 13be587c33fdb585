"""How the tables below the lanes behave: sorted by a click, copied by Ctrl+C, walked by the keyboard."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSize, QSortFilterProxyModel, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QStyle, QTreeView, QWidget

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
    """What is unknown comes last whichever way the rest is sorted."""

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
        header = _Header(Qt.Orientation.Horizontal, self)
        self.setHeader(header)
        header.setSectionsClickable(True)
        header.setStretchLastSection(False)
        header.setResizeContentsPrecision(0)  # by what is in sight: a hundred rows take half a second
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSortIndicatorClearable(True)
        self.setSortingEnabled(True)
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

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(self.as_text())
        else:
            super().keyPressEvent(event)


class _Header(QHeaderView):
    """Keeps room for the arrow only where it is: with many columns all that room is a column's."""

    def __init__(self, orientation: Qt.Orientation, parent: QWidget) -> None:
        super().__init__(orientation, parent)
        self.sortIndicatorChanged.connect(lambda _section, _order: self.resizeSections())

    def sectionSizeFromContents(self, section: int) -> QSize:
        size = super().sectionSizeFromContents(section)
        if section != self.sortIndicatorSection():
            size.setWidth(size.width() - self.style().pixelMetric(QStyle.PixelMetric.PM_HeaderMarkSize, None, self))
        return size


def _cell(value: object) -> str:
    return "" if value is None else str(value)
