"""Looks after the database while the window is used: whether it is whole, its daily backup, its repair.

Nothing of this is waited for: the file is looked at by a thread of its own, and only a repair makes others wait.
"""

from __future__ import annotations

from contextlib import ExitStack

from PySide6.QtCore import QObject, Signal

from chatapp.core.errors import ErrorInfo
from chatapp.services.background import Background
from chatapp.services.notifier import Notifier
from chatapp.storage.backups import Backups
from chatapp.storage.database import Database, is_damage
from chatapp.storage.paths import Paths
from chatapp.storage.repair import Repaired, is_whole, repair
from chatapp.storage.reserve import keep_reserve
from chatapp.storage.restoring import Missing, bring_back, missing_here

_MOST_REPAIRS = 2  # in one session: a disk that damages the file again and again would only be filled with copies


class StorageCare(QObject):
    """databases: every connection of this process, so that they can be closed while the file is replaced."""

    repaired = Signal(object)
    """Repaired: the chats and the models are to be listed again"""
    backup_offered = Signal(object)
    """Missing: what a backup has and the repaired database has not"""
    restored = Signal()
    """chats were brought back from a backup, and are to be listed again"""
    checked = Signal()
    """the look at the whole file and the backup after it are done"""

    def __init__(
        self,
        paths: Paths,
        databases: list[Database],
        background: Background,
        notifier: Notifier,
        repaired: Repaired | None,
    ) -> None:
        """background: the thread that writes the chats; repaired: what was done before the window opened."""
        super().__init__()
        self._path = paths.database
        self._backups = Backups(paths.database, paths.backups)
        self._databases = databases
        self._background = background
        self._looking = Background("care")
        self._notifier = notifier
        self._at_start = repaired
        self._repairs = 0
        self._is_repairing = False
        notifier.posted.connect(self._on_posted)

    def begin(self) -> None:
        """Call when the window is shown."""
        if self._at_start is not None:
            self._on_repaired(self._at_start)
        self._looking.run(lambda: is_whole(self._path), self._on_looked, self._on_trouble)

    def bring_back(self, missing: Missing) -> None:
        """Adds what that backup has and the database has not; nothing that is there is changed."""

        def done(info: ErrorInfo) -> None:
            self.restored.emit()
            self._notifier.post(info)

        self._background.run(lambda: bring_back(self._databases[0], missing.backup), done, self._notifier.post)

    def close(self) -> None:
        self._looking.close(finish=False)

    def _on_looked(self, whole: bool) -> None:
        if not whole:
            if not self._repairs:  # else it was looked at before or during that
                self._repair()
            self.checked.emit()
            return
        self._looking.run(self._backups.make_daily, lambda _made: self.checked.emit(), self._on_trouble)
        self._looking.run(lambda: keep_reserve(self._path.parent), lambda _: None, self._notifier.post)

    def _on_trouble(self, info: ErrorInfo) -> None:
        self._notifier.post(info)
        self.checked.emit()

    def _on_posted(self, info: ErrorInfo) -> None:
        """Damage that only a use of the file has shown, as in the full-text index."""
        if is_damage(info):
            self._repair()

    def _repair(self) -> None:
        if not self._is_repairing and self._repairs < _MOST_REPAIRS:
            self._repairs += 1
            self._is_repairing = True
            self._background.run(self._repaired, self._on_repaired, self._on_not_repaired)

    def _on_not_repaired(self, info: ErrorInfo) -> None:
        self._is_repairing = False
        self._notifier.post(info)

    def _repaired(self) -> Repaired:
        with ExitStack() as closed:
            for database in self._databases:
                closed.enter_context(database.closed_for())
            return repair(self._path)

    def _on_repaired(self, repaired: Repaired) -> None:
        self._is_repairing = False
        self._notifier.post(repaired.as_info())
        self.repaired.emit(repaired)
        self._looking.run(lambda: missing_here(self._path, self._backups.files()), self._offer, self._notifier.post)

    def _offer(self, missing: Missing | None) -> None:
        if missing is not None:
            self.backup_offered.emit(missing)
