"""Installs a component: an environment of its own, made by a Python of this computer and filled by its pip.

Where packages come from is pip's own setting. Only ready-made packages are taken, so nothing is compiled; pip keeps
what it downloaded whole, so a second attempt does not begin anew. The window runs it on a thread of its own.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from chatapp.core.component_sentences import (
    COMPONENT_FAILED,
    COMPONENT_NO_NETWORK,
    COMPONENT_NO_PACKAGE,
    COMPONENT_NO_PYTHON,
    COMPONENT_NO_ROOM,
    COMPONENT_NO_VENV,
    COMPONENT_NOT_WORKING,
)
from chatapp.core.components import Component, InstallProgress, InstallStage
from chatapp.core.errors import AppError, error
from chatapp.core.models import size_text
from chatapp.core.sentences import CANCELLED
from chatapp.protocol.launch import is_bundle, outside_bundle
from chatapp.storage.child_program import ChildProgram
from chatapp.storage.components import ComponentStore

_PYTHONS = ("python3.13", "python3.12", "python3.11", "python3.10", "python3", "python")
_MORE_PLACES = ("/usr/local/bin", "/opt/homebrew/bin")  # not on the PATH of programs started from an icon
_IS_SUITABLE = (
    "import ensurepip, sys, venv; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13) or sys.maxsize < 2**32)"
)
_PIP: tuple[str, ...] = (
    "-m",
    "pip",
    "--disable-pip-version-check",
    "--no-input",
    "install",
    "--no-compile",
    "--only-binary",
    ":all:",
)
_PIP += ("--progress-bar", "off", "--no-warn-script-location", "--requirement")
_ELSEWHERE = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_REQUIREMENT", "PIP_QUIET", "PIP_DRY_RUN")
_BEGUN = re.compile(r"\s*(?:Collecting|Downloading|Processing|Using cached) (?:\S*/)?([\w.]+(?:-[A-Za-z_]\w*)*)")
_NO_MATCH = re.compile(r"No matching distribution found for ([\w.-]+)")
_OFFLINE = re.compile(
    r"NewConnectionError|NameResolutionError|ConnectTimeout|ReadTimeout|timed out|ProxyError|SSLError|Max retries"
    r"|Connection(Reset|Refused|Aborted)|connection broken|Failed to establish|name resolution|IncompleteRead"
)
_FULL = re.compile(r"No space left|Errno 28|not enough space", re.IGNORECASE)
_MARGIN_BYTES = 100_000_000
_KEPT_LINES = 60
_ENDS = {InstallStage.PREPARING: 0.05, InstallStage.DOWNLOADING: 0.6, InstallStage.UNPACKING: 0.95}  # of the whole


class Installation:
    """One of them. `run` from any one thread, `cancel` from any other."""

    def __init__(self, store: ComponentStore, component: Component) -> None:
        self._store, self._component = store, component
        self._cancelled = threading.Event()
        self._program: ChildProgram | None = None
        self._said: deque[str] = deque(maxlen=_KEPT_LINES)

    def cancel(self) -> None:
        """`run` soon raises AppError(CANCELLED)."""
        self._cancelled.set()

    def run(self) -> Iterator[InstallProgress]:
        """Installs while it is gone through; whatever ends it early leaves nothing behind. Raises AppError."""
        try:
            with self._store.claimed(self._component):
                python = base_python()
                self._store.refuse_in_use(self._component)
                self._store.clear(self._component)
                self._look_for_room()
                try:
                    yield from self._install(python)
                except BaseException:  # also where nobody goes on with this generator
                    if self._program is not None:
                        self._program.end()
                    self._store.clear(self._component)
                    raise
        except OSError as problem:
            if problem.errno in (errno.ENOSPC, errno.EDQUOT):
                raise self._no_room() from problem
            raise error(COMPONENT_FAILED, reason=problem.strerror or problem) from problem

    def _install(self, python: str) -> Iterator[InstallProgress]:
        yield InstallProgress(stage=InstallStage.PREPARING, fraction=0.0)
        folder = self._store.folder(self._component)
        for _line in self._output(python, "-m", "venv", str(folder), failed=self._no_venv):
            pass
        self._temporary.mkdir()
        yield from self._fill()
        shutil.rmtree(self._temporary)
        yield InstallProgress(stage=InstallStage.CHECKING, fraction=_ENDS[InstallStage.UNPACKING])
        words = f"import {', '.join(self._component.modules)}, sys; print('%d.%d' % sys.version_info[:2])"
        *_, version = filter(None, self._output(self._own_python, "-c", words, failed=self._not_working))
        self._store.mark_complete(self._component, version)
        yield InstallProgress(stage=InstallStage.CHECKING, fraction=1.0)

    @property
    def _own_python(self) -> str:
        return str(self._store.python(self._component))

    @property
    def _temporary(self) -> Path:
        """On the same disk as all else: the system's place for temporary files is often too small."""
        return self._store.folder(self._component) / "tmp"

    def _fill(self) -> Iterator[InstallProgress]:
        names = {line.split("==")[0] for line in self._pin_lines()}
        begun: set[str] = set()
        stage, package = InstallStage.DOWNLOADING, ""
        pin_list = str(self._store.pin_list(self._component))
        for line in self._output(self._own_python, *_PIP, pin_list, failed=self._pip_failed):
            if line.startswith("Installing collected packages"):
                stage, package = InstallStage.UNPACKING, ""
            elif match := _BEGUN.match(line):
                package = match[1]
                begun.add(package)
            if stage is InstallStage.DOWNLOADING:
                done_bytes = _bytes_in(self._temporary)
                share = max(done_bytes / self._component.download_bytes, len(begun) / len(names) / 2)
            else:
                done_bytes = 0
                place = self._store.site_packages(self._component)
                share = len(list(place.glob("*.dist-info"))) / len(names) if place else 0.0
            yield _progress(stage, share, package, done_bytes)

    def _pin_lines(self) -> list[str]:
        lines = self._store.pin_list(self._component).read_text(encoding="utf-8").splitlines()
        return [line for line in lines if line.strip() and not line.startswith("#")]

    def _output(self, python: str, *words: str, failed: Callable[[str], AppError]) -> Iterator[str]:
        """The lines of a Python's program, as ChildProgram gives them. Raises what `failed` makes of its failure."""
        self._program = program = ChildProgram((python, "-I", "-X", "utf8", *words), self._environment())
        for line in program.lines():
            if self._cancelled.is_set():
                raise error(CANCELLED)
            if line:
                self._said.append(line)
            yield line
        if not program.succeeded:
            raise failed(python)

    def _environment(self) -> dict[str, str]:
        own = {name: value for name, value in outside_bundle(os.environ).items() if name not in _ELSEWHERE}
        own |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(self._temporary)) if self._temporary.is_dir() else {}
        return own | {"PIP_USER": "0"}

    def _look_for_room(self) -> None:
        if shutil.disk_usage(self._store.root).free < self._needed_bytes:
            raise self._no_room()

    @property
    def _needed_bytes(self) -> int:
        """What was downloaded is there twice for a while: pip keeps it, and unpacks from a copy."""
        return 2 * self._component.download_bytes + self._component.disk_bytes + _MARGIN_BYTES

    def _no_room(self) -> AppError:
        free = size_text(shutil.disk_usage(self._store.root).free)
        return error(COMPONENT_NO_ROOM, needed=size_text(self._needed_bytes), free=free, folder=self._store.root)

    def _no_venv(self, python: str) -> AppError:
        if _FULL.search(self._details):
            return self._no_room()
        return error(COMPONENT_NO_VENV, python=python, reason=self._reason(), detail=self._details)

    def _pip_failed(self, _python: str) -> AppError:
        said = self._details
        if _FULL.search(said):
            return self._no_room()
        if _OFFLINE.search(said):
            return error(COMPONENT_NO_NETWORK, detail=said)
        if match := _NO_MATCH.search(said):
            return error(COMPONENT_NO_PACKAGE, package=match[1], detail=said)
        return error(COMPONENT_FAILED, reason=self._reason(), detail=said)

    def _not_working(self, _python: str) -> AppError:
        return error(COMPONENT_NOT_WORKING, reason=self._reason(), detail=self._details)

    @property
    def _details(self) -> str:
        return "\n".join(self._said)

    def _reason(self) -> str:
        """The last line that tells of an error, or the last of all, as part of a sentence."""
        lines = [line for line in self._said if line.startswith("ERROR:")] or list(self._said) or ["it said nothing"]
        return lines[-1].removeprefix("ERROR:").strip().rstrip(".")


