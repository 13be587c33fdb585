"""A component: packages that the app does without until a person asks for them, on a Python environment of their own.

Which ones exactly is said by a list of pins that is shipped with the app (assets/components/NAME.txt).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from chatapp.core.options import QT_TRANSLATE_NOOP

_PIN = re.compile(r"([\w.-]+)==([\w.+!]+)(?:; python_version (<|>=) \"(\d+)\.(\d+)\")?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """label and purpose are English and translated where they are shown (context "components"). packages: those of its
    list worth naming; modules: what has to be importable for it to work; download_bytes and disk_bytes: about."""

    name: str
    label: str
    purpose: str
    packages: tuple[str, ...]
    modules: tuple[str, ...]
    download_bytes: int
    disk_bytes: int


FINETUNE = Component(
    name="finetune",
    label=QT_TRANSLATE_NOOP("components", "Training component"),
    purpose=QT_TRANSLATE_NOOP(
        "components",
        "Fine-tuning needs PyTorch. It is installed into chatapp's data folder, apart from everything else on this "
        "computer, and can be removed again.",
    ),
    packages=("torch", "transformers", "gguf", "safetensors"),
    modules=("torch", "transformers", "gguf", "safetensors", "numpy", "msgspec", "psutil"),
    download_bytes=250_000_000,
    disk_bytes=960_000_000,
)
COMPONENTS = {component.name: component for component in (FINETUNE,)}


class ComponentState(str, Enum):
    """What there is of a component. UNFINISHED: less than all of it, of no use; OUTDATED: all of an older list of pins,
    which still works; INCLUDED: this installation of chatapp brings it along."""

    MISSING = "missing"
    UNFINISHED = "unfinished"
    OUTDATED = "outdated"
    INSTALLED = "installed"
    INCLUDED = "included"

    @property
    def is_usable(self) -> bool:
        return self in (ComponentState.OUTDATED, ComponentState.INSTALLED, ComponentState.INCLUDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentStatus:
    """packages: (name, version) of those worth naming, as they are or would be; size_bytes: taken of the disk, 0 for
    nothing."""

    component: Component
    state: ComponentState
    packages: tuple[tuple[str, str], ...] = ()
    size_bytes: int = 0


class InstallStage(str, Enum):
    """What an installation is doing, in this order."""

    PREPARING = "preparing"
    DOWNLOADING = "downloading"
    UNPACKING = "unpacking"
    CHECKING = "checking"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallProgress:
    """fraction: of the whole, 0 to 1; package: the one at work on, "" for none; done_bytes: downloaded so far."""

    stage: InstallStage
    fraction: float
    package: str = ""
    done_bytes: int = 0


def pins_of(listed: str, python: tuple[int, int]) -> dict[str, str]:
    """name -> version of the lines of a list of pins that are meant for a version of Python."""
    pins: dict[str, str] = {}
    for line in listed.splitlines():
        if line.strip() and not line.startswith("#"):
            match = _PIN.fullmatch(line.strip())
            if match is None:
                raise ValueError(f"not a pin: {line}")
            name, version, relation, major, minor = match.groups()
            if relation is None or (python >= (int(major), int(minor))) == (relation == ">="):
                pins[name] = version
    return pins
