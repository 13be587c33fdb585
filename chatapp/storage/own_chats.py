"""The user's own conversations as data to train on: a line of JSON each, in the format of chat messages."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from pathlib import Path

from chatapp.core.chat import Conversation, Message, MessageState, Role, branch
from chatapp.core.errors import error
from chatapp.core.run_sentences import NO_FITTING_CHATS
from chatapp.core.sentences import OUTPUT_FAILED
from chatapp.storage.chats import ChatStore
from chatapp.storage.files import free_path, write_output
from chatapp.storage.paths import Paths

Line = dict[str, list[dict[str, str]]]


class Liked(Enum):
    """ANY: rated or not; CHATS: those with a reply rated good; REPLIES: only such replies, each with its question."""

    ANY = "any"
    CHATS = "chats"
    REPLIES = "replies"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """folders: their names, "" for chats in none; None: all. since: seconds since the epoch, by the last change.
    least_messages: of questions and replies that are left."""

    folders: frozenset[str] | None = None
    since: float = 0.0
    least_messages: int = 2
    liked: Liked = Liked.ANY


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenChats:
    n_chats: int
    n_examples: int
    n_replies: int


def count(store: ChatStore, choice: Choice) -> ChosenChats:
    """What `write` would write."""
    per_chat = [list(lines_of(chat, store.messages(chat.id), choice)) for chat in _fitting(store, choice)]
    lines = [line for lines in per_chat for line in lines]
    replies = sum(entry["role"] == Role.ASSISTANT.value for line in lines for entry in line["messages"])
    return ChosenChats(n_chats=sum(map(bool, per_chat)), n_examples=len(lines), n_replies=replies)


def write(store: ChatStore, choice: Choice, paths: Paths) -> Path:
    """A new file of them. Raises AppError."""
    found = (line for chat in _fitting(store, choice) for line in lines_of(chat, store.messages(chat.id), choice))
    text = "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in found)
    if not text:
        raise error(NO_FITTING_CHATS)
    try:
        paths.own_chats.mkdir(mode=0o700, exist_ok=True)
    except OSError as problem:
        raise error(OUTPUT_FAILED, reason=problem.strerror or problem) from problem
    path = free_path(paths.own_chats / f"chats-{time.strftime('%Y%m%d-%H%M%S')}.jsonl")
    write_output(path, text.encode("utf-8"))
    return path


def lines_of(conversation: Conversation, messages: Sequence[Message], choice: Choice) -> Iterator[Line]:
    """Of the branch on show. A question goes with its reply: one whose reply was interrupted, is empty or was rated
    bad is left out."""
    shown = branch({message.id: message for message in messages}, conversation.leaf_id)
    pairs = [
        (question, reply)
        for question, reply in pairwise(shown)
        if question.role is Role.USER and reply.role is Role.ASSISTANT and question.text.strip() and _is_whole(reply)
    ]
    is_liked = any(reply.reply.rating > 0 for _, reply in pairs)
    if 2 * len(pairs) < max(2, choice.least_messages) or (choice.liked is Liked.CHATS and not is_liked):
        return
    if choice.liked is Liked.REPLIES:
        for question, reply in pairs:
            if reply.reply.rating > 0:
                yield _line(conversation, [question, reply])
    else:
        yield _line(conversation, [message for pair in pairs for message in pair])


def _is_whole(reply: Message) -> bool:
    return reply.state is MessageState.COMPLETE and bool(reply.text.strip()) and reply.reply.rating >= 0


def _line(conversation: Conversation, messages: Sequence[Message]) -> Line:
    system = conversation.system_prompt.strip()
    first = [{"role": Role.SYSTEM.value, "content": conversation.system_prompt}] if system else []
    return {"messages": [*first, *({"role": entry.role.value, "content": entry.text} for entry in messages)]}


def _fitting(store: ChatStore, choice: Choice) -> Iterator[Conversation]:
    for conversation in store.conversations():
        in_folder = choice.folders is None or conversation.folder in choice.folders
        if conversation.deleted_at is None and in_folder and conversation.updated_at >= choice.since:
            yield conversation
