"""Which files the window's workers may touch: models, adapters, and the folder of saved contexts."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from chatapp.core.models import LoadSpec
from chatapp.core.sandbox import FileAccess, files_of, real_path
from chatapp.protocol.launch import WorkerCommand
from chatapp.services.library import LibraryService
from chatapp.services.preferences import Preferences
from chatapp.storage.paths import Paths
from chatapp.storage.saved_states import SavedStates

EngineCommand: TypeAlias = Callable[[FileAccess | None], WorkerCommand]
Access: TypeAlias = Callable[[LoadSpec | None], FileAccess | None]


class WorkerAccess:
    """Models come from anywhere, so single files are named. A worker that waits gets all that may be asked of it next:
    the model in use, the one used last, and the library's."""

    def __init__(self, paths: Paths, states: SavedStates, preferences: Preferences, library: LibraryService) -> None:
        self._folders = (real_path(str(paths.models)), real_path(str(paths.adapters)))
        self._adapters = paths.adapters
        self._states = states
        self._preferences = preferences
        self._library = library

    def __call__(self, spec: LoadSpec | None) -> FileAccess | None:
        """For a worker that is to load `spec`, or whatever comes; None: without a sandbox, as the settings say."""
        settings = self._preferences.settings
        if settings.engine.sandbox == "off":
            return None
        likely = [model.path for model in self._library.models]
        likely += [settings.last_model] if settings.last_model else []
        files = list(files_of(spec)) if spec is not None else []
        files += [file for path in likely for file in files_of(LoadSpec(path=path))]
        elsewhere = [file for file in dict.fromkeys(files) if not any(map(Path(file).is_relative_to, self._folders))]
        with suppress(OSError):  # contexts are then not saved, which costs only time
            self._states.prepare()
        with suppress(OSError):  # a folder that is made later could not be read
            self._adapters.mkdir(mode=0o700, exist_ok=True)
        return FileAccess(read=(*self._folders, *elsewhere), write=(real_path(str(self._states.folder)),))


def no_sandbox(_spec: LoadSpec | None) -> FileAccess | None:
    """An Access for engines that open no files."""
    return None


@dataclass(frozen=True, slots=True)
class Grant:
    """What a running worker was given. The kernel's rules hold for the files that bore the names then, not for others
    that were put in their place."""

    access: FileAccess | None
    places: dict[str, tuple[int, int]]

    @classmethod
    def of(cls, access: FileAccess | None) -> Grant:
        """Call when the worker is started."""
        paths = (*access.read, *access.write) if access is not None else ()
        return cls(access, {path: place for path in paths if (place := _place(path)) is not None})

    def covers(self, wanted: FileAccess | None, spec: LoadSpec) -> bool:
        """Whether the worker can load `spec` and may no more than is `wanted` of a sandbox."""
        if wanted is None or self.access is None:
            return wanted is self.access
        return all(map(self._has, (*files_of(spec), *wanted.write)))

    def _has(self, path: str) -> bool:
        found = (path, *map(str, Path(path).parents))
        return any(name in self.places and self.places[name] == _place(name) for name in found)


def _place(path: str) -> tuple[int, int] | None:
    try:
        status = Path(path).stat()
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino
