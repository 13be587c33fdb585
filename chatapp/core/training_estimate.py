"""What a run will need, told from the header of the model's file: memory, steps, time. No PyTorch here."""

from __future__ import annotations

import math
from dataclasses import dataclass

from chatapp.core.data_report import TrainingEstimate
from chatapp.core.gguf import GgufHeader
from chatapp.core.training import TrainingSettings

_PROCESS = 420 << 20  # Python and PyTorch, before there is a model
_EFFICIENCY = 0.6  # of the speed of large products, that a whole step reaches


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSize:
    """lengths: tokens of each training example; counted: how many of all their tokens count; of the other parts
    together, measured and measured_counted, of which the validation part has the share validation."""

    lengths: tuple[int, ...]
    counted: int
    measured: int = 0
    measured_counted: int = 0
    validation: float = 0.0


def training_estimate(
    header: GgufHeader, settings: TrainingSettings, data: DataSize, *, free_bytes: int, flops_per_second: float
) -> TrainingEstimate:
    """flops_per_second: of large float32 products on this machine; 0 where it was not measured, seconds is then 0."""
    n_weights = sum(math.prod(tensor.shape) for tensor in header.tensors.values())
    a_step = settings.batch * settings.accumulate
    n_steps = settings.steps or max(1, math.ceil(len(data.lengths) * settings.epochs / a_step))
    mean = sum(data.lengths) / max(1, len(data.lengths))
    flops = 6 * n_weights * mean * a_step * n_steps
    dense = 4 * n_weights + _PROCESS
    mode = settings.memory if settings.memory != "auto" else ("dense" if dense < free_bytes else "packed")
    return TrainingEstimate(
        memory_bytes=dense if mode == "dense" else n_weights + _PROCESS,
        free_bytes=free_bytes,
        seconds=flops / (flops_per_second * _EFFICIENCY) if flops_per_second else 0.0,
        n_steps=n_steps,
        mode=mode,
    )
