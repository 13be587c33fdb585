"""From data files to tokenised examples, each in its part."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path

import numpy as np

from chatapp.core.data_report import LineProblem, PreviewPiece
from chatapp.core.data_sentences import LINE_NOT_IN_TEMPLATE, LINE_TOO_LONG
from chatapp.core.dataset_split import split
from chatapp.core.datasets import MOST_PROBLEMS, Dataset, Example, read_dataset
from chatapp.core.errors import AppError, ErrorKind, error
from chatapp.core.examples import PreparedExamples, TokenizedExample, TrainingText
from chatapp.core.training import Split, TrainingSettings
from chatapp.workers.client import EngineClient
from chatapp.workers.finetune.control import Control

MOST_PREVIEWS = 20
_AT_ONCE, _BYTES_AT_ONCE = 32, 8 << 20  # texts of one request, which goes through one frame as its answer does
_BYTES_PER_TOKEN = 3  # of plain text, so that a piece of it is rarely longer than an example may be

Fraction = Callable[[float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The examples of both files with their parts; those of `unseen` come last, without what is asked in `data` too.
    n_known: how many are left out for that."""

    data: Dataset
    unseen: Dataset | None
    examples: tuple[Example, ...]
    splits: tuple[Split, ...]
    n_known: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A tokenised example, cut to the longest that is allowed. place: in Sources; n_tokens: before the cut; preview: of
    the first ones only."""

    place: int
    tokens: TokenizedExample
    n_tokens: int
    preview: tuple[PreviewPiece, ...] = ()

    @property
    def n_kept(self) -> int:
        return len(self.tokens.counted)

    @property
    def n_counted(self) -> int:
        return sum(self.tokens.counted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """items: those that were tokenised, in their order, of which the ones without a counted token teach nothing;
    problems: the others; is_whole: whether time was enough for all."""

    items: tuple[Item, ...]
    problems: tuple[LineProblem, ...]
    is_whole: bool


def read_sources(
    data: Path, unseen: Path | None, settings: TrainingSettings, control: Control, progress: Fraction
) -> Sources:
    """Raises AppError(BAD_INPUT | CANCELLED)."""

    def on_progress(fraction: float) -> None:
        control.check()
        progress(fraction)

    piece_bytes = settings.max_length * _BYTES_PER_TOKEN
    own = read_dataset(data, piece_bytes=piece_bytes, progress=on_progress)
    other = read_dataset(unseen, piece_bytes=piece_bytes, progress=on_progress) if unseen is not None else None
    parts = split(
        [example.group for example in own.examples],
        validation=settings.validation,
        test=settings.test,
        seed=settings.seed,
    )
    known = {example.group for example in own.examples}
    more = [example for example in other.examples if example.group not in known] if other is not None else []
    return Sources(
        data=own,
        unseen=other,
        examples=(*own.examples, *more),
        splits=(*parts, *([Split.UNSEEN] * len(more))),
        n_known=len(other.examples) - len(more) if other is not None else 0,
    )


def tokenized(
    engine: EngineClient,
    sources: Sources,
    settings: TrainingSettings,
    control: Control,
    progress: Fraction,
    seconds: float | None = None,
) -> Tokens:
    """seconds: about how long it may take; the first examples are done then, and a sample of the others.

    Raises AppError(CANCELLED | WORKER).
    """
    order = list(range(len(sources.examples)))
    if seconds is not None:
        rest = order[MOST_PREVIEWS:]
        random.Random(settings.seed).shuffle(rest)
        order[MOST_PREVIEWS:] = rest
    items: list[Item] = []
    problems: list[LineProblem] = []
    end = time.monotonic() + seconds if seconds is not None else None
    done = 0
    while done < len(order) and (end is None or time.monotonic() < end or not items):
        control.check()
        progress(done / len(order))
        n_shown = max(0, MOST_PREVIEWS - done)
        batch = _batch(sources.examples, order[done : done + (n_shown or _AT_ONCE)])
        _tokenize(engine, sources.examples, batch, n_shown, settings.max_length, items, problems)
        done += len(batch)
    items.sort(key=lambda item: item.place)
    return Tokens(items=tuple(items), problems=tuple(problems), is_whole=done >= len(order))


def _batch(examples: Sequence[Example], places: Sequence[int]) -> list[int]:
    """The first of them, as many as one request may hold, at least one."""
    sizes = accumulate(_n_bytes(examples[place].text) for place in places)
    n_fitting = sum(size <= _BYTES_AT_ONCE for size in sizes)
    return list(places[: max(1, n_fitting)])


def _n_bytes(text: TrainingText) -> int:
    return len(text.text.encode()) + sum(len(message.text.encode()) for message in text.messages)


def prepared(sources: Sources, tokens: Tokens) -> PreparedExamples:
    """Those that teach something."""
    kept = [item for item in tokens.items if item.n_counted]
    return PreparedExamples.of(
        [item.tokens for item in kept],
        [sources.splits[item.place] for item in kept],
        [sources.examples[item.place].line for item in kept],
    )


def _tokenize(
    engine: EngineClient,
    examples: Sequence[Example],
    batch: Sequence[int],
    n_shown: int,
    max_length: int,
    items: list[Item],
    problems: list[LineProblem],
) -> None:
    """One that the template refuses is told with its line, the others of its batch are tokenised one by one."""
    texts: list[TrainingText] = [examples[place].text for place in batch]
    line = examples[batch[0]].line
    if _n_bytes(texts[0]) > _BYTES_AT_ONCE:  # it is alone
        too_long = error(LINE_TOO_LONG, line=line, limit=f"{_BYTES_AT_ONCE >> 20} MB").info
        problems.append(LineProblem(line=line, problem=too_long))
        return
    try:
        answer = engine.tokenize(texts, n_shown, max_length)
    except AppError as problem:
        if problem.info.kind not in (ErrorKind.TEMPLATE, ErrorKind.BAD_INPUT):
            raise
        if len(batch) > 1:
            for place in batch:
                _tokenize(engine, examples, [place], min(n_shown, 1), max_length, items, problems)
            return
        if len(problems) < MOST_PROBLEMS:
            info = error(LINE_NOT_IN_TEMPLATE, line=line, reason=problem.info.message).info
            problems.append(LineProblem(line=line, problem=replace(info, kind=ErrorKind.BAD_INPUT)))
        return
    previews = (*answer.previews, *([()] * (len(batch) - len(answer.previews))))
    for place, tokens, preview in zip(batch, answer.examples, previews, strict=True):
        items.append(Item(place=place, tokens=_cut(tokens, max_length), n_tokens=len(tokens.counted), preview=preview))


def _cut(tokens: TokenizedExample, most: int) -> TokenizedExample:
    if len(tokens.counted) <= most:
        return tokens
    width = np.dtype("<i4").itemsize
    return TokenizedExample(ids=tokens.ids[: most * width], counted=tokens.counted[:most])
