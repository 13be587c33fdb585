"""A file that only takes up room: on a full disk it is given up, so that the chats can be opened and saved even then.

SQLite needs some 64 KB of room to open a database, and a person with a full disk needs to read and to delete.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from chatapp.storage.files import replace_file

RESERVE_BYTES = 1 << 20
_ROOM_BESIDE = 8 * RESERVE_BYTES
_NEARLY_FULL = RESERVE_BYTES // 2


def keep_reserve(folder: Path) -> None:
    """Makes the file, where there is room for it and much more."""
    with suppress(OSError):
        if not _reserve(folder).exists() and shutil.disk_usage(folder).free > _ROOM_BESIDE:
            replace_file(_reserve(folder), os.urandom(RESERVE_BYTES))  # zeros may take no room


def give_up_reserve(folder: Path) -> bool:
    """Where the disk is full and the file is there, it goes; whether that was so."""
    try:
        if not is_full(folder):
            return False
        _reserve(folder).unlink()
    except OSError:
        return False
    return True


def is_full(folder: Path) -> bool:
    """Whether there is next to no room on the disk. Raises OSError."""
    return shutil.disk_usage(folder).free < _NEARLY_FULL


def _reserve(folder: Path) -> Path:
    return folder / "reserve.bin"
