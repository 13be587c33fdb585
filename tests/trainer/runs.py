"""Run folders, and the trainer as a process spoken to through its bare pipe."""

from __future__ import annotations

import os
import select
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from chatapp.core.examples import PreparedExamples, TokenizedExample
from chatapp.core.sandbox import FileAccess
from chatapp.core.training import RunSpec, TrainedAdapter, TrainingSettings
from chatapp.protocol.codec import FINETUNE_COMMANDS, FINETUNE_EVENTS, FrameReader
from chatapp.protocol.finetune import Command, Evaluated, Event, Failed, Ready, StepDone, Train, Trained
from chatapp.protocol.launch import WorkerRole, worker_command

if TYPE_CHECKING:
    from chatapp.workers.trainer.control import Control

SECONDS = 60.0


def examples(n: int = 24, *, seed: int = 1, longest: int = 40, tokens: tuple[int, int] = (5, 90)) -> PreparedExamples:
    """Random ids with a rule in them that can be learnt: a counted token is the one before it plus 1. Every fourth is
    for validation or the test."""
    random = np.random.default_rng(seed)
    made, splits = [], []
    for number in range(n):
        length = int(random.integers(longest // 3, longest + 1))
        ids = random.integers(*tokens, length).astype("<i4")
        counted = np.zeros(length, dtype=np.bool_)
        for place in range(length // 2, length):
            ids[place], counted[place] = min(int(ids[place - 1]) + 1, tokens[1]), True
        made.append(TokenizedExample(ids=ids.tobytes(), counted=counted.tobytes()))
        splits.append(0 if number % 4 else 1 + number // 4 % 2)
    return PreparedExamples.of(made, splits, list(range(1, n + 1)))


def make_run(
    folder: Path,
    model: Path,
    settings: TrainingSettings,
    data: PreparedExamples | None = None,
    exports: tuple[str, ...] = ("gguf",),
) -> Path:
    folder.mkdir(exist_ok=True)
    spec = RunSpec(model=str(model), data=str(folder / "data.jsonl"), settings=settings, exports=exports)
    (folder / "run.json").write_bytes(msgspec.json.encode(spec))
    (data or examples()).save(folder / "examples.npz")
    return folder


class Trainer:
    """The worker's process. access None: without a sandbox."""

    def __init__(self, access: FileAccess | None = None, environment: Mapping[str, str] | None = None) -> None:
        command = worker_command(
            WorkerRole.TRAINER, {**os.environ, "OMP_NUM_THREADS": "1", **(environment or {})}, access=access
        )
        self.process = subprocess.Popen(
            [command.program, *command.arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=command.environment,
            cwd=command.folder,
            bufsize=0,
        )
        self._frames = FrameReader()
        self._waiting: list[Event] = []

    def __enter__(self) -> Trainer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()

    def send(self, *commands: Command) -> None:
        self.send_bytes(b"".join(FINETUNE_COMMANDS.encode(command) for command in commands))

    def send_bytes(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)

    def next_event(self, seconds: float = SECONDS) -> Event:
        assert self.process.stdout is not None
        end = time.monotonic() + seconds
        while not self._waiting:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise TimeoutError
            data = os.read(self.process.stdout.fileno(), 1 << 16)
            if not data:
                assert self.process.stderr is not None
                raise EOFError(self.process.stderr.read().decode())
            self._frames.feed(data)
            self._waiting += [FINETUNE_EVENTS.decode(body) for body in self._frames]
        return self._waiting.pop(0)

    def ready(self) -> Ready:
        first = self.next_event()
        assert isinstance(first, Ready)
        return first

    def train(self, folder: Path, *, waits: bool = False) -> None:
        self.send(Train(request_id=1, folder=str(folder), waits=waits))

    def until(self, *kinds: type[Event], seconds: float = SECONDS) -> list[Event]:
        """All events up to the first of these kinds, or the terminal one; raises TimeoutError."""
        end = time.monotonic() + seconds
        events = [self.next_event(seconds)]
        while not isinstance(events[-1], (*kinds, Trained, Failed)):
            events.append(self.next_event(max(0.0, end - time.monotonic())))
        return events


def here(folder: Path, waiting: Control | None = None) -> tuple[list[Event], TrainedAdapter]:
    """The run in this process; waiting: what does the waits, without it there are none."""
    from chatapp.workers.trainer.control import Control
    from chatapp.workers.trainer.run import train

    events: list[Event] = []
    control = waiting or Control()
    return events, train(folder, 1, waits=waiting is not None, send=events.append, control=control)


def losses(events: Sequence[Event]) -> dict[int, float]:
    """By step; of a step that was done again, the last."""
    return {event.step: event.loss for event in events if isinstance(event, StepDone)}


def validation_losses(events: Sequence[Event]) -> dict[int, float | None]:
    return {event.step: event.val_loss for event in events if isinstance(event, Evaluated)}
