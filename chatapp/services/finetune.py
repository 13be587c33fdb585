"""The run that is being trained: one at a time, in a worker of its own, which it outlives as files."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from enum import Enum
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, Signal
from typing_extensions import assert_never

from chatapp.core.conductor_sentences import CONDUCTOR_SILENT
from chatapp.core.errors import ErrorInfo, error
from chatapp.core.run_course import Evaluation, RunCourse, SampleReply
from chatapp.core.run_sentences import TRAINING_BUSY, TRAINING_DIED, TRAINING_PROTOCOL
from chatapp.core.sandbox import FileAccess
from chatapp.core.training import RunSpec
from chatapp.protocol.codec import FINETUNE_COMMANDS, FINETUNE_EVENTS
from chatapp.protocol.finetune import (
    FINETUNE_PROTOCOL_VERSION,
    DataInspected,
    Evaluated,
    Event,
    Failed,
    GoOn,
    Heartbeat,
    Pause,
    Paused,
    Ready,
    RunFinished,
    SampleWritten,
    StageBegun,
    StepDone,
    Stop,
    Train,
    Trained,
)
from chatapp.protocol.launch import WorkerCommand, WorkerRole, worker_command
from chatapp.services.background import Background
from chatapp.services.data_inspection import SILENCE_SECONDS, DataInspection
from chatapp.services.leaving import Leaving
from chatapp.services.preferences import Preferences
from chatapp.services.supervision import Supervision
from chatapp.services.worker_process import ProcessOutcome, WorkerProcess
from chatapp.storage.components import trainer_environment
from chatapp.storage.paths import Paths
from chatapp.storage.run_folders import new_run, read_spec
from chatapp.storage.runs import read_course

_EXIT_MS = 1500
_REQUEST = 1


class RunPhase(Enum):
    """PAUSING and STOPPING: asked for, not yet so."""

    IDLE = "idle"
    STARTING = "starting"
    RUNNING = "running"
    PAUSING = "pausing"
    PAUSED = "paused"
    STOPPING = "stopping"


def finetune_command(paths: Paths, preferences: Preferences) -> WorkerCommand:
    """Its workers have a sandbox where the settings say so."""
    sandboxed = preferences.settings.engine.sandbox == "on"
    environment = trainer_environment(paths)
    return worker_command(WorkerRole.FINETUNE, environment, access=FileAccess() if sandboxed else None)


class FinetuneService(QObject):
    begun = Signal()
    """of another run; see `folder`, `spec`, `course`"""
    phase_changed = Signal(object)
    """RunPhase"""
    stage_begun = Signal(object)
    """StageBegun"""
    step_done = Signal(object)
    """StepDone, which is in the course already"""
    evaluated = Signal(object)
    """Evaluated, likewise"""
    sample_written = Signal(object)
    """SampleWritten, likewise"""
    inspected = Signal(object)
    """DataReport of the run"""
    paused = Signal(object)
    """int: the step"""
    finished = Signal(object)
    """RunResult"""
    given_up = Signal()
    """by a person; it can be resumed"""
    failed = Signal(object)
    """ErrorInfo"""

    def __init__(
        self,
        paths: Paths,
        background: Background,
        command: Callable[[], WorkerCommand],
        parent: QObject | None = None,
    ) -> None:
        """background: the thread of work with files."""
        super().__init__(parent)
        self._paths, self._background, self._command = paths, background, command
        self._leaving = Leaving(self)
        self.inspection = DataInspection(command, self._leaving, self)
        self._worker: WorkerProcess | None = None
        self.supervision = Supervision(lambda: self._worker is not None, self, quiet_seconds=SILENCE_SECONDS)
        self.supervision.fell_silent.connect(self._on_silent)
        self._claimed: object = None  # by the start that is at work
        self.phase = RunPhase.IDLE
        self.folder: Path | None = None
        self.spec: RunSpec | None = None
        self.course = RunCourse()

    @property
    def is_running(self) -> bool:
        return self.phase is not RunPhase.IDLE

    def start(self, spec: RunSpec) -> None:
        """A new run in a folder of its own. Raises AppError(BUSY)."""
        spec = replace(spec, created_at=time.time())
        self._claim(lambda: (new_run(self._paths, spec), spec, RunCourse()))

    def resume(self, folder: Path) -> None:
        """Goes on from its last checkpoint, where it has one. Raises AppError(BUSY)."""
        self._claim(lambda: (folder, read_spec(folder), read_course(folder)))

    def pause(self) -> None:
        """After the current step; see `paused`."""
        if self.phase is RunPhase.RUNNING and self._worker is not None:
            self._worker.send(Pause(request_id=_REQUEST))
            self._set_phase(RunPhase.PAUSING)

    def go_on(self) -> None:
        if self.phase in (RunPhase.PAUSED, RunPhase.PAUSING) and self._worker is not None:
            self._worker.send(GoOn(request_id=_REQUEST))
            self._set_phase(RunPhase.RUNNING)

    def stop(self) -> None:
        """Trains no further and finishes with the best that was reached."""
        if self.is_running and self.phase is not RunPhase.STOPPING and self._worker is not None:
            self._worker.send(Stop(request_id=_REQUEST))
            self._set_phase(RunPhase.STOPPING)

    def give_up(self) -> None:
        """Ends it at once; its last checkpoint stays."""
        if self.is_running:
            self._release()
            self._set_phase(RunPhase.IDLE)
            self.given_up.emit()

    def close(self) -> None:
        """Ends what runs; it can be resumed."""
        self.inspection.rest()
        self._release()
        self.phase = RunPhase.IDLE
        for worker in list(self._leaving.workers):
            worker.wait(_EXIT_MS)

    def _claim(self, work: Callable[[], tuple[Path, RunSpec, RunCourse]]) -> None:
        """work: with files; a run that was given up meanwhile is not begun by it, though another has been since."""
        if self.is_running:
            raise error(TRAINING_BUSY)
        self.inspection.rest()
        self._set_phase(RunPhase.STARTING)
        claim = self._claimed = object()

        def begin(found: tuple[WorkerCommand, tuple[Path, RunSpec, RunCourse]]) -> None:
            if self._claimed is claim:
                self._train(found[0], *found[1])

        def fail(info: ErrorInfo) -> None:
            if self._claimed is claim:
                self._fail(info)

        self._background.run(lambda: (self._command(), work()), begin, fail)

    def _train(self, command: WorkerCommand, folder: Path, spec: RunSpec, course: RunCourse) -> None:
        self.folder, self.spec, self.course = folder, spec, course
        worker = WorkerProcess(command, self, commands=FINETUNE_COMMANDS, events=FINETUNE_EVENTS)
        worker.became_ready.connect(self._on_ready)
        worker.received.connect(self._on_event)
        worker.ended.connect(self._on_ended)
        self._worker = worker
        self.supervision.watch(worker)
        self.supervision.expect_answer()
        worker.send(Train(request_id=_REQUEST, folder=str(folder)))
        self.begun.emit()

    def _on_ready(self, ready: Ready) -> None:
        if ready.protocol != FINETUNE_PROTOCOL_VERSION:
            self._fail(error(TRAINING_PROTOCOL, theirs=ready.protocol, ours=FINETUNE_PROTOCOL_VERSION).info)

    def _on_event(self, event: Event) -> None:
        match event:
            case StageBegun():
                self._set_running()
                self.stage_begun.emit(event)
            case StepDone():
                self._set_running()
                self.course.add_step(msgspec.structs.asdict(event))
                self.step_done.emit(event)
            case Evaluated():
                self.course.add_evaluation(
                    Evaluation(step=event.step, train_loss=event.train_loss, val_loss=event.val_loss, best=event.best)
                )
                self.evaluated.emit(event)
            case SampleWritten():
                self.course.add_sample(SampleReply(step=event.step, prompt=event.prompt, text=event.text))
                self.sample_written.emit(event)
            case Paused():
                if self.phase is RunPhase.PAUSING:
                    self._set_phase(RunPhase.PAUSED)
                    self.paused.emit(event.step)
            case DataInspected():
                self.inspected.emit(event.report)
            case RunFinished():
                self._release()
                self._set_phase(RunPhase.IDLE)
                self.finished.emit(event.result)
            case Failed():
                self._fail(event.error)
            case Heartbeat() | Ready() | Trained():
                pass
            case _:
                assert_never(event)

    def _on_ended(self, outcome: ProcessOutcome) -> None:
        self._fail(error(TRAINING_DIED, outcome=outcome.text, detail=outcome.stderr).info)

    def _on_silent(self) -> None:
        self._fail(error(CONDUCTOR_SILENT, seconds=f"{self.supervision.quiet_seconds:g}").info)

    def _fail(self, info: ErrorInfo) -> None:
        if self.is_running:
            self._release()
            self._set_phase(RunPhase.IDLE)
            self.failed.emit(info)

    def _release(self) -> None:
        self._claimed = None
        self.supervision.watch(None)
        worker, self._worker = self._worker, None
        if worker is None:
            return
        worker.became_ready.disconnect(self._on_ready)
        worker.received.disconnect(self._on_event)
        worker.ended.disconnect(self._on_ended)
        self._leaving.end(worker)

    def _set_running(self) -> None:
        if self.phase is RunPhase.STARTING:
            self._set_phase(RunPhase.RUNNING)

    def _set_phase(self, phase: RunPhase) -> None:
        if phase is not self.phase:
            self.phase = phase
            self.phase_changed.emit(phase)
