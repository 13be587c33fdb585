"""Between what is kept of comparisons and the page: opened again, deleted, exported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from chatapp.core.chat import title_of
from chatapp.services.comparison import ComparisonService
from chatapp.services.kept_comparisons import LoadedComparison
from chatapp.storage.comparisons import StoredComparison
from chatapp.ui.tabs.base import AppContext
from chatapp.ui.tabs.compare.earlier_dialog import EarlierDialog
from chatapp.ui.tabs.compare.lanes_page import LanesPage
from chatapp.ui.tabs.compare.presenter import ComparePresenter
from chatapp.ui.widgets.save_dialog import ask_where


class KeepPresenter(QObject):
    """Lives as long as its page."""

    open_requested = Signal(object, object)
    """str, Comparison: one from the disk, which its service has already; `is_sweep` says which page shows it"""

    def __init__(self, page: LanesPage, lanes: ComparePresenter, context: AppContext) -> None:
        super().__init__(page)
        self._page, self._lanes = page, lanes
        self._kept = context.kept
        self._comparison, self._sweep = context.comparison, context.sweep
        self._dialog: EarlierDialog | None = None
        self._wanted = ""
        self._exports = ""
        page.earlier_requested.connect(self.show_earlier)
        page.export_requested.connect(self.export)
        self._kept.listed.connect(self._on_listed)
        self._kept.loaded.connect(self._on_loaded)
        self._kept.exported.connect(self._on_exported)

    @property
    def dialog(self) -> EarlierDialog | None:
        """The one that is open."""
        return self._dialog

    def show_earlier(self) -> None:
        """Opens the list; what would take the place of lanes that are being written is refused there."""
        if self._dialog is not None:
            return
        parent: QWidget = self._page.window()
        dialog = self._dialog = EarlierDialog(parent)
        dialog.open_requested.connect(self._on_open)
        dialog.remove_requested.connect(self._on_remove)
        dialog.finished.connect(self._on_closed)
        dialog.open()
        self._kept.refresh()

    def export(self) -> None:
        """What is on show, where a person wants it."""
        if not self._page.export_button.isEnabled():
            return
        comparison = self._comparison.comparison
        kinds = (
            (self.tr("To read: Markdown"), ".md"),
            (self.tr("A row for each lane: CSV"), ".csv"),
            (self.tr("Everything, each token: JSON"), ".json"),
        )
        path = ask_where(self._page, self.tr("Export"), title_of(comparison.prompt.text), kinds)
        if path:
            self._exports = path
            self._kept.export(comparison, path)

    def _service_of(self, *, is_sweep: bool) -> ComparisonService:
        return self._sweep if is_sweep else self._comparison

    def _on_listed(self, entries: list[StoredComparison]) -> None:
        if self._dialog is not None:
            self._dialog.set_entries(entries)

    def _on_open(self, comparison_id: str) -> None:
        self._wanted = comparison_id
        self._kept.load(comparison_id)

    def _on_loaded(self, loaded: LoadedComparison) -> None:
        if loaded.id != self._wanted:
            return
        self._wanted = ""
        comparison = loaded.comparison
        service = self._service_of(is_sweep=comparison.is_sweep)
        if service.is_running or self._is_written(loaded.id):
            self._refuse(self._busy_note if service.is_running else self._unfinished_note)
            return
        if self._dialog is not None:
            self._dialog.accept()
        other = self._service_of(is_sweep=not comparison.is_sweep)
        other.drop(loaded.id)  # one of them writes it, and no other
        service.open(loaded.id, comparison)
        self.open_requested.emit(loaded.id, comparison)

    def _on_remove(self, comparison_id: str) -> None:
        if self._is_written(comparison_id):
            self._refuse(self._unfinished_note)
        else:
            self._kept.remove(comparison_id)

    def _is_written(self, comparison_id: str) -> bool:
        """A small sweep is opened as lanes, while it may still run as a sweep."""
        return any(s.is_running and s.comparison_id == comparison_id for s in (self._comparison, self._sweep))

    def _refuse(self, note: Callable[[], str]) -> None:
        if self._dialog is not None:
            self._dialog.say(note)

    def _busy_note(self) -> str:
        return self.tr("It would take the place of lanes that are being written: stop them first.")

    def _unfinished_note(self) -> str:
        return self.tr("This one is being written: stop it first.")

    def _on_closed(self) -> None:
        self._dialog = None
        self._wanted = ""

    def _on_exported(self, path: str) -> None:
        if path == self._exports:
            self._lanes.say(lambda: self.tr("Exported to {name}").format(name=Path(path).name))
