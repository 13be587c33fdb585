from __future__ import annotations

from chatapp.core.chat import Message, Role, Versions, newest_leaf, versions
from tests.builders import message

TREE = {
    m.id: m
    for m in (
        message("q"),
        message("a1", "q", role=Role.ASSISTANT),
        message("q2", "a1"),
        message("a2", "q", role=Role.ASSISTANT),
        message("b", "q2", role=Role.ASSISTANT),
        message("other"),
    )
}


def shown(*ids: str) -> list[Message]:
    return [TREE[i] for i in ids]


def test_messages_of_one_parent_are_versions_of_each_other_in_order_of_creation() -> None:
    found = versions(TREE, shown("q", "a2"))
    assert found == {"q": Versions(ids=("q", "other"), place=0), "a2": Versions(ids=("a1", "a2"), place=1)}


def test_a_message_without_a_second_version_is_not_told() -> None:
    assert versions(TREE, shown("q2", "b")) == {}


def test_a_branch_is_followed_to_its_newest_end() -> None:
    assert newest_leaf(TREE, "a1") == "b"
    assert newest_leaf(TREE, "q") == "a2"
    assert newest_leaf(TREE, "b") == "b"


def test_a_circle_of_links_ends() -> None:
    circle = {m.id: m for m in (message("x", "y"), message("y", "x"))}
    assert newest_leaf(circle, "x") in ("x", "y")
