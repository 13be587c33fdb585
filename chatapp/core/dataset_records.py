"""A record of a data file as an example: chats as OpenAI and ShareGPT write them, Alpaca, pairs, texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chatapp.core import data_sentences as sentences
from chatapp.core.chat import ChatMessage, Role
from chatapp.core.errors import error
from chatapp.core.examples import TrainingText

_CHATS = (("messages", "messages"), ("conversations", "sharegpt"), ("conversation", "sharegpt"))
_PAIRS = (
    ("instruction", "output", "alpaca"),
    ("instruction", "response", "alpaca"),
    ("prompt", "completion", "prompt"),
    ("prompt", "response", "prompt"),
    ("question", "answer", "question"),
)
_TEXT = "text"
_ROLES = {
    "system": Role.SYSTEM,
    "user": Role.USER,
    "human": Role.USER,
    "assistant": Role.ASSISTANT,
    "gpt": Role.ASSISTANT,
    "model": Role.ASSISTANT,
    "bot": Role.ASSISTANT,
}
RECORD_COLUMNS = frozenset({first for first, _, _ in _PAIRS} | {_TEXT})
"""One of these is in every header of a CSV that can be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """kind: by whose custom it is written."""

    kind: str
    text: TrainingText


def record_of(value: object, line: int) -> Record:
    """What a JSON value or a row of a table is as an example. Texts of messages lose the spaces around them.

    Raises AppError(BAD_INPUT) that names the line.
    """
    if not isinstance(value, Mapping):
        raise error(sentences.LINE_NO_OBJECT, line=line, kind=_kind(value))
    for key, kind in _CHATS:
        if key in value:
            return Record(kind=kind, text=TrainingText(messages=_messages(value[key], key, line)))
    for asked, replied, kind in _PAIRS:
        if asked in value and replied in value:
            return Record(kind=kind, text=TrainingText(messages=_pair(value, asked, replied, line)))
    if _TEXT in value:
        return Record(kind="text", text=TrainingText(text=_value(value, _TEXT, line)))
    keys = ", ".join(str(key) for key in value)[:200] or "none"
    raise error(sentences.LINE_KEYS_UNKNOWN, line=line, keys=keys)


def _pair(value: Mapping[object, object], asked: str, replied: str, line: int) -> tuple[ChatMessage, ...]:
    question, reply = _value(value, asked, line), _value(value, replied, line)
    if more := _optional(value, "input", line):
        question = f"{question}\n\n{more}"
    system = _optional(value, "system", line)
    first = (ChatMessage(role=Role.SYSTEM, text=system),) if system else ()
    return (*first, ChatMessage(role=Role.USER, text=question), ChatMessage(role=Role.ASSISTANT, text=reply))


def _value(value: Mapping[object, object], key: str, line: int) -> str:
    text = value[key]
    if not isinstance(text, str):
        raise error(sentences.LINE_NOT_TEXT, line=line, key=key)
    if not text.strip():
        raise error(sentences.LINE_VALUE_EMPTY, line=line, key=key)
    return _checked(text.strip(), line)


def _optional(value: Mapping[object, object], key: str, line: int) -> str:
    text = value.get(key)
    if text is None:
        return ""
    if not isinstance(text, str):
        raise error(sentences.LINE_NOT_TEXT, line=line, key=key)
    return _checked(text.strip(), line)


def _messages(value: object, key: str, line: int) -> tuple[ChatMessage, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        raise error(sentences.LINE_NO_MESSAGES, line=line, key=key)
    messages = [_message(each, number, line) for number, each in enumerate(value, start=1)]
    _check_order(messages, line)
    return tuple(messages)


def _message(value: object, number: int, line: int) -> ChatMessage:
    entry = value if isinstance(value, Mapping) else {}
    who, what = ("from", "value") if "from" in entry else ("role", "content")
    role, text = entry.get(who), entry.get(what)
    if not isinstance(role, str) or not isinstance(text, str):
        raise error(sentences.LINE_MESSAGE_BROKEN, line=line, number=number, keys=f"{who}, {what}")
    known = _ROLES.get(role.strip().lower())
    if known is None:
        raise error(sentences.LINE_ROLE_UNKNOWN, line=line, number=number, role=role[:80])
    if not text.strip() and known is not Role.SYSTEM:
        raise error(sentences.LINE_MESSAGE_EMPTY, line=line, number=number)
    return ChatMessage(role=known, text=_checked(text.strip(), line))


def _check_order(messages: list[ChatMessage], line: int) -> None:
    """A system prompt, then user and assistant by turns; one that is empty is dropped."""
    if messages[0].role is Role.SYSTEM and not messages[0].text:
        del messages[0]
    before: Role | None = None
    for number, message in enumerate(messages, start=1):
        role = message.role
        if role is Role.SYSTEM and before is not None:
            raise error(sentences.LINE_SYSTEM_LATE, line=line, number=number)
        if role is Role.ASSISTANT and before in (None, Role.SYSTEM):
            raise error(sentences.LINE_BEGINS_WITH_REPLY, line=line)
        if role is before:
            raise error(sentences.LINE_ROLE_TWICE, line=line, number=number, role=role.value)
        before = role
    if not any(message.role is Role.ASSISTANT for message in messages):
        raise error(sentences.LINE_NO_REPLY, line=line)


def _checked(text: str, line: int) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise error(sentences.LINE_LONE_SURROGATE, line=line) from None
    return text


def _kind(value: object) -> str:
    names = {str: "text", list: "list", bool: "true or false", int: "number", float: "number"}
    return names.get(type(value), "null")
