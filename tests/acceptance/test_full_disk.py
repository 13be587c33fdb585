"""Done when: 100 disk-full points: always starts, nothing acknowledged lost. A real small disk is filled at random
points of a session in the window: what was typed stays, a sentence says why, with room again everything is written."""

from __future__ import annotations

import random
import resource
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.core.storage_sentences import DISK_FULL
from chatapp.services.engine_status import EngineState
from chatapp.storage.model_library import ModelLibrary
from chatapp.storage.paths import Paths, find_paths
from chatapp.ui.tabs.chat.view import ChatView
from chatapp.ui.widgets.error_card import ErrorCard
from tests.builders import write_gguf
from tests.fakes.scripted_engine import scripted_command

SESSION = 10  # points between one start and the next
WORDS = "precious words that nobody may lose "


class SmallDisk:
    """A disk of its own; where this user may not mount one, files that can't grow beyond a size."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        command = ["mount", "-t", "tmpfs", "-o", "size=24m", "none", str(folder)]
        self.is_mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0

    def fill(self, leaving: int) -> None:
        if not self.is_mounted:
            log = self.folder / "chatapp.sqlite3-wal"
            size = log.stat().st_size if log.exists() else 0
            resource.setrlimit(resource.RLIMIT_FSIZE, (size + leaving, self._limits[1]))
            return
        ballast = self.folder / "ballast"
        with suppress(OSError), ballast.open("ab", buffering=0) as stream:
            while True:
                stream.write(bytes(4096))
        with ballast.open("r+b") as stream:
            stream.truncate(max(0, ballast.stat().st_size - leaving))

    def make_room(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, self._limits)
        (self.folder / "ballast").unlink(missing_ok=True)

    def close(self) -> None:
        self.make_room()
        if self.is_mounted:
            subprocess.run(["umount", "--lazy", str(self.folder)], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    assert signal.getsignal(signal.SIGXFSZ) == signal.SIG_IGN  # Python's own: a write beyond the size fails
    disk = SmallDisk(folder)
    yield disk
    disk.close()


class Session:
    """The window over the small disk, from a start to a close."""

    def __init__(self, qapp: QApplication, qtbot: QtBot, paths: Paths) -> None:
        self.app = App(qapp, paths, scripted_command)
        self.chat = cast(ChatView, self.app.window.page("chat"))
        self._qtbot = qtbot
        self.app.window.show()
        self.app.begin()
        qtbot.waitUntil(lambda: self.app.context.inference.status.state is EngineState.READY, timeout=20_000)

    def type(self, text: str) -> None:
        self.chat.prompt.set_text(text)
        QTest.keyClick(self.chat.prompt.edit, Qt.Key.Key_Return)

    def wait_for_reply(self) -> None:
        self._qtbot.waitUntil(lambda: self.chat.prompt.text() == "", timeout=10_000)
        self._qtbot.waitUntil(lambda: not self.app.context.conversations.writing, timeout=20_000)

    def cards(self) -> list[ErrorCard]:
        return [card for card in self.app.window.findChildren(ErrorCard) if card.isVisible()]

    def close(self) -> None:
        self.app.close()
        self.app.window.close()
        self.app.window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def stored(paths: Paths) -> dict[str, list[str]]:
    """Prompts, and the replies that are complete."""
    with closing(sqlite3.connect(paths.database)) as connection:
        rows = connection.execute("SELECT role, text FROM message WHERE state = 'complete' ORDER BY number").fetchall()
        titles = connection.execute("SELECT title FROM conversation").fetchall()
    return {
        "user": [text for role, text in rows if role == "user"],
        "assistant": [text for role, text in rows if role == "assistant"],
        "titles": [title for (title,) in titles],
    }


def test_a_disk_that_fills_up_costs_no_word(
    qapp: QApplication, qtbot: QtBot, disk: SmallDisk, tmp_path: Path, rng: random.Random, long_run: bool
) -> None:
    paths = find_paths(str(disk.folder))
    library = ModelLibrary(paths)
    library.add(write_gguf(tmp_path / "scripted.gguf"))
    library.close()
    acknowledged: dict[str, list[str]] = {"user": [], "assistant": [], "titles": []}
    session: Session | None = None
    refused = told = given_up = 0
    for number in range(100 if long_run else 8):
        if session is None:
            session = Session(qapp, qtbot, paths)
        app, chat, words = session.app, session.chat, WORDS + str(number)
        app.context.conversations.new()
        session.type(f"say first {number}")
        session.wait_for_reply()
        acknowledged["user"].append(f"say first {number}")
        acknowledged["assistant"].append(f"first {number}")
        leaving = rng.choice([0, 0, rng.randrange(8_192), rng.randrange(200_000)])
        question = f"say {words} " + "x" * rng.choice([0, 20_000])
        if rng.random() < 0.5:  # full while the reply is written
            session.type(f"slow {rng.randint(20, 60)}")
            qtbot.waitUntil(lambda c=chat: c.prompt.text() == "", timeout=10_000)
            qtbot.wait(rng.randrange(100))
            disk.fill(leaving)
            qtbot.waitUntil(lambda a=app: not a.context.conversations.writing, timeout=20_000)
        disk.fill(leaving)
        current = app.context.conversations.current
        assert current is not None
        app.context.shelf.rename(current.id, f"title {number}")
        acknowledged["titles"].append(f"title {number}")
        app.context.preferences.set_option("sampling", "top_k", 1 + number)
        session.type(question)
        qtbot.waitUntil(
            lambda s=session, c=chat: (
                c.prompt.text() == "" or any(card.info.text == DISK_FULL.text for card in s.cards())
            ),
            timeout=20_000,
        )
        qtbot.waitUntil(lambda a=app: not a.context.conversations._sending, timeout=20_000)
        if chat.prompt.text():
            refused += 1
            assert chat.prompt.text() == question  # what was typed stays
        told += any(card.info.text == DISK_FULL.text for card in session.cards())
        if rng.random() < 0.3:  # the next start finds the disk still full
            if app._writes.waiting:  # only who closes a second time loses what could not be written
                assert not app.window.close()
                qtbot.wait(200)
                if app._writes.waiting:
                    acknowledged["titles"].remove(f"title {number}")
                    acknowledged["assistant"].remove(f"first {number}")  # its end may be what waits
                    given_up += 1
            session.close()
            session = Session(qapp, qtbot, paths)
            app, chat = session.app, session.chat
            qtbot.waitUntil(lambda a=app: bool(a.context.shelf.conversations), timeout=10_000)
        disk.make_room()
        if chat.prompt.text() == question and app.context.conversations.current is not None:
            session.type(question)
            session.wait_for_reply()
            acknowledged["user"].append(question)
        qtbot.waitUntil(lambda a=app: not a.context.conversations.writing, timeout=20_000)
        for card in session.cards():
            card.dismissed.emit()
        qtbot.waitUntil(lambda a=app: not a._writes.waiting, timeout=20_000)
        if number % SESSION == SESSION - 1:
            session.close()
            session = None
            found = stored(paths)
            for what, texts in acknowledged.items():
                assert [text for text in texts if text not in found[what]] == [], what
    if session is not None:
        session.close()
    found = stored(paths)
    for what, texts in acknowledged.items():
        assert [text for text in texts if text not in found[what]] == [], what
    told_of = f"{refused} prompts refused, {told} times told, {given_up} closed in spite of it"
    print(f"\n{number + 1} points, {told_of}, mounted: {disk.is_mounted}")
    assert refused
    assert told


def test_a_disk_without_a_byte_left_still_shows_the_chats(
    qapp: QApplication, qtbot: QtBot, disk: SmallDisk, tmp_path: Path
) -> None:
    if not disk.is_mounted:
        pytest.skip("needs a disk of its own, which only root may mount")
    paths = find_paths(str(disk.folder))
    library = ModelLibrary(paths)
    library.add(write_gguf(tmp_path / "scripted.gguf"))
    library.close()
    session = Session(qapp, qtbot, paths)
    session.type("say something")
    session.wait_for_reply()
    qtbot.waitUntil((disk.folder / "reserve.bin").exists, timeout=10_000)
    session.close()
    disk.fill(leaving=0)
    session = Session(qapp, qtbot, paths)
    qtbot.waitUntil(lambda: bool(session.app.context.shelf.conversations), timeout=10_000)
    session.close()
    assert stored(paths)["assistant"] == ["something"]
