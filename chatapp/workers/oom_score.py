"""Where memory runs out Linux ends a process of its choice: it shall be a worker, which can be replaced, and not the
window."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

_SCORE = Path("/proc/self/oom_score_adj")
_RAISED_BY, _MOST = 300, 1000


def raise_oom_score() -> None:
    """Call before the sandbox, which takes the right to."""
    with suppress(OSError, ValueError):
        before = int(_SCORE.read_text(encoding="ascii"))
        _SCORE.write_text(str(min(_MOST, before + _RAISED_BY)), encoding="ascii")
