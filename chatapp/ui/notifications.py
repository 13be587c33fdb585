"""Says that a reply is finished while the person works elsewhere."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QSystemTrayIcon, QWidget

from chatapp.core.chat import Message
from chatapp.services.preferences import Preferences
from chatapp.services.replies import Replies

_WORDS = 120  # characters of the reply


class Notifications(QObject):
    def __init__(self, window: QWidget, replies: Replies, preferences: Preferences) -> None:
        super().__init__(window)
        self._window = window
        self._preferences = preferences
        self._tray: QSystemTrayIcon | None = None
        replies.ended.connect(self._on_ended)

    def _on_ended(self, message: Message) -> None:
        if self._window.isActiveWindow() or self._preferences.settings.chat.notify == "off" or not message.text:
            return
        QApplication.alert(self._window)
        if QSystemTrayIcon.isSystemTrayAvailable() and QSystemTrayIcon.supportsMessages():
            self._show(" ".join(message.text.split())[:_WORDS])

    def _show(self, text: str) -> None:
        if self._tray is None:
            self._tray = QSystemTrayIcon(self._window.windowIcon(), self)
            self._tray.messageClicked.connect(self._on_clicked)
        self._tray.show()
        self._tray.showMessage(self._window.windowTitle(), text, self._window.windowIcon())

    def _on_clicked(self) -> None:
        self._window.show()
        self._window.raise_()
        self._window.activateWindow()
