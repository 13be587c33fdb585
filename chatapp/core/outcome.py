"""The end of a process, in words."""

from __future__ import annotations

import signal
import sys


def outcome_text(code: int) -> str:
    """ "signal SIGSEGV" for a negative code as subprocess gives it, else "exit code N"."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}" if sys.platform != "win32" else f"exit code {code}"
