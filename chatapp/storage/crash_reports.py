"""Reports of crashes: text files in a small folder of this computer, for a person to read and to pass on by hand.

A report has versions, the platform, settings that are numbers or choices, a stack trace and the last lines of the log.
It never has prompts, replies, file contents or secrets, and nothing here sends it anywhere.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from importlib import metadata
from pathlib import Path, PurePath

import psutil

from chatapp import __version__
from chatapp.core.errors import printable
from chatapp.core.models import size_text
from chatapp.core.options import options_of
from chatapp.core.trace import home_shortened
from chatapp.storage.log_file import last_lines
from chatapp.storage.paths import Paths
from chatapp.storage.settings import Settings, read_settings

MOST_REPORTS = 20
MOST_CHARACTERS = 60_000
_LOG_LINES = 40
_UNSEEN = ".new.txt"
_PACKAGES = ("PySide6-Essentials", "llama-cpp-python", "numpy")


class CrashKind(str, Enum):
    """What the file's name says."""

    WINDOW = "window"
    NATIVE = "native"
    EXCEPTION = "exception"
    WORKER = "worker"


@dataclass(frozen=True, slots=True, kw_only=True)
class CrashReport:
    path: Path
    text: str


class CrashReports:
    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self.folder = paths.reports

    def write(self, kind: CrashKind, what: str, trace: str) -> None:
        """Keeps one more, and deletes the oldest beyond MOST_REPORTS. Where nothing can be written, nothing is."""
        with suppress(OSError):
            self.folder.mkdir(mode=0o700, exist_ok=True)
            text = home_shortened(printable("\n".join(self._lines(what, trace))))
            stamp = datetime.now().strftime("%Y%m%d-%H%M%S-%f")
            path = self.folder / f"{stamp}-{kind.value}{_UNSEEN}"
            path.write_text(text[:MOST_CHARACTERS], encoding="utf-8")
            for old in self._files()[:-MOST_REPORTS]:
                old.unlink(missing_ok=True)

    def take_unseen(self) -> list[CrashReport]:
        """Those that nobody was told of yet, the newest first; they then count as told."""
        found = []
        for path in reversed(self._files()):
            if path.name.endswith(_UNSEEN):
                with suppress(OSError):
                    text = path.read_text(encoding="utf-8", errors="replace")
                    found.append(CrashReport(path=path.replace(_seen(path)), text=text))
        return found

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("*.txt"))

    def _lines(self, what: str, trace: str) -> Iterator[str]:
        yield what
        yield ""
        yield f"time: {time.strftime('%Y-%m-%d %H:%M:%S %z')}"
        yield f"chatapp: {__version__}"
        yield f"Python: {platform.python_version()}"
        for package in _PACKAGES:
            yield f"{package}: {_version(package)}"
        yield f"platform: {platform.platform()} {platform.machine()}"
        memory = psutil.virtual_memory()
        yield f"processors: {psutil.cpu_count()}"
        yield f"memory: {size_text(memory.total)}, {size_text(memory.available)} free"
        yield ""
        yield "settings:"
        yield from settings_lines(read_settings(self._paths.settings))
        yield ""
        yield "stack trace:"
        yield trace or "none was left"
        yield ""
        yield "last lines of the log:"
        yield from last_lines(self._paths, _LOG_LINES)
        yield ""


def settings_lines(settings: Settings) -> Iterator[str]:
    """The settings that can't hold anything private: numbers and choices; of the model only the file's name."""
    for section in ("appearance", "chat", "engine", "sampling"):
        values = getattr(settings, section)
        for name, about in options_of(values):
            value = getattr(values, name)
            if about.choices or isinstance(value, (bool, int, float)):
                yield f"  {section}.{name} = {value}"
    yield f"  last_model = {PurePath(settings.last_model).name or 'none'}"


def _seen(path: Path) -> Path:
    return path.with_name(f"{path.name.removesuffix(_UNSEEN)}.txt")


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not known"
