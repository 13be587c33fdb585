"""The language of a training run, spoken by two workers.

The conductor (`chatapp worker finetune`) is what the window and the terminal start: it reads the data, has the engine
tokenise it, starts the trainer, lets the engine answer samples and check the result. The trainer (`chatapp worker
trainer`, which imports torch and may run on a Python of its own) knows a run's folder and nothing else; what it sends
is passed on. Rules as in protocol/engine.py: each request ends with exactly one terminal event.

In a run's folder: run.json (RunSpec), examples.npz (PreparedExamples), log.jsonl (what happened, a line each, as the
terminal prints it with --json), checkpoint.pt, adapter.gguf (the best), reference.npy (see ScoreExamples), result.json
(RunResult), and what else is exported.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from chatapp.core.data_report import DataReport
from chatapp.core.errors import ErrorInfo
from chatapp.core.training import RunResult, RunSpec, Stage, TrainedAdapter

FINETUNE_PROTOCOL_VERSION = 1


class _Envelope(msgspec.Struct, frozen=True, kw_only=True, tag=True, forbid_unknown_fields=True):
    pass


class InspectData(_Envelope, frozen=True, kw_only=True):
    """Look at the data of a run that is not begun. Ends with DataInspected or Failed. Conductor only."""

    request_id: int
    spec: RunSpec


class Train(_Envelope, frozen=True, kw_only=True):
    """Do the run in `folder`, from its last checkpoint where it has one. Ends with RunFinished (conductor) or Trained
    (trainer), or Failed. waits: the trainer goes on after each Evaluated only when told to."""

    request_id: int
    folder: str
    waits: bool = False


class Pause(_Envelope, frozen=True, kw_only=True):
    """Write a checkpoint after the current step and wait there; answered by Paused."""

    request_id: int


class GoOn(_Envelope, frozen=True, kw_only=True):
    """After Pause, or after an Evaluated that is waited at."""

    request_id: int


class Stop(_Envelope, frozen=True, kw_only=True):
    """Train no further, and finish with what was reached: its end is that of a whole run. To give a run up, end the
    process: its last checkpoint stays."""

    request_id: int


class Cancel(_Envelope, frozen=True, kw_only=True):
    """End an InspectData soon; it fails."""

    request_id: int


Request: TypeAlias = InspectData | Train
Command: TypeAlias = Request | Pause | GoOn | Stop | Cancel


class Ready(_Envelope, frozen=True, kw_only=True):
    """The worker's first word. devices: what PyTorch can compute on; () of a conductor."""

    protocol: int
    pid: int
    version: str
    torch: str = ""
    devices: tuple[str, ...] = ()


class Heartbeat(_Envelope, frozen=True, kw_only=True):
    """As in protocol/engine.py."""


class StageBegun(_Envelope, frozen=True, kw_only=True):
    """fraction: how much of the stage is done, told again as it grows; None where that is not known."""

    request_id: int
    stage: Stage
    fraction: float | None = None


class StepDone(_Envelope, frozen=True, kw_only=True):
    """One update. step: from 1; loss: mean over its counted tokens, nats; lr: the rate it was done with; grad_norm:
    before clipping; tokens_per_second: of all tokens, over the last steps; memory_bytes: held by the trainer now."""

    request_id: int
    step: int
    n_steps: int
    epoch: float
    loss: float
    lr: float
    grad_norm: float
    tokens_per_second: float
    eta_s: float
    memory_bytes: int


class Evaluated(_Envelope, frozen=True, kw_only=True):
    """train_loss: mean of the steps since the evaluation before; best: the lowest val_loss so far; adapter: a GGUF with
    the weights of this step, which lies there until the next evaluation."""

    request_id: int
    step: int
    train_loss: float | None
    val_loss: float | None
    best: bool
    adapter: str


class SampleWritten(_Envelope, frozen=True, kw_only=True):
    """How a prompt was answered with the adapter of a step (0: none yet), at temperature 0, by the engine."""

    request_id: int
    step: int
    prompt: str
    text: str


class Paused(_Envelope, frozen=True, kw_only=True):
    request_id: int
    step: int


class DataInspected(_Envelope, frozen=True, kw_only=True):
    """Terminal of InspectData; also sent in the course of Train, before its first step."""

    request_id: int
    report: DataReport


class Trained(_Envelope, frozen=True, kw_only=True):
    """Terminal of the trainer's Train."""

    request_id: int
    trained: TrainedAdapter


class RunFinished(_Envelope, frozen=True, kw_only=True):
    """Terminal of the conductor's Train."""

    request_id: int
    result: RunResult


class Failed(_Envelope, frozen=True, kw_only=True):
    """Terminal: it could not be done. request_id None: a command that could not even be read."""

    request_id: int | None
    error: ErrorInfo


Event: TypeAlias = (
    Ready
    | Heartbeat
    | StageBegun
    | StepDone
    | Evaluated
    | SampleWritten
    | Paused
    | DataInspected
    | Trained
    | RunFinished
    | Failed
)
