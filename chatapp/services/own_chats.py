"""The user's own chats as data of a run: counted while the choice changes, then written into a file."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from chatapp.core.errors import ErrorInfo
from chatapp.services.background import Background
from chatapp.storage import own_chats
from chatapp.storage.chats import ChatStore
from chatapp.storage.own_chats import Choice, ChosenChats
from chatapp.storage.paths import Paths


class OwnChats(QObject):
    counted = Signal(object)
    """ChosenChats of the newest choice"""
    failed = Signal(object)
    """ErrorInfo"""

    def __init__(self, store: ChatStore, paths: Paths, background: Background, parent: QObject | None = None) -> None:
        """background: the thread of the chats."""
        super().__init__(parent)
        self._store, self._paths, self._background = store, paths, background
        self._wanted: Choice | None = None
        self._counts = False

    def count(self, choice: Choice) -> None:
        """Ends with `counted`, unless the choice changes before that: all chats are read for each."""
        self._wanted = choice
        if not self._counts:
            self._count()

    def write(self, choice: Choice, done: Callable[[Path], None]) -> None:
        """Hands the file to `done`, or tells `failed`."""
        self._background.run(partial(own_chats.write, self._store, choice, self._paths), done, self.failed.emit)

    def _count(self) -> None:
        wanted = self._wanted
        if wanted is None:
            return
        self._counts = True

        def done(found: ChosenChats) -> None:
            self._end(wanted, lambda: self.counted.emit(found))

        def failed(info: ErrorInfo) -> None:
            self._end(wanted, lambda: self.failed.emit(info))

        self._background.run(partial(own_chats.count, self._store, wanted), done, failed)

    def _end(self, counted: Choice, tell: Callable[[], None]) -> None:
        self._counts = False
        if self._wanted == counted:
            tell()
        else:
            self._count()
