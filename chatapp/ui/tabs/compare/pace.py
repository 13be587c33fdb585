"""How fast tokens come, over the last seconds. No Qt here."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

_SECONDS = 4.0


class Pace:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: deque[tuple[float, int]] = deque()

    def add(self, count: int) -> None:
        self._seen.append((self._clock(), count))

    @property
    def rate(self) -> float:
        """Tokens a second; 0 where there are too few to tell."""
        now = self._clock()
        while self._seen and now - self._seen[0][0] > _SECONDS:
            self._seen.popleft()
        if len(self._seen) < 2:
            return 0.0
        began, first = self._seen[0]
        return (sum(count for _, count in self._seen) - first) / max(now - began, 1e-3)
