from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from chatapp.core.chat import MessageState, Reply, Role
from chatapp.core.errors import AppError, ErrorKind
from chatapp.core.generation import FinishReason, Usage
from chatapp.core.sampling import SamplingSettings
from chatapp.storage.chat_search import ChatSearch
from chatapp.storage.chats import BIN_DAYS, ChatStore
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
    how = Reply(
        model="/m.gguf",
        finish_reason=FinishReason.LENGTH,
        seed=2**32 - 2,
        usage=usage,
        ids=(1, 49_151),
        sampling=SamplingSettings(temperature=0.1, stop=("\n",)),
        first_token_ms=12.25,
        reproducible=False,
    )
    question = message("q", text="天空 \0 😀")
    reply = message("r", "q", role=Role.ASSISTANT, text="", state=MessageState.STREAMING)
    store.add_turn(conversation(leaf_id="r"), [question, reply])
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
    assert "newer chatapp" in caught.value.info.message
    after = paths.database.read_bytes()
    assert after[100:] == before[100:]


def test_a_newer_database_with_one_more_table_is_newer_and_not_damaged(paths: Paths) -> None:
    Database(paths.database).close()
    with sqlite3.connect(paths.database) as connection:
        connection.execute("CREATE TABLE later (id TEXT PRIMARY KEY) STRICT")
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    with pytest.raises(AppError) as caught:
        Database(paths.database)
    assert "newer chatapp" in caught.value.info.message


def test_a_file_that_is_no_database_is_a_sentence(paths: Paths) -> None:
    paths.database.write_bytes(b"this is no database at all" * 100)
    with pytest.raises(AppError) as caught:
        Database(paths.database)
    assert caught.value.info.kind is ErrorKind.STORAGE
    assert "is damaged" in caught.value.info.message


def test_everything_about_a_conversation_is_kept_and_changed(store: ChatStore) -> None:
    first = replace(
        conversation(),
        folder="作业",
        pinned=True,
        deleted_at=2.5,
        draft="half a",
        system_prompt="Be brief.",
        sampling=SamplingSettings(top_k=7, seed=0),
    )
    store.add_turn(first, [message("a")])
    assert store.conversations() == [first]
    second = replace(first, title="B", updated_at=3.0, leaf_id="a", folder="", pinned=False, deleted_at=None)
    second = replace(second, draft="", system_prompt="", sampling=None)
    store.save_conversation(second)
    assert store.conversations() == [second]
    store.save_draft("c1", "more")
    store.add_turn(conversation("c2"), [])
    store.save_draft("c2", "其他")
    assert [known.draft for known in store.conversations()] == ["more", "其他"]


def test_a_conversation_is_removed_for_good_and_a_late_change_does_not_bring_it_back(store: ChatStore) -> None:
    store.add_turn(conversation(), [message("a")])
    store.add_turn(conversation("c2"), [message("b", conversation_id="c2")])
    store.remove("c1")
    store.save_conversation(conversation())
    store.save_draft("c1", "text")
    assert [known.id for known in store.conversations()] == ["c2"]
    assert store.messages("c1") == []
    assert [m.id for m in store.messages("c2")] == ["b"]


def test_what_lay_in_the_bin_too_long_is_gone_at_the_next_start(store: ChatStore) -> None:
    now, day = time.time(), 86_400
    for name, deleted_at in (("kept", None), ("new", now), ("late", now - (BIN_DAYS - 1) * day), ("old", 1.0)):
        chain = [message(f"{name}0", conversation_id=name), message(f"{name}1", f"{name}0", conversation_id=name)]
        store.add_turn(replace(conversation(name), deleted_at=deleted_at), chain)
    store.add_turn(replace(conversation("due"), deleted_at=now - (BIN_DAYS + 1) * day), [])
    store.recover()
    assert {known.id for known in store.conversations()} == {"kept", "new", "late"}
    assert store.messages("old") == []
    assert len(store.messages("late")) == 2


