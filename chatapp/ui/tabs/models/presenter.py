"""Between the models view and the services."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject

from chatapp.core.models import LibraryModel
from chatapp.services.engine_status import EngineStatus
from chatapp.services.inference import InferenceService
from chatapp.services.library import LibraryService, ReadProgress, Verified
from chatapp.services.model_choice import ModelChoice
from chatapp.ui.tabs.models.view import ModelsView


class ModelsPresenter(QObject):
    """Lives as long as its view."""

    def __init__(
        self, view: ModelsView, library: LibraryService, choice: ModelChoice, inference: InferenceService
    ) -> None:
        super().__init__(view)
        self._view = view
        self._library = library
        self._choice = choice
        view.add_requested.connect(self._on_add)
        view.load_requested.connect(self._on_load)
        view.verify_requested.connect(self._on_verify)
        view.remove_requested.connect(lambda model: library.remove(model.path))
        view.cancel_requested.connect(library.cancel_reading)
        library.listed.connect(view.set_models)
        library.failed.connect(view.show_error)
        library.verified.connect(self._on_verified)
        library.read_progressed.connect(self._on_progress)
        inference.status_changed.connect(self._on_status)
        view.set_models(library.models)
        library.refresh()

    def _on_add(self, path: Path) -> None:
        self._view.clear_error()
        self._library.add(path)

    def _on_load(self, model: LibraryModel) -> None:
        self._view.clear_error()
        self._choice.use(model.path)

    def _on_verify(self, model: LibraryModel) -> None:
        self._view.clear_error()
        self._library.verify(model)

    def _on_verified(self, verified: Verified) -> None:
        self._view.set_verified(verified.path, verified.error is None)
        if verified.error is not None:
            self._view.show_error(verified.error)

    def _on_progress(self, progress: ReadProgress) -> None:
        self._view.set_progress(progress.path, progress.fraction, done=progress.done)

    def _on_status(self, status: EngineStatus) -> None:
        self._view.set_used(status.path if status.model is not None else "")
