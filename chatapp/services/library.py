"""The model library as the window sees it: its list, and adding or verifying a file with progress and cancel."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from chatapp.core.errors import ErrorInfo, ErrorKind
from chatapp.core.model_sentences import MODEL_IS_ADAPTER
from chatapp.core.models import LibraryModel
from chatapp.services.background import Background
from chatapp.storage.model_library import ModelLibrary, Progress

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadProgress:
    """fraction 0 to 1 while a file is read; done when it is over, however it ended."""

    path: str
    fraction: float
    done: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """error None: the file is the one that was added."""

    path: str
    error: ErrorInfo | None


class LibraryService(QObject):
    listed = Signal(object)
    """list[LibraryModel], by name"""
    read_progressed = Signal(object)
    """ReadProgress"""
    added = Signal(object)
    """LibraryModel"""
    verified = Signal(object)
    """Verified"""
    adapter_found = Signal(object)
    """Path: of a file that is an adapter and not a model"""
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

        def added(model: LibraryModel) -> None:
            self.refresh()
            self.added.emit(model)

        def failed(info: ErrorInfo) -> None:
            if info.text == MODEL_IS_ADAPTER.text:
                self.adapter_found.emit(path)
            else:
                self.failed.emit(info)

        self._read(str(path), lambda progress: self._library.add(path, progress=progress), added, failed)

    def verify(self, model: LibraryModel) -> None:
        """Answers with `verified`, unless it is cancelled."""

        def answer(problem: ErrorInfo | None) -> None:
            self.verified.emit(Verified(path=model.path, error=problem))

        self._read(model.path, lambda progress: self._library.verify(model, progress), answer, answer)

    def cancel_reading(self) -> None:
        """Of the file that is being added or verified."""
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

    def _read(
        self,
        name: str,
        work: Callable[[Progress], Result],
        done: Callable[[Result], None],
        failed: Callable[[ErrorInfo], None],
    ) -> None:
        """Runs work that reads a whole file and tells `read_progressed`; one that is cancelled has no other answer."""
        self._cancelled.clear()
        self._last_percent = -1
        self.read_progressed.emit(ReadProgress(path=name, fraction=0.0))

        def ended(result: Result) -> None:
            self.read_progressed.emit(ReadProgress(path=name, fraction=1.0, done=True))
            done(result)

        def not_done(info: ErrorInfo) -> None:
            self.read_progressed.emit(ReadProgress(path=name, fraction=0.0, done=True))
            if info.kind is not ErrorKind.CANCELLED:
                failed(info)

        self._background.run(lambda: work(partial(self._report, name)), ended, not_done)

    def _report(self, name: str, fraction: float) -> bool:
        percent = int(fraction * 100)
        if percent != self._last_percent:
            self._last_percent = percent
            self.read_progressed.emit(ReadProgress(path=name, fraction=fraction))  # queued to the main thread
        return not self._cancelled.is_set()

    def _on_listed(self, models: list[LibraryModel]) -> None:
        if models != self.models:
            self.models = models
            self.listed.emit(models)
