"""A training run: reads its folder, trains from where it was, measures, exports."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import torch

from chatapp.core.errors import error
from chatapp.core.examples import PreparedExamples
from chatapp.core.model_file import checked_model
from chatapp.core.trainer_sentences import (
    NOTHING_TO_TRAIN,
    RUN_UNREADABLE,
    RUN_UNWRITABLE,
    TRAINING_DIVERGED,
    TRAINING_NO_MEMORY,
)
from chatapp.core.training import Losses, RunSpec, Split, Stage, StopReason, TrainedAdapter
from chatapp.core.training_estimate import chosen_mode
from chatapp.core.training_rows import steps_between_evaluations
from chatapp.protocol.finetune import Evaluated, Event, Paused, StageBegun, StepDone
from chatapp.protocol.run_files import ADAPTER, CHECKPOINT, EXAMPLES, LOG, MERGED_F16, REFERENCE, RUN
from chatapp.workers.trainer import devices
from chatapp.workers.trainer.base import BaseModel, read_base
from chatapp.workers.trainer.batches import TrainingOrder, members
from chatapp.workers.trainer.checkpoint import Progress, load_checkpoint, save_checkpoint
from chatapp.workers.trainer.control import Control
from chatapp.workers.trainer.evaluation import Measurement
from chatapp.workers.trainer.export import write_adapter, write_merged
from chatapp.workers.trainer.forward import Forward
from chatapp.workers.trainer.journal import Journal
from chatapp.workers.trainer.optimizer import Optimizer
from chatapp.workers.trainer.peft_export import write_peft
from chatapp.workers.trainer.speed import Speed

CHECKPOINT_SECONDS = 30.0
_PROGRESS_SECONDS = 0.5


def train(
    folder: Path, request_id: int, *, waits: bool, send: Callable[[Event], None], control: Control
) -> TrainedAdapter:
    """The whole of the run in `folder`. waits: after each Evaluated until told to go on. Raises AppError."""
    spec, examples = _read(folder)
    try:
        return _Run(folder, spec, examples, request_id=request_id, waits=waits, send=send, control=control).do()
    except OSError as problem:
        raise error(RUN_UNWRITABLE, path=folder, reason=problem.strerror or problem) from problem
    except (MemoryError, RuntimeError) as problem:
        if not _is_lack_of_memory(problem):
            raise
        raise error(TRAINING_NO_MEMORY, path=spec.model, detail=str(problem)) from problem


def _read(folder: Path) -> tuple[RunSpec, PreparedExamples]:
    try:
        spec = msgspec.json.decode((folder / RUN).read_bytes(), type=RunSpec)
        return spec, PreparedExamples.load(folder / EXAMPLES)
    except (OSError, ValueError, KeyError) as problem:  # msgspec's errors are ValueErrors
        raise error(RUN_UNREADABLE, path=folder, reason=problem) from problem


def _is_lack_of_memory(problem: Exception) -> bool:
    """PyTorch says so of the processor's memory in words only."""
    words = str(problem)
    return (
        isinstance(problem, MemoryError | torch.OutOfMemoryError)
        or "allocate memory" in words
        or "buffer size" in words
    )


