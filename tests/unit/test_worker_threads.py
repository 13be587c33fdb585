from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np

from chatapp.workers.engine.threads import AdaptiveThreads, _idle_seconds, default_threads


def test_two_hardware_threads_of_one_core_count_once(tmp_path: Path) -> None:
    allowed = sorted(os.sched_getaffinity(0))
    for cpu in allowed:
        folder = tmp_path / f"cpu{cpu}" / "topology"
        folder.mkdir(parents=True)
        (folder / "thread_siblings_list").write_text(f"{allowed[0]}-{allowed[-1]}\n")
    assert default_threads(tmp_path) == 1


def test_without_a_topology_every_allowed_cpu_counts(tmp_path: Path) -> None:
    assert default_threads(tmp_path) == len(os.sched_getaffinity(0))


class Machine:
    """Two cores, one of which another process uses `other` parts of. What two threads got then was measured."""

    OTHER, GOT = (0.0, 0.15, 0.3, 0.5, 0.7, 1.0), (2.0, 1.88, 1.82, 1.72, 1.6, 1.36)

    def __init__(self) -> None:
        self.now = self.used = self.idle = 0.0

    def run(self, threads: AdaptiveThreads, other: float, seconds: float = 3.0) -> int:
        """What it settles on."""
        for _ in range(int(seconds / 0.1)):
            count = threads.look()
            got = 1.0 if count == 1 else float(np.interp(other, self.OTHER, self.GOT))
            self.now += 0.1
            self.used += 0.1 * got
            self.idle += 0.1 * max(0.0, 2 - other - got)
        return threads.look()


def adaptive() -> tuple[Machine, AdaptiveThreads]:
    machine = Machine()
    threads = AdaptiveThreads(
        2, clock=lambda: machine.now, used=lambda: machine.used, idle=lambda: machine.idle
    )  # fmt: skip
    return machine, threads


def test_a_thread_less_while_another_process_has_a_core_and_one_more_when_it_is_gone() -> None:
    machine, threads = adaptive()
    assert machine.run(threads, other=0.0) == 2
    assert machine.run(threads, other=1.0) == 1
    assert machine.run(threads, other=0.0) == 2


def test_a_little_work_beside_takes_no_thread_away() -> None:
    machine, threads = adaptive()
    assert machine.run(threads, other=0.3) == 2


def test_it_does_not_swing_at_any_constant_load() -> None:
    for percent in range(0, 101, 5):
        machine, threads = adaptive()
        first = machine.run(threads, other=percent / 100)
        assert {machine.run(threads, other=percent / 100, seconds=0.3) for _ in range(20)} == {first}


def test_it_does_not_swing_at_any_amount_of_free_cores() -> None:
    for tenths in range(5, 85):
        clock, free = iter(range(1000)), iter(range(0, 100_000, tenths))
        threads = AdaptiveThreads(
            8, clock=lambda clock=clock: float(next(clock)), used=lambda: 0.0, idle=lambda free=free: next(free) / 10
        )
        counts = [threads.look() for _ in range(30)]
        assert len(set(counts[5:])) == 1, tenths


def test_never_less_than_one_and_never_more_than_there_are() -> None:
    clock = iter(range(100))
    starved = AdaptiveThreads(8, clock=lambda: float(next(clock)), used=lambda: 0.0, idle=lambda: 0.0)
    assert {starved.look() for _ in range(5)} == {1}
    clock = iter(range(100))
    idle = iter(range(0, 10_000, 100))
    free = AdaptiveThreads(8, clock=lambda: float(next(clock)), used=lambda: 0.0, idle=lambda: float(next(idle)))
    assert {free.look() for _ in range(5)} == {8}


def test_after_a_pause_all_threads_begin() -> None:
    machine, threads = adaptive()
    assert machine.run(threads, other=1.0) == 1
    threads.begin()
    assert threads.count == 1  # the next reply at once: what was measured still holds
    machine.now += 10.0
    threads.begin()
    assert threads.look() == 2
    assert machine.run(threads, other=1.0, seconds=0.5) == 1


def test_a_look_within_the_window_reads_only_the_clock() -> None:
    measured: list[int] = []

    def used() -> float:
        measured.append(1)
        return 0.0

    threads = AdaptiveThreads(2, clock=lambda: 0.1, used=used, idle=lambda: 0.0)
    for _ in range(10):
        threads.look()
    assert len(measured) == 1


def test_the_idle_time_is_that_of_the_allowed_processors() -> None:
    before = _idle_seconds()
    time.sleep(0.3)
    assert 0.0 <= _idle_seconds() - before <= 0.45 * len(os.sched_getaffinity(0))
