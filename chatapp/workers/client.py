"""Starts a worker and talks with it, without Qt: the terminal's and the tests' way to the engine."""

from __future__ import annotations

import os
import queue
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType

from chatapp.core.errors import AppError, error
from chatapp.core.models import AdapterSpec, LoadedModel, LoadSpec
from chatapp.core.outcome import outcome_text
from chatapp.core.sampling import SamplingSettings
from chatapp.core.sentences import (
    CANCELLED,
    MODEL_CRASHED,
    PROTOCOL_BROKEN,
    PROTOCOL_MISMATCH,
    WORKER_ENDED,
    WORKER_NEVER_READY,
    WORKER_SILENT,
)
from chatapp.core.silence import TICK_SECONDS, Silence
from chatapp.protocol.codec import COMMANDS, EVENTS, FrameError, FrameReader
from chatapp.protocol.engine import (
    PROTOCOL_VERSION,
    AdaptersUsed,
    Cancel,
    CancelLane,
    ChatPrompt,
    Command,
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
    LaneStart,
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
    UseAdapters,
)
from chatapp.protocol.launch import WorkerCommand, WorkerRole, worker_command

STDERR_LINES = 200
_GRACE_SECONDS = 2.0
_CANCEL_SECONDS = 5.0
_ENDS = Loaded | Finished | PromptShown | StateSaved | Scored | Explained | Compared | AdaptersUsed
# A busy worker sends something every half second, whatever it computes: only one that is stopped, or that a machine
# short of memory hardly lets run, says nothing for so long. Before its first word it reads its libraries, from a slow
# disk maybe.
SILENCE_SECONDS = 30.0
_START_SECONDS = 120.0


