"""Silence is counted while this process itself runs."""

from __future__ import annotations

from chatapp.core.silence import TICK_SECONDS, Silence


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def ticks(silence: Silence, clock: Clock, count: int) -> float:
    seconds = 0.0
    for _ in range(count):
        clock.now += TICK_SECONDS
        seconds = silence.tick()
    return seconds


def test_silence_adds_up_until_something_is_said() -> None:
    clock = Clock()
    silence = Silence(clock)
    assert ticks(silence, clock, 8) == 8 * TICK_SECONDS
    silence.end()
    assert ticks(silence, clock, 2) == 2 * TICK_SECONDS


def test_a_gap_in_the_own_clock_is_no_silence() -> None:
    """A laptop that slept for a night, or a process that was stopped itself."""
    clock = Clock()
    silence = Silence(clock)
    ticks(silence, clock, 4)
    clock.now += 8 * 3600
    assert silence.tick() <= 6 * TICK_SECONDS
    clock.now += 60
    silence.end()
    clock.now += 60
    assert silence.tick() <= 2 * TICK_SECONDS
