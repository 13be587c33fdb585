"""A conversation: a tree of messages in which every branch keeps its own continuation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from chatapp.core.errors import ErrorInfo, error
from chatapp.core.generation import FinishReason, Usage
from chatapp.core.sentences import LONE_SURROGATE, PROMPT_EMPTY


class Role(str, Enum):
    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


class MessageState(str, Enum):
    """STREAMING survives only a crash; recovery at the next start turns it into INTERRUPTED."""

    COMPLETE = "complete"
    STREAMING = "streaming"
    INTERRUPTED = "interrupted"


class WhenFull(str, Enum):
    """What happens when a conversation no longer fits in the context: the oldest turns are left out, or it ends."""

    DROP_OLDEST = "drop_oldest"
    STOP = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatMessage:
    """One turn as the model sees it. ids: the tokens of a reply by this same model, () where they are not known."""

    role: Role
    text: str
    ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """How a reply came about, kept beside its text. ids: its tokens, where they are exactly its text."""

    model: str = ""
    finish_reason: FinishReason | None = None
    seed: int | None = None
    usage: Usage | None = None
    error: ErrorInfo | None = None
    ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A node of the tree. Times are seconds since the epoch; parent_id None marks the first turn."""

    id: str
    conversation_id: str
    parent_id: str | None
    role: Role
    text: str
    created_at: float
    state: MessageState = MessageState.COMPLETE
    reply: Reply = field(default_factory=Reply)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """leaf_id names the last message of the branch on show; None while the conversation is empty."""

    id: str
    title: str
    created_at: float
    updated_at: float
    leaf_id: str | None = None


def branch(messages: Mapping[str, Message], leaf_id: str | None) -> list[Message]:
    """The messages from the root to `leaf_id`, in that order; a broken or circular link ends the walk."""
    found: dict[str, Message] = {}
    at = leaf_id
    while at is not None and at in messages and at not in found:
        found[at] = messages[at]
        at = messages[at].parent_id
    return list(reversed(found.values()))


def as_prompt(messages: Iterable[Message], model: str = "") -> tuple[ChatMessage, ...]:
    """What the model is sent: the turns.

    A question whose reply stayed empty (the worker died, the prompt was too long) is left out with it: many templates
    want the roles to alternate, and a prompt that was too long would make every later one too long as well. The ids
    of replies go along where `model`, a path, wrote them.
    """
    return tuple(
        ChatMessage(role=message.role, text=message.text, ids=message.reply.ids if message.reply.model == model else ())
        for message in sent(messages)
    )


def sent(messages: Iterable[Message]) -> list[Message]:
    """Those of `messages` that `as_prompt` sends."""
    turns: list[Message] = []
    for message in messages:
        if message.text:
            turns.append(message)
        elif turns and turns[-1].role is Role.USER:
            turns.pop()
    return turns


def title_of(text: str, limit: int = 60) -> str:
    """A conversation's title from its first prompt: the first line with words in it, cut at a word."""
    line = next((" ".join(line.split()) for line in text.splitlines() if line.strip()), "")
    if len(line) <= limit:
        return line
    cut = line[:limit].rsplit(" ", 1)[0]
    return f"{cut}…"


def checked_prompt(text: str) -> str:
    """`text` itself; raises AppError(BAD_INPUT) where it is blank or can't be written as UTF-8."""
    if not text.strip():
        raise error(PROMPT_EMPTY)
    return checked_text(text)


def checked_text(text: str) -> str:
    """`text` itself; raises AppError(BAD_INPUT) where it holds a lone surrogate (position counted from 1)."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as problem:
        raise error(LONE_SURROGATE, position=problem.start + 1) from None
    return text
