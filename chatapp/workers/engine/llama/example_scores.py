"""Scores of examples, each by itself from an empty context; and how far the model is from somebody else's figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from chatapp.core.data_sentences import EXAMPLE_TOO_LONG, EXAMPLE_UNUSABLE, REFERENCE_UNUSABLE
from chatapp.core.errors import error
from chatapp.core.examples import TokenizedExample
from chatapp.core.logits import best_logit
from chatapp.core.sentences import CANCELLED
from chatapp.protocol.engine import ExamplesScored, PromptProgress, ScoreExamples
from chatapp.workers.engine.cancel import CancelFlag
from chatapp.workers.engine.llama.context import CHUNK, Context

Row = npt.NDArray[np.float64]


@dataclass(slots=True)
class _Totals:
    """kl: of each token compared."""

    nll: list[float] = field(default_factory=list)
    n_counted: list[int] = field(default_factory=list)
    kl: list[float] = field(default_factory=list)


def score_examples(
    request: ScoreExamples, context: Context, n_vocab: int, cancel: CancelFlag
) -> Iterator[PromptProgress | ExamplesScored]:
    """Progress, then one ExamplesScored; the context is empty afterwards. Raises AppError."""
    examples = [_arrays(at, example, n_vocab, context.n_ctx) for at, example in enumerate(request.examples)]
    reference = _reference(request.reference, n_vocab) if request.reference else np.zeros((0, n_vocab), np.float32)
    totals, n_tokens, done = _Totals(), sum(len(ids) for ids, _ in examples), 0
    context.begin()
    try:
        for ids, counted in examples:
            yield PromptProgress(request_id=request.request_id, done=done, total=n_tokens)
            totals.nll.append(0.0)
            totals.n_counted.append(int(counted.sum()))
            for row, token in _rows(ids, counted, context, cancel):
                totals.nll[-1] -= float(row[token])
                if len(totals.kl) < len(reference):
                    totals.kl.append(divergence(reference[len(totals.kl)], row))
            done += len(ids)
    finally:
        context.clear()
    yield ExamplesScored(
        request_id=request.request_id,
        nll=tuple(totals.nll),
        n_counted=tuple(totals.n_counted),
        kl_mean=float(np.mean(totals.kl)) if totals.kl else 0.0,
        kl_max=max(totals.kl, default=0.0),
        n_compared=len(totals.kl),
    )


def log_softmax(logits: npt.NDArray[np.float32]) -> Row:
    """In float64: logits - log sum exp(logits)."""
    values = logits.astype(np.float64)
    values -= values.max()
    values -= np.log(np.exp(values).sum())
    return values


def divergence(reference: npt.NDArray[np.float32], row: Row) -> float:
    """KL(reference || row) in nats. reference: log-probabilities, whose sum is taken to be 1; row: those of another."""
    theirs = log_softmax(reference)
    p = np.exp(theirs)
    return float(np.sum(p * np.where(p > 0, theirs - row, 0.0)))


def _rows(
    ids: Sequence[int], counted: npt.NDArray[np.bool_], context: Context, cancel: CancelFlag
) -> Iterator[tuple[Row, int]]:
    """(log-probabilities, token) of each that counts."""
    context.clear()
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        context.evaluate(chunk, all_logits=True)
        for at in range(len(chunk)):
            if cancel.is_set():
                raise error(CANCELLED)
            following = start + at + 1
            if following < len(ids) and counted[following]:
                logits = context.logits(at)
                best_logit(logits)
                yield log_softmax(logits), ids[following]


def _arrays(at: int, example: TokenizedExample, n_vocab: int, n_ctx: int) -> tuple[list[int], npt.NDArray[np.bool_]]:
    """(ids, counted), the first of which never counts. Raises AppError."""
    if len(example.ids) != 4 * len(example.counted):
        raise error(EXAMPLE_UNUSABLE, number=at + 1, reason="its parts are of different lengths")
    ids, counted = np.frombuffer(example.ids, dtype="<i4"), np.frombuffer(example.counted, dtype=np.uint8) != 0
    if len(ids) > n_ctx:
        raise error(EXAMPLE_TOO_LONG, number=at + 1, needed=len(ids), limit=n_ctx)
    if len(ids) and not 0 <= ids.min() <= ids.max() < n_vocab:
        raise error(EXAMPLE_UNUSABLE, number=at + 1, reason="it has tokens that the model does not know")
    counted[:1] = False
    return ids.tolist(), counted


def _reference(path: str, n_vocab: int) -> npt.NDArray[np.float32]:
    """Read as it is needed. Raises AppError."""
    try:
        rows: npt.NDArray[np.float32] = np.lib.format.open_memmap(Path(path), mode="r")
    except (OSError, ValueError, EOFError) as problem:
        raise error(REFERENCE_UNUSABLE, path=path, reason=problem) from problem
    if rows.dtype != np.float32 or rows.ndim != 2 or rows.shape[1] != n_vocab:
        shape = f"{rows.dtype} {rows.shape} instead of float32 (…, {n_vocab})"
        raise error(REFERENCE_UNUSABLE, path=path, reason=shape)
    return rows
