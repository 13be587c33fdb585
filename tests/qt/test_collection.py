"""Garbage with Qt objects in it, which another thread collecting it could freeze the window with."""

from __future__ import annotations

import gc
import threading

from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from chatapp.app import App

ended_on: list[str] = []


class Noted(QObject):
    def __del__(self) -> None:
        ended_on.append(threading.current_thread().name)


def make_garbage() -> None:
    noted = Noted()
    noted.itself = noted  # type: ignore[attr-defined]


def test_garbage_is_collected_on_the_main_thread_whoever_makes_more(app: App, qtbot: QtBot) -> None:
    ended_on.clear()
    make_garbage()

    def allocate() -> None:
        kept = [[number] for number in range(200_000)]
        assert kept

    for _ in range(5):
        worker = threading.Thread(target=allocate, name="another")
        worker.start()
        worker.join()
    assert ended_on == []
    for _ in range(4):  # whatever generation it is in by now
        make_garbage()
    kept = [[number] for number in range(100_000)]
    qtbot.waitUntil(lambda: len(ended_on) >= 4, timeout=20_000)
    assert set(ended_on) == {"MainThread"}
    assert kept


def test_a_closed_app_leaves_collecting_to_python(app: App) -> None:
    assert not gc.isenabled()
    app.close()
    assert gc.isenabled()
