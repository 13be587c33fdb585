"""The real conductor with the scripted engine and the fake trainer: `python -m tests.fakes.conductor [TORCH]`."""

from __future__ import annotations

import sys
from functools import partial

from chatapp.protocol.launch import WorkerCommand, WorkerRole, worker_command
from chatapp.workers.finetune.commands import WorkerCommands
from chatapp.workers.finetune.main import run_worker
from chatapp.workers.parent import die_with_parent
from tests.fakes.scripted_engine import scripted_command
from tests.fakes.trainer import trainer_command


def conductor_command(torch: str = "fake") -> WorkerCommand:
    real = worker_command(WorkerRole.FINETUNE)
    arguments = ("-m", "tests.fakes.conductor", torch)
    return WorkerCommand(program=real.program, arguments=arguments, environment=real.environment, folder=real.folder)


if __name__ == "__main__":
    die_with_parent()
    run_worker(WorkerCommands(engine=scripted_command, trainer=partial(trainer_command, torch=sys.argv[1])))
