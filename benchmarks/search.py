"""How soon words are found in 100,000 messages: common, rare and absent ones, long and short, English and Chinese.

Usage: python -m benchmarks.search [--messages 100000]
Builds a database in a temporary folder (about a minute). Run it on an idle machine. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from chatapp.core.chat import Conversation, Message, Role
from chatapp.storage.chat_search import ChatSearch
from chatapp.storage.chats import ChatStore
from chatapp.storage.database import Database

CHARACTERS, PER_CONVERSATION = 400, 50
ROUNDS = 5
COMMON = "the river ran past old mill and traders who came down it told long stories of north snow lay on bridge"


def texts(rng: random.Random) -> Iterator[str]:
    """Three in ten are Chinese; words are made up, so that many are rare."""
    common = COMMON.split()
    letters = "etaoinshrdlucmfwypvbgk"
    rare = ["".join(rng.choice(letters) for _ in range(rng.randint(2, 9))) for _ in range(20_000)]
    characters = "".join(chr(rng.randrange(0x4E00, 0x4E00 + 3000)) for _ in range(100_000))
    while True:
        if rng.random() < 0.3:
            start = rng.randrange(len(characters) - CHARACTERS)
            yield characters[start : start + CHARACTERS]
        else:
            yield " ".join(rng.choice(common) if rng.random() < 0.6 else rng.choice(rare) for _ in range(72))


def fill(store: ChatStore, count: int, rng: random.Random) -> None:
    written = texts(rng)
    for number in range(count // PER_CONVERSATION):
        messages = [
            Message(
                id=f"{number}-{at}",
                conversation_id=str(number),
                parent_id=f"{number}-{at - 1}" if at else None,
                role=(Role.USER, Role.ASSISTANT)[at % 2],
                text=next(written),
                created_at=float(number * PER_CONVERSATION + at),
            )
            for at in range(PER_CONVERSATION)
        ]
        last = Message(
            id=f"{number}-e",
            conversation_id=str(number),
            parent_id=None,
            role=Role.USER,
            text="ends in 罕见",
            created_at=0,
        )
        conversation = Conversation(id=str(number), title=f"chat {number}", created_at=number, updated_at=number)
        store.add_turn(conversation, [*messages, last] if number == 3 else messages)


QUERIES = {
    "one common letter": "e",
    "one rare Chinese character": "罕",
    "two Chinese characters at the end of one message": "罕见",
    "two letters that never occur": "qx",
    "two common letters": "th",
    "a common Chinese character": "一",
    "a common word": "the",
    "a phrase": "the old mill",
    "a word that never occurs": "zebra crossing",
    "six Chinese characters that never occur": "龘龘龘龘龘龘",
}


def rows(count: int = 100_000, seed: int = 1) -> list[tuple[str, float]]:
    """(what was looked for, the longest of ROUNDS in milliseconds)."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        database = Database(Path(folder) / "chats.sqlite3")
        fill(ChatStore(database), count, random.Random(seed))
        search = ChatSearch(database)
        for label, text in QUERIES.items():
            times = []
            for _ in range(ROUNDS):
                started = time.perf_counter()
                hits = search.find(text)
                times.append((time.perf_counter() - started) * 1000)
            found.append((f"search {label} ({len(hits)} hits, median {statistics.median(times):.1f})", max(times)))
        database.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    print("| | longest, ms |\n|---|---|")
    for label, longest in rows(arguments.messages, arguments.seed):
        print(f"| {label} | {longest:.1f} |")


if __name__ == "__main__":
    main()
