"""Which of the oldest turns to leave out of a prompt that is too long. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chatapp.core.chat import ChatMessage, Role


def turns_of(messages: Sequence[ChatMessage]) -> list[int]:
    """The places at which the conversation could begin: its first message and every later user's one."""
    return [0, *(at for at in range(1, len(messages)) if messages[at].role is Role.USER)] if messages else []


def first_to_keep(turns: Sequence[int], size: Callable[[int], int], *, limit: int, step: int) -> int:
    """The turn to begin with so that at most `limit` tokens remain; the last one where none is short enough.

    size: how many tokens the prompt has when it begins at that message; it shrinks with a later beginning. What is
    left out is at least a multiple of `step` tokens: the next prompts then begin at the same turn, and their
    evaluation can be reused, until another step is needed.
    """
    total = size(turns[0])
    if total <= limit:
        return turns[0]
    to_drop = -(-(total - limit) // step) * step
    if total - size(turns[-1]) < to_drop:  # all that is old is less than a step
        to_drop = total - limit
    low, high = 1, len(turns) - 1  # the first turn that drops enough lies between; `high` is taken where none does
    while low < high:
        middle = (low + high) // 2
        if total - size(turns[middle]) >= to_drop:
            high = middle
        else:
            low = middle + 1
    return turns[high]
