"""The LoRA adapters of the window: which there are, which fit the model in use, which are added to it and how much.

The choice is kept for each model. The worker does what it is asked in order, so a change waits for the end of a reply
that is being written, and what is asked right after a load comes before its first reply.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from chatapp.core.adapter_file import check_fit
from chatapp.core.errors import AppError, ErrorInfo, ErrorKind
from chatapp.core.gguf import GgufHeader
from chatapp.core.model_file import checked_header, checked_model
from chatapp.core.model_sentences import ADAPTER_IS_MODEL
from chatapp.core.models import AdapterSpec, LibraryAdapter, LoadSpec
from chatapp.protocol.engine import AdaptersUsed, Failed
from chatapp.services.background import Background
from chatapp.services.engine_status import EngineState, EngineStatus
from chatapp.services.inference import InferenceService
from chatapp.services.notifier import Notifier
from chatapp.services.preferences import Preferences
from chatapp.storage.adapter_library import AdapterLibrary
from chatapp.storage.settings import MOST_SCALE, AdapterChoice

SCALE_AFTER_MS = 150
_MOST_CHOICES = 500  # that are remembered


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedAdapter:
    """unfit: why it can't be used with the model in use, None where it can or there is none."""

    adapter: LibraryAdapter
    is_on: bool = False
    scale: float = 1.0
    unfit: ErrorInfo | None = None


