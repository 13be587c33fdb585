"""How soon words are found in 100,000 messages, and what it costs to be able to find them.

Usage: python -m benchmarks.search [--messages 100000] [--seed 1]
Builds a database in a temporary folder (two minutes). Run it on an idle machine. Prints Markdown tables.
The newest third is English, so that what is frequent only in Chinese is far back. Words and characters are drawn by
Zipf's law; most are made up, so that there are more different beginnings of words than in real texts.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

from chatapp.core.chat import Conversation, Message, MessageState, Role
from chatapp.storage.chat_search import ChatSearch
from chatapp.storage.chats import ChatStore
from chatapp.storage.database import Database

CHARACTERS, PER_CONVERSATION = 400, 50
ROUNDS = 5
REPLIES = 300  # finished to see what indexing one costs
LETTERS = "eeeeeeeeeeeetttttttttaaaaaaaaooooooooiiiiiiinnnnnnnsssssshhhhhhrrrrrrddddllllcccuuummwwffggyyppbbvkjxz"
COMMON = ("the", "of", "and", "to", "in", "is", "that", "for", "it", "with")
TRIGGERS = ("message_added", "message_changes", "message_changed", "message_goes")


class Writer:
    """Texts of about CHARACTERS characters."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        words = ["".join(self.rng.choices(LETTERS, k=self.rng.randint(2, 10))) for _ in range(20_000)]
        self.words = [*COMMON, *words]
        self.characters = [chr(code) for code in self.rng.sample(range(0x4E00, 0x4E00 + 20_000), 4_000)]
        likely = zipf(len(self.characters))
        self.terms = ["".join(self.rng.choices(self.characters, cum_weights=likely, k=2)) for _ in range(30_000)]
        self._likely_words, self._likely_terms = zipf(len(self.words)), zipf(len(self.terms))

    def english(self) -> str:
        words = self.rng.choices(self.words, cum_weights=self._likely_words, k=CHARACTERS // 5)
        for at in range(0, len(words), 12):
            words[at] = f". {words[at].capitalize()}"
        return " ".join(words)[2 : CHARACTERS + 2]

    def chinese(self) -> str:
        terms = self.rng.choices(self.terms, cum_weights=self._likely_terms, k=CHARACTERS // 2)
        for at in range(0, len(terms), 8):
            terms[at] += self.rng.choice("，，。？\n")
        return "".join(terms)[:CHARACTERS]


def zipf(count: int) -> list[float]:
    """Cumulative weights of the ranks 1 to `count`."""
    return list(accumulate(1 / (rank + 2) for rank in range(count)))


def fill(store: ChatStore, count: int, writer: Writer) -> None:
    """Conversations of PER_CONVERSATION messages each; in the oldest there is a word that is nowhere else."""
    conversations = count // PER_CONVERSATION
    for number in range(conversations):
        chinese = number < conversations * 2 / 3 and writer.rng.random() < 0.75
        messages = [
            Message(
                id=f"{number}-{at}",
                conversation_id=str(number),
                parent_id=f"{number}-{at - 1}" if at else None,
                role=(Role.USER, Role.ASSISTANT)[at % 2],
                text=writer.chinese() if chinese else writer.english(),
                created_at=float(number * PER_CONVERSATION + at),
            )
            for at in range(PER_CONVERSATION)
        ]
        if number == 0:
            messages[0] = replace(messages[0], text=f"{messages[0].text} Kühlschrank 罕见")
        title = writer.english()[:40] if not chinese else writer.chinese()[:20]
        stored = Conversation(
            id=str(number), title=title, created_at=number, updated_at=number, leaf_id=messages[-1].id
        )
        store.add_turn(stored, messages)


def queries(writer: Writer) -> dict[str, list[str]]:
    """What is looked for, by kind."""
    letters, characters, terms = "abcdefghijklmnopqrstuvwxyz", writer.characters, writer.terms
    rare = writer.words[-3:]
    return {
        "one letter, frequent": ["e", "T", " e ", "."],
        "one letter or sign, rare or absent": ["q", "~", "ß", "é", "@"],
        "one Chinese character, frequent long ago": characters[:10],
        "one Chinese character, rare": ["罕", *characters[-10:]],
        "one Chinese character, absent": ["\u9fff", "\u3400"],
        "two letters": [
            "th",
            "e ",
            ". ",
            "xz",
            "ZX",
            "jk",
            "qx",
            *(a + b for a, b in zip(letters, "zyx", strict=False)),
        ],
        "two Chinese characters, frequent long ago": terms[:10],
        "two Chinese characters, rare or absent": ["罕见", *terms[-10:], characters[0] + characters[-1]],
        "a character and a sign": [characters[0] + "，", "。" + characters[0], "。\n", "，" + characters[1]],
        "a word, frequent": ["the", "AND", "that", "with", "ing"],
        "a word, rare or absent": [*rare, "kühlSCHRANK", "Zebra", "qqq"],
        "a phrase, rare or absent": [
            "of the ",
            "and the and the",
            "the the the the",
            " ".join(COMMON),
            "the of and to in is",
        ],
        "a Chinese phrase": [
            "".join(terms[:2]),
            "".join(terms[2:5]),
            terms[0] * 3,
            "".join(writer.rng.sample(terms, 3)),
        ],
        "a whole message": [writer.english(), writer.chinese()],
    }


def timed(work: Callable[[], object]) -> float:
    """Milliseconds."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def search_times(search: ChatSearch, wanted: dict[str, list[str]]) -> dict[str, list[float]]:
    """Milliseconds of each search, ROUNDS of each text."""
    return {
        label: [timed(lambda text=text: search.find(text)) for text in texts for _ in range(ROUNDS)]  # type: ignore[misc]
        for label, texts in wanted.items()
    }


def finish_times(store: ChatStore, writer: Writer) -> list[float]:
    """Milliseconds in which each of REPLIES replies is finished."""
    times = []
    for at in range(REPLIES):
        reply = Message(
            id=f"{writer.rng.random()}-{at}",
            conversation_id="0",
            parent_id=None,
            role=Role.ASSISTANT,
            text="",
            created_at=0.0,
            state=MessageState.STREAMING,
        )
        store.add_turn(store.conversations()[-1], [reply])
        whole = replace(reply, text=writer.english(), state=MessageState.COMPLETE)
        times.append(timed(lambda whole=whole: store.finish(whole)))  # type: ignore[misc]
    return times


def rows(count: int = 100_000, seed: int = 1) -> list[tuple[str, float]]:
    """(what was looked for, the longest search in milliseconds)."""
    with tempfile.TemporaryDirectory() as folder:
        database, _store, writer = built(Path(folder) / "chats.sqlite3", count, seed)
        times = search_times(ChatSearch(database), queries(writer))
        database.close()
    return [(f"search: {label}", max(found)) for label, found in times.items()]


def built(path: Path, count: int, seed: int) -> tuple[Database, ChatStore, Writer]:
    """Filled as by use: characters are noted as at the start of the app."""
    database = Database(path)
    store, writer = ChatStore(database), Writer(seed)
    fill(store, count, writer)
    store.recover()
    return database, store, writer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chats.sqlite3"
        started = time.perf_counter()
        database, store, writer = built(path, arguments.messages, arguments.seed)
        seconds = time.perf_counter() - started
        print("| searched | longest, ms | median, ms |\n|---|---|---|")
        for label, times in search_times(ChatSearch(database), queries(writer)).items():
            print(f"| {label} | {max(times):.1f} | {statistics.median(times):.1f} |")
        print(f"\n| {arguments.messages:,} messages | |\n|---|---|")
        print(f"| built in | {seconds:.0f} s |")
        database.connection.execute("PRAGMA wal_checkpoint (TRUNCATE)")
        size, texts = path.stat().st_size, total(database, "SELECT sum(length(CAST(text AS BLOB))) FROM message")
        index = total(database, "SELECT sum(length(block)) FROM message_text_data")
        noted = total(database, "SELECT sum(length(CAST(characters AS BLOB))) FROM message_block")
        print(f"| database | {size / 1e6:.0f} MB |\n| of it texts | {texts / 1e6:.0f} MB |")
        print(f"| of it trigrams | {index / 1e6:.0f} MB |\n| of it characters of blocks | {noted / 1e6:.1f} MB |")
        indexed = finish_times(store, writer)
        for name in TRIGGERS:
            database.connection.execute(f"DROP TRIGGER {name}")
        plain = finish_times(store, writer)
        for label, times in (("finishing a reply", indexed), ("the same without an index", plain)):
            print(f"| {label}, median, longest | {statistics.median(times):.2f} ms, {max(times):.1f} ms |")
        database.close()


def total(database: Database, query: str) -> int:
    """Bytes."""
    return int(database.connection.execute(query).fetchone()[0])


if __name__ == "__main__":
    main()
