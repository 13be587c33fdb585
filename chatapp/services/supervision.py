"""Notices that a worker with something to do says nothing any more: stopped, or hardly let run by the machine.

A busy worker sends something every HEARTBEAT_SECONDS whatever it computes; an idle one is not listened to.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from chatapp.core.silence import TICK_SECONDS, Silence
from chatapp.services.worker_process import WorkerProcess

QUIET_SECONDS = 2.0  # four heartbeats that did not come
AGAIN_SECONDS = 20.0
_START_SECONDS = 15.0  # reading its libraries, a worker can't yet say anything


class Supervision(QObject):
    fell_silent = Signal()
    """and again every AGAIN_SECONDS as long as it lasts"""
    came_back = Signal()
    """also where the silent worker is no longer in use"""

    def __init__(
        self,
        is_busy: Callable[[], bool],
        parent: QObject | None = None,
        clock: Callable[[], float] = time.monotonic,
        quiet_seconds: float = QUIET_SECONDS,
    ) -> None:
        super().__init__(parent)
        self._is_busy = is_busy
        self._worker: WorkerProcess | None = None
        self._silence = Silence(clock)
        self.quiet_seconds = self._limit = quiet_seconds
        self.is_silent = False
        self._timer = QTimer(self, interval=int(TICK_SECONDS * 1000))
        self._timer.timeout.connect(self._on_tick)

    def watch(self, worker: WorkerProcess | None) -> None:
        """The worker in use from now on."""
        if self._worker is not None:
            self._worker.became_ready.disconnect(self._on_heard)
            self._worker.received.disconnect(self._on_heard)
        self._worker = worker
        self._timer.stop()
        self._on_heard(None)
        if worker is not None:
            worker.became_ready.connect(self._on_heard)
            worker.received.connect(self._on_heard)

    def expect_answer(self) -> None:
        """Call when something was asked of the worker."""
        if not self._timer.isActive():
            self._silence.end()
            self._timer.start()

    def _on_heard(self, _event: object) -> None:
        self._silence.end()
        self._limit = self.quiet_seconds
        if self.is_silent:
            self.is_silent = False
            self.came_back.emit()

    def _on_tick(self) -> None:
        if self._worker is None or not self._is_busy():
            self._timer.stop()
            return
        limit = self._limit if self._worker.ready is not None else max(self._limit, _START_SECONDS)
        if self._silence.tick() >= limit:
            self._silence.end()
            self._limit = AGAIN_SECONDS
            self.is_silent = True
            self.fell_silent.emit()
