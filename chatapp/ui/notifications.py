"""Says that a reply or a training run is finished: to a screen reader always, on the desktop to who works elsewhere."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QObject, Qt
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QApplication, QSystemTrayIcon, QWidget

from chatapp.core.chat import Message
from chatapp.core.generation import FinishReason
from chatapp.core.segments import SegmentKind, segments_of
from chatapp.services.preferences import Preferences
from chatapp.services.replies import Replies

_WORDS = 120  # characters of the reply
_LOOKED_AT = 4_000  # characters of it, for the first that are no thoughts
_HARMLESS = str.maketrans({"<": "‹", ">": "›", "&": "＆"})  # some desktops take a message for HTML


class Notifications(QObject):
    """come_to_front: shows the window, wherever it is. Nothing is said of a reply that was stopped by hand."""

    def __init__(
        self, window: QWidget, replies: Replies, preferences: Preferences, come_to_front: Callable[[], None]
    ) -> None:
        super().__init__(window)
        self._window = window
        self._preferences = preferences
        self._come_to_front = come_to_front
        self._tray: QSystemTrayIcon | None = None
        replies.ended.connect(self._on_ended)
        QApplication.instance().applicationStateChanged.connect(self._on_state)  # type: ignore[union-attr]

    def _on_ended(self, message: Message) -> None:
        if message.reply.finish_reason is FinishReason.CANCELLED:
            return
        done = self.tr("The reply is finished.") if message.reply.error is None else self.tr("The reply has failed.")
        self.say(done, message.text)

    def say(self, done: str, text: str) -> None:
        """done: what is; text: whose first words are shown below."""
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self._window, done))
        if self._is_used() or self._preferences.settings.chat.notify == "off":
            return
        QApplication.alert(self._window)
        if QSystemTrayIcon.isSystemTrayAvailable() and QSystemTrayIcon.supportsMessages():
            self._show(done, first_words(text))

    def _is_used(self) -> bool:
        """Whether the person works in the window or in one of its dialogs."""
        return self._window.isActiveWindow() or QApplication.activeWindow() not in (None, self._window)

    def _show(self, title: str, text: str) -> None:
        if self._tray is None:
            self._tray = QSystemTrayIcon(self._window.windowIcon(), self)
            self._tray.setToolTip(QCoreApplication.applicationName())
            self._tray.messageClicked.connect(self._come_to_front)
            self._tray.activated.connect(self._come_to_front)
        self._tray.show()
        self._tray.showMessage(title, text, self._window.windowIcon())

    def _on_state(self, state: Qt.ApplicationState) -> None:
        if state == Qt.ApplicationState.ApplicationActive and self._tray is not None:
            self._tray.hide()  # it is there for its message only


def first_words(text: str) -> str:
    """The beginning of what a reply says after its thoughts, in one line and without anything a desktop would read as
    markup."""
    said = (s.text for s in segments_of(text[:_LOOKED_AT]) if s.kind is not SegmentKind.THOUGHT)
    words = " ".join(" ".join(said).split())
    return (words if len(words) <= _WORDS else f"{words[:_WORDS].rstrip()}…").translate(_HARMLESS)
