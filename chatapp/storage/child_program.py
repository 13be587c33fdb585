"""A program that is run to its end while somebody watches: its lines as they come, and its end at any moment."""

from __future__ import annotations

import queue
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

import psutil

_LOOK_SECONDS = 0.2


class ChildProgram:
    """Started at once; raises OSError where that is not possible. After `lines` is through, `succeeded` says how it
    went; `end` takes its descendants along."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, name="child-program", daemon=True)
        self._reader.start()

    @property
    def succeeded(self) -> bool:
        return self._process.returncode == 0

    def lines(self) -> Iterator[str]:
        """What it prints, until its end; "" whenever it was silent for a moment."""
        while True:
            try:
                line = self._lines.get(timeout=_LOOK_SECONDS)
            except queue.Empty:
                yield ""
                continue
            if line is None:
                self._process.wait()
                return
            yield line

    def end(self) -> None:
        """Now, if it runs."""
        if self._process.poll() is None:
            with suppress(psutil.Error):
                for descendant in psutil.Process(self._process.pid).children(recursive=True):
                    with suppress(psutil.Error):
                        descendant.kill()
            self._process.kill()
        self._process.wait()
        self._reader.join(timeout=1)

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            for line in output:
                self._lines.put(line.rstrip())
        self._lines.put(None)
