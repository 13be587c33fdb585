"""How the conductor starts the workers it needs."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from dataclasses import dataclass

from chatapp.core.errors import AppError, error
from chatapp.core.models import LoadSpec
from chatapp.core.run_sentences import TORCH_MISSING
from chatapp.core.sandbox import FileAccess, files_of
from chatapp.protocol.launch import WorkerCommand, WorkerRole, is_bundle, worker_command
from chatapp.workers.client import EngineClient
from chatapp.workers.finetune_client import TRAINER, FinetuneClient

PYTHON_VARIABLE = "CHATAPP_TRAINER_PYTHON"
"""The environment's name for a Python that has PyTorch; our own is used where it is not set."""
SAMPLE_CONTEXT = 1024  # tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerCommands:
    """engine: one that may read those files and folders, and no others where it has a sandbox; trainer: raises AppError
    where none is installed."""

    engine: Callable[[tuple[str, ...]], WorkerCommand]
    trainer: Callable[[], WorkerCommand]


def own_commands(*, sandboxed: bool) -> WorkerCommands:
    """Those of the app. sandboxed: the engine, which reads somebody else's model."""

    def engine(files: tuple[str, ...]) -> WorkerCommand:
        return worker_command(WorkerRole.ENGINE, access=FileAccess(read=files) if sandboxed else None)

    return WorkerCommands(engine=engine, trainer=_trainer_command)


def open_engine(commands: WorkerCommands, model: str, *, longest: int = 0, folder: str = "") -> EngineClient:
    """An engine with the model and room for samples, or for texts of `longest` tokens where those are longer; it may
    read what is in `folder`. Raises AppError."""
    spec = LoadSpec(path=model, n_ctx=max(longest, SAMPLE_CONTEXT))
    engine = EngineClient(commands.engine((*files_of(spec), *([folder] if folder else []))))
    try:
        engine.load(spec)
    except BaseException:
        engine.close()
        raise
    return engine


def open_trainer(commands: WorkerCommands) -> FinetuneClient:
    """Raises AppError."""
    try:
        trainer = FinetuneClient(commands.trainer(), TRAINER)
    except AppError as problem:
        if "No module named 'torch'" in problem.info.detail:
            raise error(TORCH_MISSING, detail=problem.info.detail) from problem
        raise
    if not trainer.ready.torch:
        trainer.close()
        raise error(TORCH_MISSING)
    return trainer


def _trainer_command() -> WorkerCommand:
    python = os.environ.get(PYTHON_VARIABLE, "")
    has_torch = os.access(python, os.X_OK) if python else not is_bundle() and importlib.util.find_spec("torch")
    if not has_torch:
        raise error(TORCH_MISSING)
    return worker_command(WorkerRole.TRAINER, python=python)
