"""The settings in force, and their way to the file."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import QObject, QTimer, Signal

from chatapp.core.errors import AppError, error
from chatapp.core.sentences import STORE_FAILED
from chatapp.services.background import Background
from chatapp.services.notifier import Notifier
from chatapp.storage.paths import Paths
from chatapp.storage.settings import Settings, WindowState, load_settings, save_settings

_SAVE_AFTER_MS = 300


class Preferences(QObject):
    """Changes are seen at once and saved a moment later; `close` saves what is still waiting."""

    changed = Signal(object)
    """Settings"""

    def __init__(self, paths: Paths, background: Background, notifier: Notifier) -> None:
        super().__init__()
        self._paths = paths
        self._background = background
        self._notifier = notifier
        self.settings, self.warnings = load_settings(paths.settings)
        self._closed = False
        self._timer = QTimer(self, singleShot=True, interval=_SAVE_AFTER_MS)
        self._timer.timeout.connect(self._save)

    def set_option(self, section: str, name: str, value: object) -> None:
        """One option of one section; raises AppError(BAD_INPUT) where the section refuses the value."""
        changed = dataclasses.replace(getattr(self.settings, section), **{name: value})
        self.replace(dataclasses.replace(self.settings, **{section: changed}))

    def set_last_model(self, path: str) -> None:
        self.replace(dataclasses.replace(self.settings, last_model=path))

    def set_window(self, window: WindowState) -> None:
        """How the window was left; nobody is told."""
        self.settings = dataclasses.replace(self.settings, window=window)
        if not self._closed:
            self._timer.start()

    def reset(self) -> None:
        """All options to their defaults; the model in use and the window stay."""
        self.replace(Settings(last_model=self.settings.last_model, window=self.settings.window))

    def replace(self, settings: Settings) -> None:
        if settings != self.settings:
            self.settings = settings
            if not self._closed:
                self._timer.start()
            self.changed.emit(settings)

    def close(self) -> None:
        self._closed = True
        if self._timer.isActive():
            self._timer.stop()
            self._save()

    def _save(self) -> None:
        settings = self.settings
        self._background.run(lambda: self._write(settings), lambda _: None, self._notifier.post)

    def _write(self, settings: Settings) -> None:
        try:
            save_settings(self._paths.settings, settings)
        except OSError as problem:
            known: AppError = error(STORE_FAILED, reason=problem, folder=self._paths.data)
            raise known from problem
