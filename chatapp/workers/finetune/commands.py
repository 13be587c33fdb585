"""How the conductor starts the workers it needs."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from dataclasses import dataclass

from chatapp.core.component_sentences import COMPONENT_MISSING
from chatapp.core.components import FINETUNE
from chatapp.core.errors import AppError, error
from chatapp.core.models import LoadSpec
from chatapp.core.sandbox import FileAccess, files_of, real_path
from chatapp.protocol.launch import TRAINER_PYTHON, WorkerCommand, WorkerRole, is_bundle, worker_command
from chatapp.workers.client import EngineClient
from chatapp.workers.finetune_client import TRAINER, FinetuneClient

SAMPLE_CONTEXT = 1024  # tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerCommands:
    """What may be touched is named where they have a sandbox. trainer: raises AppError where none is installed."""

    engine: Callable[[FileAccess], WorkerCommand]
    trainer: Callable[[FileAccess], WorkerCommand]


def own_commands(*, sandboxed: bool) -> WorkerCommands:
    """Those of the app."""

    def engine(access: FileAccess) -> WorkerCommand:
        return worker_command(WorkerRole.ENGINE, access=access if sandboxed else None)

    def trainer(access: FileAccess) -> WorkerCommand:
        return worker_command(WorkerRole.TRAINER, access=access if sandboxed else None, python=_trainer_python())

    return WorkerCommands(engine=engine, trainer=trainer)


def open_engine(commands: WorkerCommands, model: str, *, longest: int = 0, folder: str = "") -> EngineClient:
    """An engine with the model and room for samples, or for texts of `longest` tokens where those are longer; it may
    read what is in `folder`. Raises AppError."""
    spec = LoadSpec(path=model, n_ctx=max(longest, SAMPLE_CONTEXT))
    files = (*files_of(spec), *((real_path(folder),) if folder else ()))
    engine = EngineClient(commands.engine(FileAccess(read=files)))
    try:
        engine.load(spec)
    except BaseException:
        engine.close()
        raise
    return engine


def open_trainer(commands: WorkerCommands, model: str, folder: str) -> FinetuneClient:
    """One that may read the model and write in the run's folder. Raises AppError."""
    access = FileAccess(read=files_of(LoadSpec(path=model)), write=(real_path(folder),))
    try:
        trainer = FinetuneClient(commands.trainer(access), TRAINER)
    except AppError as problem:
        if "No module named 'torch'" in problem.info.detail:
            raise error(COMPONENT_MISSING, name=FINETUNE.name, detail=problem.info.detail) from problem
        raise
    if not trainer.ready.torch:
        trainer.close()
        raise error(COMPONENT_MISSING, name=FINETUNE.name)
    return trainer


def _trainer_python() -> str:
    """Empty for our own. Raises AppError where there is none."""
    python = os.environ.get(TRAINER_PYTHON, "")
    has_torch = os.access(python, os.X_OK) if python else not is_bundle() and importlib.util.find_spec("torch")
    if not has_torch:
        raise error(COMPONENT_MISSING, name=FINETUNE.name)
    return python
