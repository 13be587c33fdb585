"""A run for other programs and for people: its log as CSV, its curves for TensorBoard, its card in Markdown."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import PureWindowsPath

from chatapp.core.run_course import COLUMNS, RunCourse
from chatapp.core.tensorboard import events_of
from chatapp.core.training import Losses, RunResult, RunSpec

_PARTS = ("validation", "test", "unseen")
_TAGS = {
    "train/loss": "loss",
    "train/learning_rate": "lr",
    "train/gradient_norm": "grad_norm",
    "train/tokens_per_second": "tokens_per_second",
}


def csv_of(course: RunCourse) -> bytes:
    """A row per step, with the validation loss where it was measured."""
    stream = io.StringIO(newline="")
    rows = csv.writer(stream)
    rows.writerow([*COLUMNS, "val_loss"])
    columns = [course.values(name).tolist() for name in COLUMNS]
    measured = {entry.step: entry.val_loss for entry in course.evaluations}
    steps = {int(step) for step in columns[0]}
    for step in sorted(set(measured) - steps):  # before the first step
        rows.writerow([step, *[""] * (len(COLUMNS) - 1), _cell(measured[step])])
    for row in zip(*columns, strict=True):
        rows.writerow([int(row[0]), *map(_cell, row[1:]), _cell(measured.get(int(row[0])))])
    return stream.getvalue().encode("utf-8-sig")


def tensorboard_of(course: RunCourse, wall_time: float) -> bytes:
    """See core/tensorboard.py."""
    return events_of(_scalars(course), wall_time)


def card_of(spec: RunSpec, result: RunResult, written: str = "") -> str:
    """What the adapter is, what it was made with and how good it is, in Markdown. written: the card that the trainer
    wrote, to which what the engine said is added."""
    trained, engine = result.trained, _engine_lines(result)
    if written:
        return "\n".join([written.rstrip("\n"), *engine]) + "\n"
    lines = [
        f"# {spec.title or PureWindowsPath(spec.data).stem}",
        "",
        f"A LoRA adapter for {PureWindowsPath(spec.model).name}, trained on {PureWindowsPath(spec.data).name} with "
        f"chatapp: {trained.n_steps} steps in {trained.seconds:.0f} s ({trained.mode}, {trained.device}); the adapter "
        f"is that of step {trained.best_step}.",
        "",
        "| held out | loss before | loss after | perplexity before | perplexity after | engine after |",
        "| --- | --- | --- | --- | --- | --- |",
        *(_loss_row(name, trained.before, trained.after, result.engine) for name in _PARTS),
        *engine,
    ]
    settings = [f"| {name} | {value} |" for name, value in asdict(spec.settings).items()]
    return "\n".join([*lines, "", "| setting | value |", "| --- | --- |", *settings]) + "\n"


def perplexity(loss: float | None) -> float | None:
    """exp of a loss in nats."""
    return None if loss is None else math.exp(min(loss, 700.0))


def _engine_lines(result: RunResult) -> list[str]:
    parity = result.parity
    if parity is None:
        return []
    return [
        "",
        f"Trainer beside llama.cpp: losses {parity.trainer_loss:.4f} and {parity.engine_loss:.4f} "
        f"({parity.loss_relative:.2%} apart), mean KL {parity.kl_mean:.2e} nats over {parity.n_tokens} tokens: "
        f"{'the same' if parity.ok else 'NOT the same'}.",
    ]


def _loss_row(name: str, before: Losses, after: Losses, engine: Losses) -> str:
    first, last, other = (getattr(losses, name) for losses in (before, after, engine))
    values = (first, last, perplexity(first), perplexity(last), other)
    return f"| {name} | {' | '.join('–' if value is None else f'{value:.4f}' for value in values)} |"


def _scalars(course: RunCourse) -> Iterator[tuple[str, int, float]]:
    steps = [int(step) for step in course.values("step").tolist()]
    for tag, name in _TAGS.items():
        for step, value in zip(steps, course.values(name).tolist(), strict=True):
            if math.isfinite(value):
                yield tag, step, value
    for entry in course.evaluations:
        if entry.val_loss is not None:
            yield "validation/loss", entry.step, entry.val_loss


def _cell(value: float | None) -> object:
    return "" if value is None or not math.isfinite(value) else value
