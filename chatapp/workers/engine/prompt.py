"""From messages to pieces of prompt: renders a chat template and tells the template's own words from a person's.

Every message is rendered as a random mark; the result is cut at the marks. What lies between them is the template's
and may hold control tokens, what replaces a mark is somebody's text and may not. A GGUF's template is untrusted:
it runs in jinja2's immutable sandbox.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
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


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptPart:
    """A stretch of prompt; `special` says whether control tokens in it count as such."""

    text: str
    special: bool


def render_chat(template: str, messages: Sequence[ChatMessage], *, bos: str = "", eos: str = "") -> list[PromptPart]:
    """The prompt that asks for the next assistant turn, in parts; raises AppError(TEMPLATE)."""
    nonce = secrets.token_hex(16)
    marks = [f"{nonce}n{number}z" for number in range(len(messages))]
    marked = [{"role": message.role.value, "content": mark} for message, mark in zip(messages, marks, strict=True)]
    try:
        text = (
            _environment()
            .from_string(template)
            .render(messages=marked, add_generation_prompt=True, bos_token=bos, eos_token=eos, tools=None)
        )
    except (
        jinja2.TemplateError,
        TypeError,
        ValueError,
        LookupError,
        AttributeError,
        RecursionError,
    ) as problem:
        raise error(TEMPLATE_FAILED, reason=f"{type(problem).__name__}: {problem}") from problem
    return list(_parts(text, dict(zip(marks, (message.text for message in messages), strict=True))))


def _parts(text: str, contents: dict[str, str]) -> list[PromptPart]:
    parts: list[PromptPart] = []
    while text:
        found = [(text.find(mark), mark) for mark in contents if mark in text]
        at, mark = min(found, default=(len(text), ""))
        if at:
            parts.append(PromptPart(text=text[:at], special=True))
        if mark:
            parts.append(PromptPart(text=contents[mark], special=False))
        text = text[at + len(mark) :]
    return parts


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
