"""A look at the data of a run that is not begun: the newest question counts, asked a moment after the last change."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from chatapp.core.errors import ErrorKind, error
from chatapp.core.run_sentences import INSPECTION_DIED, INSPECTION_SILENT, TRAINING_PROTOCOL
from chatapp.core.training import RunSpec
from chatapp.protocol.codec import FINETUNE_COMMANDS, FINETUNE_EVENTS
from chatapp.protocol.finetune import (
    FINETUNE_PROTOCOL_VERSION,
    Cancel,
    DataInspected,
    Failed,
    InspectData,
    Ready,
    StageBegun,
)
from chatapp.protocol.launch import WorkerCommand
from chatapp.services.leaving import Leaving
from chatapp.services.supervision import Supervision
from chatapp.services.worker_process import ProcessOutcome, WorkerProcess

AFTER_MS = 400
SILENCE_SECONDS = 60.0  # without even a heartbeat


class DataInspection(QObject):
    """Its worker starts with the first question and stays until `rest`."""

    begun = Signal()
    advanced = Signal(object)
    """StageBegun"""
    inspected = Signal(object)
    """DataReport"""
    failed = Signal(object)
    """ErrorInfo"""

    def __init__(self, command: Callable[[], WorkerCommand], leaving: Leaving, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._command, self._leaving = command, leaving
        self._worker: WorkerProcess | None = None
        self._wanted: RunSpec | None = None
        self._asked: int | None = None
        self._next_id = 0
        self.supervision = Supervision(lambda: self._asked is not None, self, quiet_seconds=SILENCE_SECONDS)
        self.supervision.fell_silent.connect(self._on_silent)
        self._timer = QTimer(self, singleShot=True, interval=AFTER_MS)
        self._timer.timeout.connect(self._ask)

    @property
    def is_busy(self) -> bool:
        return self._asked is not None or self._timer.isActive()

    def inspect(self, spec: RunSpec) -> None:
        """Ends with `inspected` or `failed`, unless another is asked for before that, or it is cancelled."""
        self.cancel()
        self._wanted = spec
        self._timer.start()
        self.begun.emit()

    def cancel(self) -> None:
        """What was asked for has no answer any more."""
        self._timer.stop()
        asked, self._asked = self._asked, None
        if asked is not None and self._worker is not None:
            self._worker.send(Cancel(request_id=asked))

    def rest(self) -> None:
        """Ends the worker, whose memory others need."""
        self.cancel()
        self.supervision.watch(None)
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.became_ready.disconnect(self._on_ready)
            worker.received.disconnect(self._on_event)
            worker.ended.disconnect(self._on_ended)
            self._leaving.end(worker)

    def _ask(self) -> None:
        if self._wanted is None:
            return
        if self._worker is None:
            worker = WorkerProcess(self._command(), self, commands=FINETUNE_COMMANDS, events=FINETUNE_EVENTS)
            worker.became_ready.connect(self._on_ready)
            worker.received.connect(self._on_event)
            worker.ended.connect(self._on_ended)
            self._worker = worker
            self.supervision.watch(worker)
        self._next_id += 1
        self._asked = self._next_id
        self._worker.send(InspectData(request_id=self._asked, spec=self._wanted))
        self.supervision.expect_answer()

    def _on_ready(self, ready: Ready) -> None:
        if ready.protocol != FINETUNE_PROTOCOL_VERSION:
            self.rest()
            info = error(TRAINING_PROTOCOL, theirs=ready.protocol, ours=FINETUNE_PROTOCOL_VERSION).info
            self.failed.emit(info)

    def _on_event(self, event: object) -> None:
        match event:
            case StageBegun(request_id=self._asked):
                self.advanced.emit(event)
            case DataInspected(request_id=self._asked):
                self._asked = None
                self.inspected.emit(event.report)
            case Failed(request_id=self._asked) if self._asked is not None:
                self._asked = None
                if event.error.kind is not ErrorKind.CANCELLED:
                    self.failed.emit(event.error)
            case _:
                pass  # of a question that no longer counts

    def _on_silent(self) -> None:
        """The next question goes to another worker."""
        self.rest()
        self.failed.emit(error(INSPECTION_SILENT, seconds=f"{self.supervision.quiet_seconds:g}").info)

    def _on_ended(self, outcome: ProcessOutcome) -> None:
        self.supervision.watch(None)
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.deleteLater()
        was_asked, self._asked = self._asked is not None, None
        if was_asked:
            self.failed.emit(error(INSPECTION_DIED, outcome=outcome.text, detail=outcome.stderr).info)
