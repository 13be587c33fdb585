"""The Tab key goes through what is shown as one reads it. Qt goes through it in the order in which it was made, and
messages are made in any order: earlier ones later, the pieces of a reply while it is written."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QWidget


def in_reading_order(page: QWidget) -> list[QWidget]:
    """Those in `page` that Tab can reach, row by row."""
    reached = [widget for widget in page.findChildren(QWidget) if _is_reached(widget)]
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
    at = _neighbour(page, forward)
    while at is not None and at is not page:
        if _is_reached(at) and not page.isAncestorOf(at):
            return at
        at = _neighbour(at, forward)
    return None


def _neighbour(widget: QWidget, forward: bool) -> QWidget | None:
    return widget.nextInFocusChain() if forward else widget.previousInFocusChain()


def _is_reached(widget: QWidget) -> bool:
    return widget.isVisible() and widget.isEnabled() and bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
