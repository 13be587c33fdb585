"""A file that one process at a time may hold."""

from __future__ import annotations

import sys


def lock(handle: int) -> None:
    """Raises OSError where another has it. Ends with the descriptor, or with the process, however that ends."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
