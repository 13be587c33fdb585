"""Python's garbage collection, on the main thread only.

It runs on whatever thread happens to allocate, and what it finds is destroyed there. A Qt object destroyed on another
thread holds Qt's lock of connections while it waits for Python's lock; the main thread may hold that and wait for the
first: both wait for ever. So it is switched off and done here, by the same thresholds.
"""

from __future__ import annotations

import gc
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

LOOK_MS = 500
_MOST_PUT_OFF = 100  # times the threshold: a full one takes 100 ms and more, so it waits until nothing is written


class Collection(QObject):
    """is_busy: whether a pause would be seen just now."""

    def __init__(self, is_busy: Callable[[], bool], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._is_busy = is_busy
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self._look)
        gc.disable()
        self._timer.start()

    def close(self) -> None:
        """Python collects again as it likes."""
        self._timer.stop()
        gc.enable()

    def _look(self) -> None:
        youngest, middle, oldest = gc.get_count()
        most_youngest, most_middle, most_oldest = gc.get_threshold()
        if oldest > most_oldest * _MOST_PUT_OFF or (oldest > most_oldest and not self._is_busy()):
            gc.collect(2)
        elif middle > most_middle:
            gc.collect(1)
        elif youngest > most_youngest:
            gc.collect(0)
