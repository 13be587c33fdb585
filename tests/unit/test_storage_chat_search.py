from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

import chatapp.storage.chat_search as chat_search
from chatapp.core.chat import Message, MessageState, Role
from chatapp.storage.chat_search import BLOCK, ChatSearch, SearchHit
from chatapp.storage.chats import ChatStore
from chatapp.storage.database import Database
from chatapp.storage.migrations import MIGRATIONS
from chatapp.storage.paths import Paths
from chatapp.storage.salvage import salvage
from tests.builders import conversation, message

ALPHABET = "aabbcAB  ..,éÉäÄжЖσΣß天天空温度的。，😀🎉\"'*%_-^(){}:\\\n1"


@pytest.fixture
def database(paths: Paths) -> Iterator[Database]:
    database = Database(paths.database)
    yield database
    database.close()


@pytest.fixture
def store(database: Database) -> ChatStore:
    return ChatStore(database)


@pytest.fixture
def search(database: Database) -> ChatSearch:
    return ChatSearch(database)


def found(search: ChatSearch, text: str, limit: int = 1_000) -> list[str | None]:
    return [hit.message_id for hit in search.find(text, limit)]


def check_index(database: Database) -> None:
    """The trigrams are exactly those of the whole messages; raises otherwise."""
    with database.quick() as connection:
        connection.execute("INSERT INTO message_text (message_text, rank) VALUES ('integrity-check', 1)")
    indexed = database.connection.execute("SELECT count(*) FROM message_text_docsize").fetchone()
    assert indexed == database.connection.execute("SELECT count(*) FROM whole_message").fetchone()


def same(wanted: str, text: str) -> bool:
    """One for one, so that ß is itself and not ss."""

    def plain(characters: str) -> str:
        return "".join(one if len(one := c.casefold()) == 1 else c.lower() for c in characters)

    return plain(wanted) in plain(text)


