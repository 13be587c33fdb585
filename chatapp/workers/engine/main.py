"""The command loop: takes requests in order, answers each with exactly one terminal event, survives its own bugs."""

from __future__ import annotations

import faulthandler
import os
import queue
import signal
import threading
import time
import traceback
from collections.abc import Iterator

from typing_extensions import assert_never

from chatapp import __version__
from chatapp.core.errors import AppError, ErrorInfo, error
from chatapp.core.sandbox import SandboxReport
from chatapp.core.sentences import CANCELLED, INTERNAL_BUG, PROTOCOL_BROKEN
from chatapp.core.trace import trace_text
from chatapp.protocol.codec import COMMANDS, EVENTS
from chatapp.protocol.engine import (
    HEARTBEAT_SECONDS,
    PROTOCOL_VERSION,
    Cancel,
    CancelLane,
    Command,
    Compare,
    Event,
    Explain,
    Explained,
    Failed,
    Generate,
    Heartbeat,
    Loaded,
    LoadModel,
    LoadProgress,
    QuantizeModel,
    Ready,
    Request,
    SaveState,
    Score,
    ScoreExamples,
    ShowPrompt,
    Tokenize,
    UseAdapters,
)
from chatapp.workers.engine.cancel import CancelFlag
from chatapp.workers.engine.engine import Engine, EngineFactory
from chatapp.workers.stdio import Channel, log


