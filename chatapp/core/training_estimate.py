"""What a run will need, told from the header of the model's file: memory, steps, time. No PyTorch here.

The numbers of activations were counted in transformers' layers and compared with the measured peak.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from chatapp.core.data_report import TrainingEstimate
from chatapp.core.gguf import GgufHeader
from chatapp.core.hyper_parameters import HyperParameters, hyper_parameters
from chatapp.core.metadata import Metadata
from chatapp.core.training import TrainingSettings
from chatapp.core.training_rows import planned_rows, planned_steps, rows_of, steps_between_evaluations

LOGIT_BYTES = 16 << 20  # of the logits that are there at once: what a processor's cache holds
ROWS_BYTES = 32 << 20  # of a packed matrix's rows, unpacked at once where they are gone through
_PROCESS = 480 << 20  # Python, PyTorch and transformers, before there is a model
_UNPACKING = 4  # how often numbers lie in memory while they are unpacked
_RESERVE = 0.9  # of the free memory, that may be planned with
_EFFICIENCY = 0.6  # of the speed of large products, that a whole step reaches
_LAYER_FACTORS = {"embedding": 6, "queries": 4, "keys": 4, "ff": 4}  # numbers kept per token, in each such width


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
    """flops_per_second: of large float32 products on this machine; 0 where it was not measured, seconds is then 0.

    Raises DamagedGgufError for a header that `hyper_parameters` refuses.
    """
    rows = rows_of(dict(enumerate(data.lengths)), settings)
    longest = max((sum(data.lengths[place] for place in row) for row in rows), default=0)
    mode = chosen_mode(header, settings, longest, free_bytes)
    flops = _flops(header, settings, data, rows=rows, packed=mode == "packed")
    seconds = flops / (flops_per_second * _EFFICIENCY) if flops_per_second else 0.0
    return TrainingEstimate(
        memory_bytes=memory_bytes(header, settings, longest, packed=mode == "packed"),
        free_bytes=free_bytes,
        seconds=min(seconds, 60 * settings.minutes) if settings.minutes else seconds,
        n_steps=planned_steps(len(rows), settings),
        mode=mode,
    )


def chosen_mode(header: GgufHeader, settings: TrainingSettings, longest: int, free_bytes: int) -> str:
    """dense or packed; auto takes dense where it fits. longest: tokens of the longest row."""
    if settings.memory != "auto":
        return settings.memory
    fits = memory_bytes(header, settings, longest, packed=False) <= _RESERVE * free_bytes
    return "dense" if fits else "packed"


def memory_bytes(header: GgufHeader, settings: TrainingSettings, longest: int, *, packed: bool) -> int:
    """The most the trainer will hold, with batches of the longest row there is."""
    p = hyper_parameters(header.facts().architecture, Metadata(header))
    tokens = settings.batch * longest
    activations = tokens * 4 * _layer_numbers(p)
    weights = sum(tensor.n_bytes for tensor in header.tensors.values())  # the file's pages stay in memory
    if packed:
        largest = max(prod(shape) for name, shape in _layer_shapes(header))
        activations += p.n_layers * tokens * 4 * p.n_embd + _UNPACKING * max(4 * largest, ROWS_BYTES)
    else:
        weights += 4 * sum(prod(tensor.shape) for tensor in header.tensors.values())
        activations *= p.n_layers
    if header.facts().architecture == "gemma2":  # its attention keeps all scores
        activations += 4 * 4 * settings.batch * p.heads * longest**2 * (1 if packed else p.n_layers)
    n_vocab = _vocabulary(header)
    logits = 2 * min(LOGIT_BYTES, 4 * n_vocab * tokens)
    return int(_PROCESS + weights + 5 * 4 * adapter_numbers(header, settings) + activations + logits)


def adapter_numbers(header: GgufHeader, settings: TrainingSettings) -> int:
    """How many numbers are trained: rank (n_in + n_out) of each adapted matrix."""
    return sum(
        settings.rank * (shape[0] + shape[1])
        for name, shape in _layer_shapes(header)
        if settings.targets == "all" or ".attn_" in name
    )


def _layer_numbers(p: HyperParameters) -> int:
    widths = {"embedding": p.n_embd, "queries": p.heads * p.key_length, "keys": p.heads_kv * p.key_length, "ff": p.n_ff}
    return sum(_LAYER_FACTORS[name] * width for name, width in widths.items())


def _layer_shapes(header: GgufHeader) -> list[tuple[str, tuple[int, ...]]]:
    """The matrices of the layers."""
    return [
        (name, tensor.shape)
        for name, tensor in header.tensors.items()
        if name.startswith("blk.") and name.endswith(".weight") and len(tensor.shape) == 2
    ]


def _vocabulary(header: GgufHeader) -> int:
    return header.tensors["token_embd.weight"].shape[-1]


def _flops(
    header: GgufHeader, settings: TrainingSettings, data: DataSize, *, rows: list[tuple[int, ...]], packed: bool
) -> float:
    """Multiplications and additions of all products. Forward 2 each number and token, the gradient to the inputs 2 more
    (there is none to frozen weights), and what packed memory computes twice."""
    if not rows:
        return 0.0
    n_layers = sum(prod(shape) for _, shape in _layer_shapes(header))
    n_head = prod(header.tensors["token_embd.weight"].shape)
    per_token = (6 if packed else 4) * n_layers + (8 if packed else 6) * adapter_numbers(header, settings)
    share = planned_rows(len(rows), settings) / len(rows)
    trained = share * (_padded(rows, data.lengths, settings) * per_token + data.counted * 4 * n_head)
    steps = planned_steps(len(rows), settings)
    evaluations = steps / steps_between_evaluations(steps, settings)
    measured = data.measured * 2 * n_layers + data.measured_counted * 2 * n_head
    return trained + measured * (2 + evaluations * data.validation)


def _padded(rows: list[tuple[int, ...]], lengths: tuple[int, ...], settings: TrainingSettings) -> int:
    """Tokens computed in one epoch, with those that fill batches up."""
    sizes = np.array([sum(lengths[place] for place in row) for row in rows])
    np.random.default_rng(settings.seed).shuffle(sizes)
    batches = [sizes[start : start + settings.batch] for start in range(0, len(sizes), settings.batch)]
    return int(sum(int(batch.max()) * len(batch) for batch in batches))
