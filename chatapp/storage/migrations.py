"""The database's versions, oldest first. Append-only: a step that was released is never edited."""

from __future__ import annotations

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
)
