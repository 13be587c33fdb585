"""Done when: 1,000 torn images of the write-ahead log (WAL): always opens, nothing acknowledged lost.

An image is what a power cut leaves: the database as last checkpointed, and the log, cut off or garbled at some place. A
write counts as acknowledged where its transaction had ended, with its frames in the log, before that place: what the
torn bytes themselves held is gone. A durable one was flushed by then; a quick one (streamed text) is held to the same.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.storage.chats import ChatStore
from chatapp.storage.database import Database
from chatapp.storage.paths import Paths
from chatapp.storage.repair import is_whole, open_whole
from tests.acceptance.chat_database import conversation, rows, text_of, turns, write_chats

FRAME = 24 + 4096
CHATS = 12
WITH_WINDOW = 25  # every so many images


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """end: of the log when it was acknowledged; text: what the message then had."""

    end: int
    message_id: str
    text: str


@pytest.fixture
def image(paths: Paths, rng: random.Random) -> tuple[bytes, bytes, list[Written]]:
    """The database, its log, and what was acknowledged when."""
    write_chats(paths.database, rng, 10)
    database = Database(paths.database)
    store, log = ChatStore(database), paths.database.with_name("chatapp.sqlite3-wal")
    written: list[Written] = []
    for number in range(CHATS):
        chat = conversation(rng, number)
        messages = turns(rng, chat.id, 2)
        store.add_turn(chat, messages)
        written += [Written(end=log.stat().st_size, message_id=m.id, text=m.text) for m in messages]
        for _ in range(3):  # as a reply is streamed
            text = text_of(rng)
            store.save_text(messages[-1].id, text)
            written.append(Written(end=log.stat().st_size, message_id=messages[-1].id, text=text))
    found = paths.database.read_bytes(), log.read_bytes(), written
    ends = [write.end for write in written[1:]]
    assert ends == sorted(ends)
    assert len(set(ends)) == CHATS * 4
    assert log.stat().st_size < 1_000 * FRAME, "a checkpoint was begun"
    database.close()
    return found


def torn(log: bytes, rng: random.Random) -> tuple[bytes, int]:
    """(the log, the first place that is not as it was)"""
    at = rng.choice([rng.randrange(len(log)), rng.randrange(len(log) // FRAME) * FRAME + 32, rng.randrange(64)])
    end = min(len(log), at + rng.choice([1, 100, FRAME, len(log)]))
    match rng.randrange(4):
        case 0:
            after = log[:at]
        case 1:
            after = log[:at] + bytes(end - at) + log[end:]
        case 2:
            after = log[:at] + rng.randbytes(end - at) + log[end:]
        case _:  # blocks written in another order: later ones are there, these are of the log before
            after = log[:at] + log[32 : 32 + end - at].ljust(end - at, b"\0") + log[end:]
    same = next((place for place, (a, b) in enumerate(zip(log, after, strict=False)) if a != b), len(after))
    return after, min(same, len(after))


def test_what_was_acknowledged_before_the_tear_is_there(
    qapp: QApplication,
    qtbot: QtBot,
    paths: Paths,
    image: tuple[bytes, bytes, list[Written]],
    rng: random.Random,
    long_run: bool,
) -> None:
    main, log, written = image
    checked = 0
    for number in range(1_000 if long_run else 40):
        for path in paths.data.glob("chatapp.*"):
            path.unlink()
        after, at = torn(log, rng)
        paths.database.write_bytes(main)
        paths.database.with_name("chatapp.sqlite3-wal").write_bytes(after)
        if number % WITH_WINDOW == 0:
            app = App(qapp, paths)
            with qtbot.waitSignal(app.storage_care.checked, timeout=60_000):
                app.storage_care.begin()
            app.close()
            app.window.deleteLater()
        else:
            database, repaired = open_whole(paths.database)
            assert repaired is None
            database.close()
        assert is_whole(paths.database)
        assert not list(paths.data.glob("*damaged*"))
        found = {identity: values for (table, identity), values in rows(paths.database).items() if table == "message"}
        possible: dict[str, list[str]] = {}
        newest: dict[str, int] = {}
        for write in written:
            possible.setdefault(write.message_id, []).append(write.text)
            if write.end <= at:
                newest[write.message_id] = len(possible[write.message_id]) - 1
        for message_id, place in newest.items():
            assert found[message_id][2] in possible[message_id][place:], (number, at)
        checked += len(newest)
    assert checked


def test_a_database_that_lost_all_but_its_log_is_not_taken_for_a_new_one(
    paths: Paths, image: tuple[bytes, bytes, list[Written]]
) -> None:
    """SQLite deletes the log beside an empty file, and what was acknowledged with it."""
    _main, log, written = image
    for path in paths.data.glob("chatapp.*"):
        path.unlink()
    paths.database.touch()
    paths.database.with_name("chatapp.sqlite3-wal").write_bytes(log)
    database, repaired = open_whole(paths.database)
    database.close()
    assert repaired is not None
    last = {write.message_id: write.text for write in written}
    found = {identity: values[2] for (table, identity), values in rows(paths.database).items() if table == "message"}
    in_log = {identity for identity in last if identity in found}
    assert len(in_log) > len(last) // 2  # pages that were not written since the checkpoint are gone with the file
    assert all(found[identity] == last[identity] for identity in in_log)
    assert repaired.original.with_name(f"{repaired.original.name}-wal").read_bytes() == log


def test_nothing_of_torn_frames_gets_into_what_is_saved(
    paths: Paths, image: tuple[bytes, bytes, list[Written]], rng: random.Random
) -> None:
    """The database is lost, the log garbled in its middle: what was written before that is saved, and no garbage."""
    _main, log, written = image
    possible: dict[str, set[str]] = {}
    for write in written:
        possible.setdefault(write.message_id, set()).add(write.text)
    for _ in range(3):
        for path in paths.data.glob("chatapp.*"):
            path.unlink()
        garbled = bytearray(log)
        for at in range(len(log) // 2, len(log), 50):
            garbled[at] = rng.randrange(256)
        paths.database.touch()
        paths.database.with_name("chatapp.sqlite3-wal").write_bytes(garbled)
        database, repaired = open_whole(paths.database)
        database.close()
        assert repaired is not None
        found = {key[1]: values[2] for key, values in rows(paths.database).items() if key[0] == "message"}
        known = {identity: text for identity, text in found.items() if identity in possible}
        assert known
        assert [identity for identity, text in known.items() if text not in possible[identity]] == []
