from __future__ import annotations

from itertools import accumulate

import pytest

from chatapp.core.chat import ChatMessage, Role
from chatapp.workers.engine.fit import first_to_keep, turns_of


def talk(*roles: str) -> list[ChatMessage]:
    return [ChatMessage(role=Role(role), text="x") for role in roles]


def test_a_conversation_can_begin_at_its_first_message_and_at_every_question() -> None:
    assert turns_of(talk("user", "assistant", "user", "assistant", "user")) == [0, 2, 4]
    assert turns_of(talk("assistant", "user")) == [0, 1]
    assert turns_of([]) == []


def kept(sizes: list[int], limit: int, step: int = 10) -> int:
    """sizes: tokens of each turn; the prompt has those of all turns from its beginning on."""
    before = [0, *accumulate(sizes)]
    return first_to_keep(range(len(sizes)), lambda turn: before[-1] - before[turn], limit=limit, step=step)


def test_what_fits_stays_whole() -> None:
    assert kept([10, 10, 10], limit=30) == 0


@pytest.mark.parametrize(("sizes", "limit"), [([10] * 8, 35), ([1, 50, 3, 20, 9], 30), ([5] * 100, 51)])
def test_the_oldest_turns_are_left_out_until_the_rest_fits(sizes: list[int], limit: int) -> None:
    first = kept(sizes, limit)
    assert sum(sizes[first:]) <= limit
    assert sum(sizes) - sum(sizes[first:]) >= 10


def test_a_long_question_leaves_out_no_more_than_it_must() -> None:
    assert kept([15] * 10 + [650], limit=768, step=2000) == 3


def test_the_last_turn_stays_though_it_is_too_long() -> None:
    assert kept([10, 10, 99], limit=50) == 2


def test_the_beginning_moves_in_steps_so_that_later_prompts_share_it() -> None:
    beginnings = [kept([10] * n, limit=100, step=40) for n in range(5, 60)]
    assert beginnings == sorted(beginnings)
    assert len(set(beginnings)) <= 1 + 13  # 490 tokens too many at most, in steps of 40
