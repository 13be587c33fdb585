"""chatapp finetune: trains a LoRA adapter from a GGUF model and a file of examples."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import FrameType

from chatapp.cli.engine import chosen_model
from chatapp.cli.finetune_words import estimate_words, evaluation_words, report_words, result_words, step_words
from chatapp.cli.output import Bar, Output, progress_bar
from chatapp.core.checks import check_options
from chatapp.core.conductor_sentences import PARITY_FAILED, RUN_NOT_WRITTEN
from chatapp.core.errors import AppError, error
from chatapp.core.options import Option, options_of
from chatapp.core.sandbox import FileAccess
from chatapp.core.training import RunSpec, Stage, TrainingSettings
from chatapp.protocol.finetune import (
    DataInspected,
    Evaluated,
    Event,
    RunFinished,
    SampleWritten,
    StageBegun,
    StepDone,
)
from chatapp.protocol.launch import WorkerCommand, WorkerRole, worker_command
from chatapp.protocol.run_files import EXAMPLES, RUN
from chatapp.protocol.run_log import record_of
from chatapp.storage.components import trainer_environment
from chatapp.storage.paths import Paths, find_paths
from chatapp.storage.run_folders import new_run, read_spec, write_spec
from chatapp.storage.settings import read_settings
from chatapp.workers.finetune_client import FinetuneClient

_NAMES = {"learning_rate": "lr", "validation": "val"}  # of options that are called otherwise here
_EXPORTS = ("gguf", "peft", "merged")
_STAGES = {
    Stage.READING_DATA: "Reading the data",
    Stage.TOKENIZING: "Tokenizing",
    Stage.READING_MODEL: "Reading the model",
    Stage.MEASURING: "Measuring the losses before",
    Stage.TRAINING: "Training",
    Stage.TESTING: "Measuring the losses after",
    Stage.EXPORTING: "Exporting",
    Stage.CHECKING: "Checking the adapter in llama.cpp",
}


def configure(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--data", metavar="F", help="examples: JSONL, JSON, CSV or plain text")
    what.add_argument("--resume", metavar="RUN", help="go on with a run, given by its folder or its name")
    parser.add_argument("--model", metavar="PATH|NAME", help="default: the model used last, else the starter model")
    parser.add_argument("--out", default="", metavar="A.gguf", help="where the adapter goes")
    parser.add_argument("--unseen", default="", metavar="F", help="a second file of examples that is only measured")
    parser.add_argument(
        "--sample", action="append", default=[], metavar="PROMPT", help="answered at each evaluation; repeatable"
    )
    parser.add_argument(
        "--export", nargs="+", default=["gguf"], choices=_EXPORTS, help="what is written; the adapter as GGUF always is"
    )
    parser.add_argument("--estimate-only", action="store_true", help="tell of the data and what a run needs, then end")
    group = parser.add_argument_group("training")
    for name, about in options_of(TrainingSettings):
        _add_option(group, name, about)


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Raises AppError."""
    paths = find_paths(arguments.data_dir)
    if arguments.resume:
        folder = _found(paths, arguments.resume)
        if arguments.out:
            _write(folder, replace(read_spec(folder), out=_absolute(arguments.out)))
        return _trained(paths, folder, output)
    spec = _spec(paths, arguments)
    if arguments.estimate_only:
        return _inspected(paths, spec, output)
    folder = new_run(paths, spec)
    try:
        return _trained(paths, folder, output)
    except AppError:
        if not (folder / EXAMPLES).exists():  # it never began
            shutil.rmtree(folder, ignore_errors=True)
        raise


def _add_option(group: argparse._ArgumentGroup, name: str, about: Option) -> None:
    default = getattr(TrainingSettings(), name)
    flag = f"--{_NAMES.get(name, name.replace('_', '-'))}"
    text = about.help.replace("%", "%%")
    if isinstance(default, bool):
        group.add_argument(flag, dest=name, action="store_true", help=text)
        return
    group.add_argument(
        flag,
        dest=name,
        type=type(default),
        default=default,
        choices=[value for value, _ in about.choices] or None,
        metavar="N" if isinstance(default, int) or about.choices else "X",
        help=f"{text} Default: {default}.",
    )


def _spec(paths: Paths, arguments: argparse.Namespace) -> RunSpec:
    """Raises AppError(BAD_INPUT | NO_MODEL | MODEL_FILE)."""
    settings = TrainingSettings(**{name: getattr(arguments, name) for name, _ in options_of(TrainingSettings)})
    check_options(settings)
    return RunSpec(
        model=chosen_model(paths, arguments.model).path,
        data=_absolute(arguments.data),
        unseen=_absolute(arguments.unseen) if arguments.unseen else "",
        out=_absolute(arguments.out) if arguments.out else "",
        created_at=time.time(),
        settings=settings,
        samples=tuple(arguments.sample),
        exports=tuple(dict.fromkeys(("gguf", *arguments.export))),
    )


def _absolute(path: str) -> str:
    return str(Path(path).expanduser().absolute())


def _found(paths: Paths, named: str) -> Path:
    """The folder of a run. Raises AppError where there is none."""
    folder = Path(named).expanduser().absolute()
    if not (folder / RUN).exists() and (paths.runs / named / RUN).exists():
        folder = paths.runs / named
    read_spec(folder)
    return folder


def _write(folder: Path, spec: RunSpec) -> None:
    try:
        write_spec(folder, spec)
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise error(RUN_NOT_WRITTEN, folder=folder, reason=reason) from problem


def _conductor(paths: Paths) -> WorkerCommand:
    """Its workers have a sandbox where the settings say so."""
    sandboxed = read_settings(paths.settings).engine.sandbox == "on"
    environment = trainer_environment(paths)
    return worker_command(WorkerRole.FINETUNE, environment, access=FileAccess() if sandboxed else None)


def _inspected(paths: Paths, spec: RunSpec, output: Output) -> int:
    with FinetuneClient(_conductor(paths)) as client, progress_bar("Reading the data") as bar, _ctrl_c(client.cancel):
        for event in client.inspect(spec):
            _show(event, output, bar)
            if isinstance(event, DataInspected) and event.report.estimate is not None:
                output.words(estimate_words(event.report.estimate))
    return 0


def _trained(paths: Paths, folder: Path, output: Output) -> int:
    """1 where the adapter does not do in llama.cpp what it did in training."""
    sys.stderr.write(f"The run is kept in {folder}\n")

    def stop() -> None:
        sys.stderr.write("\nTraining stops and finishes with what it has reached; Ctrl+C again ends it at once.\n")
        client.stop()

    try:
        with FinetuneClient(_conductor(paths)) as client, progress_bar("Starting") as bar, _ctrl_c(stop):
            for event in client.train(str(folder)):
                _show(event, output, bar)
    except KeyboardInterrupt:
        sys.stderr.write(f"Ended. Go on with: chatapp finetune --resume {folder}\n")
        raise
    assert isinstance(event, RunFinished)
    parity = event.result.parity
    if parity is None or parity.ok:
        return 0
    engine, trainer, kl = (f"{value:.4f}" for value in (parity.engine_loss, parity.trainer_loss, parity.kl_mean))
    output.error(error(PARITY_FAILED, engine=engine, trainer=trainer, kl=kl).info)
    return 1


def _show(event: Event, output: Output, bar: Bar) -> None:
    record = record_of(event)
    if record is not None:
        kind, values = record
        output.record(kind, **values)
    match event:
        case StageBegun(stage=stage, fraction=fraction):
            bar.describe(_STAGES[stage])
            bar.set(min(fraction or 0.0, 0.999))
        case StepDone():
            bar.describe(step_words(event))
            bar.set(min(event.step / max(1, event.n_steps), 0.999))
        case Evaluated():
            output.words(evaluation_words(event))
        case SampleWritten():
            output.words(f"> {event.prompt}\n{event.text}\n")
        case DataInspected(report=report):
            output.words(report_words(report))
        case RunFinished(result=result):
            bar.set(1.0)
            output.words(result_words(result))
        case _:
            pass


@contextmanager
def _ctrl_c(first: Callable[[], None]) -> Iterator[None]:
    """The first Ctrl+C does `first`, a second one ends the command."""

    def on_interrupt(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with suppress(AppError):
            first()

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
