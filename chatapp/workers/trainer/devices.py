"""What PyTorch can compute on, with how many threads, in which precision, and how much memory there is."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import psutil
import torch

from chatapp.core.errors import error
from chatapp.core.trainer_sentences import TRAINING_NO_DEVICE


def available() -> tuple[str, ...]:
    """Best first."""
    cuda = ("cuda",) if torch.cuda.is_available() else ()
    mps = ("mps",) if torch.backends.mps.is_available() else ()
    return (*cuda, *mps, "cpu")


def device_of(name: str) -> torch.device:
    """Raises AppError(BAD_INPUT) for one that is not there."""
    found = available()
    if name != "auto" and name not in found:
        raise error(TRAINING_NO_DEVICE, device=name, devices=", ".join(found))
    return torch.device(found[0] if name == "auto" else name)


def use_threads() -> None:
    """A thread for each physical core this process may run on; OMP_NUM_THREADS, where it is set, is kept to."""
    if os.environ.get("OMP_NUM_THREADS"):
        return
    allowed = len(os.sched_getaffinity(0)) if sys.platform == "linux" else psutil.cpu_count() or 1
    torch.set_num_threads(max(1, min(allowed, psutil.cpu_count(logical=False) or allowed)))


def is_half_faster(device: torch.device) -> bool:
    """Whether products in bfloat16 are: on a processor without instructions for them they take 13 times as long."""
    if device.type != "cuda":
        return False
    return _seconds(device, torch.bfloat16) < 0.8 * _seconds(device, torch.float32)


def _seconds(device: torch.device, kind: torch.dtype) -> float:
    matrix = torch.ones(1024, 1024, device=device, dtype=kind)
    best = float("inf")
    for _ in range(4):
        torch.cuda.synchronize(device)
        start = time.perf_counter()
        for _ in range(8):
            matrix @ matrix
        torch.cuda.synchronize(device)
        best = min(best, time.perf_counter() - start)
    return best


def free_bytes(device: torch.device) -> int:
    """That could be taken without anything being swapped out."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return int(psutil.virtual_memory().available)


def held_bytes() -> int:
    """Memory this process holds now."""
    return int(psutil.Process().memory_info().rss)


def peak_bytes() -> int:
    """The most it held."""
    if sys.platform == "linux":
        for line in Path(f"/proc/{os.getpid()}/status").read_text("ascii", "replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    if sys.platform == "win32":
        return int(psutil.Process().memory_info().peak_wset)
    import resource

    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * (1 if sys.platform == "darwin" else 1024)
