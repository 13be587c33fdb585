"""A worker does not outlive its parent. Imports next to nothing, so that it can be the first thing a worker does: a
parent may die while its worker is still starting."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PARENT_VARIABLE = "CHATAPP_PARENT_PID"
_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """On Linux the end of the parent, even by SIGKILL, reaches this process too. Call on the main thread.

    The end of stdin does the same on every system, but only once somebody reads it.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    parent = os.environ.pop(PARENT_VARIABLE, "")
    if sys.platform == "win32":  # a process of the venv's python.exe may be between
        return
    if parent and os.getppid() != int(parent):  # it died before the lines above
        os._exit(0)