def base_python() -> str:
    """The Python environments are made with: our own, in a bundle one of this computer. Raises AppError(COMPONENT)."""
    if not is_bundle():
        return sys.executable
    places = os.pathsep.join((os.environ.get("PATH", ""), *_MORE_PLACES))
    for name in _PYTHONS:
        if (found := shutil.which(name, path=places)) is not None and _is_suitable(found):
            return found
    raise error(COMPONENT_NO_PYTHON)


def _is_suitable(python: str) -> bool:
    """Whether it runs, is of a version the packages are for, and can make environments."""
    command: Sequence[str] = (python, "-I", "-c", _IS_SUITABLE)
    try:
        done = subprocess.run(
            command,
            env=outside_bundle(os.environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _progress(stage: InstallStage, share: float, package: str, done_bytes: int) -> InstallProgress:
    start = _ENDS[InstallStage.PREPARING] if stage is InstallStage.DOWNLOADING else _ENDS[InstallStage.DOWNLOADING]
    fraction = start + (_ENDS[stage] - start) * min(share, 1.0)
    return InstallProgress(stage=stage, fraction=fraction, package=package, done_bytes=done_bytes)


def _bytes_in(folder: Path) -> int:
    """Of files that come and go."""
    total = 0
    for place, _folders, files in os.walk(folder):
        for name in files:
            try:
                total += os.lstat(Path(place, name)).st_size
            except OSError:
                continue
    return total
