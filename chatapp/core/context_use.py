"""What fills the context: a prompt's tokens by what they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chatapp.core.chat import ChatMessage, Role
from chatapp.core.prompt_token import PromptToken


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextUse:
    """In tokens. template: the chat template's own words; reply: the last message, where the model wrote it; limit: how
    many there is room for; left_out: how many of the oldest messages are not in the prompt."""

    system: int
    history: int
    reply: int
    template: int
    limit: int
    left_out: int

    @property
    def used(self) -> int:
        return self.system + self.history + self.reply + self.template


def context_use(
    tokens: Sequence[PromptToken], messages: Sequence[ChatMessage], *, limit: int, left_out: int
) -> ContextUse:
    """`messages`: those the prompt was made of, all of them."""
    last = len(messages) - 1
    written = last if messages and messages[last].role is Role.ASSISTANT else None
    counts = {"system": 0, "history": 0, "reply": 0, "template": 0}
    for token in tokens:
        place = token.message
        if place is None:
            counts["template"] += 1
        elif messages[place].role is Role.SYSTEM:
            counts["system"] += 1
        else:
            counts["reply" if place == written else "history"] += 1
    return ContextUse(**counts, limit=limit, left_out=left_out)
