"""A worker seen through its bare pipe: what is sent and received here is bytes and frames, nothing is smoothed over."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from pathlib import Path
from types import TracebackType

from chatapp.core.models import LoadSpec
from chatapp.core.sampling import SamplingSettings
from chatapp.protocol.codec import COMMANDS, EVENTS, FrameReader
from chatapp.protocol.engine import (
    Command,
    Compared,
    Event,
    Failed,
    Finished,
    Generate,
    Loaded,
    LoadModel,
    PromptShown,
    RawPrompt,
    Ready,
    Scored,
    StateSaved,
)
from chatapp.protocol.launch import WorkerCommand

SECONDS = 30.0


class RawWorker:
    def __init__(self, command: WorkerCommand) -> None:
        self.process = subprocess.Popen(
            [command.program, *command.arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=command.environment,
            cwd=Path(command.folder),
            bufsize=0,
        )
        self._frames = FrameReader()
        self._waiting: list[Event] = []

    def __enter__(self) -> RawWorker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def send_bytes(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)

    def send(self, *commands: Command) -> None:
        self.send_bytes(b"".join(COMMANDS.encode(command) for command in commands))

    def next_event(self, seconds: float = SECONDS) -> Event:
        """The next event; raises TimeoutError, or EOFError where the worker is gone."""
        assert self.process.stdout is not None
        end = time.monotonic() + seconds
        while not self._waiting:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise TimeoutError
            data = os.read(self.process.stdout.fileno(), 1 << 16)
            if not data:
                raise EOFError
            self._frames.feed(data)
            self._waiting += [EVENTS.decode(body) for body in self._frames]
        return self._waiting.pop(0)

    def until_terminal(self, request_id: int, seconds: float = SECONDS) -> list[Event]:
        """All events up to the terminal one of that request."""
        events: list[Event] = []
        while True:
            events.append(self.next_event(seconds))
            last = events[-1]
            if (
                isinstance(last, Loaded | Finished | PromptShown | StateSaved | Scored | Compared | Failed)
                and last.request_id == request_id
            ):
                return events

    def ready(self) -> Ready:
        first = self.next_event()
        assert isinstance(first, Ready)
        return first

    def load(self, path: str = "m.gguf", request_id: int = 1) -> None:
        self.send(LoadModel(request_id=request_id, spec=LoadSpec(path=path, n_threads=1)))
        assert isinstance(self.until_terminal(request_id)[-1], Loaded)

    def exit_within(self, seconds: float) -> float:
        """How long the worker took to end; raises TimeoutExpired."""
        started = time.monotonic()
        self.process.wait(timeout=seconds)
        return time.monotonic() - started


def ask(request_id: int, text: str, **sampling: object) -> Generate:
    settings = SamplingSettings(**sampling)  # type: ignore[arg-type]
    return Generate(request_id=request_id, prompt=RawPrompt(text=text), sampling=settings)


def alive(pid: int) -> bool:
    """Whether the process exists and is no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def kill(pid: int, number: int = signal.SIGKILL) -> None:
    os.kill(pid, number)
