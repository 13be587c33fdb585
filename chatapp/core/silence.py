"""How long somebody has said nothing, while this process itself was running."""

from __future__ import annotations

import time
from collections.abc import Callable

TICK_SECONDS = 0.25  # how often to ask
_MOST_A_TICK = 2 * TICK_SECONDS


class Silence:
    """Counts only what it sees of the time: a laptop that slept, a stopped or busy process of our own would otherwise
    be taken for the other one's silence. So the time between two ticks counts as at most two of them."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._at = clock()
        self._seconds = 0.0

    def end(self) -> None:
        """Something was said."""
        self._at = self._clock()
        self._seconds = 0.0

    def tick(self) -> float:
        """The seconds of silence by now; call it every TICK_SECONDS."""
        now = self._clock()
        self._seconds += min(now - self._at, _MOST_A_TICK)
        self._at = now
        return self._seconds
