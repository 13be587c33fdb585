"""Copies of the whole database in the data folder, each a database of its own that can be put in its place.

chats-2026-11-25.sqlite3 is the day's, chats-2026-11-25-before-update.sqlite3 was made before the format changed, and
chats-2026-11-25-by-hand.sqlite3 by a person. Those by hand are kept for good, of the others the newest few.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from contextlib import closing, suppress
from enum import Enum
from pathlib import Path

from chatapp.core.errors import AppError, error
from chatapp.core.models import size_text
from chatapp.core.sentences import DATABASE_DAMAGED
from chatapp.core.storage_sentences import BACKUP_FAILED, BACKUP_NO_ROOM
from chatapp.storage.files import flush_file, free_path

_ROOM_LEFT = 64 << 20  # that a copy leaves on the disk, whatever its size
_SUFFIX = ".sqlite3"


class BackupKind(str, Enum):
    """The value ends the file's name."""

    DAILY = ""
    BEFORE_UPDATE = "-before-update"
    BY_HAND = "-by-hand"


KEPT = {BackupKind.DAILY: 5, BackupKind.BEFORE_UPDATE: 2}


class Backups:
    """Knows the file of the database and the folder of its copies; opens a connection of its own for each copy."""

    def __init__(self, database: Path, folder: Path) -> None:
        self._database = database
        self._folder = folder

    def files(self) -> list[Path]:
        """All of them, the newest first."""
        found = self._folder.glob(f"chats-*{_SUFFIX}")
        return sorted((path for path in found if path.is_file()), key=_made_at, reverse=True)

    def make_daily(self) -> Path | None:
        """The day's copy, unless there is one or nothing to copy. Where the disk is nearly full the oldest are given up
        for it, but never the last, and None is made. Raises AppError."""
        try:
            if self._path(BackupKind.DAILY).exists() or self._is_empty() or not self._make_room():
                return None
        except (OSError, sqlite3.Error, UnicodeDecodeError) as problem:
            raise error(BACKUP_FAILED, folder=self._folder, reason=problem) from problem
        return self.make(BackupKind.DAILY)

    def make(self, kind: BackupKind) -> Path:
        """A copy of this moment, whole and flushed to the disk before it has its name. Raises AppError."""
        unfinished = self._folder / f".unfinished-{os.getpid()}{_SUFFIX}"
        try:
            if not self._has_room():
                raise error(
                    BACKUP_NO_ROOM, folder=self._folder, needed=size_text(self._needed()), free=size_text(self._free())
                )
            self._folder.mkdir(mode=0o700, exist_ok=True)
            self._drop_unfinished()
            self._copy_to(unfinished)
            if kind is BackupKind.DAILY:
                _check(unfinished)  # a look at everything, which nobody waits for: the copy is nobody's else
            made = self._path(kind) if kind is BackupKind.DAILY else free_path(self._path(kind))
            unfinished.replace(made)
            self._drop_old(kind)
            return made
        except AppError:
            unfinished.unlink(missing_ok=True)
            raise
        except (OSError, sqlite3.Error, UnicodeDecodeError) as problem:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
            raise error(BACKUP_FAILED, folder=self._folder, reason=problem) from problem

    def _copy_to(self, target: Path) -> None:
        with (
            closing(self._reading()) as source,
            closing(sqlite3.connect(target, isolation_level=None)) as copy,
        ):
            source.backup(copy)  # in one step: it sees one moment, and what is written meanwhile does not disturb it
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, without companions
        flush_file(target)

    def _is_empty(self) -> bool:
        """A copy of a new database would only take the place of the day's."""
        if not self._database.is_file():
            return True
        with closing(self._reading()) as connection:
            (found,) = connection.execute("SELECT EXISTS (SELECT 1 FROM conversation)").fetchone()
        return not found

    def _reading(self) -> sqlite3.Connection:
        return sqlite3.connect(f"{self._database.absolute().as_uri()}?mode=rw", uri=True, timeout=5.0)

    def _path(self, kind: BackupKind) -> Path:
        return self._folder / f"chats-{time.strftime('%Y-%m-%d')}{kind.value}{_SUFFIX}"

    def _make_room(self) -> bool:
        """Whether there is room, or could be made of old copies."""
        while not self._has_room():
            old = [file for file in self.files() if _kind(file) is BackupKind.DAILY]
            if len(old) < 2:
                return False
            old[-1].unlink()
        return True

    def _has_room(self) -> bool:
        return self._free() >= self._needed()

    def _needed(self) -> int:
        """The copy, and the room that it leaves."""
        size = 0
        for path in (self._database, self._database.with_name(f"{self._database.name}-wal")):
            with suppress(FileNotFoundError):
                size += path.stat().st_size
        return size + max(_ROOM_LEFT, size // 10)

    def _free(self) -> int:
        return shutil.disk_usage(self._folder.parent).free

    def _drop_old(self, kind: BackupKind) -> None:
        of_this_kind = [file for file in self.files() if _kind(file) is kind]
        for old in of_this_kind[KEPT.get(kind, len(of_this_kind)) :]:
            with suppress(OSError):
                old.unlink()

    def _drop_unfinished(self) -> None:
        for left in self._folder.glob(f".unfinished-*{_SUFFIX}*"):
            with suppress(OSError):
                left.unlink()


def _check(copy: Path) -> None:
    """Raises AppError where anything in it is damaged, the full-text index included."""
    try:
        with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
            (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
            connection.execute("INSERT INTO message_text (message_text) VALUES ('integrity-check')")
    except sqlite3.OperationalError:  # a full disk, not damage
        raise
    except (sqlite3.DatabaseError, UnicodeDecodeError) as problem:
        found = str(problem)
    if found != "ok":
        raise error(DATABASE_DAMAGED, reason=found, folder=copy.parent.parent)


def _kind(file: Path) -> BackupKind:
    for kind in (BackupKind.BEFORE_UPDATE, BackupKind.BY_HAND):
        if kind.value in file.stem:
            return kind
    return BackupKind.DAILY


def _made_at(file: Path) -> float:
    with suppress(OSError):
        return file.stat().st_mtime
    return 0.0
