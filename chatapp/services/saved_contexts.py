"""Keeps what the model has evaluated of a conversation in a file, so that it need not read it all again later."""

from __future__ import annotations

from contextlib import suppress

from PySide6.QtCore import QEventLoop, QObject, QTimer

from chatapp.core.errors import AppError
from chatapp.protocol.engine import Finished, SaveState, StateSaved
from chatapp.services.background import Background
from chatapp.services.engine_status import EngineState, EngineStatus
from chatapp.services.inference import InferenceService
from chatapp.services.preferences import Preferences
from chatapp.storage.saved_states import SavedStates
from chatapp.storage.session import SafeMode, Session

IDLE_SECONDS = 20
_WORTH_KEEPING = 256  # tokens
_CLOSING_MS = 3000
_GB = 1_000_000_000


class SavedContexts(QObject):
    """Saves when another conversation needs the model, after a pause, and at the end of the app."""

    def __init__(
        self,
        inference: InferenceService,
        states: SavedStates,
        preferences: Preferences,
        background: Background,
        session: Session,
    ) -> None:
        super().__init__()
        self._session = session
        self._inference = inference
        self._states = states
        self._preferences = preferences
        self._background = background
        self._trimmed_to = -1
        self._in_use = ""
        self._unsaved = ""
        self._saving: int | None = None
        self._timer = QTimer(self, singleShot=True, interval=IDLE_SECONDS * 1000)
        self._timer.timeout.connect(self.save)
        inference.finished.connect(self._on_finished)
        inference.status_changed.connect(self._on_status)
        inference.answered.connect(self._on_answered)
        inference.failed.connect(lambda event: self._on_ended(event.request_id))
        preferences.changed.connect(lambda _settings: self._trim_to_setting())
        self._trim_to_setting()

    def begin(self, conversation_id: str) -> str:
        """Call before a reply in that conversation; the file to go on from, "" where none is kept or to be trusted."""
        self._timer.stop()
        if self._unsaved != conversation_id:
            self.save()
        self._in_use = conversation_id
        if not self._most_bytes() or self._session.safe_mode is not SafeMode.OFF:
            return ""
        return str(self._states.path(conversation_id))

    def save(self) -> None:
        """Writes what is not yet written."""
        self._timer.stop()
        conversation_id, self._unsaved = self._unsaved, ""
        if conversation_id and self._most_bytes():
            with suppress(AppError, OSError):  # only time would be lost
                self._states.prepare()
                path, most = str(self._states.path(conversation_id)), self._most_bytes()
                self._saving = self._inference.ask(lambda i: SaveState(request_id=i, path=path, most_bytes=most))

    def forget(self, conversation_id: str) -> None:
        """Deletes what is kept of a conversation."""
        if self._unsaved == conversation_id:
            self._unsaved = ""
        path = self._states.path(conversation_id)
        self._background.run(lambda: path.unlink(missing_ok=True), lambda _result: None, lambda _problem: None)

    def close(self) -> None:
        """Saves, and waits a moment for it."""
        if self._inference.status.state is EngineState.READY:
            self.save()
            if self._saving is not None:
                waiting = QEventLoop()
                self._inference.answered.connect(waiting.quit)
                self._inference.failed.connect(waiting.quit)
                QTimer.singleShot(_CLOSING_MS, waiting.quit)
                waiting.exec(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)

    def _on_finished(self, event: Finished) -> None:
        if event.usage.context_tokens >= _WORTH_KEEPING:
            self._unsaved = self._in_use
            self._timer.start()

    def _on_status(self, status: EngineStatus) -> None:
        if status.state in (EngineState.EMPTY, EngineState.LOADING):
            self._unsaved = ""
            self._timer.stop()

    def _on_answered(self, event: object) -> None:
        if isinstance(event, StateSaved):
            self._on_ended(event.request_id)
            self._trim()

    def _trim_to_setting(self) -> None:
        if self._trimmed_to != self._most_bytes():
            self._trim()

    def _trim(self) -> None:
        most = self._trimmed_to = self._most_bytes()
        self._background.run(lambda: self._states.trim(most), lambda _result: None, lambda _problem: None)

    def _on_ended(self, request_id: int | None) -> None:
        if request_id == self._saving:
            self._saving = None

    def _most_bytes(self) -> int:
        return self._preferences.settings.engine.saved_contexts * _GB
