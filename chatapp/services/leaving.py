"""Workers that were told to end, until they have: nothing is started again for them, but the window still owns them."""

from __future__ import annotations

from PySide6.QtCore import QObject

from chatapp.services.worker_process import WorkerProcess


class Leaving(QObject):
    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.workers: set[WorkerProcess] = set()

    def end(self, worker: WorkerProcess) -> None:
        """Ends it; nobody else may be connected to it or own it any more."""
        if not worker.pid:
            worker.deleteLater()
            return
        self.workers.add(worker)
        worker.ended.connect(lambda _outcome: self._on_ended(worker))
        worker.kill()

    def _on_ended(self, worker: WorkerProcess) -> None:
        self.workers.discard(worker)
        worker.deleteLater()
