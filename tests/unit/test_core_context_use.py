from __future__ import annotations

from chatapp.core.chat import ChatMessage, Role
from chatapp.core.context_use import context_use
from chatapp.core.prompt_token import PromptToken


def token(message: int | None) -> PromptToken:
    return PromptToken(id=1, text="x", data=b"x", message=message)


def test_every_token_is_counted_where_it_belongs() -> None:
    messages = [
        ChatMessage(role=role, text="x") for role in (Role.SYSTEM, Role.USER, Role.ASSISTANT, Role.USER, Role.ASSISTANT)
    ]
    use = context_use([token(place) for place in (None, 0, 0, None, 3, 4, 4, 4, None)], messages, limit=100, left_out=2)
    assert (use.system, use.history, use.reply, use.template, use.used) == (2, 1, 3, 3, 9)


def test_a_question_at_the_end_is_no_reply() -> None:
    use = context_use([token(0)], [ChatMessage(role=Role.USER, text="x")], limit=10, left_out=0)
    assert (use.history, use.reply) == (1, 0)
