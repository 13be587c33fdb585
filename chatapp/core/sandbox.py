"""A worker's sandbox: which files it may touch, and what of the sandbox is in force."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from chatapp.core.models import LoadSpec

_SPLIT = re.compile(r"(?P<stem>.*)-\d{5}-of-(?P<count>\d{5})\.gguf", re.DOTALL)  # see llama_split_path in llama.cpp
_MOST_PARTS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class FileAccess:
    """What a worker may read, files or whole folders, and the folders it may read and write. Absolute paths."""

    read: tuple[str, ...] = ()
    write: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxReport:
    """landlock: the version of its interface, 0 where it is not in force. reason: why something is missing, "" where
    nothing is."""

    landlock: int = 0
    seccomp: bool = False
    reason: str = ""

    def text(self) -> str:
        """In English, for the terminal."""
        files = f"Landlock (version {self.landlock})" if self.landlock else "not limited"
        calls = "seccomp" if self.seccomp else "not limited"
        return f"files: {files}; system calls: {calls}" + (f" ({self.reason})" if self.reason else "")


def files_of(spec: LoadSpec) -> tuple[str, ...]:
    """The files a load opens, without symbolic links: the model, where it is split all its parts, and adapters."""
    paths = [spec.path]
    split = _SPLIT.fullmatch(spec.path)
    if split is not None:
        count = min(int(split["count"]), _MOST_PARTS)
        paths += [f"{split['stem']}-{number:05d}-of-{split['count']}.gguf" for number in range(1, count + 1)]
    paths += [adapter.path for adapter in spec.adapters]
    return tuple(dict.fromkeys(map(real_path, paths)))


def real_path(path: str) -> str:
    """`path`, absolute and without symbolic links; one that can't be followed stays as it is."""
    try:
        return str(Path(path).resolve())
    except (OSError, ValueError, RuntimeError):
        return path
