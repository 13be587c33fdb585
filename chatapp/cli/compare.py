"""chatapp compare: one prompt, continued in several lanes that are decoded together."""

from __future__ import annotations

import argparse
import secrets
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import product
from pathlib import Path

from chatapp.cli.engine import ctrl_c_cancels, loaded_engine
from chatapp.cli.generate import check_probs, read_stdin
from chatapp.cli.lane_words import print_lanes, print_sweep
from chatapp.cli.options import add_model, add_sampling, sampling_of
from chatapp.cli.output import Bar, Output, progress_bar
from chatapp.core.checks import checked_prompt, checked_text
from chatapp.core.comparison import (
    LANES_AT_ONCE,
    MOST_IN_SWEEP,
    MOST_LANES,
    ComparedPrompt,
    Comparison,
    LaneResult,
    LaneState,
)
from chatapp.core.comparison_export import comparison_values
from chatapp.core.errors import AppError, error
from chatapp.core.generation import FinishReason
from chatapp.core.options import options_of
from chatapp.core.sampling import MAX_SEED, SamplingSettings
from chatapp.core.sentences import (
    LANE_UNREADABLE,
    LANES_NOT_FITTING,
    LANES_OF_OTHER_MODEL,
    STATE_FILE_UNUSABLE,
    TOO_MANY_LANES,
)
from chatapp.core.sweep import TEMPERATURES, part_done, points_of
from chatapp.core.token_export import token_values, usage_values
from chatapp.core.token_record import MOST_CANDIDATES
from chatapp.protocol.engine import (
    Compared,
    LaneFailed,
    LaneFinished,
    LaneStart,
    PromptProgress,
    TokensEmitted,
    as_prompt,
)
from chatapp.storage.comparisons import ComparisonStore
from chatapp.storage.database import Database
from chatapp.workers.client import EngineClient

_STORED = "comparison"  # its id in a state file
_SWEEP_SEEDS = 4
_SAVE_SECONDS = 1.0
_SEVERAL = ("temperature", "top_p")  # options that take several values
_RECORDED = ("logprob", "entropy", "rank", "p", "p_sampled", "top", "others", "logit")


