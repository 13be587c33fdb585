"""Mends what refers to rows that are lost, so that every message and lane kept can be seen where it belongs."""

from __future__ import annotations

import sqlite3

from chatapp.core.chat import MessageState, Role, title_of

UNTITLED = "Recovered chat"
UNTITLED_COMPARISON = "Recovered comparison"
_LATEST = "(SELECT id FROM message m WHERE m.conversation_id = conversation.id ORDER BY m.rowid DESC LIMIT 1)"


def mend_links(connection: sqlite3.Connection) -> None:
    """Within a transaction of the caller's, with foreign keys off; any version of the tables will do."""
    _mend_states(connection)
    _drop_lost_tokens(connection)
    _add_lost_comparisons(connection)
    _add_lost_conversations(connection)
    # a message without the one it followed goes on from the one written before it
    connection.execute(
        "UPDATE message SET parent_id = (SELECT b.id FROM message b WHERE b.conversation_id = message.conversation_id"
        " AND b.rowid < message.rowid ORDER BY b.rowid DESC LIMIT 1) WHERE parent_id IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM message p WHERE p.id = message.parent_id AND p.conversation_id = message.conversation_id)"
    )
    connection.execute(
        f"UPDATE conversation SET leaf_id = {_LATEST} WHERE leaf_id IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM message p WHERE p.id = conversation.leaf_id AND p.conversation_id = conversation.id)"
    )


def _drop_lost_tokens(connection: sqlite3.Connection) -> None:
    """What is known of a reply that is lost could not be seen or deleted any more."""
    if _has(connection, "token_part"):
        connection.execute("DELETE FROM token_part WHERE message_id NOT IN (SELECT id FROM message)")


def _add_lost_comparisons(connection: sqlite3.Connection) -> None:
    """The lanes have the texts; what they were an answer to is lost."""
    if _has(connection, "comparison"):
        connection.execute(
            "INSERT INTO comparison (id, title, together, model, prompt, created_at)"
            " SELECT DISTINCT comparison_id, ?, 1, '', '', 0.0 FROM comparison_lane"
            " WHERE comparison_id NOT IN (SELECT id FROM comparison)",
            (UNTITLED_COMPARISON,),
        )


def _has(connection: sqlite3.Connection, table: str) -> bool:
    found = connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (table,))
    return found.fetchone() is not None


def _mend_states(connection: sqlite3.Connection) -> None:
    """Of rows whose end is lost."""
    for column, known, otherwise in (
        ("state", [state.value for state in MessageState], MessageState.INTERRUPTED.value),
        ("role", [role.value for role in Role], Role.ASSISTANT.value),
    ):
        places = ", ".join("?" * len(known))
        connection.execute(f"UPDATE message SET {column} = ? WHERE {column} NOT IN ({places})", (otherwise, *known))
    connection.execute("UPDATE message SET reply = '{}' WHERE reply = ''")


def _add_lost_conversations(connection: sqlite3.Connection) -> None:
    lost = connection.execute(
        "SELECT conversation_id, min(rowid), min(created_at), max(created_at) FROM message"
        " WHERE conversation_id NOT IN (SELECT id FROM conversation) GROUP BY conversation_id"
    ).fetchall()
    for conversation_id, first, begun, changed in lost:
        (text,) = connection.execute("SELECT text FROM message WHERE rowid = ?", (first,)).fetchone()
        title = title_of(text) or UNTITLED
        connection.execute(
            "INSERT INTO conversation (id, title, created_at, updated_at, leaf_id) VALUES (?, ?, ?, ?, '')",
            (conversation_id, title, begun, changed),
        )
