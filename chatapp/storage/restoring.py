"""Bringing back from a backup what the database does not have any more; no word that is there is changed."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from chatapp.core.chat import MessageState
from chatapp.core.errors import AppError, ErrorInfo, error
from chatapp.core.storage_sentences import BACKUP_OFFERED, BACKUP_RESTORED, BACKUP_UNREADABLE
from chatapp.storage.database import Database
from chatapp.storage.migrations import columns_of

_LOOKED_AT = 3  # backups, the newest first
_TABLES = ("conversation", "message", "model", "comparison")


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """What a backup has and the database has not."""

    backup: Path
    made_at: float
    conversations: int
    messages: int

    def as_info(self) -> ErrorInfo:
        date = time.strftime("%Y-%m-%d %H:%M", time.localtime(self.made_at))
        return error(BACKUP_OFFERED, date=date, conversations=self.conversations, messages=self.messages).info


def missing_here(database: Path, backups: Sequence[Path]) -> Missing | None:
    """Of the newest backups the first that has conversations or messages that the database has not. Raises AppError."""
    for backup in backups[:_LOOKED_AT]:
        try:
            with _opened_copy(backup) as old, closing(Database(database)) as now:
                found = [len(_ids(old.connection, table) - _ids(now.connection, table)) for table in _TABLES[:2]]
        except (AppError, OSError, sqlite3.Error):
            continue  # an older one may be readable
        if any(found):
            made_at = backup.stat().st_mtime
            return Missing(backup=backup, made_at=made_at, conversations=found[0], messages=found[1])
    return None


def bring_back(database: Database, backup: Path) -> ErrorInfo:
    """Adds it and says how much it was. Raises AppError; nothing is changed then."""
    try:
        with _opened_copy(backup) as old, database.durable() as now:
            added = [_add_missing(old.connection, now, table) for table in _TABLES]
            links = old.connection.execute("SELECT id, parent_id FROM message WHERE parent_id IS NOT NULL")
            # a message whose parent was lost was linked to another; a parent never changes otherwise
            now.executemany(
                "UPDATE message SET parent_id = ?2 WHERE id = ?1 AND parent_id IS NOT ?2"
                " AND EXISTS (SELECT 1 FROM message WHERE id = ?2)",
                links,
            )
            _add_missing_records(old.connection, now)
            _add_missing_lanes(old.connection, now)
    except (OSError, sqlite3.Error) as problem:
        raise error(BACKUP_UNREADABLE, path=backup, reason=problem) from problem
    return error(BACKUP_RESTORED, conversations=added[0], messages=added[1], path=backup).info


def _add_missing(old: sqlite3.Connection, now: sqlite3.Connection, table: str) -> int:
    """Also what a repair had to make up: a time of creation never changes otherwise."""
    columns = columns_of(now)[table]
    known, key = _created(now, table), "path" if table == "model" else "id"
    created = "added_at" if table == "model" else "created_at"
    added = 0
    for row in old.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY rowid"):
        values = dict(zip(columns, row, strict=True))
        if values.get("state") == MessageState.STREAMING.value:  # when the backup was made
            values["state"] = MessageState.INTERRUPTED.value
        if values[key] not in known:
            _insert(now, table, values)
            added += 1
        elif known[values[key]] != values[created]:
            kept = (key, "number", "leaf_id", "parent_id")
            names = [name for name in columns if name not in kept]
            changes = ", ".join(f"{name} = ?" for name in names)
            now.execute(f"UPDATE {table} SET {changes} WHERE {key} = ?", [*(values[n] for n in names), values[key]])
    return added


def _add_missing_records(old: sqlite3.Connection, now: sqlite3.Connection) -> None:
    """Token records of replies that have none and whose text is that of the backup."""
    known = {message_id for (message_id,) in now.execute("SELECT DISTINCT message_id FROM token_part")}
    texts = dict(now.execute("SELECT id, text FROM message").fetchall())
    rows = old.execute(
        "SELECT p.message_id, p.first, p.data, m.text FROM token_part p JOIN message m ON m.id = p.message_id"
    )
    for message_id, first, data, text in rows:
        if message_id not in known and texts.get(message_id) == text:
            now.execute("INSERT INTO token_part (message_id, first, data) VALUES (?, ?, ?)", (message_id, first, data))


def _add_missing_lanes(old: sqlite3.Connection, now: sqlite3.Connection) -> None:
    """Also in place of those that a repair has only the beginning of; and the tokens of those that have none."""
    now.executemany(
        "INSERT INTO comparison_lane (place, comparison_id, lane, tokens) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (comparison_id, place) DO UPDATE SET lane = excluded.lane, tokens = excluded.tokens"
        " WHERE NOT json_valid(lane) OR (lane = excluded.lane AND tokens = x'')",
        old.execute("SELECT place, comparison_id, lane, tokens FROM comparison_lane"),
    )


def _insert(now: sqlite3.Connection, table: str, values: dict[str, object]) -> None:
    if "number" in values and now.execute("SELECT 1 FROM message WHERE number = ?", (values["number"],)).fetchone():
        values = {name: value for name, value in values.items() if name != "number"}  # another message has it
    places = ", ".join("?" * len(values))
    now.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places})", tuple(values.values()))


def _created(connection: sqlite3.Connection, table: str) -> dict[str, float]:
    columns = "path, added_at" if table == "model" else "id, created_at"
    return dict(connection.execute(f"SELECT {columns} FROM {table}").fetchall())


def _ids(connection: sqlite3.Connection, table: str) -> set[str]:
    key = "path" if table == "model" else "id"
    return {identity for (identity,) in connection.execute(f"SELECT {key} FROM {table}")}


@contextmanager
def _opened_copy(backup: Path) -> Iterator[Database]:
    """A backup may be of an older version; it is brought up to date in a copy. Raises AppError or OSError."""
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=backup.parent) as folder:
        copy = Path(folder) / backup.name
        shutil.copyfile(backup, copy)
        with closing(Database(copy)) as opened:
            yield opened
