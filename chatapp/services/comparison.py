"""A comparison as it is written: its lanes in batches, after the replies of chats, stored as they grow.

A reply goes first: the lanes give way to it and go on from what they have when no reply is left.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from chatapp.core.comparison import LANES_AT_ONCE, MOST_LANES, ComparedPrompt, Comparison, LaneResult, LaneState
from chatapp.core.errors import AppError, ErrorInfo, error
from chatapp.core.generation import FinishReason, Token
from chatapp.core.sampling import MAX_SEED, SamplingSettings
from chatapp.core.sentences import LANES_NOT_FITTING, LANES_OF_OTHER_MODEL
from chatapp.protocol.engine import (
    Compare,
    Compared,
    Failed,
    LaneFailed,
    LaneFinished,
    LaneStart,
    PromptProgress,
    TokensEmitted,
    as_prompt,
)
from chatapp.services.inference import InferenceService
from chatapp.services.pending_writes import PendingWrites
from chatapp.services.replies import Replies
from chatapp.storage.comparisons import ComparisonStore

SAVE_EVERY_MS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneTokens:
    """The next tokens of a lane."""

    place: int
    tokens: tuple[Token, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneChanged:
    """A lane in another state; its tokens are those that were told."""

    place: int
    lane: LaneResult


class ComparisonService(QObject):
    """One comparison at a time, on show: being written, ended, or opened from the disk. sweeps: whether its lanes may
    be many, and are written in batches, as large as fit in the context."""

    begins = Signal()
    """before lanes are asked for, which then fill what the model has read"""

    shown = Signal(object)
    """Comparison: another one, or one whose lanes are others than before"""
    waits = Signal(object)
    """bool: whether it waits for replies"""
    read = Signal(object)
    """float from 0 to 1: how much of the prompt"""
    grew = Signal(object)
    """LaneTokens"""
    lane_changed = Signal(object)
    """LaneChanged"""
    ended = Signal(object)
    """Comparison: no lane is written or waits"""
    failed = Signal(object)
    """ErrorInfo: why it can't go on; its lanes are then interrupted"""

    def __init__(
        self,
        store: ComparisonStore,
        inference: InferenceService,
        replies: Replies,
        writes: PendingWrites,
        *,
        sweeps: bool = False,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._sweeps = sweeps
        self._at_once = MOST_LANES
        self._store, self._inference, self._replies, self._writes = store, inference, replies, writes
        self._id = ""
        self._prompt, self._model = ComparedPrompt(text=""), ""
        self._lanes: list[LaneResult] = []
        self._tokens: list[list[Token]] = []
        self._numbers: list[int] = []  # by which the engine knows them: places change when a lane is taken out
        self._next_number = 0
        self._together = True
        self._probs = 0
        self._asked: int | None = None
        self._gives_way = self._waits = False
        self._stopped: set[int] = set()  # numbers of lanes that a person ended
        self._unsaved: set[int] = set()
        self._timer = QTimer(self, interval=SAVE_EVERY_MS)
        self._timer.timeout.connect(self._save_grown)
        inference.advanced.connect(self._on_advanced)
        inference.answered.connect(self._on_answered)
        inference.failed.connect(self._on_failed)
        replies.started.connect(self._on_reply)
        replies.queue_changed.connect(self._go_on)

    @property
    def comparison(self) -> Comparison:
        """As it is now; without lanes where none was begun."""
        lanes = tuple(map(self._lane, range(len(self._lanes))))
        return Comparison(prompt=self._prompt, model=self._model, lanes=lanes, together=self._together)

    @property
    def comparison_id(self) -> str:
        return self._id

    @property
    def is_running(self) -> bool:
        """Whether a lane is written or waits."""
        return any(lane.state in (LaneState.WAITING, LaneState.WRITING) for lane in self._lanes)

    def start(self, prompt: ComparedPrompt, samplings: Sequence[SamplingSettings], probs: int) -> None:
        """A new comparison, in place of the one on show; a seed that is None is chosen. probs: see Compare."""
        model = self._inference.status.path
        lanes = tuple(LaneResult(sampling=_seeded(sampling)) for sampling in samplings)
        self._show(str(uuid.uuid4()), Comparison(prompt=prompt, model=model, lanes=lanes))
        self._probs = probs
        self._save_all()
        self._go_on()

    def open(self, comparison_id: str, comparison: Comparison) -> None:
        """One from the disk; nothing is written until that is asked for."""
        self._show(comparison_id, comparison)

    def drop(self, comparison_id: str) -> None:
        """That one is removed: where it is on show nothing is then, and it is not stored again."""
        if comparison_id == self._id:
            self._unsaved.clear()
            self._show("", Comparison(prompt=ComparedPrompt(text=""), model="", lanes=()))

    def add(self, sampling: SamplingSettings, probs: int) -> None:
        """One more lane of the same prompt; probs: see Compare."""
        self._probs = probs
        self._lanes.append(LaneResult(sampling=_seeded(sampling)))
        self._tokens.append([])
        self._numbers.append(self._next_number)
        self._next_number += 1
        self.shown.emit(self.comparison)
        self._save_all()
        self._go_on()

    def remove(self, place: int) -> None:
        """Takes a lane out of the comparison; one that is being written is ended first."""
        if self._lanes[place].state is LaneState.WRITING and self._asked is not None:
            self._inference.cancel_asked(self._asked, self._numbers[place])
        was_running = self.is_running
        del self._lanes[place], self._tokens[place], self._numbers[place]
        self.shown.emit(self.comparison)
        self._save_all()
        if was_running:
            self._tell_end()

    def resume(self, probs: int) -> None:
        """Goes on with the lanes that were interrupted, failed, or stopped by a person."""
        self._probs = probs
        for place, lane in enumerate(self._lanes):
            if lane.can_go_on and lane.state not in (LaneState.WAITING, LaneState.WRITING):
                self._stopped.discard(self._numbers[place])
                self._change(place, replace(lane, state=LaneState.WAITING, finish_reason=None, error=None))
        self._go_on()

    def cancel(self) -> None:
        """Ends all lanes; what is written stays."""
        self._gives_way = False
        if self._asked is not None:
            self._inference.cancel_asked(self._asked)
        self._end_waiting()

    def cancel_lane(self, place: int) -> None:
        """Ends one lane, the others go on."""
        lane = self._lanes[place]
        if lane.state is LaneState.WRITING and self._asked is not None:
            self._stopped.add(self._numbers[place])
            self._inference.cancel_asked(self._asked, self._numbers[place])
        elif lane.state is LaneState.WAITING:
            self._end_by_person(place)
            self._tell_end()

    def close(self) -> None:
        self._timer.stop()
        self._save_grown()

    def _lane(self, place: int) -> LaneResult:
        lane = self._lanes[place]
        text = lane.text if lane.state is LaneState.ENDED else self._spelled(place)
        return replace(lane, tokens=tuple(self._tokens[place]), text=text)

    def _spelled(self, place: int) -> str:
        return "".join(token.text for token in self._tokens[place])

    def _end_by_person(self, place: int) -> None:
        lane, text = self._lanes[place], self._spelled(place)
        self._change(place, replace(lane, state=LaneState.ENDED, finish_reason=FinishReason.CANCELLED, text=text))

    def _show(self, comparison_id: str, comparison: Comparison) -> None:
        asked, self._asked = self._asked, None
        if asked is not None:
            self._inference.cancel_asked(asked)
        self._save_grown()
        self._id, self._prompt, self._model = comparison_id, comparison.prompt, comparison.model
        self._lanes, self._together = list(comparison.lanes), comparison.together
        self._tokens = [list(lane.tokens) for lane in self._lanes]
        self._numbers = list(range(len(self._lanes)))
        self._next_number = len(self._lanes)
        self._gives_way = False
        self._stopped.clear()
        self._at_once = LANES_AT_ONCE if self._sweeps else MOST_LANES
        self.shown.emit(comparison)

    def _go_on(self) -> None:
        """The next lanes, where none are written and no reply is."""
        waiting = [place for place, lane in enumerate(self._lanes) if lane.state is LaneState.WAITING]
        if self._asked is not None or not waiting:
            return
        if self._replies.writing is not None or self._replies.waiting:
            self._tell_waits(True)
            return
        self._tell_waits(False)
        if not self._is_model_the_same():
            self._break_off(error(LANES_OF_OTHER_MODEL, model=Path(self._model).name).info)
            return
        batch = waiting[: self._at_once]
        lanes = tuple(
            LaneStart(
                number=self._numbers[place],
                sampling=self._lanes[place].sampling,
                before=tuple(token.id for token in self._tokens[place]),
            )
            for place in batch
        )
        prompt, probs = as_prompt(self._prompt), self._probs
        self.begins.emit()
        try:
            self._asked = self._inference.ask(lambda i: Compare(request_id=i, prompt=prompt, lanes=lanes, probs=probs))
        except AppError as problem:
            self._break_off(problem.info)
            return
        self._timer.start()
        for place in batch:
            self._change(place, replace(self._lanes[place], state=LaneState.WRITING))

    def _is_model_the_same(self) -> bool:
        """As the one that has written something; before that any will do."""
        path = self._inference.status.path
        if path not in ("", self._model) and not any(self._tokens):
            self._model = path
            self._save_all()
        return path in ("", self._model)

    def _on_reply(self, _message: object) -> None:
        if self._asked is not None:
            self._gives_way = True
            self._inference.cancel_asked(self._asked)

    def _tell_waits(self, waits: bool) -> None:
        if waits != self._waits:
            self._waits = waits
            self.waits.emit(waits)

    def _on_advanced(self, event: object) -> None:
        match event:
            case PromptProgress(request_id=self._asked):
                self.read.emit(event.done / event.total)
            case TokensEmitted() | LaneFinished() | LaneFailed() if event.request_id == self._asked:
                self._on_lane(event)
            case _:
                pass

    def _on_lane(self, event: TokensEmitted | LaneFinished | LaneFailed) -> None:
        """What is told of a lane that was taken out is passed over."""
        if event.lane not in self._numbers:
            return
        place = self._numbers.index(event.lane)
        match event:
            case TokensEmitted(tokens=tokens):
                self._tokens[place] += tokens
                self._unsaved.add(place)
                self.grew.emit(LaneTokens(place=place, tokens=tokens))
            case LaneFinished():
                self._on_lane_finished(place, event)
            case LaneFailed(error=info):
                self._change(place, replace(self._lanes[place], state=LaneState.FAILED, error=info))

    def _on_lane_finished(self, place: int, event: LaneFinished) -> None:
        lane = self._lanes[place]
        gave_way = self._gives_way and event.lane not in self._stopped
        if event.finish_reason is FinishReason.CANCELLED and gave_way:
            self._change(place, replace(lane, state=LaneState.WAITING))
            return
        ended = replace(
            lane,
            state=LaneState.ENDED,
            text=event.text,
            finish_reason=event.finish_reason,
            sampling=replace(lane.sampling, seed=event.seed),
            reproducible=event.reproducible,
            usage=event.usage,
        )
        self._change(place, ended)

    def _on_answered(self, event: object) -> None:
        if isinstance(event, Compared) and event.request_id == self._asked:
            self._asked = None
            self._gives_way = False
            if self._together != event.together:
                self._together = event.together
                self._save_all()
            self._go_on()
            self._tell_end()

    def _on_failed(self, event: Failed) -> None:
        if event.request_id is None or event.request_id != self._asked:
            return
        self._asked = None
        batch = self._in_state(LaneState.WRITING)
        too_many = self._sweeps and len(batch) > 1 and event.error.text == LANES_NOT_FITTING.text
        if too_many:
            self._at_once = int(event.error.params["fitting"])
        if too_many or self._gives_way:  # before it was begun
            self._gives_way = False
            for place in batch:
                self._change(place, replace(self._lanes[place], state=LaneState.WAITING))
            self._go_on()
        else:
            self._break_off(event.error)

    def _break_off(self, info: ErrorInfo) -> None:
        for place in (*self._in_state(LaneState.WRITING), *self._in_state(LaneState.WAITING)):
            self._change(place, replace(self._lanes[place], state=LaneState.INTERRUPTED, error=info))
        self.failed.emit(info)
        self._tell_end()

    def _end_waiting(self) -> None:
        for place in self._in_state(LaneState.WAITING):
            self._end_by_person(place)
        self._tell_end()

    def _in_state(self, state: LaneState) -> list[int]:
        return [place for place, lane in enumerate(self._lanes) if lane.state is state]

    def _tell_end(self) -> None:
        if self._asked is None and not self.is_running:
            self._timer.stop()
            self._tell_waits(False)
            self._save_grown()
            self.ended.emit(self.comparison)

    def _change(self, place: int, lane: LaneResult) -> None:
        self._lanes[place] = lane
        self._unsaved.add(place)
        self.lane_changed.emit(LaneChanged(place=place, lane=self._lane(place)))

    def _save_all(self) -> None:
        self._unsaved.clear()
        self._writes.write(f"comparison {self._id}", partial(self._store.save, self._id, self.comparison))

    def _save_grown(self) -> None:
        for place in sorted(self._unsaved):
            lane = self._lane(place)
            self._writes.write(f"lane {self._id} {place}", partial(self._store.save_lane, self._id, place, lane))
        self._unsaved.clear()


def _seeded(sampling: SamplingSettings) -> SamplingSettings:
    return sampling if sampling.seed is not None else replace(sampling, seed=secrets.randbelow(MAX_SEED + 1))