class EngineClient:
    """One worker process; use it as a context manager. Not for several threads, but for `cancel`."""

    def __init__(self, command: WorkerCommand | None = None, silence_seconds: float = SILENCE_SECONDS) -> None:
        """Starts the worker and waits for its first word; raises AppError(WORKER | PROTOCOL).

        command: by default an engine worker without a sandbox. A busy worker that says nothing for silence_seconds is
        ended.
        """
        command = command or worker_command(WorkerRole.ENGINE)
        self._process = subprocess.Popen(
            [command.program, *command.arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=command.environment,
            cwd=Path(command.folder),
            bufsize=0,
        )
        self._stderr: deque[str] = deque(maxlen=STDERR_LINES)
        self._log_reader = threading.Thread(target=self._keep_stderr, name="worker stderr", daemon=True)
        self._log_reader.start()
        self._arrived: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._output_reader = threading.Thread(target=self._read_output, name="worker stdout", daemon=True)
        self._output_reader.start()
        self._most_silence = _START_SECONDS
        self._events = self._read_events()
        self._next_id = 0
        self._current: int | None = None
        self._overdue: threading.Timer | None = None
        self._was_overdue = False
        self.model = ""
        """The path of the one that was loaded last."""
        try:
            self.ready = self._handshake()
            self._most_silence = silence_seconds
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    def load(self, spec: LoadSpec, progress: Callable[[float], None] | None = None) -> LoadedModel:
        """Loads a model; raises AppError."""
        for event in self._request(lambda request_id: LoadModel(request_id=request_id, spec=spec)):
            match event:
                case LoadProgress(fraction=fraction) if progress is not None:
                    progress(fraction)
                case Loaded(model=model):
                    self.model = spec.path
                    return model
                case _:
                    pass
        raise self._died(error(MODEL_CRASHED, path=spec.path, detail=self.stderr()))

    def generate(
        self, prompt: Prompt, sampling: SamplingSettings, state: str = "", probs: int = 0
    ) -> Iterator[PromptProgress | TokensEmitted | Finished]:
        """The events of one reply, the last of them Finished; raises AppError."""
        for event in self._request(
            lambda i: Generate(request_id=i, prompt=prompt, sampling=sampling, state=state, probs=probs)
        ):
            if isinstance(event, PromptProgress | TokensEmitted | Finished):
                yield event
            if isinstance(event, Finished):
                return
        raise self._died(None)

    def compare(
        self, prompt: Prompt, lanes: Sequence[LaneStart], probs: int = 0
    ) -> Iterator[PromptProgress | TokensEmitted | LaneFinished | LaneFailed | Compared]:
        """The events of all lanes, the last of them Compared; raises AppError."""
        for event in self._request(lambda i: Compare(request_id=i, prompt=prompt, lanes=tuple(lanes), probs=probs)):
            if isinstance(event, PromptProgress | TokensEmitted | LaneFinished | LaneFailed | Compared):
                yield event
            if isinstance(event, Compared):
                return
        raise self._died(None)

    def cancel_lane(self, lane: int) -> None:
        """Ends one lane of the running comparison soon."""
        if self._current is not None:
            self._send(CancelLane(request_id=self._current, lane=lane))

    def score(self, text: bytes | ChatPrompt, probs: int = 0) -> Iterator[PromptProgress | TokensScored | Scored]:
        """The scores of a text, the last event Scored; raises AppError."""
        for event in self._request(lambda i: Score(request_id=i, text=text, probs=probs)):
            if isinstance(event, PromptProgress | TokensScored | Scored):
                yield event
            if isinstance(event, Scored):
                return
        raise self._died(None)

    def explain(self, make: Callable[[int], Explain]) -> Iterator[PromptProgress | Explained]:
        """One step, the last event Explained; raises AppError. make: the request with the id it is given."""
        for event in self._request(make):
            if isinstance(event, PromptProgress | Explained):
                yield event
            if isinstance(event, Explained):
                return
        raise self._died(None)

    def show_prompt(self, prompt: Prompt, max_tokens: int) -> PromptShown:
        """The tokens that `generate` would evaluate; raises AppError."""
        for event in self._request(lambda i: ShowPrompt(request_id=i, prompt=prompt, max_tokens=max_tokens)):
            if isinstance(event, PromptShown):
                return event
        raise self._died(None)

    def save_state(self, path: str, most_bytes: int = 1 << 40) -> StateSaved:
        """Writes what was evaluated to a file that `generate` can go on from; raises AppError."""
        for event in self._request(lambda i: SaveState(request_id=i, path=path, most_bytes=most_bytes)):
            if isinstance(event, StateSaved):
                return event
        raise self._died(None)

    def use_adapters(self, adapters: Sequence[AdapterSpec]) -> AdaptersUsed:
        """Puts these in place of those in use, which stay where it raises AppError."""
        for event in self._request(lambda i: UseAdapters(request_id=i, adapters=tuple(adapters))):
            if isinstance(event, AdaptersUsed):
                return event
        raise self._died(None)

    def cancel(self) -> None:
        """Ends the running request soon, or the worker; safe from a signal handler or another thread."""
        if self._current is not None and self._overdue is None:
            self._overdue = threading.Timer(_CANCEL_SECONDS, self._on_overdue)
            self._overdue.daemon = True
            self._overdue.start()
            self._send(Cancel(request_id=self._current))

    def _on_overdue(self) -> None:
        self._was_overdue = True
        self._process.kill()

    def alive(self) -> bool:
        """Whether the process can still be asked."""
        return self._process.poll() is None

    def stderr(self) -> str:
        """The worker's last lines."""
        return "\n".join(self._stderr)

    def close(self) -> None:
        """Ends the worker: it exits at the end of its stdin."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for reader in (self._log_reader, self._output_reader):
            reader.join(timeout=2)
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()

    def __enter__(self) -> EngineClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _handshake(self) -> Ready:
        first = next(self._events, None)
        if not isinstance(first, Ready):
            self._died(None)
            outcome = outcome_text(self._process.returncode)
            raise error(WORKER_NEVER_READY, outcome=outcome, detail=self.stderr())
        if first.protocol != PROTOCOL_VERSION:
            raise error(PROTOCOL_MISMATCH, theirs=first.protocol, ours=PROTOCOL_VERSION)
        return first

    def _request(self, make: Callable[[int], Command]) -> Iterator[Event]:
        """Sends one request and yields its events up to the terminal one; raises AppError for a Failed."""
        self._next_id += 1
        self._current = self._next_id
        try:
            self._send(make(self._next_id))
            for event in self._events:
                if isinstance(event, Ready | Heartbeat) or event.request_id not in (self._next_id, None):
                    continue
                if isinstance(event, Failed):
                    raise AppError(event.error)
                yield event
                if isinstance(event, _ENDS):
                    return
        finally:
            self._current = None
            if self._overdue is not None:
                self._overdue.cancel()
                self._overdue = None

    def _send(self, command: Command) -> None:
        assert self._process.stdin is not None
        frame = COMMANDS.encode(command)
        try:
            self._process.stdin.write(frame)
        except OSError:
            raise self._died(None) from None

    def _died(self, known: AppError | None) -> AppError:
        """What to raise now that nothing more can be asked of the worker; ends it where it still runs."""
        try:
            self._process.wait(timeout=_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log_reader.join(timeout=2)
        if self._was_overdue:  # it was asked to end the request, and did not in time
            return error(CANCELLED)
        outcome = outcome_text(self._process.returncode)
        return known or error(WORKER_ENDED, outcome=outcome, detail=self.stderr())

    def _read_events(self) -> Iterator[Event]:
        frames = FrameReader()
        while data := self._next_output():
            frames.feed(data)
            try:
                for body in frames:
                    yield EVENTS.decode(body)
            except FrameError as problem:
                raise error(PROTOCOL_BROKEN, detail=str(problem)) from problem

    def _next_output(self) -> bytes:
        """What the worker sends next, b"" where it has ended. Raises AppError(WORKER) where it is silent too long."""
        silence = Silence()
        while True:
            try:
                return self._arrived.get(timeout=TICK_SECONDS)
            except queue.Empty:
                if silence.tick() >= self._most_silence:
                    self._process.kill()
                    seconds = f"{self._most_silence:g}"
                    raise self._died(error(WORKER_SILENT, seconds=seconds, detail=self.stderr())) from None

    def _read_output(self) -> None:
        """A thread of its own, since a pipe can't be waited for with a time limit on every system."""
        assert self._process.stdout is not None
        while data := os.read(self._process.stdout.fileno(), 1 << 16):
            self._arrived.put(data)
        self._arrived.put(b"")

    def _keep_stderr(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._stderr.append(line.decode("utf-8", "replace").rstrip())
