"""A part of a page that knows how high it has to be at its width: Qt's scroll areas and splitters do not ask."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QWidget


class Wrapping(QWidget):
    least_height = Signal(object)
    """int, in pixels: told again with each layout"""

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Resize):
            layout = self.layout()
            if layout is not None:
                self.least_height.emit(layout.totalMinimumHeightForWidth(self.width()))
        return done
