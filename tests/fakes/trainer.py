"""A trainer without a model, in the place of the real one: `python -m tests.fakes.trainer TORCH`. What it does is told
by the title of the run: "die" (after two steps), "refuse", "endless", "wrong" (its loss is not the engine's)."""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from chatapp.core.errors import AppError, error
from chatapp.core.examples import PreparedExamples
from chatapp.core.sandbox import FileAccess
from chatapp.core.sentences import DECODE_FAILED
from chatapp.core.training import Losses, Stage, StopReason, TrainedAdapter
from chatapp.protocol.codec import FINETUNE_COMMANDS, FINETUNE_EVENTS
from chatapp.protocol.engine import HEARTBEAT_SECONDS
from chatapp.protocol.finetune import (
    FINETUNE_PROTOCOL_VERSION,
    Command,
    Evaluated,
    Event,
    Failed,
    GoOn,
    Heartbeat,
    Pause,
    Paused,
    Ready,
    StageBegun,
    StepDone,
    Stop,
    Train,
    Trained,
)
from chatapp.protocol.launch import WorkerCommand, WorkerRole, worker_command
from chatapp.protocol.run_files import ADAPTER, EXAMPLES, LOG, MERGED_F16, REFERENCE, read_spec
from chatapp.protocol.run_log import line_of, record_of
from chatapp.workers.parent import die_with_parent
from chatapp.workers.stdio import Channel

N_STEPS = 6
STEP_SECONDS = 0.02
LOG_2 = 0.6931471805599453


class FakeTrainer:
    def __init__(self, channel: Channel[Command, Event]) -> None:
        self._channel = channel
        self._commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._stopping = False

    def run(self, torch: str) -> None:
        self._channel.send(Ready(protocol=FINETUNE_PROTOCOL_VERSION, pid=os.getpid(), version="fake", torch=torch))
        self._channel.read_commands(self._commands.put, lambda problem: None)
        threading.Thread(target=self._beat, daemon=True).start()
        while True:
            command = self._commands.get()
            if isinstance(command, Train):
                try:
                    for event in self._train(command, Path(command.folder)):
                        self._channel.send(event)
                except AppError as problem:
                    self._channel.send(Failed(request_id=command.request_id, error=problem.info))

    def _beat(self) -> None:
        while True:
            time.sleep(HEARTBEAT_SECONDS)
            self._channel.send(Heartbeat())

    def _train(self, request: Train, folder: Path) -> Iterator[Event]:
        spec, examples = read_spec(folder), PreparedExamples.load(folder / EXAMPLES)
        assert len(examples)
        number, title = request.request_id, spec.title
        if title == "refuse":
            raise error(DECODE_FAILED, reason="scripted")
        checkpoint = folder / "checkpoint.pt"
        step = int(checkpoint.read_text()) if checkpoint.exists() else 0
        adapter = folder / "sample.gguf"
        yield StageBegun(request_id=number, stage=Stage.READING_MODEL)
        yield StageBegun(request_id=number, stage=Stage.TRAINING)
        if step == 0:
            yield from self._evaluated(request, folder, 0, adapter)
        while not self._stopping and (title == "endless" or step < N_STEPS):
            yield from self._heed(number, step)
            step += 1
            time.sleep(STEP_SECONDS)
            done = StepDone(
                request_id=number, step=step, n_steps=N_STEPS, epoch=step / 2, loss=1 / step, lr=1e-4, grad_norm=1.0,
                tokens_per_second=10.0, eta_s=1.0, memory_bytes=1,
            )  # fmt: skip
            self._log(folder, done)
            yield done
            checkpoint.write_text(str(step))
            if title == "die" and step == 2:
                sys.stderr.write("the last words\n")
                sys.stderr.flush()
                os.abort()
            if step % 3 == 0:
                yield from self._evaluated(request, folder, step, adapter)
        (folder / ADAPTER).write_bytes(b"adapter")
        if "merged" in spec.exports:
            (folder / MERGED_F16).write_text(f"merged {title}")
        np.save(folder / REFERENCE, np.zeros((2, 10), dtype=np.float32))
        loss = LOG_2 if title == "wrong" else LOG_2 / 2
        losses = Losses(validation=loss, test=loss, unseen=loss)
        before = Losses(validation=LOG_2, test=LOG_2, unseen=LOG_2)
        yield Trained(
            request_id=number,
            trained=TrainedAdapter(
                adapter=str(folder / ADAPTER), n_steps=step, best_step=step, before=before, after=losses, seconds=1.0,
                stopped=StopReason.STOPPED if self._stopping else StopReason.DONE, tokens_per_second=10.0, peak_bytes=1,
                mode="dense", device="cpu",
            ),
        )  # fmt: skip

    def _evaluated(self, request: Train, folder: Path, step: int, adapter: Path) -> Iterator[Event]:
        adapter.write_bytes(b"adapter")
        event = Evaluated(
            request_id=request.request_id, step=step, train_loss=1.0, val_loss=1.0, best=True, adapter=str(adapter)
        )
        self._log(folder, event)
        yield event
        while request.waits and not self._stopping:
            command = self._commands.get()
            self._stopping = isinstance(command, Stop)
            if isinstance(command, GoOn):
                return

    def _heed(self, number: int, step: int) -> Iterator[Event]:
        while not self._commands.empty():
            command = self._commands.get()
            if isinstance(command, Stop):
                self._stopping = True
            elif isinstance(command, Pause):
                yield Paused(request_id=number, step=step)
                command = self._commands.get()
                self._stopping = isinstance(command, Stop)

    def _log(self, folder: Path, event: Event) -> None:
        record = record_of(event)
        assert record is not None
        with (folder / LOG).open("ab") as stream:
            stream.write(line_of(record))


def trainer_command(access: FileAccess, *, torch: str = "fake") -> WorkerCommand:
    """Starts this file in place of the trainer. torch: what it says it has; "bug" is one of ours."""
    del access
    if torch == "bug":
        raise ZeroDivisionError("scripted")
    real = worker_command(WorkerRole.TRAINER)
    arguments = ("-m", "tests.fakes.trainer", torch)
    return WorkerCommand(program=real.program, arguments=arguments, environment=real.environment, folder=real.folder)


def log_of(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / LOG).read_text().splitlines()]


if __name__ == "__main__":
    die_with_parent()
    FakeTrainer(Channel(FINETUNE_COMMANDS, FINETUNE_EVENTS)).run(sys.argv[1] if len(sys.argv) > 1 else "")
