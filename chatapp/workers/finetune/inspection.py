"""What is told of the data before it is trained on."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import psutil

from chatapp.core.data_report import DataReport, Preview, TrainingEstimate
from chatapp.core.datasets import MOST_PROBLEMS
from chatapp.core.gguf import GgufHeader
from chatapp.core.gguf_cursor import DamagedGgufError
from chatapp.core.training import Split, TrainingSettings
from chatapp.core.training_estimate import DataSize, training_estimate
from chatapp.workers.finetune.preparing import Item, Sources, Tokens

_BARS = 20  # of the histogram
_MATRIX, _MEASURED_SECONDS = 512, 0.1


def report_of(sources: Sources, tokens: Tokens, settings: TrainingSettings, header: GgufHeader) -> DataReport:
    """Where only a sample was tokenised, numbers of tokens and of examples left out are scaled up from it."""
    taught = [item for item in tokens.items if item.n_counted]
    scale = 1.0 if tokens.is_whole else len(sources.examples) / max(1, len(tokens.items) + len(tokens.problems))
    unanswered = len(tokens.items) - len(taught)
    lost = {item.place for item in tokens.items if not item.n_counted}
    parts = [part for place, part in enumerate(sources.splits) if place not in lost]
    unseen = sources.unseen
    problems = (*sources.data.problems, *(unseen.problems if unseen else ()), *tokens.problems)
    n_problems = sources.data.n_problems + (unseen.n_problems if unseen else 0) + round(len(tokens.problems) * scale)
    return DataReport(
        format=sources.data.format,
        sha256=sources.data.sha256,
        n_examples=len(sources.examples),
        n_duplicates=len(sources.data.examples)
        - len({example.key for example in sources.data.examples})
        + sources.n_known,
        n_truncated=round(sum(item.n_tokens > item.n_kept for item in tokens.items) * scale),
        n_unanswered=round(unanswered * scale),
        n_problems=n_problems,
        n_tokens=round(sum(item.n_kept for item in taught) * scale),
        n_counted=round(sum(item.n_counted for item in taught) * scale),
        longest=max((item.n_tokens for item in tokens.items), default=0),
        counts=(
            parts.count(Split.TRAIN),
            parts.count(Split.VALIDATION),
            parts.count(Split.TEST),
            parts.count(Split.UNSEEN),
        ),
        histogram=histogram([item.n_tokens for item in tokens.items], scale),
        problems=problems[:MOST_PROBLEMS],
        previews=tuple(_preview(sources, item) for item in tokens.items if item.preview),
        estimate=_estimate(sources, taught, settings, header, scale),
    )


def histogram(lengths: Sequence[int], scale: float = 1.0) -> tuple[tuple[int, int, int], ...]:
    """(shortest, longest, how many) in bars of equal width."""
    if not lengths:
        return ()
    low, high = min(lengths), max(lengths)
    width = max(1, -(-(high - low + 1) // _BARS))
    counts = np.bincount((np.asarray(lengths) - low) // width)
    return tuple(
        (low + at * width, min(high, low + (at + 1) * width - 1), round(int(count) * scale))
        for at, count in enumerate(counts)
    )


def measured_flops() -> float:
    """Floating-point operations a second of float32 matrix products on this machine, now."""
    rng = np.random.default_rng(1)
    a = rng.random((_MATRIX, _MATRIX), dtype=np.float32)
    b = a @ a  # the library's own beginning is not measured
    started, count = time.perf_counter(), 0
    while time.perf_counter() - started < _MEASURED_SECONDS:
        np.matmul(a, a, out=b)
        count += 1
    return 2 * _MATRIX**3 * count / (time.perf_counter() - started)


def _preview(sources: Sources, item: Item) -> Preview:
    line, part = sources.examples[item.place].line, sources.splits[item.place]
    return Preview(line=line, split=part.value, n_tokens=item.n_tokens, pieces=item.preview)


def _estimate(
    sources: Sources, taught: Sequence[Item], settings: TrainingSettings, header: GgufHeader, scale: float
) -> TrainingEstimate | None:
    """None where nothing is trained on or the header does not tell enough."""
    of_part = {part: [item for item in taught if sources.splits[item.place] is part] for part in Split}
    trained = of_part[Split.TRAIN]
    if not trained:
        return None
    measured = [item for part in (Split.VALIDATION, Split.TEST, Split.UNSEEN) for item in of_part[part]]
    n_measured = sum(item.n_kept for item in measured)
    n_validated = sum(item.n_kept for item in of_part[Split.VALIDATION])
    n_trained = sources.splits.count(Split.TRAIN) if scale != 1.0 else len(trained)
    lengths = [item.n_kept for item in trained]
    size = DataSize(
        lengths=tuple((lengths * -(-n_trained // len(lengths)))[:n_trained]),  # a sample stands for all
        counted=round(sum(item.n_counted for item in trained) * scale),
        measured=round(n_measured * scale),
        measured_counted=round(sum(item.n_counted for item in measured) * scale),
        validation=n_validated / n_measured if n_measured else 0.0,
    )
    free = int(psutil.virtual_memory().available)
    try:
        return training_estimate(header, settings, size, free_bytes=free, flops_per_second=measured_flops())
    except DamagedGgufError:
        return None
