"""Files of what the model had evaluated of each conversation, the least recently used ones deleted beyond a size."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from chatapp.storage.paths import Paths

_SUFFIX = ".state"


class SavedStates:
    def __init__(self, paths: Paths) -> None:
        self.folder = paths.data / "contexts"

    def path(self, conversation_id: str) -> Path:
        """Where that conversation's file is, or would be."""
        return self.folder / f"{conversation_id}{_SUFFIX}"

    def prepare(self) -> None:
        """Makes the folder; raises OSError."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def trim(self, most_bytes: int) -> None:
        """Deletes the oldest files beyond that many bytes, and what a dead worker left unfinished."""
        for unfinished in self.folder.glob("*.tmp"):
            with suppress(OSError):
                unfinished.unlink()
        kept = 0
        for file in sorted(self.folder.glob(f"*{_SUFFIX}"), key=_changed, reverse=True):
            with suppress(OSError):
                size = file.stat().st_size
                if kept + size > most_bytes:
                    file.unlink()
                else:
                    kept += size


def _changed(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0
