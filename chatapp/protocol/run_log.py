"""What happens in a run as lines of JSON: those of log.jsonl in its folder, which the terminal prints with --json."""

from __future__ import annotations

import msgspec

from chatapp.core.errors import ErrorInfo
from chatapp.core.training import RunResult
from chatapp.protocol.finetune import DataInspected, Evaluated, Event, Failed, RunFinished, SampleWritten, StepDone

Values = dict[str, object]


def record_of(event: Event) -> tuple[str, Values] | None:
    """(type, values) of an event that is kept; None for others."""
    match event:
        case StepDone():
            return "step", _values(event)
        case Evaluated():
            return "eval", _values(event)
        case SampleWritten():
            return "sample", _values(event)
        case DataInspected():
            return "data", msgspec.to_builtins(event.report)
        case RunFinished():
            return "done", _done(event.result)
        case Failed():
            return "error", error_values(event.error)
        case _:
            return None


def error_values(info: ErrorInfo) -> Values:
    return {"kind": info.kind.value, "message": info.message, "hint": info.advice}


def line_of(record: tuple[str, Values]) -> bytes:
    kind, values = record
    return msgspec.json.encode({"type": kind, **values}) + b"\n"


def _values(event: msgspec.Struct) -> Values:
    values = msgspec.structs.asdict(event)
    return {name: value for name, value in values.items() if name not in ("request_id", "adapter")}


def _done(result: RunResult) -> Values:
    trained = result.trained
    return {
        "adapter": result.files[0] if result.files else trained.adapter,
        "val_loss_before": trained.before.validation,
        "val_loss_after": trained.after.validation,
        "test_loss_before": trained.before.test,
        "test_loss": trained.after.test,
        "unseen_loss_before": trained.before.unseen,
        "unseen_loss": trained.after.unseen,
        "engine_test_loss": result.engine.test,
        "engine_test_loss_before": result.engine_before.test,
        "parity": None if result.parity is None else msgspec.to_builtins(result.parity),
        "files": list(result.files),
        "n_steps": trained.n_steps,
        "best_step": trained.best_step,
        "stopped": trained.stopped.value,
        "seconds": trained.seconds,
        "tokens_per_second": trained.tokens_per_second,
        "peak_bytes": trained.peak_bytes,
        "mode": trained.mode,
        "device": trained.device,
    }
