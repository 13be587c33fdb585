"""Work of the window that can wait: done in small steps while nothing else is to do."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import MethodType
from typing import cast

from PySide6.QtCore import QObject, QTimer
from shiboken6 import isValid

_SLICE = 0.005  # seconds at a time; then clicks, keys and painting have their turn
Step = Callable[[], bool]
"""A method of a QObject that takes a few milliseconds at most; whether it is to be called again"""


class Idle(QObject):
    """Shared by all widgets of a window, so that however many have something to do, it stays fluent."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._steps: dict[Step, None] = {}  # in order, each once
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._work)

    def do(self, step: Step) -> None:
        """Calls `step` until it returns False or its object is gone; harmless when it is in line already."""
        self._steps[step] = None
        if not self._timer.isActive():
            self._timer.start()

    def _work(self) -> None:
        ends = time.perf_counter() + _SLICE
        while self._steps and time.perf_counter() < ends:
            step = next(iter(self._steps))
            del self._steps[step]
            if isValid(cast(QObject, cast(MethodType, step).__self__)) and step():
                self.do(step)  # at the end of the line
        if not self._steps:
            self._timer.stop()
