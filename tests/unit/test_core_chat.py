from __future__ import annotations

import pytest

from chatapp.core.chat import ChatMessage, Role, as_prompt, branch, title_of
from chatapp.core.checks import checked_prompt, checked_text
from chatapp.core.errors import AppError, ErrorKind
from tests.builders import message


def test_branch_runs_from_root_to_leaf_and_leaves_siblings_out() -> None:
    tree = {m.id: m for m in (message("a"), message("b", "a"), message("c", "b"), message("b2", "a"))}
    assert [m.id for m in branch(tree, "c")] == ["a", "b", "c"]
    assert [m.id for m in branch(tree, "b2")] == ["a", "b2"]
    assert branch(tree, None) == []


def test_branch_ends_at_a_circle_instead_of_running_for_ever() -> None:
    tree = {m.id: m for m in (message("a", "b"), message("b", "a"))}
    assert {m.id for m in branch(tree, "a")} == {"a", "b"}


def test_prompt_leaves_out_questions_whose_reply_stayed_empty() -> None:
    turns = [
        message("a", text="far too long"),
        message("b", "a", role=Role.ASSISTANT, text=""),
        message("c", "b", text="hi"),
        message("d", "c", role=Role.ASSISTANT, text="hello"),
        message("e", "d", text="and now?"),
    ]
    assert as_prompt(turns) == (
        ChatMessage(role=Role.USER, text="hi"),
        ChatMessage(role=Role.ASSISTANT, text="hello"),
        ChatMessage(role=Role.USER, text="and now?"),
    )


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("hello", "hello"),
        ("\n\n  two   spaces \nsecond line", "two spaces"),
        ("word " * 40, "word " * 11 + "word…"),
        ("x" * 100, "x" * 60 + "…"),
        ("   ", ""),
    ],
)
def test_title_is_the_first_line_cut_at_a_word(text: str, title: str) -> None:
    assert title_of(text) == title


@pytest.mark.parametrize("text", ["", "  \n\t"])
def test_blank_prompt_is_refused(text: str) -> None:
    with pytest.raises(AppError) as caught:
        checked_prompt(text)
    assert caught.value.info.kind is ErrorKind.BAD_INPUT


def test_lone_surrogate_is_named_with_its_position_and_the_sentence_can_be_printed() -> None:
    with pytest.raises(AppError) as caught:
        checked_text("ab\ud800c")
    caught.value.info.message.encode("utf-8")
    assert caught.value.info.params == {"position": "3"}
