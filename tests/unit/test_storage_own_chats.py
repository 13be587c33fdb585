"""The user's own chats as training data: which are chosen, and what is left out of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from chatapp.core.chat import Conversation, Message, MessageState, Reply, Role
from chatapp.core.errors import AppError
from chatapp.storage import own_chats
from chatapp.storage.chat_files import conversation_of, json_of
from chatapp.storage.chats import ChatStore
from chatapp.storage.database import Database
from chatapp.storage.own_chats import Choice, ChosenChats, Liked
from chatapp.storage.paths import Paths


@pytest.fixture
def store(paths: Paths) -> Iterator[ChatStore]:
    database = Database(paths.database)
    yield ChatStore(database)
    database.close()


def add(
    store: ChatStore,
    name: str,
    *replies: tuple[str, int] | tuple[str, int, MessageState],
    folder: str = "",
    at: float = 100.0,
    system: str = "",
) -> Conversation:
    """A question "qN" before each reply, which is (text, rating)."""
    messages: list[Message] = []
    for place, (text, rating, *state) in enumerate(replies):
        for role, words in ((Role.USER, f"q{place}"), (Role.ASSISTANT, text)):
            parent = messages[-1].id if messages else None
            message = Message(
                id=f"{name}-{len(messages)}", conversation_id=name, parent_id=parent, role=role, text=words,
                created_at=at,
            )  # fmt: skip
            if role is Role.ASSISTANT:
                how = Reply(model="m", rating=rating)
                message = replace(message, reply=how, state=state[0] if state else MessageState.COMPLETE)
            messages.append(message)
    leaf = messages[-1].id if messages else None
    chat = Conversation(
        id=name, title=name, created_at=at, updated_at=at, leaf_id=leaf, folder=folder, system_prompt=system
    )
    store.add_turn(chat, messages)
    return chat


def written(store: ChatStore, paths: Paths, choice: Choice) -> list[list[tuple[str, str]]]:
    lines = own_chats.write(store, choice, paths).read_text("utf-8").splitlines()
    return [[(entry["role"], entry["content"]) for entry in json.loads(line)["messages"]] for line in lines]


def test_the_branch_on_show_is_written_with_its_system_prompt(store: ChatStore, paths: Paths) -> None:
    chat = add(store, "c", ("old", 0), ("你好", 0), system="Be kind.")
    other = Message(
        id="other", conversation_id="c", parent_id="c-2", role=Role.ASSISTANT, text="new\nlines", created_at=101.0
    )
    store.add_turn(replace(chat, leaf_id="other"), [other])
    assert written(store, paths, Choice()) == [
        [("system", "Be kind."), ("user", "q0"), ("assistant", "old"), ("user", "q1"), ("assistant", "new\nlines")]
    ]
    assert own_chats.count(store, Choice()) == ChosenChats(n_chats=1, n_examples=1, n_replies=2)


def test_interrupted_empty_and_bad_replies_go_with_their_questions(store: ChatStore, paths: Paths) -> None:
    add(
        store, "c", ("good", 0), ("cut", 0, MessageState.INTERRUPTED), ("", 0), ("bad", -1),
        ("open", 0, MessageState.STREAMING), ("end", 1),
    )  # fmt: skip
    assert written(store, paths, Choice()) == [
        [("user", "q0"), ("assistant", "good"), ("user", "q5"), ("assistant", "end")]
    ]


def test_chats_are_chosen_by_folder_date_length_and_bin(store: ChatStore) -> None:
    add(store, "none", ("a", 0), at=100.0)
    add(store, "work", ("a", 0), ("b", 0), folder="work", at=200.0)
    store.add_turn(replace(add(store, "gone", ("a", 0), at=300.0), deleted_at=400.0), [])
    for choice, wanted in (
        (Choice(), 2),
        (Choice(folders=frozenset({"work"})), 1),
        (Choice(folders=frozenset({""})), 1),
        (Choice(folders=frozenset()), 0),
        (Choice(since=150.0), 1),
        (Choice(since=250.0), 0),
        (Choice(least_messages=4), 1),
        (Choice(least_messages=5), 0),
    ):
        assert own_chats.count(store, choice).n_chats == wanted, choice


def test_liked_chats_are_whole_and_liked_replies_stand_alone(store: ChatStore, paths: Paths) -> None:
    add(store, "liked", ("plain", 0), ("good", 1), system="S")
    add(store, "other", ("plain", 0))
    assert len(written(store, paths, Choice(liked=Liked.CHATS))[0]) == 5
    assert written(store, paths, Choice(liked=Liked.REPLIES)) == [
        [("system", "S"), ("user", "q1"), ("assistant", "good")]
    ]
    assert own_chats.count(store, Choice(liked=Liked.CHATS)).n_chats == 1


def test_nothing_that_fits_is_told_and_nothing_written(store: ChatStore, paths: Paths) -> None:
    with pytest.raises(AppError, match="None of your chats"):
        own_chats.write(store, Choice(), paths)
    assert not paths.own_chats.exists()


def test_a_rating_lasts_on_the_disk_and_in_an_exported_file(store: ChatStore) -> None:
    chat = add(store, "c", ("good", 1))
    messages = store.messages("c")
    assert [message.reply.rating for message in messages] == [0, 1]
    _, imported = conversation_of(json_of(chat, messages), now=1000.0)
    assert [message.reply.rating for message in imported] == [0, 1]
