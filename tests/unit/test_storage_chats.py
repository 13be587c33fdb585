from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from chatapp.core.chat import MessageState, Reply, Role
from chatapp.core.errors import AppError, ErrorKind
from chatapp.core.generation import FinishReason, Usage
from chatapp.storage.chats import ChatStore
from chatapp.storage.database import Database
from chatapp.storage.migrations import MIGRATIONS
from chatapp.storage.paths import Paths
from tests.builders import conversation, message


@pytest.fixture
def store(paths: Paths) -> Iterator[ChatStore]:
    database = Database(paths.database)
    yield ChatStore(database)
    database.close()


def test_a_turn_comes_back_whole(store: ChatStore) -> None:
    usage = Usage(
        prompt_tokens=1, cached_tokens=0, completion_tokens=2, prompt_ms=3.5, generate_ms=4.5, context_tokens=3
    )
    how = Reply(model="/m.gguf", finish_reason=FinishReason.LENGTH, seed=2**32 - 2, usage=usage)
    question = message("q", text="天空 \0 😀")
    reply = message("r", "q", role=Role.ASSISTANT, text="", state=MessageState.STREAMING)
    store.add_turn(conversation(leaf_id="r"), [question, reply])
    from dataclasses import replace

    last = replace(reply, text="done", state=MessageState.COMPLETE, reply=how)
    store.save_text("r", "do")
    store.finish(last)
    assert store.messages("c1") == [question, last]
    assert store.conversations() == [conversation(leaf_id="r")]


def test_recovery_turns_open_replies_into_interrupted_ones_and_keeps_their_text(store: ChatStore) -> None:
    reply = message("r", "q", role=Role.ASSISTANT, text="", state=MessageState.STREAMING)
    store.add_turn(conversation(), [message("q"), reply])
    store.save_text("r", "half a sen")
    assert store.recover() == 1
    assert store.recover() == 0
    last = store.messages("c1")[-1]
    assert (last.text, last.state) == ("half a sen", MessageState.INTERRUPTED)


def test_a_turn_is_written_whole_or_not_at_all(store: ChatStore) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        store.add_turn(conversation(), [message("a"), message("b", parent_id="nobody")])
    assert store.conversations() == []
    assert store.messages("c1") == []


def test_prompts_are_synced_to_the_disk_and_streamed_text_is_not(paths: Paths) -> None:
    database = Database(paths.database)
    seen: dict[str, int] = {}
    with database.durable() as connection:
        seen["durable"] = connection.execute("PRAGMA synchronous").fetchone()[0]
    with database.quick() as connection:
        seen["quick"] = connection.execute("PRAGMA synchronous").fetchone()[0]
    assert seen == {"durable": 2, "quick": 1}
    assert database.connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    database.close()


def test_a_new_database_has_the_newest_version_and_opens_again(paths: Paths) -> None:
    for _ in range(2):
        database = Database(paths.database)
        assert database.connection.execute("PRAGMA user_version").fetchone()[0] == len(MIGRATIONS)
        database.close()


def test_a_newer_database_is_refused_and_untouched(paths: Paths) -> None:
    with sqlite3.connect(paths.database) as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    before = paths.database.read_bytes()
    with pytest.raises(AppError) as caught:
        Database(paths.database)
    assert caught.value.info.kind is ErrorKind.STORAGE
    assert "newer" in caught.value.info.message
    after = paths.database.read_bytes()
    assert after[100:] == before[100:]


def test_a_file_that_is_no_database_is_a_sentence(paths: Paths) -> None:
    paths.database.write_bytes(b"this is no database at all" * 100)
    with pytest.raises(AppError) as caught:
        Database(paths.database)
    assert caught.value.info.kind is ErrorKind.STORAGE
    assert "is damaged" in caught.value.info.message
