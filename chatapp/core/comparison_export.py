"""A comparison for other programs and for people: its lanes and their figures as JSON, CSV and Markdown."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from pathlib import PureWindowsPath

from chatapp.core.comparison import Comparison, LaneResult
from chatapp.core.lanes import LaneFigures, divergences, figures_of, self_bleu, text_ids, tokens_per_second
from chatapp.core.sampling import SamplingSettings
from chatapp.core.token_export import harmless, token_values, usage_values

FORMAT, VERSION = "chatapp-comparison", 1
_OPTIONS = ("temperature", "top_k", "top_p", "min_p", "repeat_penalty", "seed")
_OTHER_OPTIONS = tuple(f.name for f in fields(SamplingSettings) if f.name not in _OPTIONS)
_HEADINGS = (
    "Lane", "Temperature", "Top-k", "Top-p", "Min-p", "Repeat penalty", "Seed", "Tokens", "Perplexity",
    "Mean entropy (nats)", "Distinct-1", "Distinct-2", "Repetition", "Ended by",
)  # fmt: skip
_TICKS = re.compile("`+")


def comparison_values(lanes: Sequence[LaneResult], tokens_per_second: float | None) -> dict[str, object]:
    """The keys and values of `chatapp compare --json` for all lanes; entropy in nats, self-BLEU from 0 to 100, places
    of tokens from 0. Divergences are of all tokens, self-BLEU of those of the texts."""
    return {
        "lanes": [_lane_values(place, lane) for place, lane in enumerate(lanes)],
        "first_divergence": [list(entry) for entry in divergences([lane.ids for lane in lanes])],
        "self_bleu": self_bleu([text_ids(lane) for lane in lanes]),
        "tokens_per_second": None if tokens_per_second is None else round(tokens_per_second, 2),
    }


def json_of(comparison: Comparison) -> bytes:
    """All of it: the values of `comparison_values`, and of each lane all options and each token on a line of its
    own. `sampling.seed` is the one in use."""
    facts = {
        "type": "comparison",
        "format": FORMAT,
        "version": VERSION,
        "model": _model_name(comparison),
        "prompt": asdict(comparison.prompt),
        "together": comparison.together,
        **comparison_values(comparison.lanes, tokens_per_second(comparison)),
    }
    del facts["lanes"]  # they come last, with their tokens
    head = ",\n ".join(f"{_json(name)}: {_json(value)}" for name, value in facts.items())
    lanes = ",\n".join(_lane_json(place, lane) for place, lane in enumerate(comparison.lanes))
    return f'{{\n {head},\n "lanes": [\n{lanes}\n ]\n}}\n'.encode()


def csv_of(comparison: Comparison) -> bytes:
    """A row per lane: its options, its figures, its text. It begins with a byte order mark, and texts are no formulas:
    see token_export.csv_of. Options that are lists are JSON."""
    stream = io.StringIO(newline="")
    rows = csv.writer(stream)
    figures = [entry.name for entry in fields(LaneFigures)]
    rows.writerow(["lane", *_OPTIONS, "state", "finish_reason", "reproducible", *figures, *_OTHER_OPTIONS, "text"])
    for place, lane in enumerate(comparison.lanes):
        sampling, known = asdict(lane.sampling), asdict(figures_of(lane))
        cells = [
            place,
            *(sampling[name] for name in _OPTIONS),
            lane.state.value,
            None if lane.finish_reason is None else lane.finish_reason.value,
            lane.reproducible,
            *(known[name] for name in figures),
            *(sampling[name] for name in _OTHER_OPTIONS),
            lane.text,
        ]
        rows.writerow([_cell(value) for value in cells])
    return stream.getvalue().encode("utf-8-sig")


def markdown_of(comparison: Comparison) -> str:
    """To be read: lanes are counted from 1. No text ends the fence it stands in."""
    prompt, lanes = comparison.prompt, comparison.lanes
    parts = ["# Comparison", f"Model: {_span(_model_name(comparison))}"]
    if prompt.system.strip() and not prompt.raw:
        parts += ["## System", _fenced(prompt.system)]
    parts += ["## Prompt, continued as it is" if prompt.raw else "## Prompt", _fenced(prompt.text)]
    table = [_HEADINGS, tuple("---" for _ in _HEADINGS), *(_row(n, lane) for n, lane in enumerate(lanes, 1))]
    parts += ["## Lanes", "\n".join(f"| {' | '.join(row)} |" for row in table)]
    pairs = divergences([lane.ids for lane in lanes])
    if pairs:
        parts += ["## First divergence", "\n".join(f"- {_words(a + 1, b + 1, place)}" for a, b, place in pairs)]
    if (score := self_bleu([text_ids(lane) for lane in lanes])) is not None:
        parts.append(f"Self-BLEU: {score:.2f}")
    for number, lane in enumerate(lanes, 1):
        parts += [f"## Lane {number}", _fenced(lane.text)]
        if lane.error is not None:
            parts.append(_span(lane.error.message))
    return "\n\n".join(parts) + "\n"


def _lane_values(place: int, lane: LaneResult) -> dict[str, object]:
    sampling = lane.sampling
    return {
        "lane": place,
        **{name: getattr(sampling, name) for name in _OPTIONS},
        "text": lane.text,
        **asdict(figures_of(lane)),
        "state": lane.state.value,
        "finish_reason": None if lane.finish_reason is None else lane.finish_reason.value,
        "reproducible": lane.reproducible,
    }


def _lane_json(place: int, lane: LaneResult) -> str:
    error = lane.error
    facts = {
        **_lane_values(place, lane),
        "sampling": asdict(lane.sampling),
        "usage": None if lane.usage is None else usage_values(lane.usage),
        "error": None if error is None else {"kind": error.kind.value, "message": error.message, "hint": error.advice},
    }
    tokens = (replace(token, lane=place, index=index) for index, token in enumerate(lane.tokens))
    lines = ",\n".join(f"   {_json({'type': 'token', **token_values(token)})}" for token in tokens)
    return f'  {_json(facts).removesuffix("}")}, "tokens": [\n{lines}\n  ]}}'


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _cell(value: object) -> object:
    if isinstance(value, str):
        return harmless(value)
    if isinstance(value, list | tuple):
        return _json(value) if value else ""
    return "" if value is None else value


def _row(number: int, lane: LaneResult) -> tuple[str, ...]:
    sampling, figures = lane.sampling, figures_of(lane)
    return (
        str(number),
        *(f"{value:g}" for value in (sampling.temperature, sampling.top_k, sampling.top_p)),
        *(f"{value:g}" for value in (sampling.min_p, sampling.repeat_penalty)),
        "" if sampling.seed is None else str(sampling.seed),
        str(figures.n_tokens),
        "" if figures.perplexity is None else f"{figures.perplexity:.3f}",
        "" if figures.mean_entropy is None else f"{figures.mean_entropy:.3f}",
        *(f"{value:.3f}" for value in (figures.distinct_1, figures.distinct_2, figures.repetition)),
        lane.state.value if lane.finish_reason is None else lane.finish_reason.value,
    )


def _words(a: int, b: int, place: int | None) -> str:
    return f"Lanes {a} and {b} " + ("have the same tokens." if place is None else f"differ from token {place + 1} on.")


def _fenced(text: str) -> str:
    """A fence is only closed by one that is at least as long."""
    fence = "`" * max(3, _longest(text) + 1)
    return f"{fence}text\n{text}\n{fence}"


def _span(text: str) -> str:
    ticks = "`" * (_longest(text) + 1)
    return f"{ticks} {' '.join(text.split())} {ticks}"


def _longest(text: str) -> int:
    return max((len(run) for run in _TICKS.findall(text)), default=0)


def _model_name(comparison: Comparison) -> str:
    return PureWindowsPath(comparison.model).name  # its folder concerns nobody else
