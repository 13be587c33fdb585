"""A worker that waits, started and idle, so that a new one is there at once when it is needed."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from chatapp.core.models import LoadSpec
from chatapp.services.leaving import Leaving
from chatapp.services.worker_access import Access, EngineCommand, Grant
from chatapp.services.worker_process import ProcessOutcome, WorkerProcess

_ATTEMPTS = 3
_PAUSE_MS = 500


class Standby(QObject):
    """Holds at most one waiting worker. One that dies while it waits is replaced, a few times."""

    def __init__(self, command: EngineCommand, access: Access, leaving: Leaving, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._command = command
        self._access = access
        self._leaving = leaving
        self._spec: LoadSpec | None = None
        self._waiting: WorkerProcess | None = None
        self._grant = Grant.of(None)
        self._failures = 0
        self._closed = False

    @property
    def waiting(self) -> WorkerProcess | None:
        return self._waiting

    def prepare(self, spec: LoadSpec | None = None) -> None:
        """Starts a worker, able to load `spec` among others, unless one waits already."""
        self._spec = spec
        if self._waiting is None and not self._closed:
            self._grant = Grant.of(self._access(spec))
            worker = WorkerProcess(self._command(self._grant.access), self)
            self._waiting = worker
            worker.became_ready.connect(self._on_ready)
            worker.ended.connect(self._on_ended)

    def take(self, spec: LoadSpec) -> WorkerProcess:
        """The waiting worker, ready or nearly so, where its sandbox lets it load `spec`; else a new one. The caller
        owns it then."""
        if self._waiting is not None and not self._grant.covers(self._access(spec), spec):
            self._leaving.end(self._given_away())
        self.prepare(spec)
        return self._given_away()

    def close(self) -> WorkerProcess | None:
        """Starts no more; returns the one that waits, for the caller to end."""
        self._closed = True
        worker, self._waiting = self._waiting, None
        return worker

    def _given_away(self) -> WorkerProcess:
        worker, self._waiting = self._waiting, None
        assert worker is not None  # nobody takes one after `close`
        worker.became_ready.disconnect(self._on_ready)
        worker.ended.disconnect(self._on_ended)
        worker.setParent(None)
        return worker

    def _on_ready(self, _ready: object) -> None:
        self._failures = 0

    def _on_ended(self, _outcome: ProcessOutcome) -> None:
        if self._waiting is not None:
            self._waiting.deleteLater()
            self._waiting = None
        self._failures += 1
        if self._failures < _ATTEMPTS:
            QTimer.singleShot(_PAUSE_MS if self._failures > 1 else 0, self, lambda: self.prepare(self._spec))
