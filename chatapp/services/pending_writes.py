"""Writes that must not be lost: one that fails (a full disk, a lock) is kept and tried again until it is done.

Of several for the same thing only the newest counts. The trouble is told once, not with every attempt.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from chatapp.core.errors import ErrorInfo, ErrorKind
from chatapp.services.background import Background
from chatapp.services.notifier import Notifier
from chatapp.storage.reserve import give_up_reserve, keep_reserve

RETRY_MS = 2_000
Work = Callable[[], None]


class PendingWrites(QObject):
    """Uses the thread of all other writing, so what is written later stays later."""

    def __init__(self, folder: Path, background: Background, notifier: Notifier) -> None:
        """folder: the data folder."""
        super().__init__()
        self._folder = folder
        self._background = background
        self._notifier = notifier
        self._newest: dict[str, Work] = {}  # by what is written
        self._failed: dict[str, Work] = {}
        self._written: set[Work] = set()  # whose end is not yet told
        self._told: set[str] = set()
        self._timer = QTimer(self, singleShot=True, interval=RETRY_MS)
        self._timer.timeout.connect(self.retry)

    @property
    def waiting(self) -> bool:
        """Whether something is in memory only, because an attempt to write it failed."""
        return bool(self._told)

    def write(self, what: str, work: Work) -> None:
        """Does `work` on the thread that writes; what: the thing written, so that a newer write replaces an older."""
        self._newest[what] = work
        self._failed.pop(what, None)

        def attempt() -> None:
            work()
            self._written.add(work)

        self._background.run(
            attempt, lambda _: self._on_done(what, work), lambda info: self._on_failed(what, work, info)
        )

    def retry(self) -> None:
        """Tries everything again that waits."""
        for what, work in list(self._failed.items()):
            self.write(what, work)

    def retry_with_reserve(self) -> None:
        """Tries it with the room that was kept for it."""
        if self._failed:
            give_up_reserve(self._folder)
        self.retry()

    def close(self) -> None:
        """A last attempt for what waits, and for what is under way and will have failed: nobody hears of that then."""
        self._timer.stop()
        if self._failed:
            give_up_reserve(self._folder)
        self._told.clear()  # who closes after this has nothing left to ask
        for work in list(self._newest.values()):
            self._background.run(partial(self._unless_written, work), lambda _: None, lambda _: None)

    def _unless_written(self, work: Work) -> None:
        if work not in self._written:
            work()

    def _on_done(self, what: str, work: Work) -> None:
        self._written.discard(work)
        if self._newest.get(what) is work:
            del self._newest[what]
        if self._failed:
            self.retry()  # there may be room again
        elif not self._newest and self._told:
            self._told.clear()
            self._background.run(lambda: keep_reserve(self._folder), lambda _: None, self._notifier.post)

    def _on_failed(self, what: str, work: Work, info: ErrorInfo) -> None:
        if info.kind is not ErrorKind.STORAGE:  # a bug: the next attempt would fail like this one
            self._notifier.post(info)
            return
        if self._newest.get(what) is work:
            self._failed[what] = work
        if info.text not in self._told:
            self._told.add(info.text)
            self._notifier.post(info)
        self._timer.start()
