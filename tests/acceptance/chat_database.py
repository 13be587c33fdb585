"""A database of chats and comparisons as real use leaves it, ways to damage it, which rows a damage left untouched.

The last is found without any of the app's code: SQLite's own dbstat says which pages belong to which row.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from chatapp.core.chat import Conversation, Message, MessageState, Reply, Role
from chatapp.core.comparison import ComparedPrompt, Comparison, LaneResult, LaneState
from chatapp.core.sampling import SamplingSettings
from chatapp.storage.chats import ChatStore
from chatapp.storage.comparisons import ComparisonStore
from chatapp.storage.database import Database
from tests.unit.test_storage_packed_tokens import some_tokens

PAGE = 4096
WORDS = (
    "the",
    "sky",
    "天空",
    "蓝色",
    "token",
    "perplexity",
    "entropy",
    "of",
    "a",
    "😀",
    "naïve",
    "<b>bold</b>",
    "so\n",
)

Key = tuple[str, str]
"""(table, id)"""


def text_of(rng: random.Random) -> str:
    """Mostly short, sometimes over many pages."""
    return " ".join(rng.choice(WORDS) for _ in range(min(6_000, int(rng.paretovariate(0.6) * 8))))


def write_chats(path: Path, rng: random.Random, conversations: int) -> None:
    """Conversations with branches, folders, drafts; some deleted for good, so that there are free pages; ten models;
    half as many comparisons as conversations."""
    database = Database(path)
    store = ChatStore(database)
    for number in range(conversations):
        chat = conversation(rng, number)
        store.add_turn(chat, turns(rng, chat.id, rng.randint(1, 16)))
        if number % 10 == 3:
            store.remove(chat.id)
    with database.durable() as connection:
        for number in range(10):
            row = (f"/models/{number}.gguf", f"model {number}", "llama", "Q4_1", number, 2048, "ab" * 32, 1.5)
            connection.execute("INSERT INTO model VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
    comparisons = ComparisonStore(database)
    for _ in range(conversations // 2):
        comparisons.save(f"{rng.getrandbits(128):032x}", comparison(rng))
    database.close()


def comparison(rng: random.Random) -> Comparison:
    return Comparison(
        prompt=ComparedPrompt(text=text_of(rng)),
        model="/models/0.gguf",
        lanes=tuple(lane(rng) for _ in range(rng.choice([2, 4, 16]))),
    )


def lane(rng: random.Random) -> LaneResult:
    """Mostly of a few tokens, sometimes with its tokens over many pages."""
    tokens = some_tokens(rng, rng.choice([0, 3, 3, 200]))
    return LaneResult(
        sampling=SamplingSettings(max_tokens=rng.randrange(1, 1_000_000), seed=7),  # unlike all others, see _ROWS
        state=LaneState.ENDED,
        tokens=tuple(tokens),
        text=text_of(rng),
    )


def conversation(rng: random.Random, number: int) -> Conversation:
    return Conversation(
        id=f"{rng.getrandbits(128):032x}",
        title=f"Chat {number} {text_of(rng)[:40]}",
        created_at=1.7e9 + number,
        updated_at=1.7e9 + number + rng.random(),
        folder=rng.choice(["", "作业", "work"]),
        pinned=rng.random() < 0.1,
        draft=rng.choice(["", "half a sentence"]),
        sampling=rng.choice([None, SamplingSettings(top_k=7)]),
    )


def turns(rng: random.Random, conversation_id: str, count: int) -> list[Message]:
    messages: list[Message] = []
    for at in range(count):
        mine = at % 2 == 0
        messages.append(
            Message(
                id=f"{rng.getrandbits(128):032x}",
                conversation_id=conversation_id,
                parent_id=rng.choice(messages[-2:]).id if messages else None,
                role=Role.USER if mine else Role.ASSISTANT,
                text=text_of(rng),
                created_at=1.7e9 + at + rng.random(),
                reply=Reply() if mine else Reply(model="/m.gguf", seed=7, ids=tuple(range(rng.randint(0, 200)))),
            )
        )
    return [replace(message, state=MessageState.COMPLETE) for message in messages]


_ROWS = {
    "message": "SELECT rowid, id, id || conversation_id, conversation_id, role, text, state, created_at, reply"
    " FROM message",
    "conversation": "SELECT rowid, id, id || title, title, created_at, folder, draft, system_prompt FROM conversation",
    "model": "SELECT rowid, path, path || name, name, architecture, size_bytes, sha256 FROM model",
    "comparison": "SELECT rowid, id, id || title, title, together, model, prompt, created_at FROM comparison",
    "comparison_lane": "SELECT rowid, comparison_id || ' ' || place, comparison_id || lane, lane, tokens"
    " FROM comparison_lane",
}


def rows(path: Path) -> dict[Key, tuple[object, ...]]:
    """What must come back of each row; what refers to other rows is left out, those may be lost."""
    found: dict[Key, tuple[object, ...]] = {}
    with closing(sqlite3.connect(path)) as connection:
        connection.text_factory = lambda data: data.decode("utf-8", "replace")
        for table, query in _ROWS.items():
            for _rowid, identity, _mark, *values in connection.execute(query):
                found[table, identity] = tuple(values)
    return found


def pages_of_rows(path: Path) -> dict[Key, frozenset[int]]:
    """The pages that hold each row: the leaf, which begins with the row's id and what stands behind it in it, and the
    overflow pages of its cell."""
    found: dict[Key, frozenset[int]] = {}
    data = path.read_bytes()
    with closing(sqlite3.connect(path)) as connection:
        for table, query in _ROWS.items():
            tree = connection.execute("SELECT path, pageno, pagetype FROM dbstat WHERE name = ?", (table,)).fetchall()
            leaves = {place: number for place, number, kind in tree if kind == "leaf"}
            overflow: dict[str, set[int]] = {}
            for place, number, kind in tree:
                if kind == "overflow":
                    overflow.setdefault(place.partition("+")[0], set()).add(number)
            marked = [(rowid, identity, mark.encode()) for rowid, identity, mark, *_ in connection.execute(query)]
            for place, number in leaves.items():
                page = data[(number - 1) * PAGE : number * PAGE]
                here = sorted((rowid, identity) for rowid, identity, mark in marked if mark[:64] in page)
                for cell, (_rowid, identity) in enumerate(here):
                    of_cell = overflow.get(f"{place}{cell:03x}", set())
                    found[table, identity] = frozenset({number} | of_cell)
    return found


def untouched(before: bytes, after: bytes) -> set[int]:
    """The numbers of the pages that a damage has left as they were."""
    return {at // PAGE + 1 for at in range(0, len(before), PAGE) if before[at : at + PAGE] == after[at : at + PAGE]}


def random_bytes(data: bytearray, rng: random.Random) -> None:
    for _ in range(rng.choice([1, 10, 200, 3_000])):
        data[rng.randrange(len(data))] = rng.randrange(256)


def zeroed_pages(data: bytearray, rng: random.Random) -> None:
    for _ in range(rng.choice([1, 5, 40])):
        at = rng.randrange(len(data) // PAGE) * PAGE
        data[at : at + PAGE] = bytes(PAGE)


def garbled_pages(data: bytearray, rng: random.Random) -> None:
    for _ in range(rng.choice([1, 5, 40])):
        at = rng.randrange(len(data) // PAGE) * PAGE
        data[at : at + PAGE] = rng.randbytes(PAGE)


def zeroed_stretch(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data))
    size = min(rng.choice([512, 70_000, 500_000]), len(data) - at)
    data[at : at + size] = bytes(size)


def truncated(data: bytearray, rng: random.Random) -> None:
    del data[rng.randrange(len(data)) :]


def swapped_pages(data: bytearray, rng: random.Random) -> None:
    for _ in range(rng.choice([1, 10])):
        one, other = (rng.randrange(len(data) // PAGE) * PAGE for _ in range(2))
        data[one : one + PAGE], data[other : other + PAGE] = data[other : other + PAGE], data[one : one + PAGE]


def copied_page(data: bytearray, rng: random.Random) -> None:
    one, other = (rng.randrange(len(data) // PAGE) * PAGE for _ in range(2))
    data[one : one + PAGE] = data[other : other + PAGE]


def header(data: bytearray, rng: random.Random) -> None:
    for _ in range(rng.choice([1, 4, 100])):
        data[rng.randrange(100)] = rng.randrange(256)


def first_page(data: bytearray, rng: random.Random) -> None:
    data[:PAGE] = rng.choice([bytes(PAGE), rng.randbytes(PAGE)])


DAMAGES: list[Callable[[bytearray, random.Random], None]] = [
    random_bytes,
    zeroed_pages,
    garbled_pages,
    zeroed_stretch,
    truncated,
    swapped_pages,
    copied_page,
    header,
    first_page,
]
