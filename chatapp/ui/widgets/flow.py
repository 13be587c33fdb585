"""A layout that sets its widgets beside each other and begins a new line where there is no more room."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget


class FlowLayout(QLayout):
    """Widgets of one line stand on one middle line."""

    def __init__(self, parent: QWidget | None = None, *, spacing: int = 8) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(0, 0, 0, 0)
        self.setSpacing(spacing)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._place(QRect(0, 0, width, 0), moves=False)

    def sizeHint(self) -> QSize:
        sizes = [item.sizeHint() for item in self._shown()]
        width = sum(size.width() for size in sizes) + self.spacing() * max(0, len(sizes) - 1)
        return QSize(width, max((size.height() for size in sizes), default=0))

    def minimumSize(self) -> QSize:
        found = QSize(0, 0)
        for item in self._shown():
            found = found.expandedTo(item.minimumSize())
        return found

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._place(rect, moves=True)

    def _shown(self) -> list[QLayoutItem]:
        return [item for item in self._items if not item.isEmpty()]

    def _place(self, rect: QRect, *, moves: bool) -> int:
        """The height of all lines."""
        y, line, x = rect.top(), list[QLayoutItem](), 0
        for item in self._shown():
            width = item.sizeHint().width()
            if line and x + width > rect.width():
                y += self._set_line(line, rect, y, moves=moves) + self.spacing()
                line, x = [], 0
            line.append(item)
            x += width + self.spacing()
        return (y + self._set_line(line, rect, y, moves=moves) if line else y) - rect.top()

    def _set_line(self, line: list[QLayoutItem], rect: QRect, y: int, *, moves: bool) -> int:
        height, x = max(item.sizeHint().height() for item in line), rect.left()
        for item in line if moves else ():
            size = item.sizeHint()
            width = min(size.width(), rect.width())
            item.setGeometry(QRect(QPoint(x, y + (height - size.height()) // 2), QSize(width, size.height())))
            x += width + self.spacing()
        return height
