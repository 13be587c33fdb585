"""A mark in the data folder that is there while the window is: how the last session ended, and how often starts failed.

The next start learns from it that the last one did not end properly, and after two that died early in a row it is in
safe mode. It also remembers a model that ended its process while loading. Settings stay untouched by all this.
"""

from __future__ import annotations

import dataclasses
import time
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import msgspec

from chatapp import __version__
from chatapp.storage.files import read_ordinary, replace_file
from chatapp.storage.paths import Paths

DIRTY_STARTS_FOR_SAFE_MODE = 2
_MOST_BYTES = 100_000


class SafeMode(Enum):
    OFF = "off"
    CHOSEN = "chosen"
    AFTER_CRASHES = "after crashes"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRecord:
    """running: still so at the next start means that the session did not end properly. settled: it could be used for
    a while, so its start did not fail. dirty_starts: how many before this one failed, in a row."""

    running: bool = False
    settled: bool = False
    dirty_starts: int = 0
    started_at: float = 0.0
    version: str = ""
    crashed_model: str = ""


class Session:
    """One run of the window. Without `begin` it only tells what is known."""

    def __init__(self, paths: Paths) -> None:
        self._path = paths.session
        self._usable = False
        self.last = _read(self._path)
        """what the session before left"""
        self._record = self.last
        self.safe_mode = SafeMode.OFF

    @property
    def crashed_model(self) -> str:
        """The path of a model that ended its process while loading and was not loaded since, "" for none."""
        return self._record.crashed_model

    def begin(self, *, wants_safe_mode: bool) -> None:
        """Leaves the mark. Call only where no other instance uses the data folder."""
        last = self.last
        failed = last.dirty_starts
        if last.running:
            failed = 0 if last.settled else failed + 1
        if failed >= DIRTY_STARTS_FOR_SAFE_MODE:
            self.safe_mode = SafeMode.AFTER_CRASHES
        elif wants_safe_mode:
            self.safe_mode = SafeMode.CHOSEN
        self._keep(
            dataclasses.replace(
                last, running=True, settled=False, dirty_starts=failed, started_at=time.time(), version=__version__
            )
        )

    def leave_safe_mode(self) -> None:
        self.safe_mode = SafeMode.OFF

    def become_usable(self) -> None:
        """The window is there; if it now ends properly, its start did not fail."""
        self._usable = True

    def settle(self) -> None:
        """It was there for a while: whatever ends it now, its start did not fail."""
        self._keep(dataclasses.replace(self._record, settled=True, dirty_starts=0))

    def end(self) -> None:
        """A proper end."""
        failed = 0 if self._usable else self._record.dirty_starts
        self._keep(dataclasses.replace(self._record, running=False, dirty_starts=failed))

    def set_crashed_model(self, path: str) -> None:
        if path != self._record.crashed_model:
            self._keep(dataclasses.replace(self._record, crashed_model=path))

    def _keep(self, record: SessionRecord) -> None:
        self._record = record
        with suppress(OSError):  # a full disk must not keep the window from opening
            replace_file(self._path, msgspec.json.encode(record))


def _read(path: Path) -> SessionRecord:
    """A damaged file tells nothing."""
    try:
        return msgspec.json.decode(read_ordinary(path, _MOST_BYTES), type=SessionRecord)
    except (OSError, ValueError, msgspec.MsgspecError, RecursionError):
        return SessionRecord()
