"""The training runs of before: their folders, what they were asked for, how they went."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import msgspec

from chatapp.core.conductor_sentences import RUN_BUSY
from chatapp.core.errors import AppError, error
from chatapp.core.file_lock import lock
from chatapp.core.run_course import RunCourse
from chatapp.core.run_sentences import RUN_NOT_DELETED
from chatapp.core.training import RunResult, RunSpec
from chatapp.protocol.run_files import CHECKPOINT, LOCK, LOG, RESULT
from chatapp.storage.column_values import decoded, moment
from chatapp.storage.files import free_path, is_ordinary, read_ordinary
from chatapp.storage.paths import Paths
from chatapp.storage.run_folders import read_spec

_MOST_LOG, _MOST_RESULT, _TAIL = 256 << 20, 1 << 20, 64 << 10
_GOING = ".deleted-"


class RunState(Enum):
    """RESUMABLE: it did not come to its end, and goes on from its last checkpoint, or from its beginning. FAILED: an
    error ended it."""

    FINISHED = "finished"
    RESUMABLE = "resumable"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRun:
    """created_at: seconds since the epoch; result: where it has finished."""

    folder: Path
    spec: RunSpec
    state: RunState
    created_at: float
    result: RunResult | None = None


class RunStore:
    def __init__(self, paths: Paths) -> None:
        self._paths = paths

    def listed(self) -> list[StoredRun]:
        """The newest first; folders that are none of a run, or whose run.json is damaged, are passed over."""
        for gone in self._folders(_GOING):
            shutil.rmtree(gone, ignore_errors=True)
        runs = [run for folder in self._folders() if (run := self.find(folder)) is not None]
        return sorted(runs, key=lambda run: (-run.created_at, run.folder.name))

    def find(self, folder: Path) -> StoredRun | None:
        try:
            spec = read_spec(folder)
        except AppError:
            return None
        result = read_result(folder)
        if result is not None:
            state = RunState.FINISHED
        else:
            state = RunState.FAILED if _ends_in_error(folder) else RunState.RESUMABLE
        created_at = moment(spec.created_at) or _modified(folder)
        return StoredRun(folder=folder, spec=spec, state=state, created_at=created_at, result=result)

    def delete(self, run: StoredRun) -> None:
        """For good, with chats that were written out for this run alone. Raises AppError(BUSY, STORAGE)."""
        try:
            _check_free(run.folder)
            going = free_path(run.folder.with_name(_GOING + run.folder.name))
            run.folder.rename(going)  # at once; what can't be removed goes at the next listing
            shutil.rmtree(going, ignore_errors=True)
            data = Path(run.spec.data)
            others = (Path(other.spec.data) for other in self.listed())
            if data.parent == self._paths.own_chats and data not in others:
                data.unlink(missing_ok=True)
        except OSError as problem:
            raise error(RUN_NOT_DELETED, folder=run.folder, reason=problem.strerror or problem) from problem

    def _folders(self, prefix: str = "") -> list[Path]:
        try:
            found = list(self._paths.runs.iterdir())
        except OSError:
            return []
        wanted = [path for path in found if path.name.startswith(prefix or _GOING) == bool(prefix)]
        return [path for path in wanted if path.is_dir() and not path.is_symlink()]


def _check_free(folder: Path) -> None:
    """Raises AppError(BUSY) where somebody trains it: workers/finetune/run_folder.py holds the file then."""
    with suppress(FileNotFoundError), (folder / LOCK).open("r+b") as file:
        try:
            lock(file.fileno())
        except OSError:
            raise error(RUN_BUSY, folder=folder) from None


def read_course(folder: Path) -> RunCourse:
    """What its log says, as far as that can be read."""
    course = RunCourse()
    with suppress(OSError):
        course.read(read_ordinary(folder / LOG, _MOST_LOG))
    return course


def read_result(folder: Path) -> RunResult | None:
    """None where it has not finished, or where that can't be read."""
    try:
        text = read_ordinary(folder / RESULT, _MOST_RESULT).decode("utf-8")
    except (OSError, ValueError):
        return None
    return decoded(text, RunResult)


def has_checkpoint(folder: Path) -> bool:
    return (folder / CHECKPOINT).is_file()


def _ends_in_error(folder: Path) -> bool:
    """Whether the last whole line of the log is an error."""
    if not is_ordinary(folder / LOG):
        return False
    try:
        with (folder / LOG).open("rb") as log:
            log.seek(0, 2)
            log.seek(max(0, log.tell() - _TAIL))
            lines = log.read(_TAIL).splitlines()
    except OSError:
        return False
    for line in reversed(lines):
        try:
            return msgspec.json.decode(line, type=dict[str, object]).get("type") == "error"
        except (ValueError, RecursionError):
            continue
    return False


def _modified(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except OSError:
        return 0.0
