"""Done when: locked, read-only and newer databases, pipes and folders in the place of files: each is one sentence with
a way out, nothing is lost and no start hangs; two starts at once, and locks that nobody holds; backups by rule."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import namedtuple
from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.core.errors import AppError, ErrorInfo
from chatapp.core.storage_sentences import DATABASE_IN_USE, DATABASE_LOCKED, READ_ONLY
from chatapp.services.single_instance import SingleInstance
from chatapp.storage import backups as backups_module
from chatapp.storage.backups import KEPT, BackupKind, Backups
from chatapp.storage.chats import ChatStore
from chatapp.storage.database import Database
from chatapp.storage.migrations import MIGRATIONS, create
from chatapp.storage.paths import Paths, find_paths
from chatapp.storage.repair import repair
from tests.builders import conversation, message

ROOT = Path(__file__).resolve().parents[2]
AS_NOBODY = """
import os, sys
from chatapp.core.errors import AppError
from chatapp.storage.chats import ChatStore
from chatapp.storage.paths import find_paths
from chatapp.storage.repair import open_whole
if os.getuid() == 0:
    os.setgroups([]), os.setgid(65534), os.setuid(65534)
try:
    ChatStore(open_whole(find_paths(sys.argv[1]).database)[0]).save_draft("c1", "x")
except AppError as problem:
    print(problem)