def configure(parser: argparse.ArgumentParser) -> None:
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--prompt", metavar="TEXT|-", help="the prompt; - reads it from stdin")
    source.add_argument("--resume", metavar="F", help="go on with the lanes of a --state file that have not ended")
    parser.add_argument("--state", metavar="F", help="keep the lanes in this file as they are written")
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
    parser.add_argument(
        "--sweep", action="store_true",
        help="any number of lanes, in batches, and the figures of each temperature; default: "
        f"{', '.join(f'{t:g}' for t in TEMPERATURES)} with seeds 1 to {_SWEEP_SEEDS}",
    )  # fmt: skip
    add_model(parser)
    add_sampling(parser, several=_SEVERAL)


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Raises AppError."""
    check_probs(arguments.probs)
    store, known = None, None
    if path := arguments.resume or arguments.state:
        store, known = _store(path, resumes=arguments.resume is not None)
    begun = _begun(arguments) if known is None else _resumed(known)
    if known is not None and arguments.model is None:
        arguments.model = known.model
    with loaded_engine(arguments, chats=not begun.prompt.raw) as client:
        if known is not None and client.model != known.model:
            raise error(LANES_OF_OTHER_MODEL, model=Path(known.model).name)
        job = _Run(replace(begun, model=client.model), output, store, sweeps=arguments.sweep)
        try:
            job.go(client, arguments.probs)
        except AppError:
            if any(lane.tokens for lane in job.comparison.lanes):
                print_lanes(job.comparison.lanes, output)
            raise
    ended, speed = job.comparison, job.speed
    output.record("comparison", **comparison_values(ended.lanes, speed))
    if arguments.sweep:
        for point in points_of(ended):
            output.record("point", **asdict(point))
        print_sweep(ended, output)
    else:
        print_lanes(ended.lanes, output)
    failed = [lane.error for lane in ended.lanes if lane.error is not None]
    if failed:
        output.error(failed[0])
        return 1
    return 130 if any(lane.finish_reason is FinishReason.CANCELLED for lane in ended.lanes) else 0


def _begun(arguments: argparse.Namespace) -> Comparison:
    """Raises AppError(BAD_INPUT)."""
    text = checked_prompt(read_stdin() if arguments.prompt == "-" else arguments.prompt)
    prompt = ComparedPrompt(text=text, system=checked_text(arguments.system), raw=arguments.raw)
    samplings = lanes_of(arguments)
    most = MOST_IN_SWEEP if arguments.sweep else MOST_LANES
    if len(samplings) > most:
        raise error(TOO_MANY_LANES, lanes=len(samplings), most=most)
    return Comparison(prompt=prompt, model="", lanes=tuple(LaneResult(sampling=each) for each in samplings))


def _store(path: str, *, resumes: bool) -> tuple[ComparisonStore, Comparison | None]:
    """And the comparison in it. Raises AppError(BAD_INPUT) where there is none to go on with, or one to be kept."""
    if resumes and not Path(path).is_file():
        raise error(STATE_FILE_UNUSABLE, path=path, reason="there is no such file")
    try:
        store = ComparisonStore(Database(Path(path)))
        known = store.load(_STORED)
    except AppError as problem:
        raise error(STATE_FILE_UNUSABLE, path=path, reason="it can't be read", detail=problem.info.message) from None
    if resumes == (known is None):
        reason = "it holds no comparison" if resumes else "it holds a comparison already"
        raise error(STATE_FILE_UNUSABLE, path=path, reason=reason)
    return store, known


def _resumed(known: Comparison) -> Comparison:
    lanes = (
        replace(lane, state=LaneState.WAITING, finish_reason=None, error=None) if lane.can_go_on else lane
        for lane in known.lanes
    )
    return replace(known, lanes=tuple(lanes))


def lanes_of(arguments: argparse.Namespace) -> list[SamplingSettings]:
    """Every combination of the values given, unless only --lane is, and then the lanes of --lane; each with a seed.
    Raises AppError(BAD_INPUT)."""
    given = {name: getattr(arguments, name) for name in _SEVERAL}
    defaults = SamplingSettings()
    values = {name: several or [getattr(defaults, name)] for name, several in given.items()}
    if arguments.sweep and not given["temperature"]:
        values["temperature"] = list(TEMPERATURES)
    common = sampling_of(argparse.Namespace(**{**vars(arguments), **{name: some[0] for name, some in values.items()}}))
    found: list[SamplingSettings] = []
    if any(given.values()) or arguments.seeds or not arguments.lane:
        seeds = arguments.seeds or (range(1, _SWEEP_SEEDS + 1) if arguments.sweep else [arguments.seed])
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


class _Run:
    """The lanes of one command, written in batches where they are many. speed: tokens a second of all."""

    def __init__(self, begun: Comparison, output: Output, store: ComparisonStore | None, *, sweeps: bool) -> None:
        self._begun, self._output, self._store, self._sweeps = begun, output, store, sweeps
        self._lanes = list(begun.lanes)
        self._together = begun.together
        self._n_tokens, self._milliseconds, self._save_at = 0, 0.0, 0.0

    @property
    def comparison(self) -> Comparison:
        return replace(self._begun, lanes=tuple(self._lanes), together=self._together)

    @property
    def speed(self) -> float | None:
        return self._n_tokens / self._milliseconds * 1000 if self._milliseconds > 0 else None

    def go(self, client: EngineClient, probs: int) -> None:
        """With --json their tokens are printed as they come. Ctrl+C ends them early and keeps what is there. Raises
        AppError; what is there then is kept too."""
        waiting = [number for number, lane in enumerate(self._lanes) if lane.state is LaneState.WAITING]
        at_once = MOST_LANES if len(waiting) <= MOST_LANES else LANES_AT_ONCE
        self._save_all()
        try:
            with progress_bar(f"{len(waiting)} lanes") as bar, ctrl_c_cancels(client):
                while waiting and not self._is_cancelled():
                    try:
                        self._write(client, waiting[:at_once], probs, bar)
                    except AppError as problem:
                        if not self._sweeps or at_once == 1 or problem.info.text != LANES_NOT_FITTING.text:
                            raise
                        at_once = int(problem.info.params["fitting"])
                    else:
                        del waiting[:at_once]
                bar.set(1.0)
        finally:
            self._save_all()

    def _write(self, client: EngineClient, batch: Sequence[int], probs: int, bar: Bar) -> None:
        starts = [LaneStart(number=n, sampling=self._lanes[n].sampling, before=self._lanes[n].ids) for n in batch]
        for event in client.compare(as_prompt(self._begun.prompt), starts, max(1, probs)):
            if isinstance(event, Compared):
                self._n_tokens += event.n_tokens
                self._milliseconds += event.generate_ms
                self._together = event.together
                return
            _take(event, self._lanes, probs, self._output)
            self._save(batch, now=isinstance(event, LaneFinished | LaneFailed))
            bar.set(min(0.999, part_done(self._lanes, [len(lane.tokens) for lane in self._lanes])))

    def _is_cancelled(self) -> bool:
        return any(lane.finish_reason is FinishReason.CANCELLED for lane in self._lanes)

    def _save_all(self) -> None:
        if self._store is not None:
            self._store.save(_STORED, self.comparison)

    def _save(self, batch: Sequence[int], *, now: bool) -> None:
        if self._store is not None and (now or time.monotonic() >= self._save_at):
            for number in batch:
                self._store.save_lane(_STORED, number, self._lanes[number])
            self._save_at = time.monotonic() + _SAVE_SECONDS


def _take(
    event: PromptProgress | TokensEmitted | LaneFinished | LaneFailed,
    lanes: list[LaneResult],
    probs: int,
    output: Output,
) -> None:
    match event:
        case PromptProgress():
            pass
        case TokensEmitted(lane=number, tokens=tokens):
            lanes[number] = replace(lanes[number], tokens=(*lanes[number].tokens, *tokens))
            for token in tokens:
                values = token_values(token)
                output.record("token", **{k: v for k, v in values.items() if probs or k not in _RECORDED})
        case LaneFinished():
            lanes[event.lane] = _finished(lanes[event.lane], event)
            _print_done(event, output)
        case LaneFailed(lane=number, error=info):
            lanes[number] = replace(lanes[number], state=LaneState.FAILED, error=info)


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