@pytest.mark.parametrize("most", [0, 5, 1_000])
def test_all_and_only_what_holds_the_text_is_found(
    store: ChatStore, search: ChatSearch, rng: random.Random, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """By either way of finding two characters: how many trigrams may begin with them is set to `most`."""
    monkeypatch.setattr(chat_search, "_MOST_TRIGRAMS", most)
    texts = ["".join(rng.choices(ALPHABET, k=rng.randint(1, 40))) for _ in range(3 * BLOCK)]
    store.add_turn(conversation(title="龘"), [message(str(at), text=text) for at, text in enumerate(texts)])
    for _ in range(400):
        source = rng.choice(texts) if rng.random() < 0.8 else "".join(rng.choices(ALPHABET, k=9))
        start = rng.randrange(len(source))
        wanted = source[start : start + rng.choice((1, 1, 2, 2, 3, 4, 9))].strip()
        if rng.random() < 0.5:
            wanted = wanted.swapcase() if "ß" not in wanted else wanted
        if wanted:
            expected = [str(at) for at in reversed(range(len(texts))) if same(wanted, texts[at])]
            assert found(search, wanted) == expected, wanted


@pytest.mark.parametrize(
    "literal",
    [
        *('"', '"a b"', "a*", "*", "x AND y", "x NOT y", "NEAR(a b, 2)", "text:", "%", "_", "100%", "-a", "^a", "\\"),
        *("\\%", "()", "'", "'; DROP TABLE message; --", "a\nb", "\x02", "a\0b", "\0b", "\0", "{a}", "+", "\U0010ffff"),
        *("[^a]", "$", ".*", "OR", "|", "a + b"),
    ],
)
def test_no_text_has_a_meaning(store: ChatStore, search: ChatSearch, literal: str) -> None:
    others = [message("x", text="x, and y, AND not a b. aa, near 100 of them; a/b"), message("y", text="天空")]
    store.add_turn(conversation(title="of"), [message("m", text=f"xx{literal}xx"), *others])
    assert found(search, literal) == ["m"]
    assert search.find(literal)[0].match == literal.replace("\n", " ")


@pytest.mark.parametrize("text", ["", "  ", "\n", "\ud800", "z\ud800", "zzz\ud800"])
def test_nothing_is_found_for_nothing(store: ChatStore, search: ChatSearch, text: str) -> None:
    store.add_turn(conversation(title="a b"), [message("m", text="a  b\n")])
    assert search.find(text) == []


def test_titles_come_first_and_the_newest_of_each(store: ChatStore, search: ChatSearch) -> None:
    for at, name in enumerate("abc"):
        chat = replace(conversation(name, title=f"The SKY of {name}"), updated_at=float(-at))
        store.add_turn(chat, [message(f"{name}{n}", text="Grey sky", conversation_id=name) for n in range(2)])
    hits = search.find("sky")
    assert [hit.conversation_id for hit in hits] == ["a", "b", "c", "c", "c", "b", "b", "a", "a"]
    assert [hit.message_id for hit in hits] == [None, None, None, "c1", "c0", "b1", "b0", "a1", "a0"]
    assert [hit.message_id for hit in search.find("sky", limit=2)] == [None, None, "c1", "c0"]
    assert hits[0] == SearchHit(
        conversation_id="a", message_id=None, title="The SKY of a", before="The ", match="SKY", after=" of a"
    )


def test_a_hit_shows_one_line_around_the_first_place(store: ChatStore, search: ChatSearch) -> None:
    text = "x" * 100 + " before\n\n\tthe Needle \r\n after needle" + "y" * 100
    store.add_turn(conversation(), [message("m", text=text), message("n", text="w" * 1_000)])
    (hit,) = search.find("NEEDLE")
    assert hit.before == "…" + "x" * 16 + " before the "
    assert (hit.match, hit.title) == ("Needle", "A title")
    assert hit.after == " after needle" + "y" * 34 + "…"
    (long,) = search.find("w" * 500)
    assert len(long.match) == 80


@pytest.mark.parametrize("wanted", ["y", "ky", "sky", "title of"])
def test_what_lies_in_the_bin_is_not_found(store: ChatStore, search: ChatSearch, wanted: str) -> None:
    text = "the sky, a title of"
    thrown = replace(conversation("old", title=text), deleted_at=1.0)
    store.add_turn(thrown, [message("m", text=text, conversation_id="old")])
    store.add_turn(conversation(title="x"), [message("n", text=text)])
    assert found(search, wanted) == ["n"]
    store.save_conversation(replace(thrown, deleted_at=None))
    assert found(search, wanted) == [None, "n", "m"]


@pytest.mark.parametrize("ends", ["finished", "recovered"])
def test_a_reply_is_found_once_it_is_whole(database: Database, store: ChatStore, search: ChatSearch, ends: str) -> None:
    reply = message("r", role=Role.ASSISTANT, text="", state=MessageState.STREAMING)
    store.add_turn(conversation(), [message("q", text="When? 晴"), reply])
    for text in ("Tomor", "Tomorrow 晴天"):
        store.save_text("r", text)
        assert [found(search, wanted) for wanted in ("Tomor", "om", "晴", "m")] == [[], [], ["q"], []]
    check_index(database)
    if ends == "finished":
        store.finish(replace(reply, text="Tomorrow 晴天", state=MessageState.COMPLETE))
    else:
        store.recover()
    assert [found(search, wanted) for wanted in ("tomorrow", "ow", "天", "晴天")] == [["r"]] * 4
    check_index(database)


def test_a_reply_that_goes_on_is_found_by_its_new_text_only(
    database: Database, store: ChatStore, search: ChatSearch
) -> None:
    reply = message("r", role=Role.ASSISTANT, text="one two")
    store.add_turn(conversation(), [reply])
    store.finish(replace(reply, text="one two 3", state=MessageState.STREAMING))
    assert found(search, "two") == []
    store.finish(replace(reply, text="one 二三"))
    assert [found(search, wanted) for wanted in ("two", "tw", "w")] == [[], [], []]
    assert [found(search, wanted) for wanted in ("one", "二三", "三")] == [["r"]] * 3
    check_index(database)


def test_a_removed_conversation_leaves_nothing_in_the_index(
    database: Database, store: ChatStore, search: ChatSearch
) -> None:
    tree = [message("a", text="gone 天"), message("b", "a", text="gone 天"), message("c", "a", text="gone 天")]
    store.add_turn(conversation(), [*tree, message("d", "b", text="open", state=MessageState.STREAMING)])
    kept = [message("k", text="kept", conversation_id="c2")]
    store.add_turn(conversation("c2"), kept)
    assert len(found(search, "gone")) == 3
    store.remove("c1")
    check_index(database)
    assert [found(search, wanted) for wanted in ("gone", "go", "天", "kept")] == [[], [], [], ["k"]]
    trigrams = {term for (term,) in database.connection.execute("SELECT term FROM message_trigram")}
    assert trigrams == {"kep", "ept", "pt\x02"}


def test_the_index_stands_a_vacuum_and_gaps_in_the_numbers(
    database: Database, store: ChatStore, search: ChatSearch
) -> None:
    def texts(name: str, count: int) -> list[Message]:
        return [message(f"{name}{at}", text=f"{name} {at}", conversation_id=name) for at in range(count)]

    for name in "abc":
        store.add_turn(conversation(name), texts(name, BLOCK + 9))
    store.remove("b")
    database.connection.execute("VACUUM")
    store.add_turn(conversation("d"), texts("d", 2))
    assert found(search, "a 12") == ["a12"]
    assert found(search, "c 12") == ["c12"]
    assert found(search, "d") == ["d1", "d0"]
    check_index(database)


def test_the_blocks_are_as_large_as_the_triggers_say() -> None:
    assert MIGRATIONS[1].count(f"new.number / {BLOCK}\n") == MIGRATIONS[1].count("DELETE FROM message_block") == 2


@pytest.mark.parametrize("number", [2**40, 2**62, 2**63 - 1])
def test_a_damaged_number_costs_no_more_than_another(
    number: int, database: Database, store: ChatStore, search: ChatSearch
) -> None:
    store.add_turn(conversation(), [message("m1", text="天空"), message("m2", text="蓝")])
    with database.quick() as connection:
        connection.execute("UPDATE message SET number = ? WHERE id = 'm2'", (number,))
    assert store.recover() == 0  # it would go through all numbers below
    assert found(search, "蓝") == ["m2"]
    assert found(search, "天") == ["m1"]


@pytest.mark.parametrize("number", [-5, 0, 2**41, 2**63 - 1])
def test_what_is_salvaged_gets_a_number_that_can_be(number: int, paths: Paths, database: Database) -> None:
    ChatStore(database).add_turn(conversation(), [message("m1"), message("m2")])
    with database.quick() as connection:
        connection.execute("UPDATE message SET number = ? WHERE id = 'm2'", (number,))
    database.close()
    whole = paths.data / "whole.sqlite3"
    salvage(paths.database, whole)
    with closing(sqlite3.connect(whole)) as connection:
        numbers = dict(connection.execute("SELECT id, number FROM message").fetchall())
    assert sorted(numbers.values()) == [1, 2]
    assert set(numbers) == {"m1", "m2"}
