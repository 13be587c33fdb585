"""Which model is in use: loads it with the settings in force and remembers it for the next start.

A model that ended its process while loading is not loaded by itself again, and in safe mode none is.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from chatapp.core.models import LibraryModel, LoadedModel, LoadSpec
from chatapp.core.sentences import MODEL_CRASHED
from chatapp.services.engine_status import EngineState, EngineStatus
from chatapp.services.inference import InferenceService
from chatapp.services.library import LibraryService
from chatapp.services.notifier import Notifier
from chatapp.services.preferences import Preferences
from chatapp.storage.session import SafeMode, Session


class ModelChoice(QObject):
    held_back = Signal(object)
    """LibraryModel that would have been loaded by itself, had it not ended its process while loading"""

    def __init__(
        self,
        inference: InferenceService,
        library: LibraryService,
        preferences: Preferences,
        notifier: Notifier,
        session: Session,
    ) -> None:
        super().__init__()
        self._session = session
        self._wanted = ""
        self._inference = inference
        self._preferences = preferences
        self._notifier = notifier
        self._library = library
        self._told: LoadedModel | None = None
        inference.status_changed.connect(self._on_status)
        library.start_model.connect(self._on_start_model)
        library.added.connect(self._use_if_none)
        library.no_start_model.connect(notifier.post)

    def begin(self) -> None:
        """Loads the model used last, else the starter model; in safe mode none."""
        if self._session.safe_mode is SafeMode.OFF:
            self.load_start_model()

    def load_start_model(self) -> None:
        self._library.find_start_model(self._preferences.settings.last_model)

    def use(self, path: str) -> None:
        """Loads the model at `path`, as the settings say."""
        self._wanted = path
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
        if model.path == self._session.crashed_model:
            self.held_back.emit(model)
        else:
            self._use_if_none(model)

    def _use_if_none(self, model: LibraryModel) -> None:
        """A start, or a file just added: where no model is in use, this one is."""
        if self._inference.status.state is EngineState.EMPTY:
            self.use(model.path)

    def _tell(self, model: LoadedModel) -> None:
        """What is odd about its file, once a load."""
        if model is not self._told:
            self._told = model
            for remark in model.remarks:
                self._notifier.post(remark)

    def _on_status(self, status: EngineStatus) -> None:
        if status.model is not None:
            self._preferences.set_last_model(status.model.path)
            if status.model.path == self._session.crashed_model:
                self._session.set_crashed_model("")
            self._tell(status.model)
        if status.error is not None:
            self._notifier.post(status.error)
            if status.error.text == MODEL_CRASHED.text:
                self._session.set_crashed_model(self._wanted)
