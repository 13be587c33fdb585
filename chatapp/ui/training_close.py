"""What happens to a run that is being trained when the window is closed: a person is asked."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QMessageBox

from chatapp.core.errors import error
from chatapp.core.run_sentences import RUN_CLOSING
from chatapp.services.finetune import FinetuneService
from chatapp.ui.language import error_advice, error_message
from chatapp.ui.main_window import MainWindow


class TrainingClose(QObject):
    """Asks before what is asked already. A second close while the question stands leaves the run to be resumed."""

    def __init__(self, window: MainWindow, service: FinetuneService) -> None:
        super().__init__(window)
        self._window, self._service = window, service
        self._may_close = window.may_close
        self.box: QMessageBox | None = None
        self._closes_when_done = False
        window.may_close = self.may_close
        service.finished.connect(lambda _result: self._on_done())
        service.failed.connect(lambda _info: self._forget())
        service.given_up.connect(self._forget)

    def may_close(self) -> bool:
        if not self._service.is_running or self.box is not None:
            return self._may_close()
        self._ask()
        return False

    def _ask(self) -> None:
        info = error(RUN_CLOSING).info
        box = QMessageBox(QMessageBox.Icon.Question, "chatapp", error_message(info), parent=self._window)
        box.setInformativeText(error_advice(info))
        stop = box.addButton(self.tr("Stop and keep the best"), QMessageBox.ButtonRole.AcceptRole)
        leave = box.addButton(self.tr("Close; resume it later"), QMessageBox.ButtonRole.DestructiveRole)
        stay = box.addButton(self.tr("Do not close"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(stay)
        box.setEscapeButton(stay)
        stop.clicked.connect(self._stop)
        leave.clicked.connect(self._leave)
        stay.clicked.connect(self._forget)
        box.finished.connect(self._on_answered)
        self.box = box
        box.open()

    def _stop(self) -> None:
        """The window closes once the adapter is written, or now where the run has ended meanwhile."""
        self._closes_when_done = True
        if self._service.is_running:
            self._service.stop()
        else:
            self._on_done()

    def _leave(self) -> None:
        self._service.give_up()
        self._window.close()

    def _on_answered(self, _result: int) -> None:
        box, self.box = self.box, None
        if box is not None:
            box.deleteLater()

    def _on_done(self) -> None:
        if self._closes_when_done:
            self._closes_when_done = False
            QTimer.singleShot(0, self._window, self._window.close)  # when all others have heard of the end

    def _forget(self) -> None:
        self._closes_when_done = False
