"""The cards about the disk that need an answer: a backup that has more, a close that would lose something."""

from __future__ import annotations

from PySide6.QtCore import QObject

from chatapp.core.errors import error
from chatapp.core.options import QT_TRANSLATE_NOOP
from chatapp.core.storage_sentences import NOT_YET_SAVED
from chatapp.services.pending_writes import PendingWrites
from chatapp.services.storage_care import StorageCare
from chatapp.storage.restoring import Missing
from chatapp.ui.actions import Action
from chatapp.ui.main_window import MainWindow


class StorageCards(QObject):
    """Shows them in the window and does what their buttons say."""

    def __init__(self, window: MainWindow, care: StorageCare, writes: PendingWrites) -> None:
        super().__init__(window)
        self._window = window
        self._care = care
        self._writes = writes
        self._was_asked = False
        care.backup_offered.connect(self._on_offered)
        window.may_close = self._may_close

    def _on_offered(self, missing: Missing) -> None:
        info = missing.as_info()

        def bring_back() -> None:
            self._window.dismiss_card(info)
            self._care.bring_back(missing)

        self._window.show_card(
            info, (Action(title=QT_TRANSLATE_NOOP("actions", "Bring them back"), keys=(), run=bring_back),)
        )

    def _may_close(self) -> bool:
        """The first close with something unsaved is refused; it is tried again then, and a second close is a close."""
        if not self._writes.waiting or self._was_asked:
            return True
        self._was_asked = True
        self._writes.retry_with_reserve()
        self._window.show_card(error(NOT_YET_SAVED).info)
        return False
