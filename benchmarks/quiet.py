"""What other processes took of the machine during a measurement, and one that takes a core on purpose."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil


class Quiet:
    """From its construction to `others`: processor time of all processes but this one's and its descendants'."""

    def __init__(self) -> None:
        self._start = (time.perf_counter(), _busy_seconds(), _own_seconds())

    def others(self) -> float:
        """In cores: 0.05 is 5 % of one processor."""
        wall, busy, own = (
            now - then
            for now, then in zip((time.perf_counter(), _busy_seconds(), _own_seconds()), self._start, strict=True)
        )
        return max(0.0, busy - own) / wall


@contextmanager
def busy_process() -> Iterator[None]:
    """One process that never stops computing while the block runs; it counts as one of ours."""
    endless = f"import os\nwhile os.getppid() == {os.getpid()}: sum(range(100000))"
    process = subprocess.Popen([sys.executable, "-c", endless])
    time.sleep(0.5)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _busy_seconds() -> float:
    times = psutil.cpu_times()._asdict()
    return sum(value for name, value in times.items() if name not in ("idle", "iowait", "guest", "guest_nice"))


def _own_seconds() -> float:
    total = 0.0
    me = psutil.Process()
    for process in (me, *me.children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total
