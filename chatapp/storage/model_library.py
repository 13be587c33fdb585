"""The model library: which GGUF files there are, linked where they lie or copied into the data folder."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from chatapp.core.errors import error
from chatapp.core.model_file import checked_model
from chatapp.core.models import LibraryModel
from chatapp.core.sentences import (
    CANCELLED,
    MODEL_MISSING,
    MODEL_NOT_A_FILE,
    MODEL_UNKNOWN,
    MODEL_UNREADABLE,
    NO_MODEL_INSTALLED,
    STORE_FAILED,
)
from chatapp.core.storage_sentences import (
    MODEL_CHECKSUM_DIFFERS,
    MODEL_NO_CHECKSUM,
    MODEL_NOT_LISTED,
    MODEL_SIZE_DIFFERS,
)
from chatapp.storage.database import Database
from chatapp.storage.paths import Paths
from chatapp.storage.starter_model import STARTER

_COLUMNS = "name, path, architecture, quantization, size_bytes, context, sha256"
_CHUNK = 4 << 20

Progress = Callable[[float], bool]
"""Told the fraction done, 0 to 1; answers whether to go on."""


def _go_on(_fraction: float) -> bool:
    return True


class ModelLibrary:
    """Uses its own connection; every method raises AppError."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self.database = Database(paths.database)

    def close(self) -> None:
        self.database.close()

    def models(self) -> list[LibraryModel]:
        """All models, by name; files that have gone since are still listed."""
        with self.database.reading() as connection:
            rows = connection.execute(f"SELECT {_COLUMNS} FROM model ORDER BY name COLLATE NOCASE").fetchall()
        return [_model(row) for row in rows]

    def add(self, path: Path, *, copy: bool = False, progress: Progress = _go_on) -> LibraryModel:
        """Checks the file's header, hashes it and lists it; `copy` puts a copy in the data folder first.

        A file already listed is looked at anew and keeps its place.
        """
        source = _absolute(path)
        if copy and self._paths.models not in source.parents:
            checked_model(str(source))
            source = self._copy(source, progress)
        try:
            model = replace(_described(source), name=self._free_name(source), sha256=sha256_of(source, progress))
        except OSError as problem:
            raise error(MODEL_UNREADABLE, path=source, reason=problem) from problem
        with self.database.durable() as connection:
            connection.execute(
                f"INSERT INTO model ({_COLUMNS}, added_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (path) DO UPDATE SET name = excluded.name, architecture = excluded.architecture,"
                " quantization = excluded.quantization, size_bytes = excluded.size_bytes,"
                " context = excluded.context, sha256 = excluded.sha256",
                (
                    model.name,
                    model.path,
                    model.architecture,
                    model.quantization,
                    model.size_bytes,
                    model.context,
                    model.sha256,
                    time.time(),
                ),
            )
        return model

    def remove(self, path: str) -> None:
        """Takes a model off the list; the file itself is left alone."""
        with self.database.durable() as connection:
            connection.execute("DELETE FROM model WHERE path = ?", (path,))

    def verify(self, model: LibraryModel, progress: Progress = _go_on) -> None:
        """Raises AppError where the file is gone or no longer the one that was added: another size, another SHA-256."""
        path = Path(model.path)
        if not model.sha256:
            raise error(MODEL_NO_CHECKSUM, name=model.name)
        try:
            status = path.stat()
            if not stat.S_ISREG(status.st_mode):
                raise error(MODEL_NOT_A_FILE, path=path)
            if status.st_size != model.size_bytes:
                raise error(MODEL_SIZE_DIFFERS, path=path, actual=status.st_size, expected=model.size_bytes)
            found = sha256_of(path, progress)
        except FileNotFoundError:
            raise error(MODEL_MISSING, path=path) from None
        except OSError as problem:
            raise error(MODEL_UNREADABLE, path=path, reason=problem) from problem
        if found != model.sha256:
            raise error(MODEL_CHECKSUM_DIFFERS, path=path, actual=found, expected=model.sha256)

    def listed(self, wanted: str) -> LibraryModel:
        """The model of that name or path on the list; raises AppError where there is none."""
        for model in self.models():
            if wanted in (model.name, model.path) or str(_absolute(Path(wanted))) == model.path:
                return model
        raise error(MODEL_NOT_LISTED, name=wanted)

    def find(self, wanted: str | None, last_used: str = "") -> LibraryModel:
        """The model meant by a name or a path; by nothing, the one used last, else the starter, else any."""
        models = self.models()
        if wanted is not None:
            return self._named(wanted, models)
        present = [model for model in models if Path(model.path).is_file()]
        ranked = sorted(present, key=lambda model: (model.path != last_used, model.sha256 != STARTER.sha256))
        if not ranked:
            raise error(NO_MODEL_INSTALLED)
        return ranked[0]

    def _named(self, wanted: str, models: list[LibraryModel]) -> LibraryModel:
        for model in models:
            if wanted in (model.name, model.path):
                return model
        close = [model for model in models if wanted and model.name.lower().startswith(wanted.lower())]
        if len(close) == 1:
            return close[0]
        path = _absolute(Path(wanted))
        if not wanted or (not os.path.lexists(path) and os.sep not in wanted and not wanted.endswith(".gguf")):
            raise error(MODEL_UNKNOWN, name=wanted)
        return _described(path)

    def _free_name(self, path: Path) -> str:
        taken = {model.name for model in self.models() if model.path != str(path)}
        name, number = path.stem, 2
        while name in taken:
            name, number = f"{path.stem} ({number})", number + 1
        return name

    def _copy(self, source: Path, progress: Progress) -> Path:
        try:
            self._paths.models.mkdir(exist_ok=True)
            target, number = self._paths.models / source.name, 2
            while target.exists():
                if target.stat().st_size == source.stat().st_size and sha256_of(target) == sha256_of(source):
                    return target
                target = self._paths.models / f"{source.stem} ({number}){source.suffix}"
                number += 1
            if source.stat().st_size > shutil.disk_usage(self._paths.models).free:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            place_file(source, target, progress)
        except OSError as problem:
            raise error(STORE_FAILED, reason=problem, folder=self._paths.models) from problem
        return target


