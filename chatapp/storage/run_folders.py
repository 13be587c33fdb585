"""Training runs, a folder each; what lies in it is told in protocol/finetune.py."""

from __future__ import annotations

import re
import time
from pathlib import Path

from chatapp.core.errors import error
from chatapp.core.run_sentences import RUN_NOT_WRITTEN
from chatapp.core.training import RunSpec
from chatapp.protocol.run_files import RUN, as_json, read_spec
from chatapp.storage.files import free_path, replace_file
from chatapp.storage.paths import Paths

__all__ = ["find_run", "new_run", "read_spec", "write_spec"]


def new_run(paths: Paths, spec: RunSpec) -> Path:
    """The folder of a run that begins with `spec`, named by the time and the run. Raises AppError(STORAGE)."""
    title = re.sub(r"[^\w.-]+", "-", spec.title or Path(spec.data).stem).strip("-.")[:40]
    folder = free_path(paths.runs / "-".join(filter(None, (time.strftime("%Y%m%d-%H%M%S"), title))))
    try:
        folder.mkdir(mode=0o700, parents=True)
    except OSError as problem:
        raise error(RUN_NOT_WRITTEN, folder=folder, reason=problem.strerror or problem) from problem
    write_spec(folder, spec)
    return folder


def write_spec(folder: Path, spec: RunSpec) -> None:
    """Raises AppError(STORAGE)."""
    try:
        replace_file(folder / RUN, as_json(spec))
    except OSError as problem:
        raise error(RUN_NOT_WRITTEN, folder=folder, reason=problem.strerror or problem) from problem


def find_run(paths: Paths, named: str) -> Path:
    """The folder of a run given by its path or its name. Raises AppError(BAD_INPUT) where there is none."""
    folder = Path(named).expanduser().absolute()
    if not (folder / RUN).exists() and (paths.runs / named / RUN).exists():
        folder = paths.runs / named
    read_spec(folder)
    return folder
