"""The one way out for trouble that belongs to no place on the screen."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from chatapp.core.errors import ErrorInfo


class Notifier(QObject):
    posted = Signal(object)
    """ErrorInfo"""

    def post(self, info: ErrorInfo) -> None:
        self.posted.emit(info)
