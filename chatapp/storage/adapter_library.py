"""LoRA adapters of the data folder: the files in it are the list. What is removed stays in a bin for a while."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from chatapp.core.adapter_file import adapter_facts, sound_adapter
from chatapp.core.errors import AppError, error
from chatapp.core.models import LibraryAdapter
from chatapp.core.sentences import MODEL_UNREADABLE, STORE_FAILED
from chatapp.storage.model_library import place_file, sha256_of
from chatapp.storage.paths import Paths

KEPT_DAYS = 30
_BIN = "bin"


class AdapterLibrary:
    """For one thread. A file is read again only when it has changed."""

    def __init__(self, paths: Paths) -> None:
        self._folder = paths.adapters
        self._known: dict[tuple[Path, int, int], LibraryAdapter | None] = {}

    def adapters(self) -> list[LibraryAdapter]:
        """By name; what is in the folder and no sound adapter is passed over."""
        found = [adapter for path in self._files() if (adapter := self._look(path)) is not None]
        return sorted(found, key=lambda adapter: adapter.name.casefold())

    def add(self, path: Path, name: str = "") -> LibraryAdapter:
        """Puts a copy in the folder, unless it lies there or the same file does. name: that of the copy, "" for the one
        it has. Raises AppError."""
        sound_adapter(str(path))
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            is_there = path.resolve().parent == self._folder.resolve()
            target = path if is_there else self._copied(path, name or path.name.removesuffix(".gguf"))
        except OSError as problem:
            raise error(STORE_FAILED, reason=problem, folder=self._folder) from problem
        return self._described(target)

    def remove(self, path: Path) -> Path:
        """Moves the file to the bin; returns where it is now. Raises AppError."""
        return self._moved(path, self._folder / _BIN / f"{time.time_ns()}")

    def restore(self, binned: Path) -> LibraryAdapter:
        """Brings back what `remove` has moved to `binned`. Raises AppError."""
        path = self._moved(binned, self._folder)
        with suppress(OSError):
            binned.parent.rmdir()
        return self._described(path)

    def empty_bin(self) -> None:
        """Deletes what was removed more than KEPT_DAYS days ago."""
        oldest = time.time_ns() - KEPT_DAYS * 86_400 * 10**9
        for folder in (self._folder / _BIN).glob("*"):
            if folder.name.isdecimal() and int(folder.name) < oldest:
                shutil.rmtree(folder, ignore_errors=True)

    def _files(self) -> Iterator[Path]:
        with suppress(OSError):
            yield from (path for path in sorted(self._folder.glob("*.gguf")) if path.is_file())

    def _look(self, path: Path) -> LibraryAdapter | None:
        """None where it is none."""
        try:
            status = path.stat()
        except OSError:
            return None
        key = (path, status.st_size, status.st_mtime_ns)
        if key not in self._known:
            try:
                self._known[key] = self._described(path)
            except AppError:
                self._known[key] = None
        return self._known[key]

    def _described(self, path: Path) -> LibraryAdapter:
        """Raises AppError."""
        facts = adapter_facts(sound_adapter(str(path)))
        try:
            status = path.stat()
            return LibraryAdapter(
                name=path.stem,
                path=str(path),
                facts=facts,
                size_bytes=status.st_size,
                created_at=status.st_mtime,
                sha256=sha256_of(path),
            )
        except OSError as problem:
            raise error(MODEL_UNREADABLE, path=path, reason=problem) from problem

    def _copied(self, source: Path, name: str) -> Path:
        """Raises OSError."""
        size, sha256 = source.stat().st_size, sha256_of(source)
        for known in self._files():
            if known.stat().st_size == size and sha256_of(known) == sha256:
                return known
        target = _free(self._folder / f"{name}.gguf")
        place_file(source, target)
        return target

    def _moved(self, path: Path, folder: Path) -> Path:
        target = _free(folder / path.name)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.rename(target)
        except OSError as problem:
            raise error(STORE_FAILED, reason=problem, folder=self._folder) from problem
        return target


def _free(path: Path) -> Path:
    """`path`, or with a number behind its name where that is taken."""
    found, number = path, 2
    while found.exists():
        found, number = path.with_name(f"{path.stem} ({number}){path.suffix}"), number + 1
    return found
