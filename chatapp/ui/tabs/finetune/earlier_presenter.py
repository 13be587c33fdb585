"""Between the page of earlier runs and the services."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject

from chatapp.core.run_course import RunCourse
from chatapp.services.kept_runs import LoadedRun
from chatapp.storage.runs import StoredRun
from chatapp.ui.tabs.base import AppContext
from chatapp.ui.tabs.finetune.earlier_page import EarlierPage
from chatapp.ui.tabs.finetune.run_presenter import RunPresenter
from chatapp.ui.tabs.finetune.run_words import date_text, file_name


class EarlierPresenter(QObject):
    """Lives as long as its page."""

    def __init__(self, page: EarlierPage, run: RunPresenter, context: AppContext) -> None:
        super().__init__(page)
        self._page, self._run = page, run
        self._kept, self._service = context.runs, context.finetune
        self._courses: dict[Path, RunCourse] = {}  # of those compared
        page.open_requested.connect(self._on_open)
        page.resume_requested.connect(lambda wanted: run.resume_folder(wanted.folder))
        page.delete_requested.connect(self._kept.delete)
        page.compared_changed.connect(self._on_compared)
        self._kept.listed.connect(lambda _runs: self._show())
        self._service.begun.connect(self._kept.refresh)
        self._service.phase_changed.connect(lambda _phase: self._show())
        self._kept.refresh()
        self._show()

    def _show(self) -> None:
        in_training = self._service.folder if self._service.is_running else None
        self._page.set_runs(self._kept.runs, in_training)

    def _on_open(self, run: StoredRun) -> None:
        self._kept.load(run.folder, self._run.open)

    def _on_compared(self) -> None:
        wanted = self._page.model.checked
        self._courses = {folder: course for folder, course in self._courses.items() if folder in wanted}
        for folder in wanted:
            if folder not in self._courses:
                self._kept.load(folder, self._on_loaded)
        self._draw()

    def _on_loaded(self, loaded: LoadedRun) -> None:
        if loaded.run.folder in self._page.model.checked:
            self._courses[loaded.run.folder] = loaded.course
            self._draw()

    def _draw(self) -> None:
        named = {
            run.folder: f"{run.spec.title or file_name(run.spec.data)}, {date_text(run.created_at)}"
            for run in self._kept.runs
        }
        wanted = [folder for folder in self._page.model.checked if folder in self._courses]
        self._page.charts.show_several([(named.get(folder, folder.name), self._courses[folder]) for folder in wanted])
