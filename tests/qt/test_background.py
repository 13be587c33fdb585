from __future__ import annotations

from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatapp.core.errors import ErrorInfo, ErrorKind, error
from chatapp.core.sentences import REPLY_BUSY
from chatapp.services.background import Background


def test_results_errors_and_bugs_all_come_back(qapp: QApplication, qtbot: QtBot) -> None:
    background = Background("test")
    done: list[int] = []
    failed: list[ErrorInfo] = []

    def known() -> int:
        raise error(REPLY_BUSY)

    def bug() -> int:
        raise ZeroDivisionError

    for work in (lambda: 1, known, bug, lambda: 2):
        background.run(work, done.append, failed.append)
    qtbot.waitUntil(lambda: len(done) + len(failed) == 4)
    assert done == [1, 2]
    assert [info.kind for info in failed] == [ErrorKind.BUSY, ErrorKind.BUG]
    background.close()


def test_work_in_line_is_done_before_the_end_and_nobody_is_called_after_it(qapp: QApplication, qtbot: QtBot) -> None:
    background = Background("test")
    worked: list[int] = []
    called: list[None] = []
    for number in range(50):
        background.run(lambda n=number: worked.append(n), called.append, lambda _info: None)
    background.close()
    qtbot.wait(20)
    assert worked == list(range(50))
    assert called == []
