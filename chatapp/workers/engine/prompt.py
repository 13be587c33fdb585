"""From messages to pieces of prompt: renders a chat template and tells the template's own words from a person's.

Every message is rendered as a random mark; the result is cut at the marks. What lies between them is the template's
and may hold control tokens, what replaces a mark is somebody's text and may not. A GGUF's template is untrusted:
it runs in jinja2's immutable sandbox.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from chatapp.core.chat import ChatMessage
from chatapp.core.errors import error
from chatapp.core.sentences import TEMPLATE_FAILED

# For models that bring no template, as base models do: a plain dialogue, ended by the next person's turn.
PLAIN_TEMPLATE = (
    "{% for message in messages %}"
    "{{ {'system': '', 'user': 'User: ', 'assistant': 'Assistant: '}[message['role']] }}"
    "{{ message['content'] }}\n\n"
    "{% endfor %}Assistant:"
)
PLAIN_STOP = ("\nUser:",)

_MOST_OWN_TEXT = 100_000  # characters of a template's own, for each message
_TEMPLATE_ERRORS = (
    jinja2.TemplateError,
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptPart:
    """A stretch of prompt; `special` says whether control tokens in it count as such.

    `ids`, where there are any, are its tokens as they were generated: tokenising the text again could give others.
    """

    text: str
    special: bool
    ids: tuple[int, ...] = ()


def render_chat(template: str, messages: Sequence[ChatMessage], *, bos: str = "", eos: str = "") -> list[PromptPart]:
    """The prompt that asks for the next assistant turn, in parts; raises AppError(TEMPLATE)."""
    nonce = secrets.token_hex(16)
    marks = [f"{nonce}n{number}z" for number in range(len(messages))]
    marked = [{"role": message.role.value, "content": mark} for message, mark in zip(messages, marks, strict=True)]
    try:
        pieces = (
            _environment()
            .from_string(template)
            .generate(messages=marked, add_generation_prompt=True, bos_token=bos, eos_token=eos, tools=None)
        )
        text = _joined(pieces, limit=_MOST_OWN_TEXT * (len(messages) + 1))
    except _TEMPLATE_ERRORS as problem:
        raise error(TEMPLATE_FAILED, reason=f"{type(problem).__name__}: {problem}") from problem
    contents = dict(zip(marks, messages, strict=True))
    return [part for piece in re.split(f"({nonce}n[0-9]+z)", text) if (part := _part(piece, contents)).text]


def _part(piece: str, contents: dict[str, ChatMessage]) -> PromptPart:
    message = contents.get(piece)
    if message is None:
        return PromptPart(text=piece, special=True)
    return PromptPart(text=message.text, special=False, ids=message.ids)


def _joined(pieces: Iterable[str], limit: int) -> str:
    """The pieces as one text; raises ValueError where they are longer than `limit` characters."""
    text: list[str] = []
    for piece in pieces:
        limit -= len(piece)
        if limit < 0:
            raise ValueError("it writes too much text of its own")
        text.append(piece)
    return "".join(text)


def _environment() -> jinja2.Environment:
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
    )
    environment.globals["raise_exception"] = _raise_exception
    environment.globals["strftime_now"] = _strftime_now
    environment.filters["tojson"] = _to_json
    return environment


def _raise_exception(message: str) -> NoReturn:
    raise jinja2.TemplateError(message)


def _strftime_now(form: str) -> str:
    return datetime.now().astimezone().strftime(form)


def _to_json(value: object, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)
