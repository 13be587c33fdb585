"""Finding words in all conversations, however short.

Three characters and more are a phrase of the trigram index. Two are all the trigrams that begin with them. One, or two
that begin very many, are looked for in the messages themselves, newest first, of those blocks that have the characters
at all: nearly every block that is read then has one of the messages wanted, so few are read.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from chatapp.storage.database import Database

BLOCK = 64  # messages whose characters are noted together; the triggers in migrations.py know it too
_TRIGRAM = 3
_MOST_TRIGRAMS = 1_000  # looked up together: 30 ms
_LONGEST_PHRASE = 40  # characters asked of the index; the rest is compared
_BEFORE, _MATCH, _AFTER = 30, 80, 50  # characters shown
_FOUND = "SELECT m.conversation_id, m.id, c.title, m.text FROM"
_KEPT = "CROSS JOIN conversation c ON c.id = m.conversation_id AND c.deleted_at IS NULL"

_BLOCKS = f"""
    WITH RECURSIVE first (number) AS (
        SELECT min(number) FROM message WHERE number >= 0
        UNION ALL
        SELECT (SELECT min(m.number) FROM message m WHERE m.number >= (first.number / {BLOCK} + 1) * {BLOCK})
        FROM first WHERE number IS NOT NULL
    )
    SELECT number / {BLOCK} FROM first WHERE number IS NOT NULL
"""
"""Those that have messages: numbers go up by one, but a damaged one can be any."""

_Row = tuple[str, str | None, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchHit:
    """message_id None: it is in the title. before, match, after: one line around the first place."""

    conversation_id: str
    message_id: str | None
    title: str
    before: str
    match: str
    after: str


class ChatSearch:
    """Finds what is whole and not in the bin. Every method raises AppError(STORAGE)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, text: str, limit: int = 50) -> list[SearchHit]:
        """The titles that hold `text` as it is (case and blanks around it aside), the one changed last first, then the
        messages, the one added last first; at most `limit` of each."""
        wanted = text.encode("utf-8", "ignore").decode("utf-8").strip()
        if not wanted:
            return []
        has_case = wanted.lower() != wanted.upper()
        pattern = re.compile(re.escape(wanted), re.IGNORECASE if has_case else 0)  # without it five times as fast
        with self._database.reading() as connection:
            messages = self._messages(connection, wanted)
            titles = connection.execute(
                "SELECT id, NULL, title, title FROM conversation WHERE deleted_at IS NULL"
                " ORDER BY updated_at DESC, rowid DESC"
            )
            return [*islice(_hits(pattern, titles), limit), *islice(_hits(pattern, messages), limit)]

    def _messages(self, connection: sqlite3.Connection, wanted: str) -> Iterator[_Row]:
        """Messages that may hold `wanted` and all that do, newest first."""
        indexed = "\0" not in wanted  # trigrams are read to a NUL only
        if indexed and len(wanted) >= _TRIGRAM:
            return _with_one_of(connection, [wanted[:_LONGEST_PHRASE]])
        if indexed and len(wanted) == _TRIGRAM - 1:
            trigrams = _beginning_with(connection, wanted)
            if len(trigrams) <= _MOST_TRIGRAMS:
                return _with_one_of(connection, trigrams)
        note_characters(self._database)
        return _in_blocks(connection, wanted)


def note_characters(database: Database) -> None:
    """Notes which characters there are in blocks of messages added or changed since they were noted last."""
    with database.reading() as connection:
        known = {block for (block,) in connection.execute("SELECT block FROM message_block")}
        missing = [block for (block,) in connection.execute(_BLOCKS) if block not in known]
    if not missing:
        return
    with database.quick() as connection:
        for block in missing:
            texts = connection.execute("SELECT text FROM message WHERE number BETWEEN ? AND ?", _numbers(block))
            characters = _folded(set().union(*(text or "" for (text,) in texts)))
            connection.execute("INSERT OR REPLACE INTO message_block VALUES (?, ?)", (block, characters))


def _with_one_of(connection: sqlite3.Connection, phrases: list[str]) -> Iterator[_Row]:
    """Messages by the trigram index, newest first."""
    if phrases:
        any_of_them = " OR ".join('"' + phrase.replace('"', '""') + '"' for phrase in phrases)
        yield from connection.execute(
            f"{_FOUND} message_text t CROSS JOIN message m ON m.number = t.rowid {_KEPT}"
            " WHERE message_text MATCH ? ORDER BY t.rowid DESC",
            (any_of_them,),
        )


def _beginning_with(connection: sqlite3.Connection, wanted: str) -> list[str]:
    """The trigrams that begin with two characters, of too many the first."""
    first = _folded(wanted)
    rows = connection.execute(
        "SELECT term FROM message_trigram WHERE term >= ? AND term < ? LIMIT ?",
        (first, f"{first}\U0010ffff", _MOST_TRIGRAMS + 1),
    )
    return [term for (term,) in rows]


def _in_blocks(connection: sqlite3.Connection, wanted: str) -> Iterator[_Row]:
    """The messages of all blocks that have the characters of `wanted`, newest first."""
    needed = _folded(wanted)
    for block, characters in connection.execute("SELECT block, characters FROM message_block ORDER BY block DESC"):
        if all(character in characters for character in needed):
            yield from connection.execute(
                f"{_FOUND} message m {_KEPT} WHERE m.number BETWEEN ? AND ? AND m.state <> 'streaming'"
                " ORDER BY m.number DESC",
                _numbers(block),
            )


def _folded(characters: Iterable[str]) -> str:
    """Each without its case, as the trigram index has it: one for one, so ß stays."""
    return "".join(one if len(one := character.casefold()) == 1 else character.lower() for character in characters)


def _numbers(block: int) -> tuple[int, int]:
    """The first and the last number of its messages."""
    return block * BLOCK, block * BLOCK + BLOCK - 1


def _hits(pattern: re.Pattern[str], rows: Iterable[_Row]) -> Iterator[SearchHit]:
    """The rows that do match."""
    for conversation_id, message_id, title, text in rows:
        if (found := pattern.search(text or "")) is not None:
            start, end = found.span()
            yield SearchHit(
                conversation_id=conversation_id,
                message_id=message_id,
                title=title,
                before=("…" if start > _BEFORE else "") + _line(text[max(0, start - _BEFORE) : start]),
                match=_line(text[start : min(end, start + _MATCH)]),
                after=_line(text[end : end + _AFTER]) + ("…" if len(text) > end + _AFTER else ""),
            )


def _line(text: str) -> str:
    return re.sub(r"\s+", " ", text)
