"""The database's versions, oldest first. Append-only: a step that was released is never edited.

Each step adds a table or changes the columns of one (where only the meaning changes, add one): that tells a newer
format from a damaged number. All tables are STRICT: their rows can then be told apart in a damaged file (salvage.py).
"""

from __future__ import annotations

import sqlite3
from contextlib import closing

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE conversation (
        id TEXT PRIMARY KEY,
        title TEXT NOT NULL,
        created_at REAL NOT NULL,
        updated_at REAL NOT NULL,
        leaf_id TEXT
    ) STRICT;

    CREATE TABLE message (
        id TEXT PRIMARY KEY,
        conversation_id TEXT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
        parent_id TEXT REFERENCES message (id) ON DELETE CASCADE,
        role TEXT NOT NULL,
        text TEXT NOT NULL,
        state TEXT NOT NULL,
        created_at REAL NOT NULL,
        reply TEXT NOT NULL DEFAULT '{}'
    ) STRICT;
    CREATE INDEX message_by_conversation ON message (conversation_id, created_at);

    CREATE TABLE model (
        path TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        architecture TEXT NOT NULL,
        quantization TEXT NOT NULL,
        size_bytes INTEGER NOT NULL,
        context INTEGER NOT NULL,
        sha256 TEXT NOT NULL,
        added_at REAL NOT NULL
    ) STRICT;
    """,
    # A row's number is its own column: full-text search refers to it, and an implicit one may change. The link to a
    # parent no longer cascades: SQLite follows a chain of cascades for 1,000 rows only, and a conversation goes as one.
    # A message is found once it is whole: while it streams its text is rewritten ten times a second. A character is put
    # behind it, so that its last two begin a trigram as well. message_block: the characters in 64 messages, see
    # chat_search.py. A statement ends where a line ends in a semicolon; those inside a trigger begin one.
    """
    ALTER TABLE conversation ADD COLUMN folder TEXT NOT NULL DEFAULT '';
    ALTER TABLE conversation ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE conversation ADD COLUMN deleted_at REAL;
    ALTER TABLE conversation ADD COLUMN draft TEXT NOT NULL DEFAULT '';
    ALTER TABLE conversation ADD COLUMN system_prompt TEXT NOT NULL DEFAULT '';
    ALTER TABLE conversation ADD COLUMN sampling TEXT NOT NULL DEFAULT '';

    CREATE TABLE numbered_message (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        conversation_id TEXT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
        parent_id TEXT REFERENCES numbered_message (id),
        role TEXT NOT NULL,
        text TEXT NOT NULL,
        state TEXT NOT NULL,
        created_at REAL NOT NULL,
        reply TEXT NOT NULL DEFAULT '{}'
    ) STRICT;
    INSERT INTO numbered_message (id, conversation_id, parent_id, role, text, state, created_at, reply)
        SELECT id, conversation_id, parent_id, role, text, state, created_at, reply FROM message ORDER BY rowid;
    CREATE INDEX message_by_parent ON message (parent_id);
    UPDATE message SET parent_id = NULL;
    DROP TABLE message;
    ALTER TABLE numbered_message RENAME TO message;
    CREATE INDEX message_by_conversation ON message (conversation_id);
    CREATE INDEX message_by_parent ON message (parent_id);

    CREATE VIEW whole_message AS SELECT number, text || char(2) AS text FROM message WHERE state <> 'streaming';
    CREATE VIRTUAL TABLE message_text USING fts5 (
        text, content = 'whole_message', content_rowid = 'number', tokenize = 'trigram'
    );
    CREATE VIRTUAL TABLE message_trigram USING fts5vocab (message_text, 'row');
    CREATE TABLE message_block (block INTEGER PRIMARY KEY, characters TEXT NOT NULL) STRICT;
    INSERT INTO message_text (rowid, text) SELECT number, text FROM whole_message;

    CREATE TRIGGER message_added AFTER INSERT ON message WHEN new.state <> 'streaming' BEGIN
        INSERT INTO message_text (rowid, text) SELECT number, text FROM whole_message WHERE number = new.number
        ; DELETE FROM message_block WHERE block = new.number / 64
        ; END;
    CREATE TRIGGER message_changes BEFORE UPDATE OF text, state ON message WHEN old.state <> 'streaming' BEGIN
        INSERT INTO message_text (message_text, rowid, text)
            SELECT 'delete', number, text FROM whole_message WHERE number = old.number
        ; END;
    CREATE TRIGGER message_changed AFTER UPDATE OF text, state ON message WHEN new.state <> 'streaming' BEGIN
        INSERT INTO message_text (rowid, text) SELECT number, text FROM whole_message WHERE number = new.number
        ; DELETE FROM message_block WHERE block = new.number / 64
        ; END;
    CREATE TRIGGER message_goes BEFORE DELETE ON message WHEN old.state <> 'streaming' BEGIN
        INSERT INTO message_text (message_text, rowid, text)
            SELECT 'delete', number, text FROM whole_message WHERE number = old.number
        ; END;
    """,
    # The tokens of a reply with their records, in parts while it streams and then in one; see packed_tokens.py.
    """
    CREATE TABLE token_part (
        message_id TEXT NOT NULL REFERENCES message (id) ON DELETE CASCADE,
        first INTEGER NOT NULL,
        data BLOB NOT NULL,
        PRIMARY KEY (message_id, first)
    ) STRICT;
    """,
    # Comparisons: prompt and lane are JSON, tokens are packed, of no bytes where there are none. The order of columns
    # tells their rows from those of other tables, also where the end of a row is lost: no other table begins with a
    # whole number, and of those that begin with two texts none has a whole number and a text then.
    """
    CREATE TABLE comparison (
        id TEXT PRIMARY KEY,
        title TEXT NOT NULL,
        together INTEGER NOT NULL,
        model TEXT NOT NULL,
        prompt TEXT NOT NULL,
        created_at REAL NOT NULL
    ) STRICT;
    CREATE TABLE comparison_lane (
        place INTEGER NOT NULL,
        comparison_id TEXT NOT NULL REFERENCES comparison (id) ON DELETE CASCADE,
        lane TEXT NOT NULL,
        tokens BLOB NOT NULL,
        PRIMARY KEY (comparison_id, place)
    ) STRICT;
    """,
)


def create(connection: sqlite3.Connection, version: int) -> None:
    """The empty tables of that version, in a database that is empty."""
    for migration in MIGRATIONS[:version]:
        for statement in migration.split(";\n"):
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {version}")


def is_table_layout_of(connection: sqlite3.Connection, version: int) -> bool:
    """Whether the tables of that version are there with their columns, and no others: a newer one may add a table."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as fresh:
        create(fresh, version)
        wanted = columns_of(fresh)
    return columns_of(connection) == wanted


def columns_of(connection: sqlite3.Connection) -> dict[str, list[str]]:
    """The names of the columns of each ordinary table; the parts of a full-text index are none."""
    rows = connection.execute(
        "SELECT t.name, c.name FROM pragma_table_list t JOIN pragma_table_info(t.name) c"
        " WHERE t.schema = 'main' AND t.type = 'table' AND t.strict ORDER BY t.name, c.cid"
    )
    found: dict[str, list[str]] = {}
    for table, column in rows:
        found.setdefault(table, []).append(column)
    return found
