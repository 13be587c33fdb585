"""Done when: 300 damaged databases: the window always starts, at least 99 % of the rows whose pages were left alone are
kept, the damaged file stays beside the new one, and chats can be written and found again."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.core.errors import ErrorInfo
from chatapp.core.storage_sentences import BACKUP_OFFERED
from chatapp.services.background import Background
from chatapp.storage.chat_search import ChatSearch
from chatapp.storage.chats import ChatStore
from chatapp.storage.paths import Paths
from chatapp.storage.repair import is_whole
from chatapp.ui.widgets.error_card import ErrorCard
from tests.acceptance.chat_database import (
    DAMAGES,
    conversation,
    first_page,
    pages_of_rows,
    rows,
    turns,
    untouched,
    write_chats,
)

LEAST_KEPT = 0.99


@pytest.fixture
def whole(tmp_path: Path, rng: random.Random, long_run: bool) -> Path:
    path = tmp_path / "whole.sqlite3"
    write_chats(path, rng, 200 if long_run else 60)
    return path


def test_rows_of_untouched_pages_are_kept_and_the_window_starts(
    qapp: QApplication, qtbot: QtBot, paths: Paths, whole: Path, rng: random.Random, long_run: bool
) -> None:
    before, expected, places = whole.read_bytes(), rows(whole), pages_of_rows(whole)
    assert set(places) == set(expected)  # every row was found on some page
    kept = intact = repaired = 0
    for number in range(300 if long_run else 18):
        damage = DAMAGES[number % len(DAMAGES)]
        data = bytearray(before)
        damage(data, rng)
        _put(paths, bytes(data))
        _start_and_use(qapp, qtbot, paths, rng)
        good = untouched(before, bytes(data))
        left_alone = {key for key, pages in places.items() if pages <= good}
        after = rows(paths.database)
        lost = {key for key in left_alone if after.get(key) != expected[key]}
        assert len(lost) <= (1 - LEAST_KEPT) * len(left_alone), (number, damage.__name__, len(left_alone), len(lost))
        kept, intact = kept + len(left_alone) - len(lost), intact + len(left_alone)
        originals = list(paths.data.glob("chatapp.damaged-*.sqlite3"))
        repaired += bool(originals)
        if damage is first_page:  # after others it can be opened, and is written to before they show
            assert bytes(data) in [path.read_bytes() for path in originals]
    print(f"\n{kept} of {intact} intact rows kept; {repaired} of {number + 1} files were repaired")
    assert repaired


def test_what_a_backup_still_has_can_be_brought_back(
    qapp: QApplication, qtbot: QtBot, paths: Paths, whole: Path
) -> None:
    expected = rows(whole)
    _put(paths, whole.read_bytes())
    with _started(qapp, qtbot, paths):  # the first start of the day makes the backup
        pass
    (backup,) = paths.backups.iterdir()
    assert rows(backup) == expected
    data = bytearray(whole.read_bytes())
    data[: len(data) // 2] = bytes(len(data) // 2)
    _put(paths, bytes(data))
    with _started(qapp, qtbot, paths) as app:
        assert len(rows(paths.database)) < len(expected)
        offers: list[ErrorCard] = []

        def is_offered() -> bool:
            cards = app.window.findChildren(ErrorCard)
            offers[:] = [card for card in cards if card.info.text == BACKUP_OFFERED.text]
            return bool(offers)

        qtbot.waitUntil(is_offered, timeout=10_000)
        (button,) = (b for b in offers[0].findChildren(QPushButton) if b.text() == "Bring them back")
        button.click()
        qtbot.waitUntil(lambda: rows(paths.database) == expected, timeout=10_000)
        assert is_whole(paths.database)


class _Started:
    """The real window over the data folder, without a model; when it is left everything is saved."""

    def __init__(self, qapp: QApplication, qtbot: QtBot, paths: Paths) -> None:
        self._args = (qapp, qtbot, paths)
        self.said: list[ErrorInfo] = []

    def __enter__(self) -> App:
        qapp, qtbot, paths = self._args
        app = self.app = App(qapp, paths)
        app.context.notifier.posted.connect(self.said.append)
        with qtbot.waitSignal(app.storage_care.checked, timeout=60_000):
            app.context.shelf.start()
            app.storage_care.begin()
        settle(qtbot, app._storage_work)
        return app

    def __exit__(self, *_: object) -> None:
        self.app.close()
        self.app.window.close()
        self.app.window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # hundreds of windows make each start slow


_started = _Started


def settle(qtbot: QtBot, background: Background) -> None:
    """Waits until all that was given to `background` is done, and what that led to."""
    for _ in range(3):
        done: list[None] = []
        background.run(lambda: None, done.append, lambda _info: None)
        qtbot.waitUntil(lambda d=done: bool(d), timeout=60_000)


def _put(paths: Paths, data: bytes) -> None:
    for path in paths.data.iterdir():
        if path.name.startswith("chatapp"):
            path.unlink()
    paths.database.write_bytes(data)


def _start_and_use(qapp: QApplication, qtbot: QtBot, paths: Paths, rng: random.Random) -> None:
    """A turn is written and found; where only that shows the damage (of the index of words), at the second attempt."""
    with _started(qapp, qtbot, paths) as app:
        store, search = ChatStore(app._database), ChatSearch(app._database)
        chat = conversation(rng, 0)
        messages = turns(rng, chat.id, 3)
        for _attempt in range(2):
            done: list[None] = []
            app._storage_work.run(lambda: store.add_turn(chat, messages), done.append, app.context.notifier.post)
            settle(qtbot, app._storage_work)
            if done:
                break
        assert done
        found: list[object] = []
        for _attempt in range(2):
            app._storage_work.run(lambda: search.find("token"), found.append, app.context.notifier.post)
            settle(qtbot, app._storage_work)
        assert found
    with closing(sqlite3.connect(paths.database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
