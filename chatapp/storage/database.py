"""The SQLite file: opened, brought to the newest version, and written with one of two guarantees.

`durable` survives a power cut (a prompt, an edit), `quick` survives the end of any process (streamed text).
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from chatapp.core.errors import AppError, ErrorInfo, error
from chatapp.core.sentences import DATABASE_DAMAGED, DATABASE_NEWER, STORE_FAILED
from chatapp.core.storage_sentences import DATABASE_LOCKED, DISK_FULL, READ_ONLY
from chatapp.storage.backups import BackupKind, Backups
from chatapp.storage.migrations import MIGRATIONS, is_table_layout_of
from chatapp.storage.reserve import is_full

_BUSY_SECONDS = 5.0
_WAL_HEADER = 32

# What SQLite says, by its beginning. An OperationalError of the second kind means that the schema is not what its
# version says: some page of it is damaged.
_SENTENCES = {
    "database is locked": DATABASE_LOCKED,
    "database table is locked": DATABASE_LOCKED,
    "database or disk is full": DISK_FULL,
    "attempt to write a readonly database": READ_ONLY,
}
_DAMAGE = ("no such", "malformed", "Could not decode", "duplicate column", "table ", "index ", "vtable constructor")


class Database:
    """One connection, for one thread at a time (which may not be the one that opened it)."""

    def __init__(self, path: Path) -> None:
        """Raises AppError(STORAGE)."""
        self._path = path
        self._lock = threading.RLock()
        self._is_lost = False
        self.connection = self._opened()

    @contextmanager
    def durable(self) -> Iterator[sqlite3.Connection]:
        """A transaction that is on the disk when it ends. Raises AppError(STORAGE), nothing is then changed."""
        with self._transaction("FULL") as connection:
            yield connection

    @contextmanager
    def quick(self) -> Iterator[sqlite3.Connection]:
        """A transaction that any reader sees when it ends; a power cut may take back the last of them."""
        with self._transaction("NORMAL") as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock, _known_trouble(self._path):
            yield self._found_again()

    @contextmanager
    def closed_for(self) -> Iterator[None]:
        """Closes the connection, so that the file can be replaced, and opens it again; other threads wait meanwhile.
        Raises AppError(STORAGE) where it can't be opened."""
        with self._lock:
            self.connection.close()
            self._is_lost = True
            try:
                yield
            finally:
                self._found_again()

    def shrink(self) -> None:
        """Gives the room of what was deleted back to the disk; for a moment that takes as much room as what is left.
        Raises AppError(STORAGE), the file is then as it was."""
        with self._lock, _known_trouble(self._path):
            connection = self._found_again()
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # until then what was deleted stands in the log too

    def close(self) -> None:
        self.connection.close()

    def _opened(self) -> sqlite3.Connection:
        with _known_trouble(self._path):
            if _has_lost_its_beginning(self._path):
                raise sqlite3.DatabaseError("the file is empty, what was written last is not")
            connection = sqlite3.connect(
                self._path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                connection.text_factory = _text  # a damaged letter must not hide a whole conversation
                self._check_version(connection)  # before anything is changed
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA foreign_keys = ON")
                connection.execute("PRAGMA secure_delete = ON")  # what was deleted is nowhere in the file
                self._migrate(connection)
            except BaseException:
                connection.close()
                raise
            return connection

    @contextmanager
    def _transaction(self, synchronous: str) -> Iterator[sqlite3.Connection]:
        with self._lock, _known_trouble(self._path), _transaction(self._found_again(), synchronous) as connection:
            yield connection

    def _found_again(self) -> sqlite3.Connection:
        """The connection; where it could not be opened after `closed_for`, it may be now. Raises AppError."""
        if self._is_lost:
            self.connection = self._opened()
            self._is_lost = False
        return self.connection

    def _check_version(self, connection: sqlite3.Connection) -> None:
        version = _version(connection)
        if 0 <= version <= len(MIGRATIONS):
            return
        if is_table_layout_of(connection, len(MIGRATIONS)):  # a newer one would differ, so it is the number
            raise sqlite3.DatabaseError("the version of the format is damaged")
        raise error(DATABASE_NEWER, folder=self._path.parent, theirs=version)

    def _migrate(self, connection: sqlite3.Connection) -> None:
        version = _version(connection)
        if 0 < version < len(MIGRATIONS) and is_table_layout_of(connection, version):
            Backups(self._path, self._path.parent / "backups").make(BackupKind.BEFORE_UPDATE)
        while (version := _version(connection)) < len(MIGRATIONS):
            with _transaction(connection, "FULL"):
                if _version(connection) != version:  # another process was faster
                    continue
                for statement in MIGRATIONS[version].split(";\n"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {version + 1}")


def is_damage(info: ErrorInfo) -> bool:
    """Whether an error of a Database says that its file is damaged."""
    return info.text == DATABASE_DAMAGED.text


@contextmanager
def _transaction(connection: sqlite3.Connection, synchronous: str) -> Iterator[sqlite3.Connection]:
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def _known_trouble(path: Path) -> Iterator[None]:
    try:
        yield
    except UnicodeDecodeError as problem:  # of a message that names something damaged
        raise error(DATABASE_DAMAGED, reason="malformed", folder=path.parent) from problem
    except (sqlite3.OperationalError, sqlite3.DatabaseError, OSError) as problem:
        nameless = str(problem) == "constraint failed"  # a damaged full-text index; others name what they constrain
        if isinstance(problem, sqlite3.ProgrammingError | sqlite3.IntegrityError) and not nameless:
            raise
        raise _known(problem, path.parent) from problem


def _known(problem: Exception, folder: Path) -> AppError:
    said = str(problem)
    if type(problem) in (sqlite3.DatabaseError, sqlite3.IntegrityError) or (
        isinstance(problem, sqlite3.OperationalError) and said.startswith(_DAMAGE)
    ):
        return error(DATABASE_DAMAGED, reason=said, folder=folder)
    for beginning, sentence in _SENTENCES.items():
        if said.startswith(beginning):
            return error(sentence, folder=folder)
    with suppress(OSError):
        if is_full(folder):  # it then says "disk I/O error", or that it can't open a file
            return error(DISK_FULL, folder=folder)
    return error(STORE_FAILED, reason=said, folder=folder)


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def _has_lost_its_beginning(path: Path) -> bool:
    """An empty file beside a write-ahead log that is not: SQLite would take it for a new one and delete the log."""
    log = path.with_name(f"{path.name}-wal")
    return path.is_file() and path.stat().st_size == 0 and log.is_file() and log.stat().st_size > _WAL_HEADER


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
