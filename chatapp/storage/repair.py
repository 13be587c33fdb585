"""A damaged database becomes a whole one with all that could be read of it; the damaged file stays beside it."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from chatapp.core.errors import AppError, ErrorInfo, error
from chatapp.core.sentences import STORE_FAILED
from chatapp.core.storage_sentences import DATABASE_IN_USE, DATABASE_REPAIRED, DISK_FULL
from chatapp.storage.database import Database, is_damage
from chatapp.storage.files import aside_path, flush_file
from chatapp.storage.reserve import give_up_reserve
from chatapp.storage.salvage import salvage

_PATIENCE, _LOOK_AGAIN = 10.0, 0.05  # seconds
_SHARED_LOCKS = (0x40000000 + 2, 510)  # the bytes that every connection keeps locked, see sqlite.org/fileformat2.html


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """What was saved, and where the damaged file is kept."""

    conversations: int
    messages: int
    models: int
    original: Path

    def as_info(self) -> ErrorInfo:
        return error(
            DATABASE_REPAIRED,
            conversations=self.conversations,
            messages=self.messages,
            models=self.models,
            path=self.original,
        ).info


def open_whole(path: Path) -> tuple[Database, Repaired | None]:
    """The database at `path`, repaired first where it is damaged. Raises AppError(STORAGE)."""
    try:
        with _alone(path):
            _finish_swap(path)
    except OSError as problem:  # a folder that may only be read, with a repair that was interrupted in it
        raise error(STORE_FAILED, folder=path.parent, reason=problem) from problem
    try:
        return Database(path), None
    except AppError as problem:
        if not is_damage(problem.info):
            if not give_up_reserve(path.parent):
                raise
            return Database(path), None
    with _alone(path):
        try:
            return Database(path), None  # another process may have repaired it meanwhile
        except AppError as problem:
            if not is_damage(problem.info):
                raise
        repaired = _repair(path)
    return Database(path), repaired


def repair(path: Path) -> Repaired:
    """No connection of this process to `path` may be open. Raises AppError(STORAGE); the damaged file is untouched
    then."""
    with _alone(path):
        return _repair(path)


def _repair(path: Path) -> Repaired:
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        if _is_used_elsewhere(path):
            raise error(DATABASE_IN_USE, folder=path.parent)
        _remove(unfinished)
        salvage(path, unfinished)
        Database(unfinished).close()  # brings it to the newest version
        counts = _counts(unfinished)
        flush_file(unfinished)
        unfinished.replace(_finished(path))
        original = _finish_swap(path)
    except (OSError, sqlite3.Error) as problem:
        with suppress(OSError):
            _remove(unfinished)
        full = isinstance(problem, sqlite3.OperationalError) and "full" in str(problem)
        raise error(DISK_FULL if full else STORE_FAILED, folder=path.parent, reason=problem) from problem
    assert original is not None
    return Repaired(conversations=counts[0], messages=counts[1], models=counts[2], original=original)


def is_whole(path: Path) -> bool:
    """A look at all of the file at `path`, with a connection of its own; True as well where it can't be opened
    just now."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None)) as own:
            (found,) = own.execute("PRAGMA integrity_check(1)").fetchone()
            return bool(found == "ok")
    except sqlite3.OperationalError:
        return True
    except (sqlite3.DatabaseError, UnicodeDecodeError):
        return False


def _finish_swap(path: Path) -> Path | None:
    """Puts a repaired file that is complete in the place of the damaged one, and returns where that is kept. Whenever
    it is interrupted, the next start goes on with it: until the last step the file at `path` is the damaged one."""
    finished = _finished(path)
    if not finished.is_file():
        return None
    original = aside_path(path, "damaged")
    if path.exists():
        try:
            original.hardlink_to(path)
        except OSError:  # a file system without links
            path.replace(original)
    log = _companion(path, "-wal")
    if log.exists():
        log.replace(_companion(original, "-wal"))
    _companion(path, "-shm").unlink(missing_ok=True)
    finished.replace(path)
    return original


def _finished(path: Path) -> Path:
    return path.with_name(f"{path.stem}.repaired{path.suffix}")


def _companion(path: Path, ending: str) -> Path:
    return path.with_name(f"{path.name}{ending}")


def _remove(database: Path) -> None:
    for ending in ("", "-wal", "-shm", "-journal"):
        _companion(database, ending).unlink(missing_ok=True)


def _counts(path: Path) -> tuple[int, int, int]:
    """Conversations, messages, models."""
    with closing(sqlite3.connect(path)) as connection:
        found = [
            connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("conversation", "message", "model")
        ]
    return found[0], found[1], found[2]


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Waits a while until no other process repairs `path`; two at once would take each other's unfinished files. Raises
    AppError(STORAGE) where it goes on for long, as it does in a process that was stopped."""
    try:
        import fcntl
    except ImportError:  # Windows, where an open file can't be taken away
        yield
        return
    try:
        handle = os.open(path.with_name(f".{path.name}.repair-lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:  # a folder that may only be read: nothing can be repaired there
        yield
        return
    try:
        ends = time.monotonic() + _PATIENCE
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > ends:
                    raise error(DATABASE_IN_USE, folder=path.parent) from None
                time.sleep(_LOOK_AGAIN)
                continue
            except OSError:  # a file system without locks
                pass
            break
        yield
    finally:
        os.close(handle)


def _is_used_elsewhere(path: Path) -> bool:
    """Whether another process has the database open: replaced under its hands, what it writes next would be lost."""
    try:
        import fcntl
    except ImportError:  # Windows, where a file in use can't be replaced anyway
        return False
    with path.open("r+b") as stream:
        start, length = _SHARED_LOCKS
        try:
            fcntl.lockf(stream, fcntl.LOCK_EX | fcntl.LOCK_NB, length, start)
        except OSError:
            return True
    return False