"""
OFFSCREEN = {"QT_QPA_PLATFORM": "offscreen"}


def chatapp(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "chatapp", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=ROOT)


def start_window() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "chatapp"]
    return subprocess.Popen(command, env={**os.environ, **OFFSCREEN}, stderr=subprocess.PIPE, cwd=ROOT)


def wait_for(condition: object, seconds: float = 20) -> None:
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    assert condition()


def close(*windows: subprocess.Popen[bytes]) -> None:
    for window in windows:
        window.kill()
        window.communicate()


@pytest.fixture
def filled(paths: Paths) -> Paths:
    """A data folder with one chat."""
    with closing(Database(paths.database)) as database:
        ChatStore(database).add_turn(conversation(leaf_id="a"), [message("a", text="kept")])
    return paths


def test_a_lock_of_another_program_keeps_nothing_from_being_written(
    qapp: QApplication, qtbot: QtBot, filled: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatapp.storage.database._BUSY_SECONDS", 0.2)
    app = App(qapp, filled)
    said: list[ErrorInfo] = []
    app.context.notifier.posted.connect(said.append)
    try:
        app.context.shelf.start()
        qtbot.waitUntil(lambda: bool(app.context.shelf.conversations), timeout=5_000)
        with closing(sqlite3.connect(filled.database, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            app.context.shelf.rename("c1", "renamed meanwhile")
            qtbot.waitUntil(lambda: any(info.text == DATABASE_LOCKED.text for info in said), timeout=5_000)
            assert app._writes.waiting
            app.window.show()
            assert not app.window.close()  # a person would lose something
            assert app.window.isVisible()
            other.execute("ROLLBACK")
        qtbot.waitUntil(lambda: not app._writes.waiting, timeout=10_000)
        with closing(sqlite3.connect(filled.database)) as reader:
            assert reader.execute("SELECT title FROM conversation").fetchone() == ("renamed meanwhile",)
        assert len([info for info in said if info.text == DATABASE_LOCKED.text]) == 1
    finally:
        app.close()
        app.window.close()


def test_a_newer_database_is_left_alone_to_the_byte(filled: Paths) -> None:
    with closing(sqlite3.connect(filled.database, isolation_level=None)) as newer:
        newer.execute("ALTER TABLE conversation ADD COLUMN mood TEXT NOT NULL DEFAULT ''")
        newer.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    before = filled.database.read_bytes()
    done = chatapp("models", "list")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "newer chatapp" in done.stderr
    assert filled.database.read_bytes() == before
    assert not list(filled.data.glob("*damaged*"))


@pytest.mark.skipif(os.name != "posix", reason="users and permissions as on Unix")
@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_may_only_be_read_is_a_sentence(filled: Paths, what: str) -> None:
    """As an ordinary user: root may write everywhere."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:  # where any user may look
        folder = Path(shutil.copytree(filled.data, Path(name) / "data"))
        Path(name).chmod(0o755)
        folder.chmod(0o777 if what == "file" else 0o555)
        for file in folder.iterdir():
            file.chmod(0o444)
        command = [sys.executable, "-c", AS_NOBODY, str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    words = READ_ONLY.text.split("{folder}")[1] if what == "file" else "can't be used"
    assert words in done.stdout, done.stderr


def test_pipes_folders_and_devices_make_way(filled: Paths) -> None:
    kept = filled.database.read_bytes()
    for name in ("chatapp.sqlite3", "chatapp.sqlite3-wal", "chatapp.sqlite3-shm", "instance.lock", "settings.json"):
        place = filled.data / name
        if place.exists():
            place.rename(filled.data / "mine.sqlite3")
        os.mkfifo(place)
    filled.log.parent.mkdir(exist_ok=True)
    os.mkfifo(filled.log)
    window = start_window()
    try:
        wait_for(lambda: filled.database.is_file() and filled.instance_lock.is_file())
        time.sleep(1)
        assert window.poll() is None
        assert chatapp("models", "list").returncode == 0  # beside the open window
    finally:
        close(window)
    assert len(list(filled.data.rglob("*.moved-*"))) == 5
    assert (filled.data / "mine.sqlite3").read_bytes() == kept
    filled.database.unlink()
    filled.database.mkdir()
    assert chatapp("models", "list").returncode == 0
    filled.database.unlink()
    filled.database.symlink_to("/dev/zero")
    assert chatapp("models", "list").returncode == 0


def test_of_two_starts_at_the_same_instant_one_becomes_the_window(filled: Paths) -> None:
    windows = [start_window() for _ in range(2)]
    try:
        wait_for(lambda: any(window.poll() is not None for window in windows))
        (ended,) = (window for window in windows if window.poll() is not None)
        assert ended.returncode == 0
        assert b"already open" in (ended.stderr.read() if ended.stderr else b"")
        assert chatapp("models", "list").returncode == 0
        assert chatapp("backup").returncode == 0
        assert [window.poll() for window in windows].count(None) == 1
    finally:
        close(*windows)


def test_a_killed_window_and_a_power_cut_leave_no_lock_behind(qapp: QApplication, filled: Paths) -> None:
    window = start_window()
    wait_for(filled.instance_lock.exists)
    time.sleep(0.3)
    window.send_signal(signal.SIGKILL)
    window.communicate()
    assert filled.instance_lock.exists()
    for left in (None, b"", os.urandom(200)):
        if left is not None:
            filled.instance_lock.write_bytes(left)
        instance = SingleInstance(filled)
        assert instance.acquire()
        instance.release()


@pytest.mark.skipif(os.name != "posix", reason="users and permissions as on Unix")
def test_where_no_lock_can_be_made_the_instance_that_answers_counts(qapp: QApplication, filled: Paths) -> None:
    no_locks = Paths(data=Path("/proc"))
    first, second = SingleInstance(no_locks), SingleInstance(no_locks)
    assert first.acquire()
    assert not second.acquire()
    first.release()


def test_a_damaged_file_in_use_is_not_replaced_under_its_user(filled: Paths) -> None:
    program = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT * FROM conversation').fetchall();"
        "print('open', flush=True); sys.stdin.read()"
    )
    user = subprocess.Popen(
        [sys.executable, "-c", program, str(filled.database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert user.stdout is not None
    assert user.stdout.readline()
    with pytest.raises(AppError) as caught:
        repair(filled.database)
    assert caught.value.info.text == DATABASE_IN_USE.text
    user.communicate()
    assert repair(filled.database).messages == 1


def test_damage_that_only_writing_shows_is_repaired_then(qapp: QApplication, qtbot: QtBot, filled: Paths) -> None:
    """The index of words: SQLite's own check does not look into it, and the day's backup is there already."""
    Backups(filled.database, filled.backups).make_daily()
    with closing(sqlite3.connect(filled.database, isolation_level=None)) as connection:
        connection.execute("UPDATE message_text_data SET block = X'FFFFFFFF' WHERE id = 10")
    app = App(qapp, filled)
    try:
        with qtbot.waitSignal(app.storage_care.checked, timeout=10_000):
            app.storage_care.begin()
        assert not list(filled.data.glob("*damaged*"))
        store, turn = ChatStore(app._database), message("b", "a", text="after")
        written: list[None] = []
        with qtbot.waitSignal(app.storage_care.repaired, timeout=10_000):
            work = lambda: store.add_turn(conversation(leaf_id="b"), [turn])  # noqa: E731
            app._storage_work.run(work, written.append, app.context.notifier.post)
        app._storage_work.run(work, written.append, app.context.notifier.post)
        qtbot.waitUntil(lambda: bool(written), timeout=5_000)
    finally:
        app.close()
        app.window.close()
    with closing(sqlite3.connect(filled.database)) as reader:
        assert reader.execute("SELECT text FROM message ORDER BY number").fetchall() == [("kept",), ("after",)]


def test_a_repair_that_is_interrupted_is_finished_by_the_next_start(filled: Paths) -> None:
    whole = filled.database.read_bytes()
    finished = filled.data / "chatapp.repaired.sqlite3"
    finished.write_bytes(whole)
    filled.database.write_bytes(b"\0" * 9_000)
    done = chatapp("models", "list")
    assert (done.returncode, finished.exists()) == (0, False)
    with closing(sqlite3.connect(filled.database)) as reader:
        assert reader.execute("SELECT text FROM message").fetchone() == ("kept",)


def test_a_damaged_database_is_repaired_by_the_terminal_too(filled: Paths) -> None:
    with filled.database.open("r+b") as stream:
        stream.write(bytes(100))
    done = chatapp("models", "list")
    assert done.returncode == 0
    assert "1 conversations with 1 messages" in done.stderr
    assert len(list(filled.data.glob("chatapp.damaged-*.sqlite3"))) == 1
    assert chatapp("models", "list").stderr == ""


def test_backups_are_made_before_an_update_daily_and_by_hand_and_kept_by_rule(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(sqlite3.connect(paths.database, isolation_level=None)) as old:
        create(old, 1)
        old.execute("INSERT INTO conversation VALUES ('c1', 'old', 1.0, 1.0, NULL)")
    Database(paths.database).close()
    (before_update,) = paths.backups.iterdir()
    assert before_update.name.endswith("-before-update.sqlite3")
    with closing(sqlite3.connect(before_update)) as copy:
        assert copy.execute("PRAGMA user_version").fetchone() == (1,)
    by_hand = json.loads(chatapp("backup", "--json").stdout)
    assert by_hand["type"] == "backup"
    backups = Backups(paths.database, paths.backups)
    for day in range(1, 9):
        monkeypatch.setattr(backups_module.time, "strftime", lambda _format, d=day: f"2030-01-0{d}")
        made = backups.make_daily()
        assert made is not None
        os.utime(made, (1e9 + day, 1e9 + day))
        assert backups.make_daily() is None  # one a day
    daily = sorted(path.name for path in paths.backups.glob("chats-2030-01-0?.sqlite3"))
    assert daily == [f"chats-2030-01-0{day}.sqlite3" for day in range(9 - KEPT[BackupKind.DAILY], 9)]
    assert before_update.exists()
    assert Path(by_hand["path"]).exists()
    assert not list(paths.backups.glob(".*"))
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: usage(1, 1, 1_000_000))  # nearly full
    monkeypatch.setattr(backups_module.time, "strftime", lambda _format: "2030-01-09")
    assert backups.make_daily() is None
    assert [path.name for path in paths.backups.glob("chats-2030-01-0?.sqlite3")] == ["chats-2030-01-08.sqlite3"]
    with pytest.raises(AppError):
        backups.make(BackupKind.BY_HAND)


def test_a_backup_put_in_the_place_of_the_database_is_the_database(filled: Paths) -> None:
    """The way back that `chatapp backup --help` and the README give."""
    made = Path(json.loads(chatapp("backup", "--json").stdout)["path"])
    for path in filled.data.glob("chatapp.sqlite3*"):
        path.unlink()
    shutil.copy(made, filled.database)
    with closing(Database(find_paths(str(filled.data)).database)) as database:
        assert [m.text for m in ChatStore(database).messages("c1")] == ["kept"]
