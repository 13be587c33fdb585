"""How fast a run is, and how long it will still take."""

from __future__ import annotations

from collections import deque

_STEPS = 20


class Speed:
    """Over the last steps."""

    def __init__(self, n_steps: int) -> None:
        self._n_steps = n_steps
        self._steps: deque[tuple[int, float]] = deque(maxlen=_STEPS)  # (tokens, seconds)
        self._evaluation = 0.0  # seconds of the last one, per step

    def add(self, n_tokens: int, seconds: float) -> None:
        self._steps.append((n_tokens, seconds))

    def add_evaluation(self, seconds: float, n_steps: int) -> None:
        """One every n_steps."""
        self._evaluation = seconds / n_steps

    @property
    def tokens_per_second(self) -> float:
        seconds = sum(seconds for _, seconds in self._steps)
        return sum(tokens for tokens, _ in self._steps) / seconds if seconds else 0.0

    def remaining(self, step: int, limit: float) -> float:
        """Seconds after that step; at most `limit` where that is above 0."""
        each = sum(seconds for _, seconds in self._steps) / max(1, len(self._steps)) + self._evaluation
        left = (self._n_steps - step) * each
        return min(left, limit) if limit > 0 else left
