"""The engine as the window sees it: which model is loaded, and one reply at a time.

A worker that dies is replaced by the standby, and its model loaded again unless it killed the worker while loading.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, Signal
from typing_extensions import assert_never

from chatapp.core.errors import ErrorInfo, error
from chatapp.core.models import AdapterSpec, LoadSpec
from chatapp.core.sampling import SamplingSettings
from chatapp.core.sentences import (
    MODEL_CHANGED,
    MODEL_CRASHED,
    NO_MODEL_LOADED,
    PROTOCOL_MISMATCH,
    REPLY_BUSY,
    WORKER_DIED,
    WORKER_NEVER_READY,
    WORKER_RESTARTED,
    WORKER_STUCK,
)
from chatapp.protocol.engine import (
    PROTOCOL_VERSION,
    AdaptersUsed,
    Cancel,
    CancelLane,
    Compare,
    Compared,
    Event,
    Explain,
    Explained,
    Failed,
    Finished,
    Generate,
    Heartbeat,
    LaneFailed,
    LaneFinished,
    Loaded,
    LoadModel,
    LoadProgress,
    Prompt,
    PromptProgress,
    PromptShown,
    Ready,
    SaveState,
    Score,
    Scored,
    ShowPrompt,
    StateSaved,
    TokensEmitted,
    TokensScored,
    TrainingAnswer,
    UseAdapters,
)
from chatapp.services.cancellations import Cancellations, never_begun
from chatapp.services.engine_status import EngineState, EngineStatus
from chatapp.services.leaving import Leaving
from chatapp.services.standby import Standby
from chatapp.services.supervision import Supervision
from chatapp.services.worker_access import Access, EngineCommand, no_sandbox
from chatapp.services.worker_process import ProcessOutcome, WorkerProcess

CANCEL_SECONDS = 5
_EXIT_MS = 1500


class InferenceService(QObject):
    load_begun = Signal(object)
    """LoadSpec: what is asked for now is done after that load, before all that comes later"""
    status_changed = Signal(object)
    """EngineStatus"""
    prompt_progressed = Signal(object)
    """PromptProgress"""
    emitted = Signal(object)
    """TokensEmitted"""
    finished = Signal(object)
    """Finished"""
    failed = Signal(object)
    """Failed, with the id that the request returned"""
    given_up = Signal(object)
    """int: the id of a reply that was stopped and ends with what was emitted, since its worker does not answer"""
    silence_changed = Signal(object)
    """bool: whether the worker says nothing though it has something to do; told again while that lasts"""
    advanced = Signal(object)
    """PromptProgress | TokensScored | TokensEmitted | LaneFinished | LaneFailed of a request of `ask`"""
    answered = Signal(object)
    """PromptShown | StateSaved | Scored | Explained | Compared | AdaptersUsed: the end of such a request"""
    worker_died = Signal(object)
    """ProcessOutcome of one that was not ended on purpose"""

    def __init__(
        self, command: EngineCommand, access: Access = no_sandbox, cancel_seconds: float = CANCEL_SECONDS
    ) -> None:
        super().__init__()
        self._leaving = Leaving(self)
        self._standby = Standby(command, access, self._leaving, self)
        self._worker: WorkerProcess | None = None
        self._spec: LoadSpec | None = None
        self._next_id = 0
        self._load_id: int | None = None
        self._reply_id: int | None = None
        self._unbegun: tuple[Generate, tuple[AdapterSpec, ...]] | None = None  # the reply, till its worker begins it
        self._side_ids: set[int] = set()  # requests that wait in line beside replies
        self._adapter_ids: set[int] = set()  # those of them that change what later ones are answered with
        self._closed = False
        self.adapters: tuple[AdapterSpec, ...] = ()
        """What a reply that is asked for now is written with."""
        self.status = EngineStatus()
        self._cancelled = Cancellations(cancel_seconds, self)
        self._cancelled.overdue.connect(self._on_cancel_overdue)
        self._supervision = Supervision(self._is_busy, self)
        self._supervision.fell_silent.connect(self._on_silent)
        self._supervision.came_back.connect(lambda: self.silence_changed.emit(False))

    def start(self) -> None:
        """Gets a worker ready to be given a model."""
        self._standby.prepare()

    def load(self, spec: LoadSpec) -> None:
        """Loads a model in a fresh worker; the one before gives all its memory back."""
        self._abandon_reply()
        self._release_worker()
        self._spec = spec
        worker = self._standby.take(spec)
        worker.became_ready.connect(self._on_ready)
        worker.received.connect(self._on_event)
        worker.ended.connect(self._on_ended)
        self._worker = worker
        self._supervision.watch(worker)
        if worker.ready is not None and not self._on_ready(worker.ready):
            return
        self._load_id = self._new_id()
        worker.send(LoadModel(request_id=self._load_id, spec=spec))
        self._supervision.expect_answer()
        self._set_status(EngineStatus(state=EngineState.LOADING, path=spec.path))
        self.adapters = spec.adapters
        self.load_begun.emit(spec)

    def unload(self) -> None:
        """Frees the model's memory by ending its worker, whether the model is loaded or being loaded."""
        self._abandon_reply()
        self._release_worker()
        self._spec = None
        self._standby.prepare()
        self._set_status(EngineStatus())

    def generate(self, prompt: Prompt, sampling: SamplingSettings, state: str = "", probs: int = 0) -> int:
        """Begins a reply, after the load if one is under way; returns its id. Raises AppError.

        state: a file of SaveState to go on from where that saves time; probs: how many alternatives each token's
        record has, 0: no records.
        """
        if self._worker is None or self.status.state is EngineState.EMPTY:
            raise error(NO_MODEL_LOADED)
        if self._reply_id is not None:
            raise error(REPLY_BUSY)
        self._reply_id = self._new_id()
        request = Generate(request_id=self._reply_id, prompt=prompt, sampling=sampling, state=state, probs=probs)
        self._unbegun = request, self.adapters
        self._worker.send(request)
        self._supervision.expect_answer()
        if self.status.state is EngineState.READY:
            self._set_state(EngineState.GENERATING)
        return self._reply_id

    def ask(self, make: Callable[[int], ShowPrompt | SaveState | Score | Explain | Compare | UseAdapters]) -> int:
        """Sends what `make` makes of the id that this returns, most of it to be done after the reply being written;
        ends with `answered` or `failed`. Raises AppError."""
        if self._worker is None or self.status.state is EngineState.EMPTY:
            raise error(NO_MODEL_LOADED)
        request_id = self._new_id()
        self._side_ids.add(request_id)
        self._worker.send(make(request_id))
        self._supervision.expect_answer()
        return request_id

    def use_adapters(self, adapters: tuple[AdapterSpec, ...]) -> int:
        """`ask` for what is asked from now on to be answered with these. Raises AppError."""
        request_id = self.ask(lambda i: UseAdapters(request_id=i, adapters=adapters))
        self.adapters = adapters
        self._adapter_ids = (self._adapter_ids & self._side_ids) | {request_id}
        return request_id

    def cancel_asked(self, request_id: int, lane: int | None = None) -> None:
        """Ends a request of `ask` soon; it fails. lane: only that lane of a comparison ends."""
        if request_id in self._side_ids and self._worker is not None:
            whole = Cancel(request_id=request_id)
            self._worker.send(whole if lane is None else CancelLane(request_id=request_id, lane=lane))

    def cancel(self) -> None:
        """Ends the reply: answered soon, or the worker is replaced. One that waits for a load, and one whose worker is
        silent, ends at once."""
        if self._reply_id is None or self._worker is None:
            return
        if self._reply_id not in self._cancelled:
            # what waits before it would hold up its end; adapters are for what comes later, too
            for request_id in (*self._side_ids - self._adapter_ids, self._reply_id):
                self._worker.send(Cancel(request_id=request_id))
        if self._load_id is not None:
            ended = never_begun(self._reply_id)
            self._end_reply()
            self.finished.emit(ended)
            return
        self._cancelled.add(self._reply_id)
        if self._supervision.is_silent:
            self._give_up()

    def restart(self) -> None:
        """Replaces the worker, which does not respond, and loads its model again."""
        if self._worker is not None:
            self._replace_worker(error(WORKER_RESTARTED, detail=self._worker.stderr()).info, keeps_unbegun=True)

    def close(self) -> None:
        """Ends all workers and waits for them."""
        self._closed = True
        self._cancelled.clear()
        waiting = self._standby.close()
        workers = [w for w in (self._worker, waiting, *self._leaving.workers) if w is not None]
        for worker in workers:
            worker.kill()
        for worker in workers:
            worker.wait(_EXIT_MS)

    def worker_pids(self) -> list[int]:
        """The processes that belong to this window."""
        workers = (self._worker, self._standby.waiting, *self._leaving.workers)
        return [worker.pid for worker in workers if worker is not None and worker.pid]

    def standby_is_ready(self) -> bool:
        return self._standby.waiting is not None and self._standby.waiting.ready is not None

    def _is_busy(self) -> bool:
        """Whether the worker has something to answer."""
        return (
            self._load_id is not None or self._reply_id is not None or bool(self._side_ids) or len(self._cancelled) > 0
        )

    def _on_event(self, event: Event) -> None:
        match event:
            case LoadProgress(fraction=fraction):
                self._set_status(EngineStatus(state=EngineState.LOADING, path=self.status.path, fraction=fraction))
            case Loaded(model=model):
                self._load_id = None
                state = EngineState.READY if self._reply_id is None else EngineState.GENERATING
                self._set_status(EngineStatus(state=state, path=model.path, fraction=1.0, model=model))
                self._standby.prepare(self._spec)
            case PromptProgress(request_id=request_id):
                if request_id == self._reply_id:
                    self._unbegun = None
                    self.prompt_progressed.emit(event)
                elif request_id in self._side_ids:
                    self.advanced.emit(event)
            case TokensEmitted(request_id=request_id):
                if request_id == self._reply_id:
                    self.emitted.emit(event)
                elif request_id in self._side_ids:
                    self.advanced.emit(event)
            case Finished(request_id=request_id):
                self._cancelled.end(request_id)
                if request_id == self._reply_id:  # else it was ended here before it ended there
                    self._end_reply()
                    self.finished.emit(event)
            case Failed(request_id=request_id):
                self._cancelled.end(request_id)
                if self._load_id is not None and request_id in (self._load_id, None):
                    self._on_load_failed(event.error)
                elif request_id in self._side_ids:
                    self._side_ids.discard(request_id)
                    self.failed.emit(event)
                elif request_id in (self._reply_id, None):
                    self._fail_reply(event.error)
            case TokensScored() | LaneFinished() | LaneFailed():
                self.advanced.emit(event)
            case PromptShown() | StateSaved() | Scored() | Explained() | Compared() | AdaptersUsed():
                self._side_ids.discard(event.request_id)
                self.answered.emit(event)
            case Heartbeat() | Ready() | TrainingAnswer():
                pass  # see Supervision; training has an engine of its own
            case _:
                assert_never(event)

    def _on_silent(self) -> None:
        if self._reply_id in self._cancelled:
            self._give_up()
        self.silence_changed.emit(True)

    def _give_up(self) -> None:
        """Ends the cancelled reply without its worker's answer, for which the worker still has its time."""
        reply_id = self._reply_id
        self._end_reply()
        self.given_up.emit(reply_id)

    def _on_load_failed(self, info: ErrorInfo) -> None:
        self._load_id = None
        self._spec = None
        self._set_status(EngineStatus(error=info))
        self._standby.prepare()

    def _on_ready(self, ready: Ready) -> bool:
        """Whether it speaks our protocol."""
        if ready.protocol == PROTOCOL_VERSION:
            return True
        self._release_worker()
        info = error(PROTOCOL_MISMATCH, theirs=ready.protocol, ours=PROTOCOL_VERSION).info
        self._fail_reply(info)
        self._set_status(EngineStatus(error=info))
        return False

    def _on_ended(self, outcome: ProcessOutcome) -> None:
        """The worker in use is gone; every deliberate end disconnects this first."""
        was_ready = self._worker is not None and self._worker.ready is not None
        loading = self._load_id is not None
        path = self._spec.path if self._spec is not None else ""
        sentence = WORKER_DIED if not loading else MODEL_CRASHED if was_ready else WORKER_NEVER_READY
        info = error(sentence, path=path, outcome=outcome.text, detail=outcome.stderr).info
        self._release_worker(info)
        if self._closed:
            return
        self.worker_died.emit(outcome)
        if loading:
            self._on_load_failed(info)
            self._fail_reply(info)
        else:
            self._replace_worker(info)

    def _on_cancel_overdue(self) -> None:
        stderr = self._worker.stderr() if self._worker is not None else ""
        seconds = f"{self._cancelled.seconds:g}"
        self._replace_worker(error(WORKER_STUCK, seconds=seconds, detail=stderr).info, keeps_unbegun=True)

    def _replace_worker(self, info: ErrorInfo, *, keeps_unbegun: bool = False) -> None:
        """Loads the model again in the standby; the reply, if there is one, ends with `info`, or is asked for again
        where that is wanted, it was not begun and nobody asked it to end."""
        reply_id, self._reply_id = self._reply_id, None
        unbegun = self._unbegun if keeps_unbegun and reply_id not in self._cancelled else None
        self._release_worker(info)
        if self._spec is not None:
            self.load(self._spec)
        if unbegun is not None and self._worker is not None:
            self._reply_id, self._unbegun = reply_id, unbegun
            (request, own), usual = unbegun, self.adapters
            if own != usual:
                self.use_adapters(own)
            self._worker.send(request)
            if own != usual:  # after that reply
                self.use_adapters(usual)
        elif reply_id is not None:
            self.failed.emit(Failed(request_id=reply_id, error=info))

    def _abandon_reply(self) -> None:
        """A model change ends a running reply; what was written stays."""
        if self._reply_id is not None and self._worker is not None:
            self._fail_reply(error(MODEL_CHANGED).info)

    def _fail_reply(self, info: ErrorInfo) -> None:
        reply_id = self._reply_id
        self._end_reply()
        if reply_id is not None:
            self.failed.emit(Failed(request_id=reply_id, error=info))

    def _end_reply(self) -> None:
        self._reply_id = self._unbegun = None
        if self.status.state is EngineState.GENERATING:
            self._set_state(EngineState.READY)

    def _release_worker(self, why: ErrorInfo | None = None) -> None:
        worker, self._worker = self._worker, None
        side_ids, self._side_ids = self._side_ids, set()
        for request_id in side_ids:
            self.failed.emit(Failed(request_id=request_id, error=why or error(MODEL_CHANGED).info))
        self._load_id = None
        self._cancelled.clear()
        self._supervision.watch(None)
        if worker is None:
            return
        worker.became_ready.disconnect(self._on_ready)
        worker.received.disconnect(self._on_event)
        worker.ended.disconnect(self._on_ended)
        self._leaving.end(worker)

    def _set_state(self, state: EngineState) -> None:
        self._set_status(replace(self.status, state=state))

    def _set_status(self, status: EngineStatus) -> None:
        self.status = status
        self.status_changed.emit(status)

    def _new_id(self) -> int:
        self._next_id += 1
        return self._next_id
