"""A worker does not outlive its parent, and dies before it where memory is short. Imports next to nothing, so that this
can be the first thing a worker does: a parent may die while its worker is still starting."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

PARENT_VARIABLE = "CHATAPP_PARENT_PID"
_PR_SET_PDEATHSIG = 1
_OOM_SCORE = Path("/proc/self/oom_score_adj")
_RAISED_BY, _MOST = 300, 1000


def die_with_parent() -> None:
    """On Linux the end of the parent, even by SIGKILL, reaches this process too. Call on the main thread.

    The end of stdin does the same on every system, but only once somebody reads it.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    parent = os.environ.pop(PARENT_VARIABLE, "")
    if parent and hasattr(os, "getppid") and os.getppid() != int(parent):  # it died before the line above
        os._exit(0)


def die_before_parent() -> None:
    """Where memory runs out Linux ends a process of its choice. It shall be the worker, which can be replaced, and not
    the window."""
    with suppress(OSError, ValueError):
        before = int(_OOM_SCORE.read_text(encoding="ascii"))
        _OOM_SCORE.write_text(str(min(_MOST, before + _RAISED_BY)), encoding="ascii")
