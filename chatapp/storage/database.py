"""The SQLite file: opened, brought to the newest version, and written with one of two guarantees.

`durable` survives a power cut (a prompt, an edit), `quick` survives the end of any process (streamed text).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chatapp.core.errors import error
from chatapp.core.sentences import DATABASE_DAMAGED, DATABASE_NEWER, STORE_FAILED
from chatapp.storage.migrations import MIGRATIONS

_BUSY_SECONDS = 5.0


class Database:
    """One connection, for one thread at a time (which may not be the one that opened it)."""

    def __init__(self, path: Path) -> None:
        """Raises AppError(STORAGE)."""
        self._folder = path.parent
        with self._known_trouble():
            self.connection = sqlite3.connect(
                path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                self.connection.execute("PRAGMA journal_mode = WAL")
                self.connection.execute("PRAGMA foreign_keys = ON")
                self._migrate()
            except BaseException:
                self.connection.close()
                raise

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
        with self._known_trouble():
            yield self.connection

    def close(self) -> None:
        self.connection.close()

    @contextmanager
    def _transaction(self, synchronous: str) -> Iterator[sqlite3.Connection]:
        with self._known_trouble():
            self.connection.execute(f"PRAGMA synchronous = {synchronous}")
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _known_trouble(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.OperationalError, sqlite3.DatabaseError, OSError) as problem:
            if isinstance(problem, sqlite3.ProgrammingError | sqlite3.IntegrityError):
                raise
            damaged = type(problem) is sqlite3.DatabaseError  # "malformed", "not a database"
            sentence = DATABASE_DAMAGED if damaged else STORE_FAILED
            raise error(sentence, reason=problem, folder=self._folder) from problem

    def _migrate(self) -> None:
        version = self._version()
        if version > len(MIGRATIONS):
            raise error(DATABASE_NEWER, folder=self._folder, theirs=version)
        while (version := self._version()) < len(MIGRATIONS):
            with self._transaction("FULL") as connection:
                if self._version() != version:  # another process was faster
                    continue
                for statement in MIGRATIONS[version].split(";\n"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {version + 1}")

    def _version(self) -> int:
        (version,) = self.connection.execute("PRAGMA user_version").fetchone()
        return int(version)
