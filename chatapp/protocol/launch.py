"""How a worker is started: program, arguments, environment, folder. The same for the window and the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import chatapp
from chatapp.core.sandbox import FileAccess

TRAINER_PYTHON = "CHATAPP_TRAINER_PYTHON"
"""In the conductor's environment: the Python the trainer runs on, "" for our own. See storage/components.py."""


class WorkerRole(str, Enum):
    ENGINE = "engine"
    FINETUNE = "finetune"
    TRAINER = "trainer"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerCommand:
    """What to start. `folder` holds the package, so that nothing in the user's own folder is imported."""

    program: str
    arguments: tuple[str, ...]
    environment: dict[str, str]
    folder: str


def worker_command(
    role: WorkerRole,
    environment: Mapping[str, str] | None = None,
    *,
    access: FileAccess | None = None,
    python: str = "",
) -> WorkerCommand:
    """The command for `role`; `environment` defaults to this process's own. access: the worker's sandbox lets it touch
    these files and no others; None: it has no sandbox. python: one that has what the role needs, "" for our own."""
    own = dict(os.environ if environment is None else environment)
    own.setdefault("GGML_NO_BACKTRACE", "1")  # an abort then ends in 0.01 s instead of about 1 s
    own["PYTHONUTF8"] = "1"
    own["CHATAPP_PARENT_PID"] = str(os.getpid())  # see workers/parent.py
    return WorkerCommand(
        program=python or (str(_terminal_program()) if is_bundle() else sys.executable),
        arguments=(*(() if is_bundle() and not python else ("-m", "chatapp")), "worker", role.value, *_sandbox(access)),
        environment=own,
        folder=str(Path(chatapp.__file__).resolve().parent.parent),
    )


def is_bundle() -> bool:
    """Whether this is a program made by packaging/chatapp.spec, not a Python that runs the package."""
    return bool(getattr(sys, "frozen", False))


def _terminal_program() -> Path:
    """The bundle's program with a real stdin and stdout: on Windows the one of the window has none."""
    own = Path(sys.executable)
    return own.with_name(f"chatapp-cli{own.suffix}")


def _sandbox(access: FileAccess | None) -> tuple[str, ...]:
    if access is None:
        return ("--no-sandbox",)
    named = [("--read", path) for path in access.read] + [("--write", path) for path in access.write]
    return tuple(word for pair in named for word in pair)
