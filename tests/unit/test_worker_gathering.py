from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from chatapp.core.generation import Token
from chatapp.protocol.engine import PromptProgress, TokensEmitted
from chatapp.workers.engine.gathering import GATHER_SECONDS, gathered


def token(index: int) -> TokensEmitted:
    text = f" {index}"
    one = Token(lane=0, index=index, id=index, text=text, data=text.encode())
    return TokensEmitted(request_id=1, tokens=(one,), text=text)


class Clock:
    """Each event takes `step` seconds."""

    def __init__(self, step: float) -> None:
        self.now, self.step = 0.0, step

    def events(self, count: int, *, fails: bool = False) -> Iterator[PromptProgress | TokensEmitted]:
        yield PromptProgress(request_id=1, done=1, total=1)
        for index in range(count):
            self.now += self.step
            yield token(index)
        if fails:
            raise ZeroDivisionError


def emitted(clock: Clock, count: int) -> list[TokensEmitted]:
    return [e for e in gathered(clock.events(count), tuple, 1000, lambda: clock.now) if isinstance(e, TokensEmitted)]  # type: ignore[arg-type]


def test_fast_tokens_travel_together_in_order_and_none_is_lost() -> None:
    events = emitted(Clock(GATHER_SECONDS * 0.34), 20)
    assert len(events[0].tokens) == 1  # the first one at once
    assert [t.index for event in events for t in event.tokens] == list(range(20))
    assert "".join(event.text for event in events) == "".join(f" {index}" for index in range(20))
    assert 6 <= len(events) <= 9


def test_slow_tokens_travel_alone() -> None:
    assert [len(event.tokens) for event in emitted(Clock(GATHER_SECONDS * 1.1), 5)] == [1] * 5


def test_no_more_than_can_be_noted_wait() -> None:
    clock = Clock(GATHER_SECONDS / 100)
    events = [e for e in gathered(clock.events(20), tuple, 4, lambda: clock.now) if isinstance(e, TokensEmitted)]
    assert [len(event.tokens) for event in events] == [1, 4, 4, 4, 4, 3]


def test_what_was_written_before_an_error_is_sent() -> None:
    clock = Clock(0.001)
    found: list[int] = []

    def take_all() -> None:
        for event in gathered(clock.events(5, fails=True), tuple, 1000, lambda: clock.now):  # type: ignore[arg-type]
            if isinstance(event, TokensEmitted):
                found.extend(token.index for token in event.tokens)

    with pytest.raises(ZeroDivisionError):
        take_all()
    assert found == [0, 1, 2, 3, 4]


def test_tokens_of_several_lanes_travel_by_lane_with_the_records_of_their_own_steps() -> None:
    def steps() -> Iterator[TokensEmitted]:
        for index in range(4):
            for lane in (3, 5):
                data = f" {lane}.{index}"
                one = Token(lane=lane, index=index, id=index, text=data, data=data.encode())
                yield TokensEmitted(request_id=1, tokens=(one,), text=data, lane=lane)
        yield TokensEmitted(request_id=1, tokens=(), text="rest", lane=5)

    seen: list[str] = []

    def completed(tokens: Sequence[Token]) -> list[Token]:
        seen.extend(token.text for token in tokens)
        return [replace(token, cut=len(seen)) for token in tokens]

    events = list(gathered(steps(), completed, 1000, lambda: 0.0))
    assert seen == [f" {lane}.{index}" for index in range(4) for lane in (3, 5)]  # as they were drawn
    for lane in (3, 5):
        mine = [event for event in events if event.lane == lane]
        assert len(mine) <= 2  # the first token at once
        assert [token.text for event in mine for token in event.tokens] == [f" {lane}.{index}" for index in range(4)]
        assert "".join(event.text for event in mine) == f" {lane}.0 {lane}.1 {lane}.2 {lane}.3" + "rest" * (lane == 5)
