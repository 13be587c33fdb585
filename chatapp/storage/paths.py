"""Where things lie. Made once at start and passed down."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import platformdirs

import chatapp
from chatapp.core.errors import error
from chatapp.core.sentences import DATA_FOLDER_UNUSABLE
from chatapp.storage.files import is_ordinary, set_aside


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """All folders and files of one installation's data, below `data`.

    moved: what stood in the place of one of the files and was none, under its new name.
    """

    data: Path
    moved: tuple[Path, ...] = ()

    @property
    def database(self) -> Path:
        return self.data / "chatapp.sqlite3"

    @property
    def backups(self) -> Path:
        return self.data / "backups"

    @property
    def settings(self) -> Path:
        return self.data / "settings.json"

    @property
    def models(self) -> Path:
        return self.data / "models"

    @property
    def runs(self) -> Path:
        """Training runs, a folder each."""
        return self.data / "runs"

    @property
    def adapters(self) -> Path:
        """Every engine worker of the window may read what is in it."""
        return self.data / "adapters"

    @property
    def components(self) -> Path:
        return self.data / "components"

    @property
    def own_chats(self) -> Path:
        """Conversations chosen as data of a run, a file each."""
        return self.data / "own-chats"

    @property
    def new_draft(self) -> Path:
        return self.data / "new-draft.txt"

    @property
    def logs(self) -> Path:
        return self.data / "logs"

    @property
    def log(self) -> Path:
        return self.logs / "chatapp.log"

    @property
    def native_trace(self) -> Path:
        """Where the stack is written if native code ends the window's process."""
        return self.logs / "native-crash.txt"

    @property
    def reports(self) -> Path:
        return self.data / "reports"

    @property
    def session(self) -> Path:
        return self.data / "session.json"

    @property
    def instance_lock(self) -> Path:
        return self.data / "instance.lock"


def find_paths(data_dir: str | None = None, environment: Mapping[str, str] | None = None) -> Paths:
    """The data folder: `data_dir`, else CHATAPP_HOME, else the system's place. Creates it, for this user only.

    Raises AppError(STORAGE) where that can't be done.
    """
    environment = os.environ if environment is None else environment
    chosen = data_dir or environment.get("CHATAPP_HOME") or platformdirs.user_data_dir("chatapp", appauthor=False)
    folder = Path(chosen)
    try:
        folder = folder.expanduser().absolute()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = folder / f".write-test-{os.getpid()}"
        with _tolerating_a_full_disk():
            probe.touch()
            probe.unlink()
    except (OSError, ValueError, RuntimeError) as problem:  # RuntimeError: no home folder
        raise error(DATA_FOLDER_UNUSABLE, folder=folder, reason=problem) from None
    paths = Paths(data=folder)
    return replace(paths, moved=tuple(_moved_away(paths)))


def _moved_away(paths: Paths) -> Iterator[Path]:
    """Opening a pipe would wait for good, and a folder can't be opened: they make way. The settings see to theirs."""
    database = [paths.database.with_name(paths.database.name + ending) for ending in ("", "-wal", "-shm", "-journal")]
    for path in (*database, paths.log, paths.native_trace, paths.session, paths.instance_lock, paths.new_draft):
        if not is_ordinary(path):
            try:
                yield set_aside(path, "moved")
            except OSError as problem:
                raise error(DATA_FOLDER_UNUSABLE, folder=paths.data, reason=problem) from None


@contextmanager
def _tolerating_a_full_disk() -> Iterator[None]:
    """There chats can still be read, and be written again once there is room."""
    try:
        yield
    except OSError as problem:
        if problem.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise


def assets() -> Path:
    """The folder of icons, texts and translations: inside an installed package, beside a source checkout's."""
    package = Path(chatapp.__file__).resolve().parent
    inside = package / "assets"
    return inside if inside.is_dir() else package.parent / "assets"
