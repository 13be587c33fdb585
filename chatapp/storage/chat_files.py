"""Conversations as files: JSON that keeps everything and can be read back, Markdown for people."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Sequence
from pathlib import PureWindowsPath
from string import Formatter

import msgspec

from chatapp.core.chat import Conversation, Message, MessageState, Reply, Role
from chatapp.core.errors import ErrorInfo, error
from chatapp.core.sampling import SamplingSettings
from chatapp.core.sentences import CHAT_FILE_FOREIGN, CHAT_FILE_NEWER

FORMAT, VERSION = "chatapp-conversation", 1
_LAST_TIME = 253_402_300_799.0  # the end of the year 9999, in seconds since the epoch
_LONGEST_REASON = 120  # characters; some quote what is wrong
_FENCE = re.compile(r" *(`{3,}|~{3,})[ \t]*(.*)")


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
    """The whole tree; `messages` as ChatStore.messages gives them, each after the one it follows.

    A reply still being written counts as interrupted. That it lies in the bin is not kept.
    """
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
    parts = [f"# {_line(conversation.title)}"]
    if conversation.system_prompt.strip():
        parts += ["## System", _closed(conversation.system_prompt)]
    for message in branch:
        parts += [f"## {_speaker(message)}", _closed(message.text)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _speaker(message: Message) -> str:
    """A reply is by its model, named like its file; a model of Windows may have been used elsewhere."""
    if message.role is Role.ASSISTANT and (model := _line(PureWindowsPath(message.reply.model).stem)):
        return model
    return message.role.value.capitalize()


def _line(text: str) -> str:
    return " ".join(text.split())


def _closed(text: str) -> str:
    """With the fence that a reply which was cut off has not written, or all that follows would be code."""
    fence = ""
    for found in filter(None, map(_FENCE.match, text.splitlines())):
        mark, rest = found.groups()
        if not fence:
            fence = mark if mark[0] not in rest else ""
        elif mark.startswith(fence) and not rest.strip():
            fence = ""
    return f"{text}\n{fence}" if fence else text


def _settled(state: MessageState) -> MessageState:
    return MessageState.INTERRUPTED if state is MessageState.STREAMING else state


def _read(data: bytes) -> _File:
    """Raises AppError(BAD_INPUT)."""
    try:
        head = msgspec.json.decode(data, type=_Head)
        if head.format != FORMAT or head.version < 1:
            raise ValueError(f"its format is {head.version} of {head.format!r}")
        if head.version > VERSION:
            raise error(CHAT_FILE_NEWER, theirs=head.version)
        file = msgspec.json.decode(data, type=_File)
        for reason in _problems(file):
            raise ValueError(reason)
        msgspec.msgpack.encode(file)  # numbers beyond 64 bits could not be sent to a worker
    except (ValueError, OverflowError, RecursionError) as problem:
        raise error(CHAT_FILE_FOREIGN, reason=str(problem)[:_LONGEST_REASON]) from None
    return file


def _problems(file: _File) -> Iterator[str]:
    """What types do not say: links that lead nowhere, impossible times, templates that do more than name values."""
    for place, message in enumerate(file.messages):
        if message.parent is not None and not 0 <= message.parent < place:
            yield f"message {place} follows message {message.parent}"
        if message.reply.error is not None and not _is_plain(message.reply.error):
            yield f"the error of message {place} is not one of chatapp"
    if file.leaf is not None and not 0 <= file.leaf < len(file.messages):
        yield f"there is no message {file.leaf}"
    times = (file.created_at, file.updated_at, *(message.created_at for message in file.messages))
    if not all(0.0 <= time <= _LAST_TIME for time in times):
        yield "a time in it is out of range"


def _is_plain(info: ErrorInfo) -> bool:
    """Whether its templates only name values: a width of a billion, say, would be filled."""
    fields = [field for text in (info.text, info.hint) for field in Formatter().parse(text)]
    return all(name is None or (name.isidentifier() and not spec and not how) for _, name, spec, how in fields)
