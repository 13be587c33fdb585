from __future__ import annotations

import os
from pathlib import Path

from chatapp.workers.engine.threads import default_threads


def test_two_hardware_threads_of_one_core_count_once(tmp_path: Path) -> None:
    allowed = sorted(os.sched_getaffinity(0))
    for cpu in allowed:
        folder = tmp_path / f"cpu{cpu}" / "topology"
        folder.mkdir(parents=True)
        (folder / "thread_siblings_list").write_text(f"{allowed[0]}-{allowed[-1]}\n")
    assert default_threads(tmp_path) == 1


def test_without_a_topology_every_allowed_cpu_counts(tmp_path: Path) -> None:
    assert default_threads(tmp_path) == len(os.sched_getaffinity(0))
