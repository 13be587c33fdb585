"""A conductor without a model: plausible curves, soon over. Run as a program it is a whole worker:

    python -m tests.fakes.finetune_worker [protocol number]

What it does is said by the name of the data file: "crash" dies at step 7, "refuse" fails, "slow" takes 20 ms a step,
"mute" answers no question about data, "unlike" ends with a parity that is not ok, "silent" says nothing after it was
to train.
"""

from __future__ import annotations

import json
import math
import os
import queue
import random
import sys
import threading
import time
from pathlib import Path

import msgspec

from chatapp.core.data_report import DataReport, LineProblem, Preview, PreviewPiece, TrainingEstimate
from chatapp.core.errors import error
from chatapp.core.run_sentences import NO_TRAINING_DATA
from chatapp.core.sentences import CANCELLED
from chatapp.core.training import Losses, Parity, RunResult, RunSpec, Stage, StopReason, TrainedAdapter
from chatapp.protocol.codec import FINETUNE_COMMANDS, FINETUNE_EVENTS, FrameReader
from chatapp.protocol.finetune import (
    FINETUNE_PROTOCOL_VERSION,
    Cancel,
    Command,
    DataInspected,
    Evaluated,
    Event,
    Failed,
    GoOn,
    InspectData,
    Pause,
    Paused,
    Ready,
    RunFinished,
    SampleWritten,
    StageBegun,
    StepDone,
    Stop,
    Train,
)
from chatapp.protocol.launch import WorkerCommand, WorkerRole, worker_command
from chatapp.storage.run_folders import read_spec
from chatapp.workers.parent import die_with_parent

STEPS = 40
_PROBLEM = error(NO_TRAINING_DATA, name="line 7").info
_BEFORE = Losses(validation=3.94, test=4.01, unseen=4.2)
_AFTER = Losses(validation=1.21, test=1.3, unseen=2.6)


def fake_finetune_command(version: int = FINETUNE_PROTOCOL_VERSION) -> WorkerCommand:
    real = worker_command(WorkerRole.FINETUNE)
    arguments = ("-m", "tests.fakes.finetune_worker", str(version))
    return WorkerCommand(
        program=real.program, arguments=arguments, environment=real.environment, folder=str(Path(__file__).parents[2])
    )


def fake_report(spec: RunSpec) -> DataReport:
    """Of 200 examples, three of which are shown."""
    question = PreviewPiece(text="user\nWhat is the capital of Finland?", counted=False, control=False)
    start, end = (PreviewPiece(text=text, counted=False, control=True) for text in ("<|im_start|>", "<|im_end|>\n"))
    reply = PreviewPiece(text="Helsinki, on the Gulf of Finland. 赫尔辛基。", counted=True, control=False)
    named = PreviewPiece(text="assistant\n", counted=False, control=False)
    closing = PreviewPiece(text="<|im_end|>", counted=True, control=True)
    pieces = (start, question, end, start, named, reply, closing)
    settings = spec.settings
    steps = settings.steps or math.ceil(160 * settings.epochs / (settings.batch * settings.accumulate))
    return DataReport(
        format="jsonl-messages",
        sha256="0" * 64,
        n_examples=200,
        n_duplicates=4,
        n_truncated=7,
        n_unanswered=1,
        n_problems=2,
        n_tokens=15_400,
        n_counted=6_120,
        longest=611,
        counts=(160, 20, 20, 12 if spec.unseen else 0),
        histogram=tuple(
            (start, start + 63, n)
            for start, n in zip(range(1, 640, 64), (90, 60, 25, 12, 5, 3, 2, 1, 1, 1), strict=True)
        ),
        problems=(LineProblem(line=7, problem=_PROBLEM), LineProblem(line=31, problem=_PROBLEM)),
        previews=tuple(Preview(line=n, split=n % 3, n_tokens=70 + n, pieces=pieces) for n in (1, 2, 3)),
        estimate=TrainingEstimate(
            memory_bytes=(9 << 30) if settings.batch > 32 else (1 << 30) + settings.rank * (4 << 20),
            free_bytes=6 << 30,
            seconds=steps * 1.7,
            n_steps=steps,
            mode="dense",
        ),
    )


