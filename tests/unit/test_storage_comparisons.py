"""Comparisons stored, damaged, repaired and brought back."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from chatapp.core.comparison import MOST_IN_SWEEP, ComparedPrompt, Comparison, LaneResult, LaneState
from chatapp.core.errors import error
from chatapp.core.generation import FinishReason, Token, Usage
from chatapp.core.sampling import LogitBias, SamplingSettings
from chatapp.core.sentences import CHAT_FILE_NEWER
from chatapp.storage.backups import BackupKind, Backups
from chatapp.storage.chats import ChatStore
from chatapp.storage.comparisons import ComparisonStore
from chatapp.storage.database import Database
from chatapp.storage.message_links import UNTITLED_COMPARISON
from chatapp.storage.migrations import MIGRATIONS, create
from chatapp.storage.packed_tokens import packed
from chatapp.storage.paths import Paths
from chatapp.storage.repair import repair
from chatapp.storage.restoring import bring_back
from chatapp.storage.salvage import shapes_of
from chatapp.storage.sqlite_rows import Row, Value
from chatapp.storage.token_store import StoredRecords, TokenStore
from tests.builders import conversation, message
from tests.unit.test_storage_packed_tokens import some_tokens

USAGE = Usage(prompt_tokens=4, cached_tokens=0, completion_tokens=3, prompt_ms=2.0, generate_ms=30.0, context_tokens=9)
TOKENS = tuple(
    Token(lane=0, index=n, id=n, text=piece.decode(), data=piece) for n, piece in enumerate((b"The", b" sky", b""))
)
DONE = LaneResult(
    sampling=SamplingSettings(
        temperature=0.3, seed=5, stop=("END", "天"), logit_bias=(LogitBias(token=7, bias=-1.5),), mirostat="2"
    ),
    state=LaneState.ENDED,
    tokens=TOKENS,
    text="The sky",
    finish_reason=FinishReason.STOP,
    reproducible=True,
    usage=USAGE,
)
FAILED = LaneResult(
    sampling=SamplingSettings(), state=LaneState.FAILED, error=error(CHAT_FILE_NEWER, theirs=9, detail="why").info
)
COMPARED = Comparison(
    prompt=ComparedPrompt(text="Why is\nthe sky blue?", system="Be brief.", raw=True),
    model="/m/模型.gguf",
    lanes=(DONE, FAILED, replace(DONE, state=LaneState.INTERRUPTED, finish_reason=None, text="")),
    together=False,
)


@pytest.fixture
def database(paths: Paths) -> Iterator[Database]:
    with closing(Database(paths.database)) as opened:
        yield opened


@pytest.fixture
def store(database: Database) -> ComparisonStore:
    return ComparisonStore(database)


def change(database: Database, statement: str, *values: object) -> None:
    with database.durable() as connection:
        connection.execute(statement, values)


def test_what_is_saved_comes_back(store: ComparisonStore, rng: random.Random) -> None:
    recorded = tuple(token for token in some_tokens(rng, 60) if token.record is not None)
    compared = replace(COMPARED, lanes=(*COMPARED.lanes, replace(DONE, tokens=recorded)))
    store.save("a", compared)
    found = store.load("a")
    assert found is not None
    assert found.lanes[:3] == compared.lanes[:3]
    assert replace(found, lanes=()) == replace(compared, lanes=())
    assert found.lanes[3].ids == compared.lanes[3].ids
    assert all(token.record is not None for token in found.lanes[3].tokens)
    assert store.load("b") is None


def test_the_newest_come_first_and_a_replaced_one_keeps_its_time(
    store: ComparisonStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for now, name in ((10.0, "a"), (30.0, "b"), (20.0, "c"), (20.0, "d")):
        monkeypatch.setattr("chatapp.storage.comparisons.time.time", lambda now=now: now)
        store.save(name, COMPARED)
    monkeypatch.setattr("chatapp.storage.comparisons.time.time", lambda: 99.0)
    store.save("a", replace(COMPARED, prompt=ComparedPrompt(text="Another"), lanes=(DONE,)))
    listed = store.listed()
    assert [(entry.id, entry.created_at) for entry in listed] == [("b", 30.0), ("d", 20.0), ("c", 20.0), ("a", 10.0)]
    assert [(entry.title, entry.n_lanes) for entry in listed][-2:] == [("Why is", 3), ("Another", 1)]
    assert listed[0].model == COMPARED.model
    found = store.load("a")
    assert found is not None
    assert found.lanes == (DONE,)
    store.save("a", replace(COMPARED, lanes=()))
    assert store.listed()[-1].n_lanes == 0
    assert store.load("a") == replace(COMPARED, lanes=())


def test_lanes_are_saved_while_they_are_written(store: ComparisonStore) -> None:
    waiting = LaneResult(sampling=DONE.sampling)
    store.save("a", replace(COMPARED, lanes=(waiting, waiting)))
    writing = replace(DONE, state=LaneState.WRITING, text="The", tokens=TOKENS[:1], finish_reason=None, usage=None)
    store.save_lane("a", 1, writing)
    found = store.load("a")
    assert found is not None
    interrupted = LaneState.INTERRUPTED
    assert found.lanes == (replace(waiting, state=interrupted), replace(writing, state=interrupted))
    store.save_lane("a", 1, DONE)
    found = store.load("a")
    assert found is not None
    assert found.lanes[1] == DONE
    store.remove("a")
    store.save_lane("a", 1, DONE)
    assert store.load("a") is None
    assert store.listed() == []


def test_a_removed_one_takes_its_lanes_along(store: ComparisonStore, database: Database) -> None:
    store.save("a", COMPARED)
    store.save("b", COMPARED)
    store.remove("a")
    assert [entry.id for entry in store.listed()] == ["b"]
    assert database.connection.execute("SELECT DISTINCT comparison_id FROM comparison_lane").fetchall() == [("b",)]


def test_of_a_damaged_lane_what_can_be_read(store: ComparisonStore, database: Database) -> None:
    store.save("a", replace(COMPARED, lanes=(DONE, DONE, DONE, DONE)))
    change(database, "UPDATE comparison_lane SET tokens = x'0102' WHERE place = 0")
    change(database, "UPDATE comparison_lane SET lane = substr(lane, 1, 200) WHERE place = 1")
    change(database, "DELETE FROM comparison_lane WHERE place = 2")
    change(database, "INSERT INTO comparison_lane VALUES (1000000000, 'a', '{}', x''), (-1, 'a', '{}', x'')")
    change(database, "UPDATE comparison SET prompt = '{', created_at = -1e300")
    found = store.load("a")
    assert found is not None
    assert found.prompt == ComparedPrompt(text="")
    assert found.lanes[0] == replace(DONE, tokens=())
    usual = LaneResult(sampling=SamplingSettings(), state=LaneState.INTERRUPTED)
    assert found.lanes[1] == replace(usual, tokens=TOKENS, text="The sky")
    assert found.lanes[2:] == (usual, DONE)
    (listed,) = store.listed()
    assert (listed.n_lanes, listed.created_at) == (3, 0.0)


def test_token_records_of_comparisons_are_counted_and_deleted_with_the_others(
    store: ComparisonStore, database: Database
) -> None:
    tokens = TokenStore(database)
    store.save("a", COMPARED)
    assert tokens.size() == StoredRecords(n_bytes=2 * len(packed(TOKENS)), n_replies=2)
    ChatStore(database).add_turn(conversation(leaf_id="q"), [message("q")])
    tokens.put("q", TOKENS)
    assert tokens.size() == StoredRecords(n_bytes=3 * len(packed(TOKENS)), n_replies=3)
    tokens.purge()
    assert tokens.size() == StoredRecords(n_bytes=0, n_replies=0)
    assert store.load("a") == replace(COMPARED, lanes=tuple(replace(lane, tokens=()) for lane in COMPARED.lanes))


def test_a_database_from_before_comparisons_is_brought_up(paths: Paths) -> None:
    with closing(sqlite3.connect(paths.database, isolation_level=None)) as old:
        create(old, 3)
        old.execute("INSERT INTO conversation (id, title, created_at, updated_at) VALUES ('c1', 'old', 1.0, 1.0)")
    with closing(Database(paths.database)) as database:
        ComparisonStore(database).save("a", COMPARED)
        assert ComparisonStore(database).load("a") == COMPARED
        assert [chat.title for chat in ChatStore(database).conversations()] == ["old"]
    assert len(MIGRATIONS) >= 4


def test_a_repair_keeps_comparisons_and_mends_what_is_lost(paths: Paths) -> None:
    many = replace(COMPARED, lanes=(DONE,) * MOST_IN_SWEEP)
    with closing(Database(paths.database)) as database:
        store = ComparisonStore(database)
        store.save("a", many)
        store.save("b", COMPARED)
        before = store.listed()
    with closing(sqlite3.connect(paths.database, isolation_level=None)) as connection:  # foreign keys are off
        connection.execute("DELETE FROM comparison WHERE id = 'b'")
    damaged = bytearray(paths.database.read_bytes())
    damaged[:100] = bytes(100)
    paths.database.write_bytes(damaged)
    repair(paths.database)
    with closing(Database(paths.database)) as database:
        store = ComparisonStore(database)
        assert store.load("a") == many
        found = store.load("b")
        assert found is not None
        assert (found.lanes, found.prompt.text) == (COMPARED.lanes, "")
        assert store.listed()[0] == next(entry for entry in before if entry.id == "a")
        assert store.listed()[1].title == UNTITLED_COMPARISON
        assert database.connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_a_repair_of_an_earlier_version_needs_no_comparisons(paths: Paths) -> None:
    with closing(sqlite3.connect(paths.database, isolation_level=None)) as old:
        create(old, 3)
        old.execute("INSERT INTO conversation (id, title, created_at, updated_at) VALUES ('c1', 'old', 1.0, 1.0)")
    assert repair(paths.database).conversations == 1
    with closing(Database(paths.database)) as database:
        assert ComparisonStore(database).listed() == []


def test_what_is_missing_comes_back_from_a_backup(paths: Paths) -> None:
    with closing(Database(paths.database)) as database:
        store = ComparisonStore(database)
        for name in ("lost", "cut", "made up", "changed"):
            store.save(name, COMPARED)
        listed = sorted(store.listed(), key=lambda entry: entry.id)
    backup = Backups(paths.database, paths.backups).make(BackupKind.BY_HAND)
    another = replace(DONE, text="another text", tokens=())
    with closing(Database(paths.database)) as database:
        store = ComparisonStore(database)
        store.remove("lost")
        change(database, "UPDATE comparison_lane SET lane = substr(lane, 1, 99) WHERE comparison_id = 'cut'")
        change(database, "DELETE FROM comparison_lane WHERE comparison_id = 'cut' AND place = 2")
        change(database, "UPDATE comparison SET prompt = '', created_at = 0.0 WHERE id = 'made up'")
        change(database, "UPDATE comparison_lane SET tokens = x'' WHERE comparison_id = 'made up'")
        store.save_lane("changed", 0, another)
        bring_back(database, backup)
        assert store.load("lost") == store.load("cut") == store.load("made up") == COMPARED
        assert store.load("changed") == replace(COMPARED, lanes=(another, *COMPARED.lanes[1:]))
        assert sorted(store.listed(), key=lambda entry: entry.id) == listed


_ROWS: dict[str, tuple[int, tuple[Value, ...]]] = {
    "conversation": (9, ("id", "title", 1, 2, "leaf", "folder", 0, None, "draft", "system", "")),
    "message": (6, (None, "id", "conversation", "parent", "user", "text", "complete", 3, "{}")),
    "model": (8, ("path", "name", "llama", "Q4_1", 5, 6, "sha", 7)),
    "token_part": (2, ("id", 0, b"data")),
    "comparison": (5, ("id", "title", 1, "model", "{}", 8)),
    "comparison_lane": (3, (0, "id", "{}", b"tokens")),
}
"""Of each table how many values of a row there are at least, those up to the first long one, whose pages may be lost;
and a row, with whole seconds, which are stored as whole numbers."""


def test_the_shape_of_a_row_tells_its_table_also_where_its_end_is_lost() -> None:
    shapes = shapes_of(len(MIGRATIONS))
    assert {shape.name for shape in shapes} == set(_ROWS)
    for name, (least, values) in _ROWS.items():
        for length in range(least, len(values) + 1):
            row = Row(rowid=1, values=values[:length], is_cut=length < len(values), of_whole_page=True)
            assert [shape.name for shape in shapes if shape.fits(row)] == [name]
