"""Conversations as files: JSON that keeps everything and can be read back, Markdown for people."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from pathlib import Path

import msgspec

from chatapp.core.chat import Conversation, Message, MessageState, Reply, Role
from chatapp.core.checks import checked_text
from chatapp.core.errors import error
from chatapp.core.sampling import SamplingSettings
from chatapp.core.sentences import CHAT_FILE_FOREIGN, CHAT_FILE_NEWER

FORMAT, VERSION = "chatapp-conversation", 1


class _Head(msgspec.Struct, kw_only=True):
    format: str
    version: int


class _FileMessage(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """parent: the place of a message before it in the file."""

    parent: int | None
    role: Role
    text: str
    state: MessageState
    created_at: float
    reply: Reply


class _File(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """leaf: a place in `messages`. The ids of the database are not kept: they would tell nothing elsewhere."""

    format: str = FORMAT
    version: int = VERSION
    title: str
    created_at: float
    updated_at: float
    folder: str
    pinned: bool
    draft: str
    system_prompt: str
    sampling: SamplingSettings | None
    leaf: int | None
    messages: list[_FileMessage]


def json_of(conversation: Conversation, messages: Sequence[Message]) -> bytes:
    """The whole tree, `messages` in their order of creation. A reply still being written counts as interrupted."""
    places = {message.id: place for place, message in enumerate(messages)}
    file = _File(
        title=conversation.title,
        created_at=conversation.created_at,
        updated_at=conversation.updated_at,
        folder=conversation.folder,
        pinned=conversation.pinned,
        draft=conversation.draft,
        system_prompt=conversation.system_prompt,
        sampling=conversation.sampling,
        leaf=places.get(conversation.leaf_id or ""),
        messages=[
            _FileMessage(
                parent=places.get(message.parent_id or ""),
                role=message.role,
                text=message.text,
                state=_settled(message.state),
                created_at=message.created_at,
                reply=message.reply,
            )
            for message in messages
        ],
    )
    return msgspec.json.format(msgspec.json.encode(file), indent=2) + b"\n"


def conversation_of(data: bytes, now: float) -> tuple[Conversation, list[Message]]:
    """What `json_of` wrote, with ids of its own, so that it is added beside the one it came from.

    now: seconds since the epoch; a time that lies later is taken for it. Raises AppError(BAD_INPUT).
    """
    file = _read(data)
    identity, ids = uuid.uuid4().hex, [uuid.uuid4().hex for _ in file.messages]
    messages = [
        Message(
            id=ids[place],
            conversation_id=identity,
            parent_id=ids[entry.parent] if entry.parent is not None else None,
            role=entry.role,
            text=entry.text,
            created_at=entry.created_at,
            state=_settled(entry.state),
            reply=entry.reply,
        )
        for place, entry in enumerate(file.messages)
    ]
    conversation = Conversation(
        id=identity,
        title=file.title,
        created_at=file.created_at,
        updated_at=min(now, file.updated_at),
        leaf_id=ids[file.leaf] if file.leaf is not None else None,
        folder=file.folder,
        pinned=file.pinned,
        draft=file.draft,
        system_prompt=file.system_prompt,
        sampling=file.sampling,
    )
    return conversation, messages


def markdown_of(conversation: Conversation, branch: Sequence[Message]) -> str:
    """One branch, to be read: who said what, in Markdown as it was written."""
    parts = [f"# {conversation.title}"]
    if conversation.system_prompt.strip():
        parts += ["## System", conversation.system_prompt]
    for message in branch:
        name = "User" if message.role is Role.USER else Path(message.reply.model).stem or "Assistant"
        parts += [f"## {name}", message.text]
    return "\n\n".join(parts) + "\n"


def _settled(state: MessageState) -> MessageState:
    return MessageState.INTERRUPTED if state is MessageState.STREAMING else state


def _read(data: bytes) -> _File:
    try:
        head = msgspec.json.decode(data, type=_Head)
        if head.format != FORMAT:
            raise error(CHAT_FILE_FOREIGN, reason=f"its format is {head.format!r}")
        if head.version > VERSION:
            raise error(CHAT_FILE_NEWER, theirs=head.version)
        file = msgspec.json.decode(data, type=_File)
        _check(file)
    except (msgspec.MsgspecError, ValueError, RecursionError) as problem:
        raise error(CHAT_FILE_FOREIGN, reason=problem) from None
    return file


def _check(file: _File) -> None:
    """Raises AppError where a link leads nowhere or a text can't be kept."""
    for place, entry in enumerate(file.messages):
        if entry.parent is not None and not 0 <= entry.parent < place:
            raise error(CHAT_FILE_FOREIGN, reason=f"message {place} follows message {entry.parent}")
        checked_text(entry.text)
    if file.leaf is not None and not 0 <= file.leaf < len(file.messages):
        raise error(CHAT_FILE_FOREIGN, reason=f"there is no message {file.leaf}")
    for text in (file.title, file.folder, file.draft, file.system_prompt):
        checked_text(text)
