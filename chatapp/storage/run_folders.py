"""The folder of a training run and what is asked for in it."""

from __future__ import annotations

import re
import time
from pathlib import Path

import msgspec

from chatapp.core.errors import error
from chatapp.core.run_sentences import RUN_NOT_MADE, RUN_UNREADABLE
from chatapp.core.training import RunSpec
from chatapp.protocol.run_files import RUN
from chatapp.storage.files import free_path, read_ordinary, replace_file
from chatapp.storage.paths import Paths

_MOST_BYTES = 1 << 20


def new_run(paths: Paths, spec: RunSpec) -> Path:
    """A folder of its own for that run, named by the time and the model. Raises AppError(STORAGE)."""
    model = re.sub(r"[^\w.-]+", "_", Path(spec.model).stem)[:40]
    try:
        msgspec.json.encode(spec)  # names that are no UTF-8 are not
        paths.runs.mkdir(mode=0o700, exist_ok=True)
        folder = free_path(paths.runs / f"{time.strftime('%Y%m%d-%H%M%S')}-{model}")
        folder.mkdir(mode=0o700)
        write_spec(folder, spec)
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise error(RUN_NOT_MADE, folder=paths.runs, reason=reason) from problem
    return folder


def write_spec(folder: Path, spec: RunSpec) -> None:
    """Raises OSError, or ValueError for a path that is no UTF-8."""
    replace_file(folder / RUN, msgspec.json.format(msgspec.json.encode(spec), indent=2))


def read_spec(folder: Path) -> RunSpec:
    """Raises AppError(STORAGE) where it is missing or damaged."""
    try:
        return msgspec.json.decode(read_ordinary(folder / RUN, _MOST_BYTES), type=RunSpec)
    except (OSError, ValueError, RecursionError) as problem:
        raise error(RUN_UNREADABLE, folder=folder, reason=problem) from problem
