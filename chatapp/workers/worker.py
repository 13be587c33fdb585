"""A worker as a child process, without Qt: started, spoken with in frames, missed when it falls silent, ended."""

from __future__ import annotations

import os
import queue
import subprocess
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from chatapp.core.errors import AppError, Sentence, error
from chatapp.core.outcome import outcome_text
from chatapp.core.sentences import PROTOCOL_BROKEN, PROTOCOL_MISMATCH
from chatapp.core.silence import TICK_SECONDS, Silence
from chatapp.protocol.codec import Codec, FrameError, FrameReader
from chatapp.protocol.launch import WorkerCommand

STDERR_LINES = 200
_GRACE_SECONDS = 2.0
_START_SECONDS = 120.0

Command = TypeVar("Command")
Event = TypeVar("Event")


class _Hello(Protocol):
    @property
    def protocol(self) -> int: ...


Hello = TypeVar("Hello", bound=_Hello)


@dataclass(frozen=True, slots=True, kw_only=True)
class Troubles:
    """How it is said that this kind of worker never began (outcome), ended (outcome) or fell silent (seconds)."""

    never_ready: Sentence
    ended: Sentence
    silent: Sentence


class Worker(Generic[Command, Event]):
    """One child process. Its events are for one thread; `send` and `kill` may be used from any."""

    def __init__(
        self, command: WorkerCommand, commands: Codec[Command], events: Codec[Event], troubles: Troubles
    ) -> None:
        """Starts it; raises AppError(WORKER) where there is no such program."""
        self._commands, self._codec, self._troubles = commands, events, troubles
        try:
            self._process = subprocess.Popen(
                [command.program, *command.arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=command.environment,
                cwd=Path(command.folder),
                bufsize=0,
            )
        except OSError as problem:
            raise error(troubles.never_ready, outcome=problem) from problem
        self._sending = threading.Lock()
        self._stderr: deque[str] = deque(maxlen=STDERR_LINES)
        self._log_reader = threading.Thread(target=self._keep_stderr, name="worker stderr", daemon=True)
        self._log_reader.start()
        self._arrived: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._output_reader = threading.Thread(target=self._read_output, name="worker stdout", daemon=True)
        self._output_reader.start()
        self._most_silence = _START_SECONDS
        self._killed_for: AppError | None = None
        self.events = self._read_events()
        """Raises AppError(WORKER | PROTOCOL); ends where the worker does."""

    def first_word(self, kind: type[Hello], protocol: int, silence_seconds: float) -> Hello:
        """Waits for it; from then on a worker that says nothing for silence_seconds is ended. Raises AppError."""
        first = next(self.events, None)
        if not isinstance(first, kind):
            self.died(None)
            outcome = outcome_text(self._process.returncode)
            raise error(self._troubles.never_ready, outcome=outcome, detail=self.stderr())
        if first.protocol != protocol:
            raise error(PROTOCOL_MISMATCH, theirs=first.protocol, ours=protocol)
        self._most_silence = silence_seconds
        return first

    @property
    def pid(self) -> int:
        return self._process.pid

    def alive(self) -> bool:
        """Whether the process can still be asked."""
        return self._process.poll() is None

    def stderr(self) -> str:
        """The worker's last lines."""
        return "\n".join(self._stderr)

    def send(self, command: Command) -> None:
        """Raises AppError(WORKER) where nobody listens."""
        assert self._process.stdin is not None
        frame = memoryview(self._commands.encode(command))
        try:
            with self._sending:
                while frame:
                    frame = frame[self._process.stdin.write(frame) or 0 :]
        except (OSError, ValueError):  # ValueError: it is closed
            raise self.died(None) from None

    def kill(self, reason: AppError) -> None:
        """Ends it at once; whoever waits for its events is told the reason."""
        self._killed_for = reason
        self._process.kill()

    def died(self, known: AppError | None) -> AppError:
        """What to raise now that nothing more can be asked of the worker; ends it where it still runs."""
        try:
            self._process.wait(timeout=_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log_reader.join(timeout=2)
        if self._killed_for is not None:
            return self._killed_for
        outcome = outcome_text(self._process.returncode)
        return known or error(self._troubles.ended, outcome=outcome, detail=self.stderr())

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

    def _read_events(self) -> Iterator[Event]:
        frames = FrameReader()
        while data := self._next_output():
            frames.feed(data)
            try:
                for body in frames:
                    yield self._codec.decode(body)
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
                    raise self.died(error(self._troubles.silent, seconds=seconds, detail=self.stderr())) from None

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
