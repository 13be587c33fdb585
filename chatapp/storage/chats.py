"""Conversations and their messages in the database."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import msgspec

from chatapp.core.chat import Conversation, Message, MessageState, Reply, Role
from chatapp.storage.database import Database


class ChatStore:
    """Every method raises AppError(STORAGE) and then has changed nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def recover(self) -> int:
        """At start: replies a crash left open become interrupted, their text stays. Returns how many."""
        with self._database.durable() as connection:
            found = connection.execute(
                "UPDATE message SET state = ? WHERE state = ?",
                (MessageState.INTERRUPTED.value, MessageState.STREAMING.value),
            )
            return found.rowcount

    def add_turn(self, conversation: Conversation, messages: Sequence[Message]) -> None:
        """Writes the conversation's row (new or changed) and new messages, durably, in one step."""
        with self._database.durable() as connection:
            connection.execute(
                "INSERT INTO conversation (id, title, created_at, updated_at, leaf_id) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (id) DO UPDATE SET title = excluded.title, updated_at = excluded.updated_at,"
                " leaf_id = excluded.leaf_id",
                (
                    conversation.id,
                    conversation.title,
                    conversation.created_at,
                    conversation.updated_at,
                    conversation.leaf_id,
                ),
            )
            connection.executemany(
                "INSERT INTO message (id, conversation_id, parent_id, role, text, state, created_at, reply)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        message.id,
                        message.conversation_id,
                        message.parent_id,
                        message.role.value,
                        message.text,
                        message.state.value,
                        message.created_at,
                        _reply_text(message.reply),
                    )
                    for message in messages
                ],
            )

    def save_text(self, message_id: str, text: str) -> None:
        """The text streamed so far."""
        with self._database.quick() as connection:
            connection.execute("UPDATE message SET text = ? WHERE id = ?", (text, message_id))

    def finish(self, message: Message) -> None:
        """A reply's last state, durably."""
        with self._database.durable() as connection:
            connection.execute(
                "UPDATE message SET text = ?, state = ?, reply = ? WHERE id = ?",
                (message.text, message.state.value, _reply_text(message.reply), message.id),
            )

    def conversations(self) -> list[Conversation]:
        """All of them, the one changed last first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT id, title, created_at, updated_at, leaf_id FROM conversation"
                " ORDER BY updated_at DESC, rowid DESC"
            ).fetchall()
        return [
            Conversation(id=row[0], title=row[1], created_at=row[2], updated_at=row[3], leaf_id=row[4]) for row in rows
        ]

    def messages(self, conversation_id: str) -> list[Message]:
        """Every message of every branch, oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT id, conversation_id, parent_id, role, text, state, created_at, reply FROM message"
                " WHERE conversation_id = ? ORDER BY created_at, rowid",
                (conversation_id,),
            ).fetchall()
        return [_message(row) for row in rows]


def _message(row: sqlite3.Row | tuple[object, ...]) -> Message:
    identity, conversation_id, parent_id, role, text, state, created_at, reply = row
    return Message(
        id=str(identity),
        conversation_id=str(conversation_id),
        parent_id=None if parent_id is None else str(parent_id),
        role=Role(role),
        text=str(text),
        state=MessageState(state),
        created_at=float(str(created_at)),
        reply=msgspec.json.decode(str(reply), type=Reply),
    )


def _reply_text(reply: Reply) -> str:
    return msgspec.json.encode(reply).decode("utf-8")
