"""The course of a training run: what its log says, as columns to draw and rows to show."""

from __future__ import annotations

import json
import math
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

COLUMNS = ("step", "epoch", "loss", "smoothed", "lr", "grad_norm", "tokens_per_second", "memory_bytes")
_READ = ("step", "epoch", "loss", "lr", "grad_norm", "tokens_per_second", "memory_bytes")
_KEEPS = 0.9  # of a smoothed value, at each step
_RISES = 1.005  # how far above its lowest the validation loss has to be for over-fitting
_EVALUATIONS_AFTER = 2
Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Losses in nats; None: not measured."""

    step: int
    train_loss: float | None = None
    val_loss: float | None = None
    best: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleReply:
    step: int
    prompt: str
    text: str


class RunCourse:
    """Grows. A step that was told before, after a resume, takes back all from there on. smoothed: the exponential mean
    of the loss, made true for its beginning (Kingma and Ba 2015)."""

    def __init__(self) -> None:
        self._columns = {name: array("d") for name in COLUMNS}
        self._mean = array("d")  # of the loss, before its beginning is made true
        self.n_steps = 0
        self.evaluations: list[Evaluation] = []
        self.samples: list[SampleReply] = []
        self.error = ""
        """what the last line says where that is an error, in English"""

    def __len__(self) -> int:
        return len(self._mean)

    def values(self, name: str) -> Values:
        """float64 (steps,) of one of COLUMNS."""
        return np.array(self._columns[name], dtype=np.float64)

    def last(self, name: str) -> float | None:
        column = self._columns[name]
        return column[-1] if column else None

    def add_step(self, values: Mapping[str, object]) -> None:
        """With the keys of a step in the log; without a step it is passed over."""
        if (step := _whole(values.get("step"))) is None:
            return
        self._take_back(step)
        for name in _READ:
            self._columns[name].append(_number(values.get(name)))
        loss = self._columns["loss"][-1]
        before = self._mean[-1] if self._mean else 0.0
        mean = _KEEPS * before + (1 - _KEEPS) * loss if math.isfinite(loss) else before
        self._mean.append(mean)
        self._columns["smoothed"].append(mean / (1 - _KEEPS ** len(self._mean)))
        self.n_steps = max(step, _whole(values.get("n_steps")) or self.n_steps)
        self.error = ""

    def add_evaluation(self, evaluation: Evaluation) -> None:
        self.evaluations = [known for known in self.evaluations if known.step < evaluation.step]
        self.evaluations.append(evaluation)

    def add_sample(self, sample: SampleReply) -> None:
        known = (sample.step, sample.prompt)
        self.samples = [entry for entry in self.samples if (entry.step, entry.prompt) != known]
        self.samples.append(sample)

    def read(self, lines: bytes) -> None:
        """A log; what is no line of one, a torn last one among them, is passed over."""
        for values in _objects(lines):
            match values.get("type"):
                case "step":
                    self.add_step(values)
                case "eval" if (step := _whole(values.get("step"))) is not None:
                    train, val = (_known(values.get(name)) for name in ("train_loss", "val_loss"))
                    best = values.get("best") is True
                    self.add_evaluation(Evaluation(step=step, train_loss=train, val_loss=val, best=best))
                case "sample" if (step := _whole(values.get("step"))) is not None:
                    prompt, text = (str(values.get(name) or "") for name in ("prompt", "text"))
                    self.add_sample(SampleReply(step=step, prompt=prompt, text=text))
                case "error":
                    self.error = str(values.get("message") or "")
                case _:
                    pass

    def validation(self) -> tuple[Values, Values]:
        """(steps, losses) of the evaluations that measured it."""
        known = [(entry.step, entry.val_loss) for entry in self.evaluations if entry.val_loss is not None]
        pairs = np.array(known, dtype=np.float64).reshape(-1, 2)
        return pairs[:, 0], pairs[:, 1]

    def _take_back(self, step: int) -> None:
        steps = self._columns["step"]
        if not steps or steps[-1] < step:
            return
        keep = next(place for place, known in enumerate(steps) if known >= step)
        for column in (*self._columns.values(), self._mean):
            del column[keep:]
        self.evaluations = [entry for entry in self.evaluations if entry.step < step]
        self.samples = [entry for entry in self.samples if entry.step < step]


def best_step(evaluations: Sequence[Evaluation]) -> int | None:
    """Where the validation loss was lowest."""
    known = [(entry.val_loss, entry.step) for entry in evaluations if entry.val_loss is not None]
    return min(known)[1] if known else None


def over_fits_from(evaluations: Sequence[Evaluation]) -> int | None:
    """The step after which the validation loss rose for good: each evaluation since its lowest lies above it, and there
    are at least two."""
    known = [(entry.step, entry.val_loss) for entry in evaluations if entry.val_loss is not None]
    lowest = min(known, key=lambda entry: entry[1], default=None)
    if lowest is None:
        return None
    later = [loss for step, loss in known if step > lowest[0]]
    risen = len(later) >= _EVALUATIONS_AFTER and all(loss > lowest[1] * _RISES for loss in later)
    return lowest[0] if risen else None


def _objects(lines: bytes) -> Iterator[Mapping[str, object]]:
    for line in lines.splitlines():
        try:
            values = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(values, dict):
            yield values


def _number(value: object) -> float:
    """NaN where it is none."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    try:
        return float(value) if is_number else math.nan  # type: ignore[arg-type]
    except OverflowError:
        return math.nan


def _known(value: object) -> float | None:
    number = _number(value)
    return number if math.isfinite(number) else None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 53 else None