class CommandLoop:
    """The reader thread puts requests in line and marks cancelled ones; `run` does them on the main thread. What can be
    explained from a kept row is told while a reply is written, between its tokens. A question that is cancelled before
    its turn is answered there and then."""

    def __init__(self, channel: Channel[Command, Event], factory: EngineFactory, sandbox: SandboxReport) -> None:
        self._channel = channel
        self._sandbox = sandbox
        self._flag = CancelFlag()
        self._engine: Engine = factory(self._flag)
        self._requests: queue.SimpleQueue[Request] = queue.SimpleQueue()
        self._asides: queue.SimpleQueue[Explain] = queue.SimpleQueue()  # that came while a reply is written
        self._lock = threading.Lock()
        self._open: set[int] = set()
        self._waiting: set[int] = set()  # questions among them whose turn has not come
        self._is_busy = threading.Event()  # while _open holds any
        self._cancelled: set[int] = set()
        self._cancelled_lanes: dict[int, set[int]] = {}  # by the request
        self._current: int | None = None
        self._is_writing = False

    def run(self) -> None:
        """Never returns: the end of stdin ends the process."""
        self._channel.send(
            Ready(
                protocol=PROTOCOL_VERSION,
                pid=os.getpid(),
                version=__version__,
                backend=self._engine.backend(),
                sandbox=self._sandbox,
            )
        )
        self._channel.read_commands(self._on_command, self._on_garbage)
        threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()
        while True:
            request = self._requests.get()
            if isinstance(request, Explain | Score) and not self._take(request.request_id):
                continue
            self._begin(request.request_id)
            try:
                self._answer(request)
            finally:
                self._end(request.request_id)

    def _beat(self) -> None:
        """Native code gives up the interpreter lock for as long as it computes, so this runs beside it."""
        while True:
            self._is_busy.wait()
            if self._channel.quiet_seconds() >= HEARTBEAT_SECONDS:
                self._channel.send(Heartbeat())
            time.sleep(HEARTBEAT_SECONDS / 2)

    def _answer(self, request: Request) -> None:
        try:
            match request:
                case LoadModel():
                    self._load(request)
                case Generate():
                    self._write(self._engine.generate(request))
                case Compare():
                    self._write(self._engine.compare(request))
                case ShowPrompt():
                    self._channel.send(self._engine.show_prompt(request))
                case SaveState():
                    self._channel.send(self._engine.save_state(request))
                case UseAdapters():
                    self._channel.send(self._engine.use_adapters(request))
                case Tokenize():
                    self._channel.send(self._engine.tokenize(request))
                case QuantizeModel():
                    self._channel.send(self._engine.quantize(request))
                case ScoreExamples():
                    for event in self._engine.score_examples(request):
                        self._channel.send(event)
                case Score():
                    for scored in self._engine.score(request):
                        self._channel.send(scored)
                case Explain():
                    for explained in self._engine.explain(request):
                        self._channel.send(explained)
                case _:
                    assert_never(request)
        except Exception as problem:  # noqa: BLE001 - a bug is reported with its traceback and the worker lives on
            self._fail(request.request_id, problem)

    def _fail(self, request_id: int, problem: Exception) -> None:
        if isinstance(problem, AppError):
            info = problem.info
        else:
            log(trace_text(problem))
            info = _bug(problem)
        self._channel.send(Failed(request_id=request_id, error=info))

    def _write(self, events: Iterator[Event]) -> None:
        with self._lock:
            self._is_writing = True
        try:
            for event in events:
                self._channel.send(event)
                self._answer_asides()
        finally:
            with self._lock:
                self._is_writing = False
            while not self._asides.empty():
                self._requests.put(self._asides.get())

    def _answer_asides(self) -> None:
        """Those whose rows are kept; the others wait until the reply is written."""
        while not self._asides.empty():
            request = self._asides.get()
            explained: Explained | Exception | None
            try:
                explained = self._engine.explain_kept(request)
            except Exception as problem:  # noqa: BLE001 - as above
                explained = problem
            if explained is None:
                self._requests.put(request)
                continue
            if not self._take(request.request_id):
                continue
            if isinstance(explained, Exception):
                self._fail(request.request_id, explained)
            else:
                self._channel.send(explained)
            self._close(request.request_id)

    def _load(self, request: LoadModel) -> None:
        def on_progress(fraction: float) -> None:
            self._channel.send(LoadProgress(request_id=request.request_id, fraction=fraction))

        model = self._engine.load(request.spec, on_progress)
        self._channel.send(Loaded(request_id=request.request_id, model=model))

    def _take(self, request_id: int) -> bool:
        """Whether that question is still to be answered."""
        with self._lock:
            is_waiting = request_id in self._waiting
            self._waiting.discard(request_id)
            return is_waiting

    def _begin(self, request_id: int) -> None:
        with self._lock:
            self._current = request_id
            if request_id in self._cancelled:
                self._flag.set()
            else:
                self._flag.clear()
            self._flag.lanes.update(self._cancelled_lanes.get(request_id, ()))

    def _end(self, request_id: int) -> None:
        with self._lock:
            self._current = None
        self._close(request_id)

    def _close(self, request_id: int) -> None:
        with self._lock:
            self._open.discard(request_id)
            self._cancelled.discard(request_id)
            self._cancelled_lanes.pop(request_id, None)
            if not self._open:
                self._is_busy.clear()

    def _on_command(self, command: Command) -> None:
        match command:
            case Cancel(request_id=request_id):
                if self._take(request_id):
                    self._fail(request_id, error(CANCELLED))
                    self._close(request_id)
                    return
                with self._lock:
                    if request_id in self._open:  # else it has ended already
                        self._cancelled.add(request_id)
                    if request_id == self._current:
                        self._flag.set()
            case CancelLane(request_id=request_id, lane=lane):
                with self._lock:
                    if request_id in self._open:
                        self._cancelled_lanes.setdefault(request_id, set()).add(lane)
                    if request_id == self._current:
                        self._flag.lanes.add(lane)
            case _:
                self._accept(command)

    def _accept(self, request: Request) -> None:
        with self._lock:
            self._open.add(request.request_id)
            self._is_busy.set()
            if isinstance(request, Explain | Score):
                self._waiting.add(request.request_id)
            if isinstance(request, Explain) and self._is_writing:
                self._asides.put(request)
            else:
                self._requests.put(request)

    def _on_garbage(self, problem: str) -> None:
        log(f"a command could not be read: {problem}")
        self._channel.send(Failed(request_id=None, error=error(PROTOCOL_BROKEN, detail=problem).info))


def _bug(bug: Exception) -> ErrorInfo:
    return error(INTERNAL_BUG, reason=type(bug).__name__, detail=traceback.format_exc()).info


def main(sandbox: SandboxReport) -> None:
    """The engine worker of the app, in the sandbox it is in."""
    run_worker(_llama, sandbox)


def run_worker(factory: EngineFactory, sandbox: SandboxReport) -> None:
    """Guards the pipe, then loads what `factory` needs, then runs the loop. A crash leaves its stack on stderr."""
    faulthandler.enable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in a terminal reaches all processes; the parent decides
    channel = Channel(COMMANDS, EVENTS)
    CommandLoop(channel, factory, sandbox).run()


def _llama(flag: CancelFlag) -> Engine:
    from chatapp.workers.engine.llama.engine import LlamaEngine

    return LlamaEngine(flag)