def place_file(source: Path, target: Path, progress: Progress = _go_on) -> None:
    """Copies to a file beside `target`, flushes, renames. Raises OSError, or AppError(CANCELLED)."""
    size = max(1, source.stat().st_size)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        done = 0
        with os.fdopen(handle, "wb") as out, source.open("rb") as stream:
            while data := stream.read(_CHUNK):
                out.write(data)
                done += len(data)
                if not progress(done / size):
                    raise error(CANCELLED)
            out.flush()
            os.fsync(out.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def sha256_of(path: Path, progress: Progress = _go_on) -> str:
    """Hex digest of the file; raises OSError, or AppError(CANCELLED) where `progress` says so."""
    digest = hashlib.sha256()
    size = max(1, path.stat().st_size)
    done = 0
    with path.open("rb") as stream:
        while data := stream.read(_CHUNK):
            digest.update(data)
            done += len(data)
            if not progress(done / size):
                raise error(CANCELLED)
    return digest.hexdigest()


def _absolute(path: Path) -> Path:
    """Without following links: the person chose the link. Raises AppError where the current folder is gone."""
    try:
        return Path(os.path.abspath(path))  # noqa: PTH100
    except OSError as problem:
        raise error(MODEL_UNREADABLE, path=path, reason=problem) from None


def _described(path: Path) -> LibraryModel:
    """What the file's header says; its checksum is left empty. Raises AppError, or OSError where it just vanished."""
    facts = checked_model(str(path)).facts()
    return LibraryModel(
        name=path.stem,
        path=str(path),
        architecture=facts.architecture,
        quantization=facts.quantization,
        size_bytes=path.stat().st_size,
        context=facts.context,
        sha256="",
    )


def _model(row: tuple[object, ...]) -> LibraryModel:
    name, path, architecture, quantization, size_bytes, context, sha256 = row
    return LibraryModel(
        name=str(name),
        path=str(path),
        architecture=str(architecture),
        quantization=str(quantization),
        size_bytes=int(str(size_bytes)),
        context=int(str(context)),
        sha256=str(sha256),
    )
