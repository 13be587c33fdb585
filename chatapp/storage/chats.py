"""Conversations and their messages in the database."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import msgspec

from chatapp.core.chat import Conversation, Message, MessageState, Reply, Role
from chatapp.core.sampling import SamplingSettings
from chatapp.storage.chat_search import note_characters
from chatapp.storage.column_values import decoded, moment
from chatapp.storage.database import Database

BIN_DAYS = 30
_ROLES = [role.value for role in Role]
_STATES = [state.value for state in MessageState]
_COLUMNS = tuple(entry.name for entry in fields(Conversation))
_UPSERT = (
    f"INSERT INTO conversation ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"
    f" ON CONFLICT (id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _COLUMNS[1:])}"
)
_UPDATE = f"UPDATE conversation SET {', '.join(f'{name} = ?' for name in _COLUMNS)} WHERE id = ?"


class ChatStore:
    """Every method raises AppError(STORAGE) and then has changed nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def recover(self) -> int:
        """At start: replies a crash left open become interrupted, their text stays; what lay in the bin for BIN_DAYS
        goes. Returns how many were interrupted."""
        with self._database.durable() as connection:
            found = connection.execute(
                "UPDATE message SET state = ? WHERE state = ?",
                (MessageState.INTERRUPTED.value, MessageState.STREAMING.value),
            )
            oldest = time.time() - BIN_DAYS * 86_400
            # what can't be the time of a deletion is damage, and no reason to delete
            connection.execute("DELETE FROM conversation WHERE deleted_at BETWEEN created_at AND ?", (oldest,))
        note_characters(self._database)
        return found.rowcount

    def add_turn(self, conversation: Conversation, messages: Sequence[Message]) -> None:
        """Writes the conversation's row (new or changed) and new messages, durably, in one step."""
        with self._database.durable() as connection:
            connection.execute(_UPSERT, _row(conversation))
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

    def save_conversation(self, conversation: Conversation) -> None:
        """The row of a conversation that is stored, durably; one that was removed stays so."""
        with self._database.durable() as connection:
            connection.execute(_UPDATE, (*_row(conversation), conversation.id))

    def save_draft(self, conversation_id: str, text: str) -> None:
        """What stands in the prompt box."""
        with self._database.quick() as connection:
            connection.execute("UPDATE conversation SET draft = ? WHERE id = ?", (text, conversation_id))

    def remove(self, conversation_id: str) -> None:
        """Deletes a conversation and its messages for good."""
        with self._database.durable() as connection:
            connection.execute("DELETE FROM conversation WHERE id = ?", (conversation_id,))

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
        """All of them, those in the bin too, the one changed last first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT {', '.join(_COLUMNS)} FROM conversation ORDER BY updated_at DESC, rowid DESC"
            ).fetchall()
        return [_conversation(row) for row in rows]

    def messages(self, conversation_id: str) -> list[Message]:
        """Every message of every branch in the order they were added, so each after the one it follows."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT id, conversation_id, parent_id, role, text, state, created_at, reply FROM message"
                " WHERE conversation_id = ? ORDER BY number",
                (conversation_id,),
            ).fetchall()
        return [_message(row) for row in rows]


def _message(row: sqlite3.Row | tuple[object, ...]) -> Message:
    identity, conversation_id, parent_id, role, text, state, created_at, reply = row
    return Message(
        id=str(identity),
        conversation_id=str(conversation_id),
        parent_id=None if parent_id is None else str(parent_id),
        role=Role(role) if role in _ROLES else Role.ASSISTANT,
        text=str(text or ""),
        state=MessageState(state) if state in _STATES else MessageState.INTERRUPTED,
        created_at=moment(created_at),
        reply=decoded(str(reply), Reply) or Reply(),
    )


def _conversation(row: sqlite3.Row | tuple[object, ...]) -> Conversation:
    values: dict[str, Any] = dict(zip(_COLUMNS, row, strict=True))
    values["pinned"] = bool(values["pinned"])
    for name in ("title", "folder", "draft", "system_prompt"):
        values[name] = str(values[name] or "")
    for name in ("created_at", "updated_at"):
        values[name] = moment(values[name])
    if values["deleted_at"] is not None:
        values["deleted_at"] = moment(values["deleted_at"])
    values["sampling"] = decoded(values["sampling"], SamplingSettings) if values["sampling"] else None
    return Conversation(**values)


def _row(conversation: Conversation) -> tuple[object, ...]:
    values = {name: getattr(conversation, name) for name in _COLUMNS}
    values["pinned"] = int(conversation.pinned)
    sampling = conversation.sampling
    values["sampling"] = msgspec.json.encode(sampling).decode("utf-8") if sampling is not None else ""
    return tuple(values.values())


def _reply_text(reply: Reply) -> str:
    return msgspec.json.encode(reply).decode("utf-8")
