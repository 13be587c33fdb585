"""Talks with a conductor or a trainer, without Qt; both speak protocol/finetune.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import TracebackType

from chatapp.core.conductor_sentences import (
    CONDUCTOR_ENDED,
    CONDUCTOR_NEVER_READY,
    CONDUCTOR_SILENT,
    TRAINER_ENDED,
    TRAINER_NEVER_READY,
    TRAINER_SILENT,
)
from chatapp.core.errors import AppError
from chatapp.core.training import RunSpec
from chatapp.protocol.codec import FINETUNE_COMMANDS, FINETUNE_EVENTS
from chatapp.protocol.finetune import (
    FINETUNE_PROTOCOL_VERSION,
    Cancel,
    Command,
    DataInspected,
    Event,
    Failed,
    GoOn,
    Heartbeat,
    InspectData,
    Pause,
    Ready,
    Request,
    RunFinished,
    Stop,
    Train,
    Trained,
)
from chatapp.protocol.launch import WorkerCommand
from chatapp.workers.worker import Troubles, Worker

CONDUCTOR = Troubles(never_ready=CONDUCTOR_NEVER_READY, ended=CONDUCTOR_ENDED, silent=CONDUCTOR_SILENT)
TRAINER = Troubles(never_ready=TRAINER_NEVER_READY, ended=TRAINER_ENDED, silent=TRAINER_SILENT)
_SILENCE_SECONDS = 60.0  # a machine that trains may be short of memory


class FinetuneClient:
    """One such worker; use it as a context manager. pause, go_on, stop and cancel may be called from any thread."""

    def __init__(
        self, command: WorkerCommand, troubles: Troubles = CONDUCTOR, silence_seconds: float = _SILENCE_SECONDS
    ) -> None:
        """Starts the worker and waits for its first word; raises AppError(WORKER | PROTOCOL)."""
        self._worker: Worker[Command, Event] = Worker(command, FINETUNE_COMMANDS, FINETUNE_EVENTS, troubles)
        self._next_id = 0
        self._current: int | None = None
        try:
            self.ready = self._worker.first_word(Ready, FINETUNE_PROTOCOL_VERSION, silence_seconds)
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        return self._worker.pid

    def inspect(self, spec: RunSpec) -> Iterator[Event]:
        """The last event is DataInspected; raises AppError."""
        return self._request(lambda i: InspectData(request_id=i, spec=spec))

    def train(self, folder: str, *, waits: bool = False) -> Iterator[Event]:
        """The last event is RunFinished or Trained; raises AppError."""
        return self._request(lambda i: Train(request_id=i, folder=folder, waits=waits), is_run=True)

    def pause(self) -> None:
        self._say(Pause)

    def go_on(self) -> None:
        self._say(GoOn)

    def stop(self) -> None:
        self._say(Stop)

    def cancel(self) -> None:
        self._say(Cancel)

    def alive(self) -> bool:
        return self._worker.alive()

    def stderr(self) -> str:
        """The worker's last lines."""
        return self._worker.stderr()

    def kill(self, reason: AppError) -> None:
        """Ends it at once; whoever waits for its events is told the reason."""
        self._worker.kill(reason)

    def close(self) -> None:
        """Ends the worker."""
        self._worker.close()

    def __enter__(self) -> FinetuneClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _say(self, kind: type[Pause] | type[GoOn] | type[Stop] | type[Cancel]) -> None:
        current = self._current
        if current is not None:
            self._worker.send(kind(request_id=current))

    def _request(self, make: Callable[[int], Request], *, is_run: bool = False) -> Iterator[Event]:
        self._next_id += 1
        self._current = self._next_id
        try:
            self._worker.send(make(self._next_id))
            for event in self._worker.events:
                if isinstance(event, Ready | Heartbeat) or event.request_id not in (self._next_id, None):
                    continue
                if isinstance(event, Failed):
                    raise AppError(event.error)
                yield event
                if isinstance(event, RunFinished | Trained) or (isinstance(event, DataInspected) and not is_run):
                    return
        finally:
            self._current = None
        raise self._worker.died(None)
