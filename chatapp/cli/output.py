"""What a command prints: JSON lines or words on stdout, progress and errors on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from chatapp.core.errors import ErrorInfo, printable


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """json: machine-readable lines on stdout and nothing else there."""

    json: bool

    def record(self, record_type: str, /, **values: object) -> None:
        """One JSON line, only with --json."""
        if self.json:
            self._write(json.dumps({"type": record_type, **values}) + "\n")

    def words(self, text: str, end: str = "\n") -> None:
        """Words for a person, only without --json."""
        if not self.json:
            self._write(printable(text) + end)

    def note(self, text: str) -> None:
        """What is going on, on stderr."""
        sys.stderr.write(printable(text) + "\n")

    def error(self, info: ErrorInfo) -> None:
        """One sentence on stderr; with --json also a record."""
        self.record("error", kind=info.kind.value, message=info.message, hint=info.advice)
        sys.stderr.write(f"{printable(info.message)} {printable(info.advice)}\n")

    def _write(self, text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()


class Bar:
    """One progress bar; `set` takes a fraction from 0 to 1."""

    def __init__(self, progress: Progress, label: str) -> None:
        self._progress = progress
        self._task = progress.add_task(label, total=1.0)

    def set(self, fraction: float) -> None:
        self._progress.update(self._task, completed=fraction)
        if fraction >= 1.0:
            self._progress.stop()  # what comes next has the terminal to itself

    def describe(self, label: str) -> None:
        self._progress.update(self._task, description=printable(label))


@contextmanager
def progress_bar(label: str) -> Iterator[Bar]:
    """A bar on stderr that vanishes when it is done; invisible where stderr is no terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield Bar(progress, printable(label))