class _Worker:
    def __init__(self) -> None:
        self._out = os.fdopen(os.dup(1), "wb", buffering=0)
        os.dup2(2, 1)
        self._commands: queue.Queue[Command] = queue.Queue()

    def run(self, version: int) -> None:
        threading.Thread(target=self._read, daemon=True).start()
        self._send(Ready(protocol=version, pid=os.getpid(), version="fake"))
        while True:
            match self._commands.get():
                case InspectData() as asked:
                    self._inspect(asked)
                case Train() as asked:
                    self._train(asked)
                case _:
                    pass

    def _read(self) -> None:
        frames = FrameReader()
        while data := os.read(0, 65536):
            frames.feed(data)
            for body in frames:
                self._commands.put(FINETUNE_COMMANDS.decode(body))
        os._exit(0)

    def _send(self, event: Event) -> None:
        self._out.write(FINETUNE_EVENTS.encode(event))

    def _inspect(self, asked: InspectData) -> None:
        name = Path(asked.spec.data).name
        self._send(StageBegun(request_id=asked.request_id, stage=Stage.READING_DATA))
        if "mute" in name:
            while not isinstance(command := self._commands.get(), Cancel):
                del command
            self._send(Failed(request_id=asked.request_id, error=error(CANCELLED).info))
        elif "refuse" in name:
            self._send(Failed(request_id=asked.request_id, error=error(NO_TRAINING_DATA, name=name).info))
        else:
            self._send(DataInspected(request_id=asked.request_id, report=fake_report(asked.spec)))

    def _train(self, asked: Train) -> None:
        folder = Path(asked.folder)
        spec = read_spec(folder)
        run = _Run(self, asked.request_id, folder, spec)
        try:
            run.train()
        finally:
            run.log.close()

    def poll(self) -> Command | None:
        try:
            return self._commands.get_nowait()
        except queue.Empty:
            return None

    def wait(self) -> Command:
        return self._commands.get()

    send = _send