def test_a_chain_of_thousands_of_messages_is_removed(store: ChatStore) -> None:
    store.add_turn(conversation(), [message(str(at), str(at - 1) if at else None) for at in range(3_000)])
    store.remove("c1")
    assert store.messages("c1") == []


def test_messages_come_in_the_order_they_were_added_whatever_the_clock_said(store: ChatStore) -> None:
    late = replace(message("a"), created_at=9.0)
    early = replace(message("b", "a"), created_at=2.0)
    store.add_turn(conversation(), [late, early])
    assert store.messages("c1") == [late, early]


@pytest.mark.parametrize("broken", ["{", "3", "[" * 100_000, '{"stop": [""], "model": 1}', '{"seed": "x"}'])
def test_what_cant_be_decoded_costs_no_text(store: ChatStore, broken: str) -> None:
    kept = Reply(model="/m.gguf", seed=1)
    store.add_turn(conversation(), [replace(message("a"), reply=kept), message("b", "a", role=Role.ASSISTANT)])
    store._database.connection.execute("UPDATE message SET reply = ? WHERE id = 'b'", (broken,))
    store._database.connection.execute("UPDATE conversation SET sampling = ?", (broken,))
    first, second = store.messages("c1")
    assert (first.reply, second.reply) == (kept, Reply())
    assert second.text == "text"
    assert store.conversations() == [conversation()]


@pytest.mark.parametrize(
    "broken", ['{"finish_reason": "bored"}', '{"sampling": {"temperature": 99}}', '{"x": ' + "[" * 9_999]
)
def test_a_reply_by_a_newer_version_is_read_without_how_it_came_about(store: ChatStore, broken: str) -> None:
    store.add_turn(conversation(), [message("a")])
    store._database.connection.execute("UPDATE message SET reply = ?", (broken,))
    assert store.messages("c1") == [message("a")]


def test_a_database_of_version_1_is_brought_up_with_all_it_holds(paths: Paths) -> None:
    count = 3_000
    old = sqlite3.connect(paths.database, isolation_level=None)
    old.execute("PRAGMA foreign_keys = ON")
    for statement in MIGRATIONS[0].split(";\n"):
        old.execute(statement)
    old.execute("PRAGMA user_version = 1")
    old.execute("INSERT INTO conversation VALUES ('c1', 'An old title', 1.0, 2.0, 'm2999')")
    old.execute("BEGIN")
    for at in range(count):
        parent = f"m{at - 1}" if at else None
        state = "complete" if at < count - 1 else "streaming"
        row = (f"m{at}", "c1", parent, "user", f"{at} 天空", state, float(at), '{"model": "/m.gguf"}')
        old.execute("INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
    old.execute("COMMIT")
    old.close()
    database = Database(paths.database)
    store = ChatStore(database)
    messages = store.messages("c1")
    assert [m.id for m in messages] == [f"m{at}" for at in range(count)]
    assert [m.parent_id for m in messages] == [None, *(f"m{at}" for at in range(count - 1))]
    assert messages[7] == replace(message("m7", "m6", text="7 天空"), created_at=7.0, reply=Reply(model="/m.gguf"))
    assert store.conversations() == [replace(conversation(title="An old title", leaf_id="m2999"), updated_at=2.0)]
    assert store.recover() == 1
    assert database.connection.execute("PRAGMA foreign_key_check").fetchall() == []
    search = ChatSearch(database)
    assert [hit.message_id for hit in search.find("1234 天")] == ["m1234"]
    assert [hit.message_id for hit in search.find("空", limit=2)] == ["m2999", "m2998"]
    with pytest.raises(sqlite3.IntegrityError):
        store.add_turn(conversation(), [message("x", parent_id="nobody")])
    store.remove("c1")
    assert database.connection.execute("SELECT count(*) FROM message").fetchone() == (0,)
    database.close()
