from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace

import pytest

from chatapp.core.chat import Role
from chatapp.core.errors import AppError
from chatapp.core.generation import Token
from chatapp.storage.backups import BackupKind, Backups
from chatapp.storage.chats import ChatStore
from chatapp.storage.database import Database
from chatapp.storage.paths import Paths
from chatapp.storage.repair import open_whole, repair
from chatapp.storage.restoring import bring_back
from chatapp.storage.token_store import TokenStore
from tests.builders import conversation, message

_TOKENS = [Token(lane=0, index=0, id=7, text="done", data=b"done")]


def _filled(paths: Paths) -> None:
    with closing(Database(paths.database)) as database:
        replies = [message("r", "q", role=Role.ASSISTANT, text="done"), message("s", "q", role=Role.ASSISTANT)]
        ChatStore(database).add_turn(conversation(leaf_id="r"), [message("q"), *replies])
        for reply in replies:
            TokenStore(database).put(reply.id, _TOKENS)


def test_a_reply_comes_back_with_its_token_records(paths: Paths) -> None:
    _filled(paths)
    backup = Backups(paths.database, paths.backups).make(BackupKind.BY_HAND)
    with closing(Database(paths.database)) as database:
        with database.durable() as connection:
            connection.execute("UPDATE conversation SET leaf_id = 'q'")
            connection.execute("DELETE FROM message WHERE id = 'r'")
            connection.execute("DELETE FROM token_part")
            connection.execute("UPDATE message SET text = 'another' WHERE id = 's'")
        bring_back(database, backup)
        assert TokenStore(database).tokens("r") == _TOKENS
        assert TokenStore(database).tokens("s") == []  # they tell of another text


def test_a_repair_keeps_token_records(paths: Paths) -> None:
    _filled(paths)
    repair(paths.database)
    with closing(Database(paths.database)) as database:
        assert TokenStore(database).tokens("r") == _TOKENS


def test_two_processes_that_repair_at_once_keep_everything(paths: Paths) -> None:
    _filled(paths)
    many = [message(f"m{number}", "q", text="word " * 100) for number in range(3000)]
    with closing(Database(paths.database)) as database:
        ChatStore(database).add_turn(
            conversation("c2"), [replace(one, conversation_id="c2", parent_id=None) for one in many]
        )
    damaged = bytearray(paths.database.read_bytes())
    damaged[:100] = bytes(100)
    paths.database.write_bytes(damaged)
    code = "import sys, pathlib; from chatapp.storage.repair import open_whole; open_whole(pathlib.Path(sys.argv[1]))"
    both = [subprocess.Popen([sys.executable, "-c", code, str(paths.database)]) for _ in range(2)]
    assert [process.wait(timeout=60) for process in both] == [0, 0]
    with closing(Database(paths.database)) as database:
        assert len(ChatStore(database).messages("c1")) == 3
        assert len(ChatStore(database).messages("c2")) == 3000
    assert len(list(paths.data.glob("*.damaged-*.sqlite3"))) == 1


def test_records_of_a_lost_reply_go_with_it(paths: Paths) -> None:
    _filled(paths)
    with closing(sqlite3.connect(paths.database, isolation_level=None)) as connection:  # foreign keys are off
        connection.execute("DELETE FROM message WHERE id = 'r'")
    repair(paths.database)
    with closing(Database(paths.database)) as database:
        assert TokenStore(database).tokens("r") == []
        assert TokenStore(database).tokens("s") == _TOKENS


@pytest.mark.skipif(sys.platform == "win32", reason="no file locks of Unix")
def test_a_repair_that_never_ends_elsewhere_is_a_sentence(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    _filled(paths)
    monkeypatch.setattr("chatapp.storage.repair._PATIENCE", 0.2)
    with (paths.data / f".{paths.database.name}.repair-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(AppError, match="still open in another program"):
            open_whole(paths.database)
    open_whole(paths.database)[0].close()
