"""How many threads to compute with."""

from __future__ import annotations

import os
from pathlib import Path


def default_threads(topology: Path = Path("/sys/devices/system/cpu")) -> int:
    """The number of physical cores this process may run on, at least 1.

    Two hardware threads of one core share its arithmetic units, so the second adds waiting, not speed.
    """
    allowed = _allowed_cpus()
    cores = {_core_of(topology, cpu) for cpu in allowed}
    return max(1, len(cores))


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
