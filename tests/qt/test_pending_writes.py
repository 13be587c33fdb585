"""Writes that must not be lost, at the end of the app."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from chatapp.core.errors import error
from chatapp.core.sentences import STORE_FAILED
from chatapp.services.background import Background
from chatapp.services.notifier import Notifier
from chatapp.services.pending_writes import PendingWrites

Finish = Callable[[], None]


class Attempts:
    """A write that fails as often as it is told to."""

    def __init__(self, failures: int) -> None:
        self.count, self.done = 0, 0
        self._failures = failures

    def __call__(self) -> None:
        self.count += 1
        if self.count <= self._failures:
            raise error(STORE_FAILED, folder="f", reason="full")
        self.done += 1


@pytest.fixture
def background(qapp: object) -> Background:
    return Background("test")


@pytest.fixture
def writes(background: Background, tmp_path: Path) -> PendingWrites:
    return PendingWrites(tmp_path, background, Notifier())


def test_what_fails_while_the_app_closes_is_written_all_the_same(writes: PendingWrites, background: Background) -> None:
    begins = threading.Event()
    background.run(begins.wait, lambda _: None, lambda _: None)
    attempts = Attempts(failures=1)
    writes.write("a", attempts)
    writes.close()  # it has not failed yet, and nobody will hear of it
    begins.set()
    background.close()
    assert (attempts.count, attempts.done) == (2, 1)


def test_what_is_under_way_and_succeeds_is_written_once(writes: PendingWrites, background: Background) -> None:
    begins = threading.Event()
    background.run(begins.wait, lambda _: None, lambda _: None)
    attempts = Attempts(failures=0)
    writes.write("a", attempts)
    writes.close()
    begins.set()
    background.close()
    assert (attempts.count, attempts.done) == (1, 1)


def test_what_waits_has_a_last_attempt(writes: PendingWrites, background: Background, qtbot: QtBot) -> None:
    attempts, finished = Attempts(failures=1), Attempts(failures=0)
    writes.write("a", attempts)
    qtbot.waitUntil(lambda: writes.waiting, timeout=3000)
    writes.close()
    writes.write("b", finished)
    background.close()
    assert (attempts.count, attempts.done, finished.count) == (2, 1, 1)
