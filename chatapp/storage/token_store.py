"""Token records in the database: in parts while a reply streams, in one part when it is whole.

Those of comparisons are stored with them (comparisons.py); they are measured and deleted here with the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from chatapp.core.errors import AppError
from chatapp.core.generation import Token
from chatapp.storage.database import Database
from chatapp.storage.packed_tokens import packed, unpacked


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRecords:
    """How many bytes of records there are, of how many replies; each lane of a comparison is one."""

    n_bytes: int
    n_replies: int


class TokenStore:
    """Every method raises AppError(STORAGE) and then has changed nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, message_id: str, first: int, tokens: Sequence[Token]) -> None:
        """More tokens of a reply, from the place `first` on. A message that is gone takes none."""
        with self._database.quick() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO token_part (message_id, first, data)"
                " SELECT ?, ?, ? WHERE EXISTS (SELECT 1 FROM message WHERE id = ?)",
                (message_id, first, packed(tokens), message_id),
            )

    def put(self, message_id: str, tokens: Sequence[Token]) -> None:
        """All tokens of a reply, in place of its parts."""
        with self._database.quick() as connection:
            connection.execute("DELETE FROM token_part WHERE message_id = ?", (message_id,))
            connection.execute(
                "INSERT INTO token_part (message_id, first, data)"
                " SELECT ?, 0, ? WHERE EXISTS (SELECT 1 FROM message WHERE id = ?)",
                (message_id, packed(tokens), message_id),
            )

    def copy(self, pairs: Sequence[tuple[str, str]]) -> None:
        """What is stored of one message also for another one, for each (from, to)."""
        with self._database.quick() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO token_part (message_id, first, data)"
                " SELECT message.id, first, data FROM token_part, message WHERE message_id = ? AND message.id = ?",
                pairs,
            )

    def tokens(self, message_id: str) -> list[Token]:
        """Up to the first part that is missing or can't be read."""
        with self._database.reading() as connection:
            parts = connection.execute(
                "SELECT first, data FROM token_part WHERE message_id = ? ORDER BY first", (message_id,)
            ).fetchall()
        found: list[Token] = []
        for first, data in parts:
            if first != len(found):
                break
            try:
                found += unpacked(data)
            except ValueError:
                break
        return found

    def size(self) -> StoredRecords:
        """What all records take."""
        with self._database.reading() as connection:
            n_bytes, n_replies = connection.execute(
                "SELECT coalesce(sum(length(data)), 0), count(DISTINCT message_id) FROM token_part"
            ).fetchone()
            n_lane_bytes, n_lanes = connection.execute(
                "SELECT coalesce(sum(length(tokens)), 0), count(*) FROM comparison_lane WHERE length(tokens) > 0"
            ).fetchone()
        return StoredRecords(n_bytes=int(n_bytes + n_lane_bytes), n_replies=int(n_replies + n_lanes))

    def purge(self) -> None:
        """Removes all records; the texts stay. The file gets smaller where that can be done now."""
        with self._database.durable() as connection:
            connection.execute("DELETE FROM token_part")
            connection.execute("UPDATE comparison_lane SET tokens = x'' WHERE length(tokens) > 0")
        with suppress(AppError):  # else the room is used for what is written next
            self._database.shrink()
