"""How many threads to compute with: the cores there are, and how many of them nobody else is using."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import psutil

WINDOW = 0.25  # seconds; system clocks count in ticks of 10-16 ms


def default_threads(topology: Path = Path("/sys/devices/system/cpu")) -> int:
    """The number of physical cores this process may run on, at least 1.

    Two hardware threads of one core share its arithmetic units, so the second adds waiting, not speed.
    """
    cores = {_core_of(topology, cpu) for cpu in _allowed_cpus()}
    return max(1, len(cores))


class AdaptiveThreads:
    """Follows how many cores are free while the engine computes.

    The threads of a computation wait for each other hundreds of times a token, so one that has lost its core to
    another process holds up all. What the machine can give is what this process got plus what nobody used. Below
    `count` by more than 0.4 cores one thread fewer is faster (measured on 2 cores with another process that takes 15 to
    100 % of one); one more needs 0.7, well above that, so that no constant load makes it swing.
    """

    def __init__(
        self,
        most: int,
        *,
        clock: Callable[[], float] = time.perf_counter,
        used: Callable[[], float] = time.process_time,
        idle: Callable[[], float] | None = None,
    ) -> None:
        """The clocks give seconds: wall time, processor time of this process, idle time of the allowed processors."""
        self.most = self.count = most
        self._clock, self._used, self._idle = clock, used, idle or _idle_seconds
        self._at = (clock(), used(), self._idle())

    def begin(self) -> None:
        """Call before a request. What was measured some time ago tells nothing of now, so all threads begin then:
        a prompt loses little by it on a busy machine and is long enough to measure."""
        now = self._clock()
        if now - self._at[0] >= 2 * WINDOW:
            self.count = self.most
            self._at = (now, self._used(), self._idle())

    def look(self) -> int:
        """The number of threads to use now; measures at most once a WINDOW, else costs a clock reading."""
        now = self._clock()
        wall = now - self._at[0]
        if wall >= WINDOW:
            used, idle = self._used(), self._idle()
            available = (used - self._at[1] + idle - self._at[2]) / wall
            self._at = (now, used, idle)
            if available < self.count - 0.4:
                self.count = max(1, int(available + 0.4))
            elif available >= self.count + 0.7:
                self.count = min(self.most, int(available + 0.3))
        return self.count


def _idle_seconds() -> float:
    """Summed over the processors this process may run on."""
    each = psutil.cpu_times(percpu=True)
    allowed = [cpu for cpu in _allowed_cpus() if cpu < len(each)]
    return sum(float(each[cpu].idle) + float(getattr(each[cpu], "iowait", 0.0)) for cpu in allowed)


def _allowed_cpus() -> set[int]:
    if hasattr(os, "sched_getaffinity"):
        return os.sched_getaffinity(0)
    return set(range(os.cpu_count() or 1))


def _core_of(topology: Path, cpu: int) -> str:
    siblings = topology / f"cpu{cpu}" / "topology" / "thread_siblings_list"
    try:
        return siblings.read_text(encoding="ascii").strip()
    except OSError:
        return str(cpu)
