"""A sweep: one prompt at several temperatures, with several seeds each, and the figures of each temperature.

Only lanes that came to their own end count: one that was stopped is shorter, and a short text repeats itself less.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from chatapp.core.comparison import Comparison, LaneResult, LaneState
from chatapp.core.errors import error
from chatapp.core.generation import FinishReason
from chatapp.core.lanes import LaneFigures, figures_of, interval, self_bleu, text_ids
from chatapp.core.options import options_of
from chatapp.core.sampling import SamplingSettings
from chatapp.core.sampling_sentences import TEMPERATURE_TWICE, TEMPERATURE_UNREADABLE, TEMPERATURES_COUNT
from chatapp.core.sentences import OPTION_OUT_OF_RANGE

TEMPERATURES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5)
MOST_TEMPERATURES, MOST_SEEDS = 24, 16
_FIGURES: tuple[tuple[str, Callable[[LaneFigures], float | None]], ...] = (
    ("tokens", lambda figures: float(figures.n_tokens)),
    ("perplexity", lambda figures: figures.perplexity),
    ("mean_entropy", lambda figures: figures.mean_entropy),
    ("distinct_1", lambda figures: figures.distinct_1),
    ("distinct_2", lambda figures: figures.distinct_2),
    ("repetition", lambda figures: figures.repetition),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean:
    """Of n values; interval: the 95 % confidence interval of the mean, None for fewer than two values."""

    value: float
    n: int
    interval: tuple[float, float] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepPoint:
    """One temperature. n: the lanes that count, of `lanes` in all; the means are over them, None where there are none.
    perplexity and mean_entropy (nats) need token records. self_bleu: of these lanes against each other, 0 to 100, None
    for fewer than two; it is one number of all of them and has no interval."""

    temperature: float
    lanes: int
    n: int
    tokens: Mean | None
    perplexity: Mean | None
    mean_entropy: Mean | None
    distinct_1: Mean | None
    distinct_2: Mean | None
    repetition: Mean | None
    self_bleu: float | None


def temperatures_of(text: str) -> tuple[float, ...]:
    """The numbers in `text`, with blanks or commas between, the lowest first. Raises AppError(BAD_INPUT)."""
    found: list[float] = []
    for word in text.replace(",", " ").replace("，", " ").replace(";", " ").split():
        try:
            value = float(word) + 0.0  # -0 is 0
        except ValueError:
            raise error(TEMPERATURE_UNREADABLE, text=word[:40]) from None
        about = dict(options_of(SamplingSettings))["temperature"]
        if not (about.minimum or 0.0) <= value <= (about.maximum or 0.0):  # NaN compares false
            allowed = f"{about.minimum} … {about.maximum}"
            raise error(OPTION_OUT_OF_RANGE, name="temperature", value=word[:40], allowed=allowed)
        if value in found:
            raise error(TEMPERATURE_TWICE, value=f"{value:g}")
        found.append(value)
    if not 1 <= len(found) <= MOST_TEMPERATURES:
        raise error(TEMPERATURES_COUNT, count=len(found), limit=MOST_TEMPERATURES)
    return tuple(sorted(found))


def samplings_of(
    base: SamplingSettings, temperatures: Sequence[float], *, seeds: int, max_tokens: int
) -> tuple[SamplingSettings, ...]:
    """A lane each. All temperatures get seed 1 first, then seed 2, and so on: what is shown fills evenly."""
    return tuple(
        replace(base, temperature=temperature, seed=seed, max_tokens=max_tokens)
        for seed in range(1, seeds + 1)
        for temperature in temperatures
    )


def is_whole(lane: LaneResult) -> bool:
    """Whether it came to its own end: the model's, or the length limit."""
    return lane.finish_reason in (FinishReason.STOP, FinishReason.LENGTH)


def mean_of(values: Iterable[float | None]) -> Mean | None:
    """Of those that are known."""
    known = [value for value in values if value is not None]
    return Mean(value=sum(known) / len(known), n=len(known), interval=interval(known)) if known else None


def points_of(comparison: Comparison) -> list[SweepPoint]:
    """A point for each temperature of its lanes, the lowest first."""
    temperatures = sorted({lane.sampling.temperature for lane in comparison.lanes})
    return [point_of(t, [lane for lane in comparison.lanes if lane.sampling.temperature == t]) for t in temperatures]


def point_of(temperature: float, lanes: Sequence[LaneResult]) -> SweepPoint:
    """Of the lanes at that temperature."""
    whole = [lane for lane in lanes if is_whole(lane)]
    figures = [figures_of(lane) for lane in whole]
    means = {name: mean_of(map(value, figures)) for name, value in _FIGURES}
    bleu = self_bleu([text_ids(lane) for lane in whole])
    return SweepPoint(temperature=temperature, lanes=len(lanes), n=len(whole), self_bleu=bleu, **means)


def csv_of(points: Sequence[SweepPoint]) -> bytes:
    """A row per temperature; the mean of each figure and the ends of its 95 % confidence interval, empty where there
    is none. It begins with a byte order mark, as token_export.csv_of."""
    stream = io.StringIO(newline="")
    rows = csv.writer(stream)
    means = [f"{name}_{part}" for name, _ in _FIGURES for part in ("mean", "low", "high")]
    rows.writerow(["temperature", "n", *means, "self_bleu"])
    for point in points:
        row: list[object] = [point.temperature, point.n]
        for name, _ in _FIGURES:
            row += _cells(getattr(point, name))
        rows.writerow([*row, "" if point.self_bleu is None else point.self_bleu])
    return stream.getvalue().encode("utf-8-sig")


def part_done(lanes: Sequence[LaneResult], tokens: Sequence[int]) -> float:
    """How much of a sweep is written, 0 to 1. tokens: how many each lane has; a lane is expected to use its length
    limit until it ends."""
    parts = (
        1.0 if is_whole(lane) or lane.state is LaneState.FAILED else min(1.0, count / lane.sampling.max_tokens)
        for lane, count in zip(lanes, tokens, strict=True)
    )
    return sum(parts) / len(lanes) if lanes else 0.0


def seconds_left(before: float, now: float, seconds: float) -> float | None:
    """before, now: the parts that were done `seconds` ago and are now; None while that tells nothing."""
    return seconds * (1.0 - now) / (now - before) if now > before and seconds > 0.0 else None


def _cells(mean: Mean | None) -> list[object]:
    if mean is None:
        return ["", "", ""]
    return [mean.value, *(mean.interval or ("", ""))]
