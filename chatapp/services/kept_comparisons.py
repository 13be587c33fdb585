"""The comparisons of before: listed, read again, removed for good, and written into files."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from chatapp.core.comparison import Comparison
from chatapp.core.comparison_export import csv_of, json_of, markdown_of
from chatapp.services.background import Background
from chatapp.services.notifier import Notifier
from chatapp.services.pending_writes import PendingWrites
from chatapp.storage.comparisons import ComparisonStore
from chatapp.storage.files import write_output


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedComparison:
    id: str
    comparison: Comparison


class KeptComparisons(QObject):
    listed = Signal(object)
    """list of StoredComparison, the newest first; sweeps are among them"""
    loaded = Signal(object)
    """LoadedComparison"""
    removed = Signal(object)
    """str: the id of one that is gone, or about to go"""
    exported = Signal(object)
    """str: the file"""

    def __init__(
        self,
        store: ComparisonStore,
        background: Background,
        file_work: Background,
        notifier: Notifier,
        writes: PendingWrites,
        parent: QObject | None = None,
    ) -> None:
        """background: the thread that stores comparisons, so that what was just written is read too."""
        super().__init__(parent)
        self._store = store
        self._background = background
        self._file_work = file_work
        self._notifier = notifier
        self._writes = writes

    def refresh(self) -> None:
        """Ends with `listed`."""
        self._background.run(self._store.listed, self.listed.emit, self._notifier.post)

    def load(self, comparison_id: str) -> None:
        """Ends with `loaded`, or with `removed` and `listed` where it is not stored."""

        def done(comparison: Comparison | None) -> None:
            if comparison is not None:
                self.loaded.emit(LoadedComparison(id=comparison_id, comparison=comparison))
            else:
                self.removed.emit(comparison_id)
                self.refresh()

        self._background.run(lambda: self._store.load(comparison_id), done, self._notifier.post)

    def remove(self, comparison_id: str) -> None:
        """For good. Ends with `removed` and `listed`."""
        self.removed.emit(comparison_id)  # first: what shows it must not store it again
        self._writes.write(f"comparison {comparison_id}", partial(self._store.remove, comparison_id))
        self.refresh()

    def export(self, comparison: Comparison, path: str) -> None:
        """As Markdown where the name ends in .md, as CSV where it ends in .csv, else as JSON. Ends with `exported`."""
        work = partial(_write, comparison, path)
        self._file_work.run(work, lambda _: self.exported.emit(path), self._notifier.post)


def _write(comparison: Comparison, path: str) -> None:
    name = path.lower()
    if name.endswith(".md"):
        data = markdown_of(comparison).encode("utf-8")
    else:
        data = csv_of(comparison) if name.endswith(".csv") else json_of(comparison)
    write_output(Path(path), data)
