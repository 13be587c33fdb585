"""Files that are whole or not there, whatever happens in between, and files that are none at all."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
import time
from pathlib import Path

from chatapp.core.errors import error
from chatapp.core.sentences import OUTPUT_FAILED

_NO_WAITING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


def replace_file(path: Path, data: bytes) -> None:
    """Writes beside `path`, flushes to the disk, then renames over it. Raises OSError; `path` is then untouched."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_output(path: Path, data: bytes) -> None:
    """A file that a person asked for, as `replace_file`. Raises AppError(STORAGE)."""
    try:
        replace_file(path, data)
    except OSError as problem:
        raise error(OUTPUT_FAILED, reason=problem.strerror or problem) from problem


def flush_file(path: Path) -> None:
    """To the disk. Raises OSError."""
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_ordinary(path: Path, most_bytes: int) -> bytes:
    """What an ordinary file holds. Raises OSError for anything else, without waiting for the writer of a pipe, and for
    a file with more bytes."""
    handle = os.open(path, os.O_RDONLY | _NO_WAITING)
    with os.fdopen(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "not an ordinary file", str(path))
        data = stream.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return data


def is_ordinary(path: Path) -> bool:
    """Whether there is a file at `path`, or could be one: a link that leads nowhere yet is as good as no file."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        return True
    except OSError:  # links in a circle
        return False


def set_aside(path: Path, word: str) -> Path:
    """Renames what is at `path` to its `aside_path` and returns that. Raises OSError."""
    kept = aside_path(path, word)
    path.replace(kept)
    return kept


def aside_path(path: Path, word: str) -> Path:
    """A free name beside `path` with `word` and the time in it."""
    return free_path(path.with_name(f"{path.stem}.{word}-{time.strftime('%Y%m%d-%H%M%S')}{path.suffix}"))


def free_path(path: Path) -> Path:
    """`path`, or with a number in its name where that is taken."""
    found, number = path, 2
    while os.path.lexists(found):
        found, number = path.with_name(f"{path.stem}-{number}{path.suffix}"), number + 1
    return found
