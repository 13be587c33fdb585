"""What is asked of a request while it is in work: by the thread that reads commands, seen by the one that works."""

from __future__ import annotations

import threading
from contextlib import suppress

from chatapp.core.errors import AppError, error
from chatapp.core.sentences import CANCELLED
from chatapp.protocol.finetune import GoOn, Pause, Stop
from chatapp.workers.finetune_client import FinetuneClient

Wish = Pause | GoOn | Stop


class Control:
    """Wishes reach the trainer while it trains. Those that come earlier, or while it waits for us, are kept until then;
    of Pause and GoOn only the last counts."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._trainer: FinetuneClient | None = None
        self._cancelled = False
        self._paused = False
        self.stopped = False
        """Whether training is to end; what only passes time meanwhile is then left out."""

    def cancel(self) -> None:
        self._cancelled = True

    def check(self) -> None:
        """Raises AppError(CANCELLED)."""
        if self._cancelled:
            raise error(CANCELLED)

    def wish(self, wish: Wish) -> None:
        with self._lock:
            self.stopped = self.stopped or isinstance(wish, Stop)
            self._paused = isinstance(wish, Pause) or (self._paused and isinstance(wish, Stop))
            if self._trainer is not None:
                self._tell(self._trainer, wish)

    def begin(self, trainer: FinetuneClient) -> None:
        """It trains from now on, or again, or is known to."""
        with self._lock:
            if self._trainer is trainer:
                return
            self._trainer = trainer
            if self.stopped:
                self._tell(trainer, Stop(request_id=0))
            elif self._paused:
                self._tell(trainer, Pause(request_id=0))

    def hold(self) -> None:
        """It waits for us, or has ended."""
        with self._lock:
            self._trainer = None

    def _tell(self, trainer: FinetuneClient, wish: Wish) -> None:
        with suppress(AppError):  # who reads its events is told
            match wish:
                case Pause():
                    trainer.pause()
                case GoOn():
                    trainer.go_on()
                case Stop():
                    trainer.stop()
