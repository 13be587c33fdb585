"""chatapp compare: one prompt, continued in several lanes that are decoded together."""

from __future__ import annotations

import argparse
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from chatapp.cli.engine import ctrl_c_cancels, loaded_engine
from chatapp.cli.generate import check_probs, make_prompt, read_stdin
from chatapp.cli.options import add_model, add_sampling, sampling_of
from chatapp.cli.output import Output, progress_bar
from chatapp.core.checks import checked_text
from chatapp.core.comparison import MOST_LANES, LaneResult, LaneState
from chatapp.core.comparison_export import comparison_values
from chatapp.core.errors import error
from chatapp.core.generation import FinishReason
from chatapp.core.lanes import divergences, figures_of, self_bleu, text_ids
from chatapp.core.options import options_of
from chatapp.core.sampling import MAX_SEED, SamplingSettings
from chatapp.core.sentences import LANE_UNREADABLE, TOO_MANY_LANES
from chatapp.core.token_export import token_values, usage_values
from chatapp.core.token_record import MOST_CANDIDATES
from chatapp.protocol.engine import (
    Compared,
    LaneFailed,
    LaneFinished,
    LaneStart,
    Prompt,
    PromptProgress,
    TokensEmitted,
)
from chatapp.workers.client import EngineClient

_SEVERAL = ("temperature", "top_p")  # options that take several values
_RECORDED = ("logprob", "entropy", "rank", "p", "p_sampled", "top", "others", "logit")


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--prompt", required=True, metavar="TEXT|-", help="the prompt; - reads it from stdin")
    parser.add_argument("--system", default="", metavar="TEXT", help="a system prompt put before it")
    parser.add_argument("--raw", action="store_true", help="continue the text itself, without a chat template")
    parser.add_argument(
        "--probs", type=int, default=0, metavar="K",
        help=f"record each token's probability and its K most likely alternatives (1 to {MOST_CANDIDATES})",
    )  # fmt: skip
    parser.add_argument("--seeds", type=int, nargs="+", metavar="N", help="a lane for each of these seeds")
    parser.add_argument(
        "--lane", action="append", default=[], metavar="NAME=X[,NAME=X...]",
        help="one more lane, with these options in place of the others', for example temperature=0.7,top_p=0.9,seed=3",
    )  # fmt: skip
    add_model(parser)
    add_sampling(parser, several=_SEVERAL)


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Raises AppError."""
    text = read_stdin() if arguments.prompt == "-" else arguments.prompt
    prompt = make_prompt(text, checked_text(arguments.system), raw=arguments.raw)
    check_probs(arguments.probs)
    samplings = lanes_of(arguments)
    if len(samplings) > MOST_LANES:
        raise error(TOO_MANY_LANES, lanes=len(samplings), most=MOST_LANES)
    with loaded_engine(arguments, chats=not arguments.raw) as client:
        lanes, together = compared(client, prompt, samplings, arguments.probs, output)
    speed = together.n_tokens / together.generate_ms * 1000 if together.generate_ms > 0 else None
    output.record("comparison", **comparison_values(lanes, speed))
    _print_lanes(lanes, output)
    failed = [lane.error for lane in lanes if lane.error is not None]
    if failed:
        output.error(failed[0])
        return 1
    return 130 if any(lane.finish_reason is FinishReason.CANCELLED for lane in lanes) else 0


def lanes_of(arguments: argparse.Namespace) -> list[SamplingSettings]:
    """Every combination of the values given, unless only --lane is, and then the lanes of --lane; each with a seed.
    Raises AppError(BAD_INPUT)."""
    given = {name: getattr(arguments, name) for name in _SEVERAL}
    defaults = SamplingSettings()
    values = {name: several or [getattr(defaults, name)] for name, several in given.items()}
    common = sampling_of(argparse.Namespace(**{**vars(arguments), **{name: some[0] for name, some in values.items()}}))
    found: list[SamplingSettings] = []
    if any(given.values()) or arguments.seeds or not arguments.lane:
        seeds = arguments.seeds or [arguments.seed]
        for temperature, top_p, seed in product(values["temperature"], values["top_p"], seeds):
            found.append(replace(common, temperature=temperature, top_p=top_p, seed=seed))
    found += [_lane(common, text) for text in arguments.lane]
    return [s if s.seed is not None else replace(s, seed=secrets.randbelow(MAX_SEED + 1)) for s in found]


def _lane(common: SamplingSettings, text: str) -> SamplingSettings:
    kinds = {name: type(getattr(common, name)) for name, _ in options_of(common)} | {"seed": int}
    values: dict[str, object] = {}
    for part in text.split(","):
        name, _, value = part.partition("=")
        name = name.strip().replace("-", "_")
        if name not in kinds:
            raise error(LANE_UNREADABLE, text=text, part=part)
        try:
            values[name] = kinds[name](value.strip())
        except ValueError:
            raise error(LANE_UNREADABLE, text=text, part=part) from None
    return replace(common, **values)  # type: ignore[arg-type]


def compared(
    client: EngineClient, prompt: Prompt, samplings: Sequence[SamplingSettings], probs: int, output: Output
) -> tuple[list[LaneResult], Compared]:
    """The lanes as they ended; prints their tokens as they come with --json. Ctrl+C ends them early and keeps what is
    there. Raises AppError."""
    lanes = [LaneResult(sampling=sampling) for sampling in samplings]
    starts = [LaneStart(number=number, sampling=sampling) for number, sampling in enumerate(samplings)]
    most, n_tokens = sum(sampling.max_tokens for sampling in samplings), 0
    with progress_bar(f"{len(lanes)} lanes") as bar, ctrl_c_cancels(client):
        for event in client.compare(prompt, starts, max(1, probs)):
            match event:
                case PromptProgress():
                    pass
                case TokensEmitted(lane=number, tokens=tokens):
                    lanes[number] = replace(lanes[number], tokens=(*lanes[number].tokens, *tokens))
                    n_tokens += len(tokens)
                    bar.set(min(0.999, n_tokens / most))
                    for token in tokens:
                        values = token_values(token)
                        output.record("token", **{k: v for k, v in values.items() if probs or k not in _RECORDED})
                case LaneFinished():
                    lanes[event.lane] = _finished(lanes[event.lane], event)
                    _print_done(event, output)
                case LaneFailed(lane=number, error=info):
                    lanes[number] = replace(lanes[number], state=LaneState.FAILED, error=info)
                case Compared():
                    bar.set(1.0)
                    return lanes, event
    raise AssertionError  # compare ends with Compared or raises


def _finished(lane: LaneResult, event: LaneFinished) -> LaneResult:
    return replace(
        lane,
        state=LaneState.ENDED,
        text=event.text,
        finish_reason=event.finish_reason,
        reproducible=event.reproducible,
        usage=event.usage,
    )


def _print_done(event: LaneFinished, output: Output) -> None:
    output.record(
        "done",
        lane=event.lane,
        text=event.text,
        finish_reason=event.finish_reason.value,
        seed=event.seed,
        reproducible=event.reproducible,
        usage=usage_values(event.usage),
    )


def _print_lanes(lanes: Sequence[LaneResult], output: Output) -> None:
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
