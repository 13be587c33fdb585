"""Replies that were asked to end, until they do: a worker has some seconds for it."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from chatapp.core.generation import FinishReason, Usage
from chatapp.protocol.engine import Finished

_NOTHING_USED = Usage(
    prompt_tokens=0, cached_tokens=0, completion_tokens=0, prompt_ms=0.0, generate_ms=0.0, context_tokens=0
)


def never_begun(request_id: int) -> Finished:
    """The end of a reply that was cancelled before its worker got to it."""
    return Finished(
        request_id=request_id,
        text="",
        finish_reason=FinishReason.CANCELLED,
        seed=0,
        reproducible=False,
        usage=_NOTHING_USED,
    )


class Cancellations(QObject):
    overdue = Signal()

    def __init__(self, seconds: float, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.seconds = seconds
        self._open: set[int] = set()
        self._timer = QTimer(self, singleShot=True, interval=int(seconds * 1000))
        self._timer.timeout.connect(self.overdue)

    def __contains__(self, request_id: object) -> bool:
        return request_id in self._open

    def __len__(self) -> int:
        return len(self._open)

    def add(self, request_id: int) -> None:
        """The time runs from the first that is not answered."""
        self._open.add(request_id)
        if not self._timer.isActive():
            self._timer.start()

    def end(self, request_id: int | None) -> None:
        """That request has ended there, cancelled or not."""
        if request_id in self._open:
            self._open.discard(request_id)
            if not self._open:
                self._timer.stop()

    def clear(self) -> None:
        """Their worker is no longer in use."""
        self._open.clear()
        self._timer.stop()
