"""A conversation: a tree of messages in which every branch keeps its own continuation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from chatapp.core.errors import ErrorInfo
from chatapp.core.generation import FinishReason, Usage
from chatapp.core.models import AdapterSpec
from chatapp.core.sampling import SamplingSettings


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
    """How a reply came about, kept beside its text.

    sampling: the settings it was asked with; seed: the one it got. ids: its tokens, where they are exactly its text.
    first_token_ms: from the question to the first token, waiting in line left out. reproducible: see Finished.
    adapters: those it was written with.
    rating: what a person thinks of it: 1 good, -1 bad, 0 has not said.
    """

    model: str = ""
    finish_reason: FinishReason | None = None
    seed: int | None = None
    usage: Usage | None = None
    error: ErrorInfo | None = None
    ids: tuple[int, ...] = ()
    sampling: SamplingSettings | None = None
    first_token_ms: float | None = None
    reproducible: bool | None = None
    adapters: tuple[AdapterSpec, ...] = ()
    rating: int = 0


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
    """leaf_id names the last message of the branch on show; None while the conversation is empty.

    folder: "" for none. deleted_at: when it went to the bin; None: it is not there. draft: what stands in the prompt
    box. sampling None: the settings of the app.
    """

    id: str
    title: str
    created_at: float
    updated_at: float
    leaf_id: str | None = None
    folder: str = ""
    pinned: bool = False
    deleted_at: float | None = None
    draft: str = ""
    system_prompt: str = ""
    sampling: SamplingSettings | None = None


def branch(messages: Mapping[str, Message], leaf_id: str | None) -> list[Message]:
    """The messages from the root to `leaf_id`, in that order; a broken or circular link ends the walk."""
    found: dict[str, Message] = {}
    at = leaf_id
    while at is not None and at in messages and at not in found:
        found[at] = messages[at]
        at = messages[at].parent_id
    return list(reversed(found.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """The messages that stand in for each other at one place of the tree, oldest first; place: which is meant, from
    0."""

    ids: tuple[str, ...]
    place: int


def versions(messages: Mapping[str, Message], shown: Iterable[Message]) -> dict[str, Versions]:
    """Of those of `shown` that have more than one version. `messages` is in order of creation."""
    children = _children(messages)
    found = {}
    for message in shown:
        ids = children.get(message.parent_id, [])
        if len(ids) > 1:
            found[message.id] = Versions(ids=tuple(ids), place=ids.index(message.id))
    return found


def newest_leaf(messages: Mapping[str, Message], message_id: str) -> str:
    """The end of the branch that goes through `message_id` and from there always to the newest continuation."""
    children = _children(messages)
    at, seen = message_id, {message_id}
    while (below := children.get(at)) and below[-1] not in seen:
        at = below[-1]
        seen.add(at)
    return at


def copied(messages: Iterable[Message], conversation_id: str, new_id: Callable[[], str]) -> list[Message]:
    """A branch as the beginning of another conversation; what is still written counts as interrupted there."""
    copies: list[Message] = []
    for message in messages:
        state = MessageState.INTERRUPTED if message.state is MessageState.STREAMING else message.state
        parent_id = copies[-1].id if copies else None
        copies.append(replace(message, id=new_id(), conversation_id=conversation_id, parent_id=parent_id, state=state))
    return copies


def _children(messages: Mapping[str, Message]) -> dict[str | None, list[str]]:
    children: dict[str | None, list[str]] = {}
    for message in messages.values():
        children.setdefault(message.parent_id, []).append(message.id)
    return children


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
