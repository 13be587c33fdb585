"""The lanes of a comparison in words, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from chatapp.cli.output import Output
from chatapp.core.comparison import Comparison, LaneResult
from chatapp.core.lanes import divergences, figures_of, self_bleu, text_ids
from chatapp.core.sweep import Mean, points_of


def print_lanes(lanes: Sequence[LaneResult], output: Output) -> None:
    """Each text, then a table of figures and where the lanes part."""
    if output.json:
        return
    for number, lane in enumerate(lanes):
        sampling = lane.sampling
        output.words(f"── lane {number}: temperature {sampling.temperature:g}, seed {sampling.seed} ──")
        output.words(f"{lane.text}\n")
    names = ("lane", "T", "top-p", "seed", "tokens", "perplexity", "entropy", "dist-1", "dist-2", "ended by")
    table = Table(*names, box=SIMPLE, padding=0, collapse_padding=True)
    for column in table.columns:
        column.overflow = "fold"
    for number, lane in enumerate(lanes):
        figures, sampling = figures_of(lane), lane.sampling
        table.add_row(
            str(number),
            f"{sampling.temperature:g}",
            f"{sampling.top_p:g}",
            str(sampling.seed),
            str(figures.n_tokens),
            _figure(figures.perplexity, 2),
            _figure(figures.mean_entropy, 2),
            _figure(figures.distinct_1, 3),
            _figure(figures.distinct_2, 3),
            lane.finish_reason.value if lane.finish_reason is not None else lane.state.value,
        )
    Console(highlight=False).print(table)
    for line in _partings(lanes):
        output.words(line)
    score = self_bleu([text_ids(lane) for lane in lanes])
    if score is not None:
        output.words(f"self-BLEU {score:.1f} of 100")


def _partings(lanes: Sequence[LaneResult]) -> Iterator[str]:
    for a, b, place in divergences([lane.ids for lane in lanes]):
        if place is None:
            yield f"lanes {a} and {b}: equal"
        else:
            yield f"lanes {a} and {b} part at token {place}: {_token(lanes[a], place)} and {_token(lanes[b], place)}"


def _token(lane: LaneResult, place: int) -> str:
    """With its probability under the model."""
    if place >= len(lane.tokens):
        return "the end"
    token = lane.tokens[place]
    words = repr(token.text) if token.data else "end of text"
    return words if token.record is None else f"{words} ({token.record.p * 100:.1f} %)"


def _figure(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def print_sweep(comparison: Comparison, output: Output) -> None:
    """A row per temperature, means with the half width of their 95 % confidence intervals."""
    if output.json:
        return
    table = Table("T", "lanes", "tokens", "perplexity", "entropy", "distinct-2", "self-BLEU", box=SIMPLE)
    for point in points_of(comparison):
        table.add_row(
            f"{point.temperature:g}",
            f"{point.n}/{point.lanes}",
            _mean(point.tokens, 0),
            _mean(point.perplexity, 2),
            _mean(point.mean_entropy, 2),
            _mean(point.distinct_2, 3),
            _figure(point.self_bleu, 1),
        )
    Console(highlight=False).print(table)


def _mean(mean: Mean | None, digits: int) -> str:
    if mean is None or mean.interval is None:
        return "" if mean is None else _figure(mean.value, digits)
    return f"{mean.value:.{digits}f} ± {(mean.interval[1] - mean.interval[0]) / 2:.{digits}f}"