class AdaptersService(QObject):
    changed = Signal(object)
    """list[ListedAdapter], by name"""
    model_found = Signal(object)
    """Path: of a file that is a model and not an adapter"""
    used = Signal(object)
    """LibraryAdapter of a run that the chat is to have now"""
    removed = Signal(object)
    """Path: where a removed file is, for `restore`"""

    def __init__(
        self,
        library: AdapterLibrary,
        inference: InferenceService,
        preferences: Preferences,
        background: Background,
        notifier: Notifier,
        folder: Path,
    ) -> None:
        """folder: of the library's files."""
        super().__init__()
        self._library = library
        self._inference = inference
        self._preferences = preferences
        self._background = background
        self._notifier = notifier
        self._folder = folder
        self._adapters: list[LibraryAdapter] = []
        self._unfit: dict[str, ErrorInfo] = {}  # by the path of the adapter, for the model in use
        self._model = ""
        self._base: GgufHeader | None = None
        self._asked: dict[int, tuple[AdapterSpec, ...]] = {}
        self._used: tuple[AdapterSpec, ...] = ()  # what a worker last had with the model in use
        self._suspected: tuple[AdapterSpec, ...] = ()  # a worker ended when it was asked for these
        self._timer = QTimer(self, singleShot=True, interval=SCALE_AFTER_MS)
        self._timer.timeout.connect(self.apply)
        inference.load_begun.connect(self._on_load_begun)
        inference.status_changed.connect(self._on_status)
        inference.answered.connect(self._on_answered)
        inference.failed.connect(self._on_failed)

    @property
    def listed(self) -> list[ListedAdapter]:
        """All there are, by name."""
        choices = {choice.adapter: choice for choice in self._choices()}
        return [self._listed(adapter, choices.get(Path(adapter.path).name)) for adapter in self._adapters]

    @property
    def knows_model(self) -> bool:
        """Whether a model is in use and it is known what fits it."""
        return self._base is not None

    @property
    def fitting(self) -> list[ListedAdapter]:
        """Those that the model in use can be given."""
        return [entry for entry in self.listed if entry.unfit is None] if self.knows_model else []

    def refresh(self) -> None:
        """Reads the folder again; other processes may have changed it."""
        if self._background.closed:
            return
        base = self._base

        def work() -> tuple[list[LibraryAdapter], dict[str, ErrorInfo]]:
            adapters = self._library.adapters()
            return adapters, _unfit(adapters, base) if base is not None else {}

        def listed(found: tuple[list[LibraryAdapter], dict[str, ErrorInfo]]) -> None:
            if base is self._base:  # else they are being listed for another model
                self._adapters, self._unfit = found
                self.changed.emit(self.listed)

        self._background.run(work, listed, self._notifier.post)

    def begin(self) -> None:
        self._background.run(self._library.empty_bin, lambda _result: None, self._notifier.post)
        self.refresh()

    def add(self, path: Path) -> None:
        """Puts a copy of the file in the list."""
        self._add(path, lambda _added: self.refresh())

    def use(self, path: Path) -> None:
        """Adds the file and switches it on: the next reply is written with it."""

        def added(adapter: LibraryAdapter) -> None:
            self._choose(adapter.path, is_on=True)
            self.refresh()
            self.apply()

        self._add(path, added)

    def use_trained(self, path: Path, name: str, model: str) -> None:
        """Adds the file, under that name, and gives the model at the path `model` this adapter alone. Ends with
        `used`."""

        def added(adapter: LibraryAdapter) -> None:
            for choice in self._preferences.settings.adapters:
                if choice.model == model and choice.is_on:
                    self._choose(choice.adapter, model, is_on=False)
            self._choose(adapter.path, model, is_on=True)
            self.refresh()
            self.apply()
            self.used.emit(adapter)

        self._add(path, added, name)

    def remove(self, path: str) -> None:
        """Puts the file in the bin."""
        self._choose(path, is_on=False)
        self.apply()
        self._background.run(lambda: self._library.remove(Path(path)), self._on_removed, self._notifier.post)

    def restore(self, binned: Path) -> None:
        """Brings back what `removed` told of."""
        self._background.run(lambda: self._library.restore(binned), lambda _back: self.refresh(), self._notifier.post)

    def set_active(self, path: str, on: bool) -> None:
        self._choose(path, is_on=on)
        self.apply()

    def set_scale(self, path: str, scale: float) -> None:
        """0 to MOST_SCALE; takes effect when it has rested a moment, or at the next question."""
        self._choose(path, scale=min(MOST_SCALE, max(0.0, scale)))
        self._timer.start()

    def apply(self) -> None:
        """Asks the worker for what is chosen now."""
        self._timer.stop()
        if self._inference.status.state is not EngineState.EMPTY:
            self._ask(self._wanted())

    def apply_waiting(self) -> None:
        """A strength that has not rested yet takes effect now."""
        if self._timer.isActive():
            self.apply()

    def close(self) -> None:
        self._timer.stop()

    def _add(self, path: Path, added: Callable[[LibraryAdapter], None], name: str = "") -> None:
        def failed(info: ErrorInfo) -> None:
            if info.text == ADAPTER_IS_MODEL.text:
                self.model_found.emit(path)
            else:
                self._notifier.post(info)

        self._background.run(lambda: self._library.add(path, name), added, failed)

    def _ask(self, wanted: tuple[AdapterSpec, ...]) -> None:
        with suppress(AppError):  # the worker is being replaced: its successor is asked
            self._asked[self._inference.use_adapters(wanted)] = wanted

    def _wanted(self) -> tuple[AdapterSpec, ...]:
        paths = [(self._folder / choice.adapter, choice) for choice in self._choices() if choice.is_on]
        return tuple(
            AdapterSpec(path=str(path), scale=choice.scale)
            for path, choice in paths
            if str(path) not in self._unfit and path.is_file()
        )

    def _choices(self) -> list[AdapterChoice]:
        return [choice for choice in self._preferences.settings.adapters if choice.model == self._model]

    def _choose(self, path: str, model: str = "", **change: object) -> None:
        """For that model, or for the one in use, from now on."""
        if not (model or self._model):
            return
        key = (model or self._model, Path(path).name)
        known = {(choice.model, choice.adapter): choice for choice in self._preferences.settings.adapters}
        before = known.get(key) or AdapterChoice(model=key[0], adapter=key[1])
        known[key] = replace(before, **change)  # type: ignore[arg-type]
        self._preferences.set_adapters(tuple(known.values())[-_MOST_CHOICES:])
        self.changed.emit(self.listed)

    def _listed(self, adapter: LibraryAdapter, choice: AdapterChoice | None) -> ListedAdapter:
        unfit = self._unfit.get(adapter.path)
        if choice is None:
            return ListedAdapter(adapter=adapter, unfit=unfit)
        return ListedAdapter(adapter=adapter, is_on=choice.is_on and unfit is None, scale=choice.scale, unfit=unfit)

    def _on_removed(self, binned: Path) -> None:
        self.refresh()
        self.removed.emit(binned)

    def _on_load_begun(self, spec: LoadSpec) -> None:
        if spec.path != self._model:
            self._model, self._base, self._unfit, self._used = spec.path, None, {}, ()
            self._background.run(lambda: _header(spec.path), self._on_base, self._notifier.post)
        self._asked.clear()
        if wanted := self._wanted():
            self._ask(wanted)
        self.changed.emit(self.listed)

    def _on_base(self, found: tuple[str, GgufHeader | None]) -> None:
        path, base = found
        if path == self._model:
            self._base = base
            self.refresh()

    def _on_status(self, status: EngineStatus) -> None:
        if status.state is EngineState.EMPTY and self._model:
            self._model, self._base, self._unfit = "", None, {}
            self.changed.emit(self.listed)

    def _on_answered(self, event: object) -> None:
        if isinstance(event, AdaptersUsed) and event.request_id in self._asked:
            self._used = self._asked.pop(event.request_id)
            self._suspected = ()

    def _on_failed(self, event: Failed) -> None:
        """What was refused is switched off, and so is what was new when two workers in a row ended over it; the end of
        a load or a reply is not put down to it."""
        wanted, problem = self._asked.pop(event.request_id or 0, None), event.error
        if wanted is None:
            return
        if problem.kind in (ErrorKind.MODEL_FILE, ErrorKind.MODEL_LOAD):
            refused = [spec for spec in wanted if spec.path == problem.params.get("path")]
        elif problem.kind is ErrorKind.WORKER and self._inference.status.state is EngineState.READY:
            refused = [spec for spec in wanted if spec not in self._used] if wanted == self._suspected else []
            self._suspected = wanted
        else:
            refused = []
        for spec in refused:
            self._choose(spec.path, is_on=False)
        if refused:
            self._notifier.post(problem)
        if problem.kind is not ErrorKind.WORKER:  # else its successor is asked
            self.apply()


def _header(path: str) -> tuple[str, GgufHeader | None]:
    try:
        return path, checked_model(path)
    except AppError:  # its load says why
        return path, None


def _unfit(adapters: list[LibraryAdapter], base: GgufHeader) -> dict[str, ErrorInfo]:
    """Why those that do not fit do not, by path."""
    found = {}
    for adapter in adapters:
        try:
            check_fit(adapter.path, checked_header(adapter.path), base)
        except AppError as problem:
            found[adapter.path] = problem.info
    return found
