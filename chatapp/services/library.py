"""The model library as the window sees it: its list, and adding a file with progress and cancel."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from chatapp.core.errors import ErrorInfo, ErrorKind
from chatapp.core.models import LibraryModel
from chatapp.services.background import Background
from chatapp.storage.model_library import ModelLibrary


@dataclass(frozen=True, slots=True, kw_only=True)
class AddProgress:
    """fraction 0 to 1 while a file is read; done when it is over, however it ended."""

    path: str
    fraction: float
    done: bool = False


class LibraryService(QObject):
    listed = Signal(object)
    """list[LibraryModel], by name"""
    add_progressed = Signal(object)
    """AddProgress"""
    added = Signal(object)
    """LibraryModel"""
    failed = Signal(object)
    """ErrorInfo"""
    start_model = Signal(object)
    """LibraryModel: the one to begin with"""
    no_start_model = Signal(object)
    """ErrorInfo: why there is none"""

    def __init__(self, library: ModelLibrary, background: Background) -> None:
        super().__init__()
        self._library = library
        self._background = background
        self._cancelled = threading.Event()
        self._closed = False
        self._last_percent = -1
        self.models: list[LibraryModel] = []

    def refresh(self) -> None:
        """Reads the list again; other processes may have changed it."""
        if not self._closed:
            self._background.run(self._library.models, self._on_listed, self.failed.emit)

    def add(self, path: Path) -> None:
        """Puts a file into the library where it lies."""
        self._cancelled.clear()
        self._last_percent = -1
        name = str(path)
        self.add_progressed.emit(AddProgress(path=name, fraction=0.0))

        def work() -> LibraryModel:
            return self._library.add(path, progress=lambda fraction: self._report(name, fraction))

        def done(model: LibraryModel) -> None:
            self.add_progressed.emit(AddProgress(path=name, fraction=1.0, done=True))
            self.refresh()
            self.added.emit(model)

        def failed(info: ErrorInfo) -> None:
            self.add_progressed.emit(AddProgress(path=name, fraction=0.0, done=True))
            if info.kind is not ErrorKind.CANCELLED:
                self.failed.emit(info)

        self._background.run(work, done, failed)

    def cancel_add(self) -> None:
        self._cancelled.set()

    def remove(self, path: str) -> None:
        """Takes a model off the list; its file stays."""
        self._background.run(lambda: self._library.remove(path), lambda _: self.refresh(), self.failed.emit)

    def find_start_model(self, last_used: str) -> None:
        """Answers with `start_model` or `no_start_model`."""
        self._background.run(
            lambda: self._library.find(None, last_used), self.start_model.emit, self.no_start_model.emit
        )

    def close(self) -> None:
        self._closed = True
        self._cancelled.set()

    def _report(self, name: str, fraction: float) -> bool:
        percent = int(fraction * 100)
        if percent != self._last_percent:
            self._last_percent = percent
            self.add_progressed.emit(AddProgress(path=name, fraction=fraction))  # queued to the main thread
        return not self._cancelled.is_set()

    def _on_listed(self, models: list[LibraryModel]) -> None:
        if models != self.models:
            self.models = models
            self.listed.emit(models)
