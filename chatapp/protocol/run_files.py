"""What lies in a training run's folder, and how its values are written as JSON. The names are in finetune.py."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec

from chatapp.core.conductor_sentences import RUN_MISSING
from chatapp.core.data_report import DataReport
from chatapp.core.errors import error
from chatapp.core.training import RunResult, RunSpec

RUN, RESULT, REPORT = "run.json", "result.json", "report.json"
MERGED_F16, MERGED = "merged-f16.gguf", "merged.gguf"  # the trainer's, and that which is kept
EXAMPLES, LOG, REFERENCE, ADAPTER = "examples.npz", "log.jsonl", "reference.npy", "adapter.gguf"
CHECKPOINT, LOCK = "checkpoint.pt", "lock"

Value = TypeVar("Value", RunSpec, RunResult, DataReport)


def read_spec(folder: Path) -> RunSpec:
    """Raises AppError(BAD_INPUT)."""
    return _read(folder / RUN, RunSpec)


def read_result(folder: Path) -> RunResult | None:
    """None where the run has not ended; raises AppError(BAD_INPUT)."""
    return _read(folder / RESULT, RunResult) if (folder / RESULT).exists() else None


def read_report(folder: Path) -> DataReport:
    """Raises AppError(BAD_INPUT)."""
    return _read(folder / REPORT, DataReport)


def as_json(value: RunSpec | RunResult | DataReport) -> bytes:
    """As it lies in its file."""
    return msgspec.json.format(msgspec.json.encode(value), indent=1)


def _read(path: Path, kind: type[Value]) -> Value:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, ValueError, msgspec.DecodeError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) and problem.strerror else problem
        raise error(RUN_MISSING, folder=path.parent, reason=reason) from problem
