"""All that a run needs to go on as if it had never ended.

The order of examples and the random numbers of a step follow from the seed and the step's number, so neither has a
state to keep.
"""

from __future__ import annotations

import io
import pickle
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from chatapp.core.errors import error
from chatapp.core.trainer_sentences import RUN_UNREADABLE
from chatapp.core.training import Losses
from chatapp.workers.trainer.files import replaced


@dataclass(slots=True, kw_only=True)
class Progress:
    """weights, best: of all adapted layers in their order, A and B in turn; best is [] before the first evaluation.
    recent_loss, recent_tokens: summed since the evaluation before; misses: evaluations since the best; evaluated: the
    step of the last one; seconds: of training and evaluations, step_seconds of training alone; n_tokens: trained on;
    ended: why no further step is to be done, "" where there is one; mode, half: how the run computes, whatever would be
    chosen now; peak_bytes: of all its processes."""

    step: int = 0
    weights: list[Tensor] = field(default_factory=list)
    optimizer: dict[str, Any] = field(default_factory=dict)
    best: list[Tensor] = field(default_factory=list)
    best_step: int = 0
    best_loss: float = float("inf")
    misses: int = 0
    evaluated: int = -1
    recent_loss: float = 0.0
    recent_tokens: int = 0
    seconds: float = 0.0
    step_seconds: float = 0.0
    n_tokens: int = 0
    before: Losses = field(default_factory=Losses)
    ended: str = ""
    mode: str = ""
    half: bool = False
    peak_bytes: int = 0


def save_checkpoint(path: Path, progress: Progress) -> None:
    """Raises OSError."""
    kept = {one.name: getattr(progress, one.name) for one in fields(progress)} | {"before": asdict(progress.before)}
    whole = io.BytesIO()  # what PyTorch raises where a file can't be written is no OSError
    torch.save(kept, whole)
    with replaced(path) as temporary:
        temporary.write_bytes(whole.getbuffer())


def load_checkpoint(path: Path) -> Progress | None:
    """None where there is none yet. Raises AppError(STORAGE)."""
    try:
        kept = torch.load(path, map_location="cpu", weights_only=True)
        return Progress(**(kept | {"before": Losses(**kept["before"])}))
    except FileNotFoundError:
        return None
    except (OSError, EOFError, RuntimeError, ValueError, KeyError, TypeError, pickle.UnpicklingError) as problem:
        raise error(RUN_UNREADABLE, path=path, reason=problem) from problem
