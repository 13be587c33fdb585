"""From messages to pieces of prompt: renders a chat template and tells the template's own words from a person's.

Every message is rendered as a random mark; the result is cut at the marks. What lies between them is the template's
and may hold control tokens, what replaces a mark is somebody's text and may not.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from chatapp.core.chat import ChatMessage
from chatapp.core.errors import error
from chatapp.core.sentences import TEMPLATE_FAILED
from chatapp.workers.engine.template import render

# For models that bring no template, as base models do: a plain dialogue, ended by the next person's turn. A reply
# follows "Assistant:" at once, there as here, since it is written with its own space.
PLAIN_TEMPLATE = (
    "{% for message in messages %}"
    "{{ {'system': '', 'user': 'User: ', 'assistant': 'Assistant:'}[message['role']] }}"
    "{{ message['content'] }}\n\n"
    "{% endfor %}Assistant:"
)
PLAIN_STOP = ("\nUser:",)

_MOST_OWN_TEXT = 100_000  # characters of a template's own, for each message


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptPart:
    """A stretch of prompt; `special` says whether control tokens in it count as such.

    `ids`, where there are any, are its tokens as they were generated: tokenising the text again could give others.
    message: the place of the message it is the text of; None: the template's own words.
    """

    text: str
    special: bool
    ids: tuple[int, ...] = ()
    message: int | None = None


def render_chat(
    template: str, messages: Sequence[ChatMessage], *, bos: str = "", eos: str = "", continues: bool = False
) -> list[PromptPart]:
    """The prompt that asks for the next assistant turn, in parts; raises AppError(TEMPLATE).

    continues: it ends with the text of the last message, without what the template puts behind a finished one.
    """
    if not continues:
        return _parts(template, messages, bos=bos, eos=eos, asks=True)
    return render_answered(template, messages, bos=bos, eos=eos)[0]


def render_answered(
    template: str, messages: Sequence[ChatMessage], *, bos: str = "", eos: str = ""
) -> tuple[list[PromptPart], list[PromptPart]]:
    """(the parts up to the text of the last message, what the template puts behind it); raises AppError(TEMPLATE)."""
    parts = _parts(template, messages, bos=bos, eos=eos, asks=False)
    last = len(messages) - 1
    ends = [at + 1 for at, part in enumerate(parts) if part.message == last]
    if not ends:
        raise error(TEMPLATE_FAILED, reason="it leaves out the reply to be continued")
    return parts[: ends[-1]], parts[ends[-1] :]


def _parts(template: str, messages: Sequence[ChatMessage], *, bos: str, eos: str, asks: bool) -> list[PromptPart]:
    """asks: for a reply to the last message."""
    nonce = secrets.token_hex(16)
    marks = [f"{nonce}n{number}z" for number in range(len(messages))]
    marked = [{"role": message.role.value, "content": mark} for message, mark in zip(messages, marks, strict=True)]
    values = {
        "messages": marked,
        "add_generation_prompt": asks,
        "bos_token": bos,
        "eos_token": eos,
        "tools": None,
    }
    text = render(template, values, limit=_MOST_OWN_TEXT * (len(messages) + 1))
    contents = {
        mark: PromptPart(text=message.text, special=False, ids=message.ids, message=place)
        for place, (mark, message) in enumerate(zip(marks, messages, strict=True))
    }
    pieces = re.split(f"({nonce}n[0-9]+z)", text)
    parts = (contents.get(piece) or PromptPart(text=piece, special=True) for piece in pieces)
    return [part for part in parts if part.text]
