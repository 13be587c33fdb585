"""Enters the sandbox: once, on the main thread, before there is another, before native code is loaded."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from chatapp.core.sandbox import FileAccess, SandboxReport
from chatapp.workers.sandbox import landlock, places, seccomp

ON_GPU = "this build computes on a GPU, whose driver needs more system calls"
OTHER_SYSTEM = "it is made for Linux"
SWITCHED_OFF = "it is switched off"


def access_of(words: Sequence[str]) -> FileAccess | None:
    """What `--read PATH` and `--write DIR`, each any number of times, allow; None for `--no-sandbox` alone.

    Raises ValueError for other words.
    """
    if list(words) == ["--no-sandbox"]:
        return None
    named: dict[str, list[str]] = {"--read": [], "--write": []}
    for option, path in zip(words[::2], words[1::2], strict=False):
        if option not in named:
            raise ValueError(option)
        named[option].append(path)
    if len(words) % 2:
        raise ValueError(words[-1])
    return FileAccess(read=tuple(named["--read"]), write=tuple(named["--write"]))


def enter(access: FileAccess | None, *, gpu: bool) -> SandboxReport:
    """Gives up all but `access` and what any worker needs, as far as this system can; None: everything is kept. gpu:
    the worker's libraries may compute on a graphics card."""
    if access is None:
        return SandboxReport(reason=SWITCHED_OFF)
    if sys.platform != "linux":
        return SandboxReport(reason=OTHER_SYSTEM)
    problems = []
    version = 0
    try:
        version = landlock.restrict(_rights(access, gpu=gpu))
    except OSError as problem:
        problems.append(str(problem))
    has_filter = False
    if gpu:
        problems.append(ON_GPU)
    else:
        try:
            seccomp.restrict()
            has_filter = True
        except OSError as problem:
            problems.append(str(problem))
    return SandboxReport(landlock=version, seccomp=has_filter, reason="; ".join(problems))


def _rights(access: FileAccess, *, gpu: bool) -> list[tuple[str, int]]:
    rights = [(path, landlock.READ) for path in (*places.readable(), *access.read)]
    rights += [(path, landlock.WRITE) for path in access.write]
    rights.append(("/dev/null", landlock.DEVICE))
    if gpu:
        rights += [(path, landlock.READ) for path in places.readable_with_gpu()]
        rights += [(path, landlock.DEVICE) for path in places.devices()]
    return rights