class _Run:
    def __init__(
        self,
        folder: Path,
        spec: RunSpec,
        examples: PreparedExamples,
        *,
        request_id: int,
        waits: bool,
        send: Callable[[Event], None],
        control: Control,
    ) -> None:
        self._folder, self._spec, self._examples, self._settings = folder, spec, examples, spec.settings
        self._id, self._waits, self._send, self._control = request_id, waits, send, control
        self._journal = Journal(folder / LOG)
        self._told_at = 0.0
        self._saved_at = time.monotonic()

    def do(self) -> TrainedAdapter:
        self._begin(Stage.READING_MODEL)
        (self._folder / f".{MERGED_F16}.new").unlink(missing_ok=True)  # large; left by a kill
        self._order = self._training_order()
        kept = load_checkpoint(self._checkpoint)
        self._progress = kept or Progress()
        self._base = self._read_model()
        self._forward = Forward(self._base, half=self._progress.half)
        self._measurement = Measurement(
            self._base, self._forward, self._examples, self._settings.batch, self._on_measured
        )
        self._optimizer = Optimizer(self._base, self._settings, self._order.n_steps)
        self._speed = Speed(self._order.n_steps)
        self._every = steps_between_evaluations(self._order.n_steps, self._settings)
        self._journal.cut_after(-1 if kept is None else kept.step)
        if kept is None:
            self._measure_before()
        else:
            self._optimizer.restore(kept)
            self._tell_again()
        self._begin(Stage.TRAINING, self._progress.step / self._order.n_steps)
        self._train()
        return self._finish()

    def _training_order(self) -> TrainingOrder:
        if not any(self._examples.example(place)[1][1:].any() for place in members(self._examples, Split.TRAIN)):
            raise error(NOTHING_TO_TRAIN)
        return TrainingOrder(self._examples, self._settings)

    def _read_model(self) -> BaseModel:
        """A run that goes on computes as it did before."""
        progress, device = self._progress, devices.device_of(self._settings.device)
        if not progress.mode:
            header = checked_model(self._spec.model)
            progress.mode = chosen_mode(header, self._settings, self._order.longest, devices.free_bytes(device))
            progress.half = devices.is_half_faster(device)
        return read_base(self._spec.model, self._settings, packed=progress.mode == "packed", device=device)

    @property
    def _checkpoint(self) -> Path:
        return self._folder / CHECKPOINT

    def _begin(self, stage: Stage, fraction: float | None = None) -> None:
        self._stage, self._told_at = stage, time.monotonic()
        self._send(StageBegun(request_id=self._id, stage=stage, fraction=fraction))

    def _on_measured(self, share: float) -> None:
        if self._stage is not Stage.TRAINING and time.monotonic() - self._told_at >= _PROGRESS_SECONDS:
            self._begin(self._stage, share)

    def _measure_before(self) -> None:
        self._begin(Stage.MEASURING)
        self._progress.before = self._measurement.all()
        self._tell_evaluation(None, self._progress.before.validation, best=False)

    # the loop

    def _train(self) -> None:
        progress = self._progress
        while not progress.ended:
            self._control.heed(self._on_pause)
            if self._control.stopping:
                progress.ended = StopReason.STOPPED.value
            elif 0 < self._settings.patience <= progress.misses:
                progress.ended = StopReason.PATIENCE.value
            elif progress.step >= self._order.n_steps:
                progress.ended = StopReason.DONE.value
            elif self._settings.minutes and progress.seconds >= 60 * self._settings.minutes:
                progress.ended = StopReason.MINUTES.value
            else:
                self._step()
        if progress.evaluated != progress.step or not progress.best:
            self._evaluate()
        self._save()

    def _step(self) -> None:
        progress, start = self._progress, time.monotonic()
        step = progress.step + 1
        done = self._optimizer.step(step, self._order.batches(step), self._forward)
        if not (math.isfinite(done.loss) and math.isfinite(done.grad_norm)):
            what, value = ("gradient", done.grad_norm) if math.isfinite(done.loss) else ("loss", done.loss)
            raise error(TRAINING_DIVERGED, step=step, what=what, value=value, rate=f"{self._settings.learning_rate:g}")
        progress.step = step
        progress.recent_loss += done.loss * done.n_counted
        progress.recent_tokens += done.n_counted
        progress.n_tokens += done.n_tokens
        seconds = time.monotonic() - start
        progress.seconds += seconds
        progress.step_seconds += seconds
        self._speed.add(done.n_tokens, seconds)
        event = StepDone(
            request_id=self._id,
            step=step,
            n_steps=self._order.n_steps,
            epoch=self._order.epochs(step),
            loss=done.loss,
            lr=done.rate,
            grad_norm=done.grad_norm,
            tokens_per_second=self._speed.tokens_per_second,
            eta_s=self._speed.remaining(step, self._settings.minutes * 60 - progress.seconds),
            memory_bytes=devices.held_bytes(),
        )
        self._journal.add(event)
        self._send(event)
        if step % self._every == 0 or step == self._order.n_steps:
            self._evaluate()
        elif time.monotonic() - self._saved_at >= CHECKPOINT_SECONDS:
            self._save()

    def _evaluate(self) -> None:
        """The current weights become the best ones where they are, or where there is nothing to tell."""
        progress, start = self._progress, time.monotonic()
        loss = self._measurement.validation()
        if loss is not None and not math.isfinite(loss):
            rate = f"{self._settings.learning_rate:g}"
            raise error(TRAINING_DIVERGED, step=progress.step, what="validation loss", value=loss, rate=rate)
        best = loss is None or loss < progress.best_loss
        if best:
            progress.best = [part.detach().clone().cpu() for part in self._base.parameters()]
            progress.best_step, progress.misses = progress.step, 0
            progress.best_loss = progress.best_loss if loss is None else loss
            write_adapter(self._folder / ADAPTER, self._base, progress.best, self._settings.alpha)
        else:
            progress.misses += 1
        train_loss = progress.recent_loss / progress.recent_tokens if progress.recent_tokens else None
        progress.recent_loss, progress.recent_tokens = 0.0, 0
        seconds = time.monotonic() - start
        progress.seconds += seconds
        self._speed.add_evaluation(seconds, self._every)
        self._tell_evaluation(train_loss, loss, best=best)

    def _tell_evaluation(self, train_loss: float | None, val_loss: float | None, *, best: bool) -> None:
        """A checkpoint is written first: an evaluation that was told is not done again."""
        event = Evaluated(
            request_id=self._id,
            step=self._progress.step,
            train_loss=train_loss,
            val_loss=val_loss,
            best=best,
            adapter=self._written_sample(),
        )
        self._progress.evaluated = self._progress.step
        self._journal.add(event)
        self._save()
        self._send(event)
        if self._waits:
            self._control.wait()

    def _tell_again(self) -> None:
        """The last evaluation, where the process ended while its samples were written."""
        step = self._progress.step
        if not self._waits or self._progress.evaluated != step:
            return
        if line := self._journal.missing_samples(step, len(set(self._spec.samples))):
            losses = {name: line.get(name) for name in ("train_loss", "val_loss")}
            best, adapter = line.get("best") is True, self._written_sample()
            self._send(Evaluated(request_id=self._id, step=step, **losses, best=best, adapter=adapter))
            self._control.wait()

    def _written_sample(self) -> str:
        """The adapter as it is now."""
        sample = self._folder / "sample.gguf"
        write_adapter(sample, self._base, self._base.parameters(), self._settings.alpha)
        return str(sample)

    def _on_pause(self) -> None:
        self._save()
        self._send(Paused(request_id=self._id, step=self._progress.step))

    def _save(self) -> None:
        self._optimizer.keep(self._progress)
        self._progress.peak_bytes = max(self._progress.peak_bytes, devices.peak_bytes())
        save_checkpoint(self._checkpoint, self._progress)
        self._saved_at = time.monotonic()

    # the end

    def _finish(self) -> TrainedAdapter:
        progress = self._progress
        self._optimizer.use(progress.best)
        self._begin(Stage.TESTING)
        after = self._measurement.all()
        self._begin(Stage.EXPORTING)
        self._export(after)
        return TrainedAdapter(
            adapter=str(self._folder / ADAPTER),
            n_steps=progress.step,
            best_step=progress.best_step,
            stopped=StopReason(progress.ended),
            before=progress.before,
            after=after,
            seconds=progress.seconds,
            tokens_per_second=progress.n_tokens / progress.step_seconds if progress.step_seconds else 0.0,
            peak_bytes=max(progress.peak_bytes, devices.peak_bytes()),
            mode=progress.mode,
            device=self._base.device.type,
        )

    def _export(self, after: Losses) -> None:
        best, settings = self._progress.best, self._settings
        write_adapter(self._folder / ADAPTER, self._base, best, settings.alpha)
        self._measurement.write_reference(self._folder / REFERENCE)
        if "peft" in self._spec.exports:
            data = self._folder / EXAMPLES
            write_peft(self._folder, self._base, best, self._spec, before=self._progress.before, after=after, data=data)
        if "merged" in self._spec.exports:
            write_merged(self._folder / MERGED_F16, self._base, best, settings.alpha / settings.rank)
