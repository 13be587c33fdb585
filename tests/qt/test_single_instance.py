from __future__ import annotations

from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatapp.services.single_instance import SingleInstance
from chatapp.storage.paths import Paths


def test_the_second_asks_the_first_to_show_itself(qapp: QApplication, qtbot: QtBot, paths: Paths) -> None:
    first, second = SingleInstance(paths), SingleInstance(paths)
    assert first.acquire()
    assert not second.acquire()
    with qtbot.waitSignal(first.raise_requested, timeout=3000):
        assert second.ask_other_to_show()
    first.release()
    assert second.acquire()
    second.release()


def test_without_another_nobody_takes_the_wish(qapp: QApplication, paths: Paths) -> None:
    assert not SingleInstance(paths).ask_other_to_show()
