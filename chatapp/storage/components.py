"""Which components are there: a folder each, whole only once its stamp was written, as the last thing of all."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import psutil

from chatapp.core.component_sentences import (
    COMPONENT_BUSY,
    COMPONENT_IN_USE,
    COMPONENT_MISSING,
    COMPONENT_NOT_REMOVED,
)
from chatapp.core.components import FINETUNE, Component, ComponentState, ComponentStatus, pins_of
from chatapp.core.errors import AppError, error
from chatapp.core.file_lock import lock
from chatapp.protocol.launch import TRAINER_PYTHON
from chatapp.storage.files import replace_file
from chatapp.storage.paths import Paths, assets

_STAMP = "complete.json"


class ComponentStore:
    """Looks and removes; storage/component_install.py installs."""

    def __init__(self, paths: Paths) -> None:
        self.root = paths.components

    def status(self, component: Component) -> ComponentStatus:
        pins = pins_of(self.pin_list(component).read_text(encoding="utf-8"), sys.version_info[:2])
        packages, state, size = tuple((name, pins[name]) for name in component.packages), ComponentState.MISSING, 0
        if _is_included(component):
            packages, state = tuple((name, _own_version(name)) for name in component.packages), ComponentState.INCLUDED
        elif (stamp := self._stamp(component)) is not None:
            installed, state, size = stamp
            packages = tuple((name, installed.get(name, "")) for name in component.packages)
        elif self.folder(component).exists():
            state = ComponentState.UNFINISHED
        return ComponentStatus(component=component, state=state, packages=packages, size_bytes=size)

    def folder(self, component: Component) -> Path:
        return self.root / component.name

    def python(self, component: Component) -> Path:
        """The Python of its environment."""
        return self.folder(component) / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    def site_packages(self, component: Component) -> Path | None:
        """Where its packages lie, None where there is no such folder."""
        places = ("Lib/site-packages", "lib/python3.*/site-packages")
        return next((found for place in places for found in self.folder(component).glob(place)), None)

    def pin_list(self, component: Component) -> Path:
        return assets() / "components" / f"{component.name}.txt"

    @contextmanager
    def claimed(self, component: Component) -> Iterator[None]:
        """Nobody else installs or removes it meanwhile. Raises AppError(BUSY) where somebody does, OSError."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.root / f"{component.name}.lock").open("a+b") as file:
            try:
                lock(file.fileno())
            except OSError:
                raise error(COMPONENT_BUSY) from None
            yield

    def mark_complete(self, component: Component, python: str) -> None:
        """Writes the stamp. python: the version of its Python, as "3.11". Raises OSError."""
        folder = self.folder(component)
        size = sum(path.lstat().st_size for path in folder.rglob("*"))
        stamp = {"python": python, "pins": self._pins(component, python), "size": size}
        replace_file(folder / _STAMP, json.dumps(stamp).encode())

    def remove(self, component: Component) -> bool:
        """Takes it off the disk, however much of it is there; whether there was anything. Raises AppError."""
        try:
            with self.claimed(component):
                if not self.folder(component).exists():
                    return False
                self.refuse_in_use(component)
                self.clear(component)
        except OSError as problem:
            raise error(
                COMPONENT_NOT_REMOVED, folder=self.folder(component), reason=problem.strerror or problem
            ) from problem
        return True

    def refuse_in_use(self, component: Component) -> None:
        """Raises AppError(BUSY) where a program runs on its Python."""
        inside = str(self.folder(component)) + os.sep
        commands = (process.info["cmdline"] for process in psutil.process_iter(["cmdline"]))
        if any(command and command[0].startswith(inside) for command in commands):
            raise error(COMPONENT_IN_USE)

    def clear_unfinished(self, component: Component) -> None:
        """What a process that was ended left of an installation goes."""
        with suppress(AppError, OSError), self.claimed(component):
            if self._stamp(component) is None:
                self.clear(component)

    def clear(self, component: Component) -> None:
        """Its folder goes, the stamp first. The caller has claimed it. Raises OSError."""
        folder = self.folder(component)
        (folder / _STAMP).unlink(missing_ok=True)
        if folder.exists():
            shutil.rmtree(folder)

    def _stamp(self, component: Component) -> tuple[dict[str, str], ComponentState, int] | None:
        """(packages, state, size) of one that is whole, else None."""
        try:
            stamp = json.loads((self.folder(component) / _STAMP).read_text(encoding="utf-8"))
            python, pins, size = str(stamp["python"]), dict(stamp["pins"]), int(stamp["size"])
            wanted = self._pins(component, python)
        except (OSError, ValueError, TypeError, KeyError):
            return None
        place = self.site_packages(component)
        if place is None or not self.python(component).exists():  # also where the Python it was made with is gone
            return None
        if not all((place / name).is_dir() or (place / f"{name}.py").is_file() for name in component.modules):
            return None
        return pins, ComponentState.INSTALLED if pins == wanted else ComponentState.OUTDATED, size

    def _pins(self, component: Component, python: str) -> dict[str, str]:
        major, minor = python.split(".")
        return pins_of(self.pin_list(component).read_text(encoding="utf-8"), (int(major), int(minor)))


def trainer_python(paths: Paths) -> str:
    """The Python that has what the trainer imports, "" for our own. Raises AppError(COMPONENT) where there is none."""
    store = ComponentStore(paths)
    state = store.status(FINETUNE).state
    if not state.is_usable:
        raise error(COMPONENT_MISSING, name=FINETUNE.name)
    return "" if state is ComponentState.INCLUDED else str(store.python(FINETUNE))


def trainer_environment(paths: Paths, environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """What whoever starts the conductor gives it along; `environment` defaults to this process's own. Where there is no
    Python for the trainer, the conductor says so when it is to train."""
    found = dict(os.environ if environment is None else environment)
    with suppress(AppError):
        found[TRAINER_PYTHON] = trainer_python(paths)
    return found


def _is_included(component: Component) -> bool:
    return all(find_spec(name) is not None for name in component.modules)


def _own_version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
