"""Several replies to one prompt: it is evaluated once, its cells are shared, and each step of all is one call."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from chatapp.core.errors import AppError, ErrorKind, error
from chatapp.core.generation import FinishReason, Token, Usage
from chatapp.core.sentences import CANCELLED, LANES_NOT_FITTING, PROMPT_TOO_LONG
from chatapp.protocol.engine import Compared, Finished, LaneFailed, LaneFinished, PromptProgress, TokensEmitted
from chatapp.workers.engine.cancel import CancelFlag
from chatapp.workers.engine.gathering import gathered
from chatapp.workers.engine.llama.context import Context
from chatapp.workers.engine.llama.generation import Generation
from chatapp.workers.engine.llama.lane import Lane
from chatapp.workers.engine.llama.prompt_memory import PromptMemory
from chatapp.workers.engine.llama.recording import Recording
from chatapp.workers.engine.llama.reuse import ReusePlan

LaneEvent = PromptProgress | TokensEmitted | LaneFinished | LaneFailed | Compared
_UNLIMITED = 1 << 30


def check_room(limits: Sequence[int], *, n_prompt: int, n_ctx: int) -> None:
    """limits: how many tokens each lane may have. Raises AppError(CONTEXT_FULL) where the context can't hold them all;
    a single lane is cut short instead, as any reply is."""
    needed = n_prompt + sum(limits)
    if len(limits) < 2 or needed <= n_ctx:
        return
    room, n_fitting = n_ctx - n_prompt, 0
    for limit in limits:
        room -= limit
        n_fitting += room >= 0
    raise error(
        LANES_NOT_FITTING,
        lanes=len(limits),
        prompt=f"{n_prompt:,}",
        needed=f"{needed:,}",
        n_ctx=f"{n_ctx:,}",
        fitting=max(1, n_fitting),
    )


def check_before(lengths: Sequence[int], *, n_prompt: int, n_ctx: int) -> None:
    """lengths: how many tokens each lane has. Raises AppError(CONTEXT_FULL) where a larger context wrote them."""
    needed = n_prompt + max(lengths)
    if needed > n_ctx:
        raise error(PROMPT_TOO_LONG, needed=f"{needed:,}", limit=f"{n_ctx:,}")


@dataclass(kw_only=True)
class Comparison:
    """Everything one comparison needs; `events` runs it once. recording: that of all lanes."""

    request_id: int
    context: Context
    memory: PromptMemory
    cancel: CancelFlag
    prompt: Sequence[int]
    left_out: int = 0
    lanes: Sequence[Lane]
    recording: Recording | None

    def __post_init__(self) -> None:
        self._places = {lane.number: place for place, lane in enumerate(self.lanes)}  # in the context

    def events(self) -> Iterator[LaneEvent]:
        """Progress, tokens soon after they are drawn, an end of each lane, one Compared. Raises AppError; a
        cancellation ends all lanes."""
        if self.recording is None:
            return gathered(self._events(), tuple, _UNLIMITED)
        return gathered(self._events(), self.recording.completed, self.recording.most_noted)

    def _events(self) -> Iterator[LaneEvent]:
        self._started = self._prompt_done = time.perf_counter()
        self._plan = ReusePlan(keep=0, exact=True)
        self._whole = True  # no lane was ended by a person
        self._live = list(self.lanes)
        failure: AppError | None = None
        try:
            yield from self._evaluate_prompt()
            yield from self._decode()
        except AppError as problem:
            failure = problem if problem.info.kind is not ErrorKind.CANCELLED else None
        finally:
            self._close_places()
        if failure is None:
            for lane in list(self._live):
                yield from self._end(lane, FinishReason.CANCELLED)
        else:
            for lane in self._live:
                yield from self._rest(lane)
            raise failure
        ended = time.perf_counter()
        yield Compared(
            request_id=self.request_id,
            n_tokens=sum(lane.count for lane in self.lanes),
            generate_ms=(ended - self._prompt_done) * 1000,
            together=True,
        )

    def _evaluate_prompt(self) -> Iterator[PromptProgress]:
        self.context.begin()
        self._plan = self.memory.begin(self.context, self.prompt)
        yield self._progress(self._plan.keep)
        for done in self.memory.evaluate_rest(self.context, self.prompt):
            self._prompt_done = time.perf_counter()
            yield self._progress(done)
            if all(lane.number in self.cancel.lanes for lane in self.lanes):
                raise error(CANCELLED)

    def _progress(self, done: int) -> PromptProgress:
        total = len(self.prompt)
        return PromptProgress(request_id=self.request_id, done=done, total=total, left_out=self.left_out)

    def _decode(self) -> Iterator[TokensEmitted | LaneFinished | LaneFailed]:
        first = self._open_places()
        rows = [first.get(lane.number, self.memory.prompt_logits) for lane in self._live]
        n_prompt = len(self.prompt)
        while self._live:
            if self.cancel.is_set():
                raise error(CANCELLED)
            calls: list[tuple[int, int, int]] = []
            for lane, logits in zip(list(self._live), rows, strict=True):
                yield from self._step(lane, logits)
                if lane.ended is None and lane in self._live:
                    calls.append((self._places[lane.number], n_prompt + len(lane.ids) - 1, lane.ids[-1]))
            if calls:
                self.context.evaluate_lanes(calls)
                rows = [self.context.logits(at) for at in range(len(calls))]

    def _open_places(self) -> dict[int, npt.NDArray[np.float32]]:
        """The logits after what a lane had written already, by its number."""
        first: dict[int, npt.NDArray[np.float32]] = {}
        for lane in self.lanes:
            self.context.open_lane(self._places[lane.number], lane.ids)
            if lane.ids:
                first[lane.number] = self.context.logits().copy()
        if first:
            self._prompt_done = time.perf_counter()
        return first

    def _close_places(self) -> None:
        """Not before all have ended: where another's cells are taken, the sums over a lane's own are rounded in another
        order."""
        for place in range(len(self.lanes)):
            self.context.close_lane(place)

    def _step(self, lane: Lane, logits: npt.NDArray[np.float32]) -> Iterator[TokensEmitted | LaneFinished | LaneFailed]:
        if lane.ended is None and lane.number in self.cancel.lanes:
            yield from self._end(lane, FinishReason.CANCELLED)
            return
        if lane.ended is None:
            try:
                token, text = lane.step(logits)
            except AppError as problem:
                if problem.info.kind is ErrorKind.MODEL_FILE:  # the cache holds what such logits were made of
                    self.memory.forget()
                    self.context.clear()
                    raise
                yield from self._rest(lane)
                self._live.remove(lane)
                yield LaneFailed(request_id=self.request_id, lane=lane.number, error=problem.info)
                return
            yield self._emitted(lane, (token,), text)
        if lane.ended is not None:
            yield from self._end(lane, lane.ended)

    def _emitted(self, lane: Lane, tokens: tuple[Token, ...], text: str) -> TokensEmitted:
        return TokensEmitted(request_id=self.request_id, tokens=tokens, text=text, lane=lane.number)

    def _rest(self, lane: Lane) -> Iterator[TokensEmitted]:
        """Closes it."""
        rest = lane.close()
        if rest:
            yield self._emitted(lane, (), rest)

    def _end(self, lane: Lane, reason: FinishReason) -> Iterator[TokensEmitted | LaneFinished]:
        yield from self._rest(lane)
        self._live.remove(lane)
        self._whole = self._whole and reason is not FinishReason.CANCELLED
        ended = time.perf_counter()
        prompt_done = self._prompt_done if lane.count else ended
        is_fresh = all(each.count == len(each.ids) for each in self.lanes)
        yield LaneFinished(
            request_id=self.request_id,
            lane=lane.number,
            text=lane.text,
            finish_reason=reason,
            seed=lane.seed,
            reproducible=self._whole and is_fresh and self._plan.exact and self.context.as_usual,
            usage=Usage(
                prompt_tokens=len(self.prompt),
                cached_tokens=self._plan.keep,
                completion_tokens=lane.count,
                prompt_ms=(prompt_done - self._started) * 1000,
                generate_ms=(ended - prompt_done) * 1000,
                context_tokens=len(self.prompt) + len(lane.ids),
                left_out=self.left_out,
            ),
        )


def one_after_another(request_id: int, replies: Iterable[Generation]) -> Iterator[LaneEvent]:
    """For a model whose cells can't be shared: each lane as a reply of its own, the last event Compared."""
    n_tokens, generate_ms = 0, 0.0
    for reply in replies:
        number = reply.lane.number
        try:
            for event in reply.events():
                if not isinstance(event, Finished):
                    yield event
                    continue
                n_tokens += event.usage.completion_tokens
                generate_ms += event.usage.generate_ms
                yield LaneFinished(
                    request_id=request_id,
                    lane=number,
                    text=event.text,
                    finish_reason=event.finish_reason,
                    seed=event.seed,
                    reproducible=event.reproducible,
                    usage=event.usage,
                )
        except AppError as problem:
            if problem.info.kind in (ErrorKind.MODEL_FILE, ErrorKind.WORKER):
                raise
            yield LaneFailed(request_id=request_id, lane=number, error=problem.info)
    yield Compared(request_id=request_id, n_tokens=n_tokens, generate_ms=generate_ms, together=False)
