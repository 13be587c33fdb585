"""The trainer as a process: its sandbox, its commands, and that it may be killed at any moment."""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from chatapp.core.errors import ErrorKind
from chatapp.core.examples import PreparedExamples
from chatapp.core.sandbox import FileAccess
from chatapp.core.training import RunSpec, StopReason, TrainingSettings
from chatapp.protocol.finetune import (
    Evaluated,
    Event,
    Failed,
    GoOn,
    Heartbeat,
    InspectData,
    Pause,
    Paused,
    StepDone,
    Stop,
    Trained,
)
from tests.trainer.runs import Trainer, here, losses, make_run
from tests.trainer.tiny import tiny

SETTINGS = TrainingSettings(rank=4, batch=4, learning_rate=1e-2, steps=400, evaluate_every=5)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the worker may write to."""
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny("llama", layers=2).write(tmp_path_factory.mktemp("model") / "model.gguf")


@pytest.fixture(scope="module")
def trainer(model: Path, place: Path) -> Iterator[Trainer]:
    """One process for all: it takes 6 seconds of a processor to start. In the sandbox."""
    with Trainer(FileAccess(read=(str(model),), write=(str(place),))) as started:
        ready = started.ready()
        assert ready.torch.startswith("2.")
        assert "cpu" in ready.devices
        yield started


def spoken(events: list[Event]) -> list[Event]:
    return [event for event in events if not isinstance(event, Heartbeat)]


def test_it_trains_waits_pauses_and_stops(trainer: Trainer, model: Path, place: Path) -> None:
    folder = make_run(place / "run", model, SETTINGS, exports=("gguf", "peft", "merged"))
    trainer.train(folder, waits=True)
    first = trainer.until(Evaluated)[-1]
    assert isinstance(first, Evaluated)
    assert first.step == 0
    assert Path(first.adapter).is_file()
    trainer.send(GoOn(request_id=9))  # somebody else's
    assert spoken([trainer.next_event() for _ in range(3)]) == []  # it waits, and is heard
    trainer.send(GoOn(request_id=1))
    assert len(losses(trainer.until(Evaluated))) == 5
    trainer.send(GoOn(request_id=1), Pause(request_id=1))
    paused = trainer.until(Paused)[-1]
    assert isinstance(paused, Paused)
    assert paused.step == 5
    trainer.send(GoOn(request_id=1))
    assert len(losses(trainer.until(Evaluated))) == 5
    trainer.send(Stop(request_id=1))
    last = trainer.until()[-1]
    assert isinstance(last, Trained)
    assert last.trained.stopped is StopReason.STOPPED
    assert last.trained.n_steps == 10
    made = {path.name for path in folder.iterdir()}
    assert {"adapter.gguf", "merged-f16.gguf", "adapter_model.safetensors", "adapter_config.json", "README.md"} <= made


def test_paused_it_holds_still_and_its_checkpoint_is_of_that_step(trainer: Trainer, model: Path, place: Path) -> None:
    folder = make_run(place / "paused", model, SETTINGS)
    trainer.train(folder)
    trainer.until(StepDone)
    trainer.send(Pause(request_id=1))
    paused = trainer.until(Paused)[-1]
    assert isinstance(paused, Paused)
    assert spoken([trainer.next_event() for _ in range(3)]) == []
    assert torch.load(folder / "checkpoint.pt", weights_only=True)["step"] == paused.step
    trainer.send(GoOn(request_id=1))
    assert min(losses(trainer.until(StepDone))) == paused.step + 1
    trainer.send(Pause(request_id=1), Stop(request_id=1))
    last = trainer.until()[-1]
    assert isinstance(last, Trained)
    assert last.trained.stopped is StopReason.STOPPED


@pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is made for Linux")
def test_the_sandbox_keeps_from_other_folders(trainer: Trainer, model: Path, tmp_path: Path) -> None:
    trainer.train(make_run(tmp_path / "run", model, SETTINGS))
    failed = trainer.until()[-1]
    assert isinstance(failed, Failed)
    assert failed.error.kind is ErrorKind.STORAGE
    assert "Permission denied" in failed.error.message


def test_what_goes_wrong_is_answered_and_survived(trainer: Trainer, model: Path, place: Path) -> None:
    trainer.send_bytes(b"\0\0\0\3abc")
    garbage = trainer.until()[-1]
    assert isinstance(garbage, Failed)
    assert garbage.request_id is None
    trainer.send(InspectData(request_id=3, spec=RunSpec(model=str(model), data="")))
    inspected = trainer.until()[-1]
    assert isinstance(inspected, Failed)
    assert (inspected.request_id, inspected.error.kind) == (3, ErrorKind.PROTOCOL)
    folder = make_run(place / "bug", model, TrainingSettings(rank=4, steps=1, schedule="constant"))
    torch.save([1], folder / "checkpoint.pt")
    trainer.train(folder)
    failed = trainer.until()[-1]
    assert isinstance(failed, Failed)
    assert failed.error.kind is ErrorKind.STORAGE
    (folder / "checkpoint.pt").unlink()
    (folder / "log.jsonl").mkdir()
    trainer.train(folder)
    assert isinstance(trainer.until()[-1], Failed)
    (folder / "log.jsonl").rmdir()
    trainer.train(folder)
    assert isinstance(trainer.until()[-1], Trained)


def test_an_unknown_exception_is_a_bug_with_its_traceback(trainer: Trainer, model: Path, place: Path) -> None:
    folder = make_run(place / "impossible", model, TrainingSettings(rank=4, steps=1))
    data = PreparedExamples.load(folder / "examples.npz")
    data.ids[:] = 5000  # beyond the vocabulary
    data.save(folder / "examples.npz")
    trainer.train(folder)
    failed = trainer.until()[-1]
    assert isinstance(failed, Failed)
    assert failed.error.kind is ErrorKind.BUG
    assert "Traceback" in failed.error.detail


def test_killed_at_random_it_goes_on_with_the_same_losses(
    model: Path, tmp_path: Path, rng: random.Random, long_run: bool
) -> None:
    """In forks of this process, which has imported everything."""
    settings = TrainingSettings(rank=4, batch=4, learning_rate=1e-2, steps=60, evaluate_every=7, dropout=0.1)
    whole = make_run(tmp_path / "whole", model, settings)
    start = time.monotonic()
    events, trained = here(whole)
    seconds = time.monotonic() - start
    folder = make_run(tmp_path / "killed", model, settings)
    ends = []
    for _ in range(20 if long_run else 3):
        child = os.fork()
        if child == 0:
            try:
                here(folder)
            finally:
                os._exit(0)
        time.sleep(rng.random() * seconds * 0.6)
        os.kill(child, signal.SIGKILL)
        ends.append(os.waitpid(child, 0)[1])
    assert ends[0] == signal.SIGKILL
    _, again = here(folder)
    logged = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    steps = [(line["step"], line["loss"]) for line in logged if line["type"] == "step"]
    assert steps == list(losses(events).items())
    assert again.after == trained.after
    assert (folder / "adapter.gguf").read_bytes() == (whole / "adapter.gguf").read_bytes()
