"""Whether the engine does with the adapter what the trainer did: its losses without it, with it, and without it again,
and its distributions beside the trainer's own."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chatapp.core.examples import PreparedExamples, TokenizedExample
from chatapp.core.models import AdapterSpec
from chatapp.core.training import Losses, Parity, Split, TrainedAdapter
from chatapp.protocol.engine import ExamplesScored
from chatapp.workers.client import EngineClient

LOSS_TOLERANCE = 0.02  # relative
LEAST_DIFFERENCE = 0.005  # nats: of a loss near 0 the rounding of quantised kernels alone is a large part
KL_TOLERANCE = 0.01  # nats a token, on average; those kernels make about 1e-4
_AT_ONCE = 32  # examples of one request
_CHUNK = 512  # tokens the engine evaluates at once

Fraction = Callable[[float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """engine, before: its losses with the adapter and without; parity None where nothing was held out."""

    parity: Parity | None
    engine: Losses
    before: Losses


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scores:
    """nll and n_counted of each example; kl_mean, kl_max of the n_compared tokens of the reference."""

    nll: tuple[float, ...]
    n_counted: tuple[int, ...]
    kl_mean: float = 0.0
    kl_max: float = 0.0
    n_compared: int = 0

    @property
    def loss(self) -> float | None:
        n = sum(self.n_counted)
        return math.fsum(self.nll) / n if n else None


def held_out(examples: PreparedExamples) -> Split | None:
    """The part that tells how well it went: TEST, else VALIDATION, else UNSEEN; None where there is none of them."""
    present = set(examples.splits.tolist())
    return next((part for part in (Split.TEST, Split.VALIDATION, Split.UNSEEN) if part.value in present), None)


def longest_checked(examples: PreparedExamples) -> int:
    """Tokens of the longest example that `check` scores."""
    lengths = np.diff(examples.offsets)[examples.splits != Split.TRAIN.value]
    return int(lengths.max()) if len(lengths) else 0


def check(
    engine: EngineClient, examples: PreparedExamples, trained: TrainedAdapter, reference: Path, progress: Fraction
) -> Checked:
    """Leaves the engine without an adapter. Raises AppError."""
    part = held_out(examples)
    if part is None:
        return Checked(parity=None, engine=Losses(), before=Losses())
    parts = list(dict.fromkeys((part, *((Split.UNSEEN,) if Split.UNSEEN.value in examples.splits else ()))))
    texts = {each: _texts(examples, each) for each in parts}
    n_all, n_done = 3 * sum(map(len, texts.values())), 0

    def scores(adapters: Sequence[AdapterSpec], path: str = "") -> dict[Split, _Scores]:
        nonlocal n_done
        engine.use_adapters(adapters)
        found = {}
        for each in parts:
            found[each] = _score(engine, texts[each], path if each is part else "", n_done, n_all, progress)
            n_done += len(texts[each])
        return found

    before = scores(())
    adapted = scores((AdapterSpec(path=trained.adapter),), str(reference) if reference.exists() else "")
    again = scores(())
    is_restored = all(_equal(before[each], again[each], texts[each]) for each in parts)
    return Checked(
        parity=_parity(_trainers_loss(trained.after, part), adapted[part], is_restored=is_restored),
        engine=_losses(adapted),
        before=_losses(again),
    )


def _score(
    engine: EngineClient,
    texts: Sequence[TokenizedExample],
    reference: str,
    n_before: int,
    n_all: int,
    progress: Fraction,
) -> _Scores:
    """The reference is of the first tokens: the first request holds all of those."""
    n_rows = len(np.lib.format.open_memmap(Path(reference), mode="r")) if reference else 0
    first = _AT_ONCE
    while first < len(texts) and sum(sum(text.counted) for text in texts[:first]) < n_rows:
        first += _AT_ONCE
    nll: list[float] = []
    n_counted: list[int] = []
    compared: ExamplesScored | None = None
    at = 0
    while at < len(texts):
        batch = texts[at : at + (first if at == 0 else _AT_ONCE)]
        progress((n_before + at) / n_all)
        for event in engine.score_examples(batch, reference if at == 0 else ""):
            if isinstance(event, ExamplesScored):
                nll += event.nll
                n_counted += event.n_counted
                compared = compared or event
        at += len(batch)
    return _Scores(
        nll=tuple(nll),
        n_counted=tuple(n_counted),
        kl_mean=compared.kl_mean if compared else 0.0,
        kl_max=compared.kl_max if compared else 0.0,
        n_compared=compared.n_compared if compared else 0,
    )


def _parity(trainer_loss: float | None, scores: _Scores, *, is_restored: bool) -> Parity | None:
    loss = scores.loss
    if trainer_loss is None or loss is None:
        return None
    relative = abs(loss - trainer_loss) / max(trainer_loss, 1e-6)
    is_near = relative <= LOSS_TOLERANCE or abs(loss - trainer_loss) <= LEAST_DIFFERENCE  # both are false of NaN
    return Parity(
        trainer_loss=trainer_loss,
        engine_loss=loss,
        loss_relative=relative,
        kl_mean=scores.kl_mean,
        kl_max=scores.kl_max,
        n_tokens=scores.n_compared,
        ok=is_near and scores.kl_mean <= KL_TOLERANCE and is_restored,
    )


def _equal(before: _Scores, again: _Scores, texts: Sequence[TokenizedExample]) -> bool:
    """Exactly, but for examples whose last call evaluates one token: there the number of threads shows."""
    alone = [len(text.counted) > _CHUNK and len(text.counted) % _CHUNK == 1 for text in texts]
    pairs = zip(before.nll, again.nll, alone, strict=True)
    return all(one == other or (is_alone and math.isclose(one, other, rel_tol=1e-4)) for one, other, is_alone in pairs)


def _texts(examples: PreparedExamples, part: Split) -> list[TokenizedExample]:
    found = []
    for place in np.flatnonzero(examples.splits == part.value).tolist():
        ids, counted = examples.example(place)
        found.append(TokenizedExample(ids=ids.astype("<i4").tobytes(), counted=counted.tobytes()))
    return found


def _trainers_loss(losses: Losses, part: Split) -> float | None:
    return {Split.TEST: losses.test, Split.VALIDATION: losses.validation, Split.UNSEEN: losses.unseen}[part]


def _losses(scores: dict[Split, _Scores]) -> Losses:
    loss = {part: each.loss for part, each in scores.items()}
    return Losses(validation=loss.get(Split.VALIDATION), test=loss.get(Split.TEST), unseen=loss.get(Split.UNSEEN))
