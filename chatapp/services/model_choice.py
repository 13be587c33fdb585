"""Which model is in use: loads it with the settings in force and remembers it for the next start."""

from __future__ import annotations

from PySide6.QtCore import QObject

from chatapp.core.models import LibraryModel, LoadSpec
from chatapp.services.inference import EngineState, EngineStatus, InferenceService
from chatapp.services.library import LibraryService
from chatapp.services.notifier import Notifier
from chatapp.services.preferences import Preferences


class ModelChoice(QObject):
    def __init__(
        self, inference: InferenceService, library: LibraryService, preferences: Preferences, notifier: Notifier
    ) -> None:
        super().__init__()
        self._inference = inference
        self._preferences = preferences
        self._notifier = notifier
        self._library = library
        inference.status_changed.connect(self._on_status)
        library.start_model.connect(self._on_start_model)
        library.added.connect(self._on_start_model)
        library.no_start_model.connect(notifier.post)

    def begin(self) -> None:
        """Loads the model used last, else the starter model."""
        self._library.find_start_model(self._preferences.settings.last_model)

    def use(self, path: str) -> None:
        """Loads the model at `path`, as the settings say."""
        engine = self._preferences.settings.engine
        self._inference.load(
            LoadSpec(
                path=path,
                n_ctx=engine.context_length,
                n_threads=engine.threads,
                n_gpu_layers=engine.gpu_layers,
                kv_type=engine.kv_type,
            )
        )

    def unload(self) -> None:
        self._inference.unload()

    def _on_start_model(self, model: LibraryModel) -> None:
        """A start, or a file just added: where no model is in use, this one is."""
        if self._inference.status.state is EngineState.EMPTY:
            self.use(model.path)

    def _on_status(self, status: EngineStatus) -> None:
        if status.model is not None:
            self._preferences.set_last_model(status.model.path)
        if status.error is not None:
            self._notifier.post(status.error)
