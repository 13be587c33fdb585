"""The Tab key goes through what is shown as one reads it. Qt goes through it in the order in which it was made, and
messages are made in any order: earlier ones later, the pieces of a reply while it is written."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QWidget


def in_reading_order(page: QWidget) -> list[QWidget]:
    """Those in `page` that Tab can reach, row by row."""
    reached = [
        widget
        for widget in page.findChildren(QWidget)
        if widget.isVisible() and widget.isEnabled() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]
    tops = {widget: widget.mapTo(page, QPoint(0, 0)) for widget in reached}
    ordered: list[QWidget] = []
    row: list[QWidget] = []
    for widget in sorted(reached, key=lambda w: tops[w].y()):
        if row and tops[widget].y() >= tops[row[0]].y() + row[0].height():
            ordered += sorted(row, key=lambda w: tops[w].x())
            row = []
        row.append(widget)
    return ordered + sorted(row, key=lambda w: tops[w].x())


def outside(page: QWidget, *, forward: bool) -> QWidget | None:
    """The next widget that Tab can reach behind `page` (or before it) in the window's own order."""
    at: QWidget | None = page
    while at is not None:
        at = at.nextInFocusChain() if forward else at.previousInFocusChain()
        if at is page:
            return None
        can = at.isVisible() and at.isEnabled() and bool(at.focusPolicy() & Qt.FocusPolicy.TabFocus)
        if can and not page.isAncestorOf(at):
            return at
    return None
