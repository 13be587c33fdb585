"""The settings in force, and their way to the file."""

from __future__ import annotations

import dataclasses
import errno
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal

from chatapp.core.errors import AppError, error
from chatapp.core.sentences import STORE_FAILED
from chatapp.core.storage_sentences import DISK_FULL, READ_ONLY
from chatapp.services.pending_writes import PendingWrites
from chatapp.storage.paths import Paths
from chatapp.storage.settings import AdapterChoice, Settings, WindowState, load_settings, save_settings

_SAVE_AFTER_MS = 300
_SENTENCES = {errno.ENOSPC: DISK_FULL, errno.EDQUOT: DISK_FULL, errno.EROFS: READ_ONLY, errno.EACCES: READ_ONLY}


class Preferences(QObject):
    """Changes are seen at once and saved a moment later; `close` saves what is still waiting."""

    changed = Signal(object)
    """Settings"""

    def __init__(self, paths: Paths, writes: PendingWrites) -> None:
        super().__init__()
        self._paths = paths
        self._writes = writes
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

    def set_adapters(self, adapters: tuple[AdapterChoice, ...]) -> None:
        """How they are used with which model; nobody is told."""
        self.settings = dataclasses.replace(self.settings, adapters=adapters)
        if not self._closed:
            self._timer.start()

    def reset(self) -> None:
        """All options to their defaults; the model in use, its adapters and the window stay."""
        kept = self.settings
        self.replace(Settings(last_model=kept.last_model, adapters=kept.adapters, window=kept.window))

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
        self._writes.write("settings", partial(self._write, self.settings))

    def _write(self, settings: Settings) -> None:
        try:
            save_settings(self._paths.settings, settings)
        except OSError as problem:
            sentence = _SENTENCES.get(problem.errno or 0, STORE_FAILED)
            known: AppError = error(sentence, reason=problem, folder=self._paths.data)
            raise known from problem
