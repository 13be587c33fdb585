"""The training runs of before: listed, read again, deleted, and written into files."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from chatapp.core.errors import error
from chatapp.core.run_course import RunCourse
from chatapp.core.run_export import card_of, csv_of, tensorboard_of
from chatapp.core.run_sentences import EXPORT_MISSING
from chatapp.core.sentences import OUTPUT_FAILED
from chatapp.services.background import Background
from chatapp.services.notifier import Notifier
from chatapp.storage.files import free_path, read_ordinary, write_output
from chatapp.storage.runs import RunStore, StoredRun, read_course

_MOST_BYTES = 1 << 20
EVENTS = "events.out.tfevents.{time:.0f}.chatapp"
PEFT_FILES, CARD = ("adapter_config.json", "adapter_model.safetensors"), "README.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedRun:
    run: StoredRun
    course: RunCourse


class KeptRuns(QObject):
    listed = Signal(object)
    """list[StoredRun], the newest first"""
    exported = Signal(object)
    """str: the file or folder"""

    def __init__(
        self, store: RunStore, background: Background, notifier: Notifier, parent: QObject | None = None
    ) -> None:
        """background: the thread of work with files."""
        super().__init__(parent)
        self._store, self._background, self._notifier = store, background, notifier
        self.runs: list[StoredRun] = []

    def refresh(self) -> None:
        """Ends with `listed`."""
        if not self._background.closed:
            self._background.run(self._store.listed, self._on_listed, self._notifier.post)

    def load(self, folder: Path, done: Callable[[LoadedRun], None]) -> None:
        """Hands it to `done` with its course; where it is gone, `listed` is told."""

        def work() -> LoadedRun | None:
            run = self._store.find(folder)
            return None if run is None else LoadedRun(run=run, course=read_course(folder))

        def read(loaded: LoadedRun | None) -> None:
            if loaded is not None:
                done(loaded)
            else:
                self.refresh()

        self._background.run(work, read, self._notifier.post)

    def delete(self, run: StoredRun) -> None:
        """For good. Ends with `listed`."""
        self._background.run(partial(self._store.delete, run), lambda _: self.refresh(), self._notifier.post)

    def save(self, path: str, data: bytes) -> None:
        """A file that was made already. Ends with `exported`."""
        self._write(path, lambda: data)

    def save_csv(self, course: RunCourse, path: str) -> None:
        self._write(path, partial(csv_of, course))

    def save_card(self, loaded: LoadedRun, path: str) -> None:
        """Of a run that has finished."""
        spec, result = loaded.run.spec, loaded.run.result
        if result is not None:
            self._write(path, lambda: card_of(spec, result, _written_card(loaded.run)).encode("utf-8"))

    def save_tensorboard(self, loaded: LoadedRun, folder: str) -> None:
        """A file of events in a folder of its own, so that TensorBoard shows it as a run. Ends with `exported`."""
        run, time = loaded.run, loaded.run.created_at

        def work() -> str:
            target = free_path(Path(folder) / run.folder.name)
            _make(target)
            write_output(target / EVENTS.format(time=time), tensorboard_of(loaded.course, time))
            return str(target)

        self._background.run(work, self.exported.emit, self._notifier.post)

    def save_peft(self, run: StoredRun, folder: str) -> None:
        """The files of the adapter as PEFT reads them, in a folder of their own. Ends with `exported`."""

        def work() -> str:
            source = _peft_folder(run)
            if source is None:
                raise error(EXPORT_MISSING)
            target = free_path(Path(folder) / f"{run.folder.name}-peft")
            _make(target)
            try:
                for name in (*PEFT_FILES, CARD):
                    if (source / name).is_file():
                        shutil.copyfile(source / name, target / name)
            except OSError as problem:
                raise error(OUTPUT_FAILED, reason=problem.strerror or problem) from problem
            return str(target)

        self._background.run(work, self.exported.emit, self._notifier.post)

    def _write(self, path: str, data: Callable[[], bytes]) -> None:
        work = lambda: write_output(Path(path), data())  # noqa: E731
        self._background.run(work, lambda _: self.exported.emit(path), self._notifier.post)

    def _on_listed(self, runs: list[StoredRun]) -> None:
        self.runs = runs
        self.listed.emit(runs)


def _peft_folder(run: StoredRun) -> Path | None:
    """Where an export lies: named among the files of the result, or below the run's folder."""
    named = [Path(name) for name in (run.result.files if run.result is not None else ())]
    places = [*named, *(path.parent for path in named), run.folder / "peft", run.folder]
    return next((place for place in places if all((place / name).is_file() for name in PEFT_FILES)), None)


def _written_card(run: StoredRun) -> str:
    """The trainer's, "" where it wrote none."""
    folder = _peft_folder(run)
    try:
        return "" if folder is None else read_ordinary(folder / CARD, _MOST_BYTES).decode("utf-8")
    except (OSError, ValueError):
        return ""


def _make(folder: Path) -> None:
    try:
        folder.mkdir()
    except OSError as problem:
        raise error(OUTPUT_FAILED, reason=problem.strerror or problem) from problem