class _Run:
    def __init__(self, worker: _Worker, request_id: int, folder: Path, spec: RunSpec) -> None:
        self.worker, self.id, self.folder, self.spec = worker, request_id, folder, spec
        self.name = Path(spec.data).name
        self.log = (folder / "log.jsonl").open("a", encoding="utf-8")
        self.random = random.Random(spec.settings.seed)
        self.best = math.inf

    def write(self, kind: str, /, **values: object) -> None:
        self.log.write(json.dumps({"type": kind, **values}) + "\n")
        self.log.flush()

    def stage(self, stage: Stage) -> None:
        self.worker.send(StageBegun(request_id=self.id, stage=stage))

    def train(self) -> None:
        for stage in (Stage.READING_DATA, Stage.TOKENIZING, Stage.READING_MODEL, Stage.MEASURING):
            self.stage(stage)
        self.worker.send(DataInspected(request_id=self.id, report=fake_report(self.spec)))
        if "refuse" in self.name:
            info = error(NO_TRAINING_DATA, name=self.name).info
            self.write("error", kind=info.kind.value, message=info.message, hint=info.advice)
            self.worker.send(Failed(request_id=self.id, error=info))
            return
        if "silent" in self.name:
            time.sleep(600)
        checkpoint = self.folder / "checkpoint.pt"
        first = int(checkpoint.read_text()) + 1 if checkpoint.is_file() else 1
        n_steps = self.spec.settings.steps or STEPS
        if first == 1:
            self.evaluate(0, n_steps)
        self.stage(Stage.TRAINING)
        last, reason = n_steps, StopReason.DONE
        for step in range(first, n_steps + 1):
            self.step(step, n_steps)
            checkpoint.write_text(str(step))
            if step % max(1, n_steps // 10) == 0:
                self.evaluate(step, n_steps)
            if "crash" in self.name and step == 7 and first == 1:
                os.abort()
            if self.obey(step):
                last, reason = step, StopReason.STOPPED
                break
        self.finish(last, reason)

    def step(self, step: int, n_steps: int) -> None:
        if "slow" in self.name:
            time.sleep(0.02)
        part = step / n_steps
        values = {
            "step": step,
            "n_steps": n_steps,
            "epoch": self.spec.settings.epochs * part,
            "loss": 0.4 + 3.5 * math.exp(-6 * part) + self.random.gauss(0, 0.12),
            "lr": self.spec.settings.learning_rate * 0.5 * (1 + math.cos(math.pi * part)),
            "grad_norm": 0.6 + 2 * math.exp(-9 * part) + self.random.random() * 0.3,
            "tokens_per_second": 150 + self.random.gauss(0, 4),
            "eta_s": (n_steps - step) * 1.7,
            "memory_bytes": (1 << 30) + int(part * (1 << 26)),
        }
        self.write("step", **values)
        self.worker.send(StepDone(request_id=self.id, **values))  # type: ignore[arg-type]

    def evaluate(self, step: int, n_steps: int) -> None:
        part = step / n_steps
        loss = 1.0 + 2.94 * math.exp(-6 * part) + 0.5 * max(0.0, part - 0.6) ** 1.2
        best, self.best = loss < self.best, min(loss, self.best)
        train = None if step == 0 else 0.4 + 3.5 * math.exp(-6 * part)
        self.write("eval", step=step, train_loss=train, val_loss=loss, best=best)
        self.worker.send(
            Evaluated(request_id=self.id, step=step, train_loss=train, val_loss=loss, best=best, adapter="")
        )
        for prompt in self.spec.samples:
            text = f"At step {step}: " + "Helsinki is the capital of Finland. " * (1 + step % 3)
            self.write("sample", step=step, prompt=prompt, text=text)
            self.worker.send(SampleWritten(request_id=self.id, step=step, prompt=prompt, text=text))

    def obey(self, step: int) -> bool:
        """Whether it is to stop."""
        command = self.worker.poll()
        if isinstance(command, Pause):
            self.worker.send(Paused(request_id=self.id, step=step))
            while not isinstance(command, GoOn | Stop):
                command = self.worker.wait()
        return isinstance(command, Stop)

    def finish(self, last: int, reason: StopReason) -> None:
        for stage in (Stage.TESTING, Stage.EXPORTING, Stage.CHECKING):
            self.stage(stage)
        adapter = self.folder / "adapter.gguf"
        adapter.write_bytes(b"GGUF")
        peft = self.folder / "peft"
        peft.mkdir(exist_ok=True)
        for name in ("adapter_config.json", "adapter_model.safetensors"):
            (peft / name).write_bytes(b"{}")
        ok = "unlike" not in self.name
        trained = TrainedAdapter(
            adapter=str(adapter), n_steps=last, best_step=max(1, round(last * 0.6)), stopped=reason, before=_BEFORE,
            after=_AFTER, seconds=63.0, tokens_per_second=151.0, peak_bytes=1_300_000_000, mode="dense", device="cpu",
        )  # fmt: skip
        parity = Parity(
            trainer_loss=1.3, engine_loss=1.3002 if ok else 1.9, loss_relative=1.5e-4 if ok else 0.46, kl_mean=2e-4,
            kl_max=4e-3, n_tokens=812, ok=ok,
        )  # fmt: skip
        engine = Losses(validation=1.2102, test=1.3002, unseen=2.6001)
        result = RunResult(
            trained=trained, parity=parity, engine=engine, engine_before=_BEFORE, files=(str(adapter), str(peft))
        )
        (self.folder / "result.json").write_bytes(msgspec.json.encode(result))
        self.write("done", adapter=str(adapter))
        self.worker.send(RunFinished(request_id=self.id, result=result))


if __name__ == "__main__":
    die_with_parent()
    _Worker().run(int(sys.argv[1]))
