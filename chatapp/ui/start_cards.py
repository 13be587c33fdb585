"""The cards of a start that is not like others: after a crash, in safe mode, with a model that is held back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication

from chatapp.core.errors import error
from chatapp.core.models import LibraryModel
from chatapp.core.options import QT_TRANSLATE_NOOP
from chatapp.core.start_sentences import (
    ENDED_BADLY,
    MODEL_HELD_BACK,
    SAFE_AFTER_CRASHES,
    SAFE_AS_WISHED,
    TROUBLE_LAST_TIME,
)
from chatapp.storage.crash_reports import CrashReport
from chatapp.storage.session import SafeMode
from chatapp.ui.actions import Action
from chatapp.ui.desktop import open_folder
from chatapp.ui.main_window import MainWindow
from chatapp.ui.report_dialog import ReportDialog
from chatapp.ui.tabs.base import AppContext


class StartCards(QObject):
    """Shows them in the window and does what their buttons say."""

    def __init__(self, window: MainWindow, context: AppContext) -> None:
        super().__init__(window)
        self._window = window
        self._context = context
        context.model_choice.held_back.connect(self._on_held_back)
        if context.session.safe_mode is not SafeMode.OFF:
            self._tell_of_safe_mode()

    def tell_of_crash(self, reports: Sequence[CrashReport], *, ended_properly: bool) -> None:
        """One card for all of them; none without reports."""
        if not reports:
            return
        text = "\n\n".join(report.text for report in reports)
        show_folder = partial(open_folder, reports[0].path.parent)
        actions = (
            _action(QT_TRANSLATE_NOOP("actions", "Show report"), partial(self._show, text, show_folder)),
            _action(QT_TRANSLATE_NOOP("actions", "Copy report"), partial(QGuiApplication.clipboard().setText, text)),
            _action(QT_TRANSLATE_NOOP("actions", "Open folder"), show_folder),
        )
        self._window.show_card(error(TROUBLE_LAST_TIME if ended_properly else ENDED_BADLY).info, actions)

    def _tell_of_safe_mode(self) -> None:
        crashed = self._context.session.safe_mode is SafeMode.AFTER_CRASHES
        info = error(SAFE_AFTER_CRASHES if crashed else SAFE_AS_WISHED).info

        def start_normally() -> None:
            self._window.dismiss_card(info)
            self._context.session.leave_safe_mode()
            self._window.restore_place()
            self._context.model_choice.load_start_model()

        actions = (
            _action(QT_TRANSLATE_NOOP("actions", "Start normally"), start_normally),
            _action(QT_TRANSLATE_NOOP("actions", "Only load the model"), self._context.model_choice.load_start_model),
        )
        self._window.show_card(info, actions)

    def _on_held_back(self, model: LibraryModel) -> None:
        info = error(MODEL_HELD_BACK, name=model.name).info

        def load() -> None:
            self._window.dismiss_card(info)
            self._context.model_choice.use(model.path)

        self._window.show_card(info, (_action(QT_TRANSLATE_NOOP("actions", "Load it anyway"), load),))

    def _show(self, text: str, show_folder: Callable[[], None]) -> None:
        dialog = ReportDialog(text, show_folder, self._window)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()


def _action(title: str, run: Callable[[], None]) -> Action:
    return Action(title=title, keys=(), run=run)
