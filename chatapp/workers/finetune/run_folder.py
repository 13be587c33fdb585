"""A run's folder as the conductor writes in it: data is copied in, so that a resumed run sees what it began with."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from chatapp.core.conductor_sentences import ADAPTER_NOT_WRITABLE, RUN_BUSY, RUN_FILE_CHANGED
from chatapp.core.datasets import check_file
from chatapp.core.errors import error
from chatapp.core.file_lock import lock
from chatapp.core.training import RunSpec
from chatapp.protocol.run_files import LOCK, LOG

_MODEL_HASH = "model.sha256"
_ENDING_SECONDS = 5.0  # for a run that was just given up
_PIECE = 1 << 22  # bytes


class RunFolder:
    """Methods raise OSError where the disk fails, AppError where a file is not what it was."""

    def __init__(self, path: Path, spec: RunSpec) -> None:
        self.path = path
        self._spec = spec

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Nobody else trains it meanwhile. Raises AppError(BUSY) where somebody does, and not just comes to its end."""
        with (self.path / LOCK).open("a+b") as file:
            end = time.monotonic() + _ENDING_SECONDS
            while True:
                try:
                    lock(file.fileno())
                    break
                except OSError:
                    if time.monotonic() > end:
                        raise error(RUN_BUSY, folder=self.path) from None
                    time.sleep(0.1)
            yield

    def data(self) -> Path:
        """Our copy of the data; made at the first call."""
        return self._copied("data", self._spec.data)

    def unseen(self) -> Path | None:
        return self._copied("unseen", self._spec.unseen) if self._spec.unseen else None

    def check_model(self) -> None:
        """That it is the file the run began with."""
        found, kept = sha256_of(Path(self._spec.model)).encode(), self.path / _MODEL_HASH
        if not kept.exists():
            self.write(_MODEL_HASH, found)
        elif kept.read_bytes() != found:
            raise error(RUN_FILE_CHANGED, path=self._spec.model)

    def write(self, name: str, data: bytes) -> None:
        """Whole or not at all."""
        handle, beside = tempfile.mkstemp(prefix=f".{name}.", dir=self.path)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            Path(beside).replace(self.path / name)
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise

    def log(self, line: bytes) -> None:
        """In one call: the trainer writes to the same file."""
        handle = os.open(self.path / LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, line)
        finally:
            os.close(handle)

    def _copied(self, name: str, source: str) -> Path:
        """The ending of the name stays, since it tells text from JSON."""
        copy = self.path / f"{name}{Path(source).suffix}"
        if not copy.exists():
            check_file(Path(source))
            copy_whole(Path(source), copy)
        return copy


def copy_whole(source: Path, target: Path) -> None:
    """Copies beside `target`, then renames: whole or not at all. Raises OSError."""
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        shutil.copyfile(source, beside)
        with beside.open("rb+") as stream:
            os.fsync(stream.fileno())
        beside.replace(target)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise


def check_out(spec: RunSpec) -> None:
    """That the adapter can be written where it is to go. Raises AppError(STORAGE)."""
    if not spec.out:
        return
    out = Path(spec.out)
    reason: object = ""
    if out.is_dir():
        reason = "it is a folder"
    elif out.exists() and any(Path(other).exists() and out.samefile(other) for other in (spec.model, spec.data)):
        reason = "it is the model or the data"
    else:
        try:
            with tempfile.TemporaryFile(dir=out.parent):
                pass
        except OSError as problem:
            reason = problem.strerror or problem
    if reason:
        raise error(ADAPTER_NOT_WRITABLE, path=out, reason=reason)


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
