"""Inspects data, and does a run from its data to an adapter that was checked in the engine."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from zipfile import BadZipFile

import msgspec

from chatapp.core.chat import ChatMessage, Role
from chatapp.core.checks import check_options, checked_prompt
from chatapp.core.conductor_sentences import ADAPTER_NOT_WRITABLE, RUN_NOT_WRITTEN
from chatapp.core.data_report import DataReport
from chatapp.core.errors import AppError, error
from chatapp.core.examples import PreparedExamples
from chatapp.core.model_file import checked_model
from chatapp.core.models import AdapterSpec
from chatapp.core.sampling import SamplingSettings
from chatapp.core.sandbox import FileAccess, real_path
from chatapp.core.training import RunResult, Stage, TrainedAdapter
from chatapp.protocol.engine import ChatPrompt, Finished
from chatapp.protocol.finetune import (
    DataInspected,
    Evaluated,
    Event,
    Failed,
    InspectData,
    RunFinished,
    SampleWritten,
    StageBegun,
    Train,
    Trained,
)
from chatapp.protocol.run_files import (
    EXAMPLES,
    MERGED,
    MERGED_F16,
    REFERENCE,
    REPORT,
    RESULT,
    as_json,
    read_report,
    read_result,
    read_spec,
)
from chatapp.protocol.run_log import line_of, record_of
from chatapp.workers.client import EngineClient
from chatapp.workers.finetune.checking import check, longest_checked
from chatapp.workers.finetune.commands import SAMPLE_CONTEXT, WorkerCommands, open_engine, open_trainer
from chatapp.workers.finetune.control import Control
from chatapp.workers.finetune.inspection import report_of
from chatapp.workers.finetune.preparing import prepared, read_sources, tokenized
from chatapp.workers.finetune.run_folder import RunFolder, check_out, copy_whole
from chatapp.workers.finetune_client import FinetuneClient

_INSPECTION_SECONDS = 5.0  # for tokenising
_SAMPLE_TOKENS = 100
_UNQUANTIZED, _Q8_0 = (0, 1, 32), 7  # of general.file_type; F32, F16, BF16
_EXPORTS = ("adapter_model.safetensors", "adapter_config.json", "README.md", MERGED)

Send = Callable[[Event], None]


def inspect(request: InspectData, commands: WorkerCommands, control: Control, send: Send) -> DataInspected:
    """Of many examples only a sample is tokenised. Raises AppError."""
    spec = request.spec
    check_options(spec.settings)
    header = checked_model(spec.model)
    tell = _Telling(request.request_id, send)
    unseen = Path(spec.unseen) if spec.unseen else None
    sources = read_sources(Path(spec.data), unseen, spec.settings, control, tell.stage(Stage.READING_DATA))
    with open_engine(commands, spec.model) as engine:
        control.check()
        progress = tell.stage(Stage.TOKENIZING)
        tokens = tokenized(engine, sources, spec.settings, control, progress, _INSPECTION_SECONDS)
    return DataInspected(request_id=request.request_id, report=report_of(sources, tokens, spec.settings, header))


class Conductor:
    """One run. Made for one Train; `finished` does it."""

    def __init__(self, request: Train, commands: WorkerCommands, control: Control, send: Send) -> None:
        """Raises AppError where there is no such run."""
        self._id = request.request_id
        self._commands, self._control, self._send = commands, control, send
        self._spec = read_spec(Path(request.folder))
        self._folder = RunFolder(Path(request.folder), self._spec)
        self._tell = _Telling(self._id, send)
        self._engine: EngineClient | None = None

    def finished(self) -> RunFinished:
        """Does the run, or what is left of it: of one that is done, to write the adapter elsewhere. Raises AppError."""
        try:
            with self._folder.claimed():
                return self._claimed()
        except OSError as problem:
            folder = self._folder.path
            raise error(RUN_NOT_WRITTEN, folder=folder, reason=problem.strerror or problem) from problem

    def _claimed(self) -> RunFinished:
        result = read_result(self._folder.path)
        if result is not None and (Path(result.trained.adapter).exists() or self._is_there(result)):
            return RunFinished(request_id=self._id, result=self._copied_out(result))
        try:
            finished = self._done()
        except AppError as problem:
            with suppress(OSError):
                self._keep(Failed(request_id=self._id, error=problem.info))
            raise
        finally:
            self._close_engine()
        return finished

    def _is_there(self, result: RunResult) -> bool:
        """The adapter, where it is to go."""
        out = self._spec.out
        return not out or (out in result.files and Path(out).exists())

    def _copied_out(self, result: RunResult) -> RunResult:
        """Of a run that is done: the adapter is copied to where it is not yet."""
        if self._is_there(result):
            return result
        check_out(self._spec)
        files = (self._written_out(result.trained), *result.files[1:])
        result = dataclasses.replace(result, files=files)
        self._folder.write(RESULT, as_json(result))
        return result

    def _done(self) -> RunFinished:
        spec, folder = self._spec, self._folder
        check_options(spec.settings)
        checked_model(spec.model)
        check_out(spec)
        with open_trainer(self._commands, spec.model, str(folder.path)) as trainer:
            examples = self._prepared()
            trained = self._trained(trainer)
        finished = RunFinished(request_id=self._id, result=self._result(trained, examples))
        folder.write(RESULT, as_json(finished.result))
        self._keep(finished)
        return finished

    def _prepared(self) -> PreparedExamples:
        """Those of the first attempt, where they can be read; else they are made of our copy of the data."""
        folder, kept = self._folder, self._folder.path / EXAMPLES
        data, unseen = folder.data(), folder.unseen()
        folder.check_model()
        if (whole := _loaded(kept)) is not None:
            examples, report = whole
            self._send(DataInspected(request_id=self._id, report=report))
            return examples
        settings, control = self._spec.settings, self._control
        sources = read_sources(data, unseen, settings, control, self._tell.stage(Stage.READING_DATA))
        progress = self._tell.stage(Stage.TOKENIZING)
        tokens = tokenized(self._engine_for(0), sources, settings, control, progress)
        report = report_of(sources, tokens, settings, checked_model(self._spec.model))
        examples = prepared(sources, tokens)
        folder.write(REPORT, as_json(report))
        with tempfile.TemporaryDirectory(dir=folder.path) as beside:
            examples.save(Path(beside) / EXAMPLES)
            copy_whole(Path(beside) / EXAMPLES, kept)
        self._inspected(report)
        return examples

    def _inspected(self, report: DataReport) -> None:
        inspected = DataInspected(request_id=self._id, report=report)
        self._keep(inspected)
        self._send(inspected)

    def _trained(self, trainer: FinetuneClient) -> TrainedAdapter:
        """Passes on what the trainer tells, and has samples written while it waits."""
        samples = self._spec.samples
        if not samples:
            self._close_engine()  # its memory is the trainer's now
        events = trainer.train(str(self._folder.path), waits=bool(samples))
        for event in events:
            self._control.begin(trainer)
            if isinstance(event, Trained):
                self._control.hold()
                return event.trained
            self._send(msgspec.structs.replace(event, request_id=self._id))
            if isinstance(event, Evaluated) and samples:
                self._control.hold()
                self._write_samples(event.step, event.adapter if event.step else "")
                trainer.go_on()
                self._control.begin(trainer)
        raise AssertionError  # it ends with Trained or raises

    def _write_samples(self, step: int, adapter: str) -> None:
        adapters = (AdapterSpec(path=adapter),) if adapter else ()
        for prompt in self._spec.samples:
            if self._control.stopped:
                return
            sample = SampleWritten(request_id=self._id, step=step, prompt=prompt, text=self._answer(prompt, adapters))
            self._keep(sample)
            self._send(sample)

    def _answer(self, prompt: str, adapters: tuple[AdapterSpec, ...]) -> str:
        """An engine that dies is opened again, once. What went wrong is told in the answer's place."""
        trouble = ""
        for _ in range(2):
            try:
                engine = self._engine_for(0)
                engine.use_adapters(adapters)
                return _answer(engine, prompt)
            except AppError as problem:
                trouble = f"({problem.info.message})"
                if self._engine is not None and self._engine.alive():
                    break
                self._close_engine()
        return trouble

    def _result(self, trained: TrainedAdapter, examples: PreparedExamples) -> RunResult:
        progress = self._tell.stage(Stage.CHECKING)
        engine = self._engine_for(longest_checked(examples))
        checked = check(engine, examples, trained, self._folder.path / REFERENCE, progress)
        progress(1.0)
        return RunResult(
            trained=trained,
            parity=checked.parity,
            engine=checked.engine,
            engine_before=checked.before,
            files=self._exported(trained),
        )

    def _exported(self, trained: TrainedAdapter) -> tuple[str, ...]:
        """The adapter where it was asked to go, then what else the trainer left in the folder."""
        adapter = self._written_out(trained)
        self._quantize_merged()
        others = [self._folder.path / name for name in _EXPORTS]
        return (adapter, *(str(path) for path in others if path.exists()))

    def _written_out(self, trained: TrainedAdapter) -> str:
        out = self._spec.out
        try:
            if out:
                copy_whole(Path(trained.adapter), Path(out))
        except OSError as problem:
            raise error(ADAPTER_NOT_WRITABLE, path=out, reason=problem.strerror or problem) from problem
        return out or trained.adapter

    def _quantize_merged(self) -> None:
        """In Q8_0, where the trainer left a merged model of a quantised base: the steps of fewer bits are wider than
        most of what an adapter changes. One that can't be stays in F16."""
        whole, target = self._folder.path / MERGED_F16, self._folder.path / MERGED
        file_type = checked_model(self._spec.model).values.get("general.file_type")
        if not whole.exists():
            return
        if isinstance(file_type, int) and file_type not in _UNQUANTIZED:
            access = FileAccess(write=(real_path(str(self._folder.path)),))
            with suppress(AppError), EngineClient(self._commands.engine(access)) as engine:
                engine.quantize(str(whole), str(target), _Q8_0)
                whole.unlink()
                return
        whole.replace(target)

    def _engine_for(self, longest: int) -> EngineClient:
        """One with room for texts of that many tokens."""
        if longest > SAMPLE_CONTEXT:
            self._close_engine()
        if self._engine is None:
            folder = str(self._folder.path)
            self._engine = open_engine(self._commands, self._spec.model, longest=longest, folder=folder)
        return self._engine

    def _close_engine(self) -> None:
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def _keep(self, event: Event) -> None:
        record = record_of(event)
        assert record is not None
        self._folder.log(line_of(record))


def _loaded(path: Path) -> tuple[PreparedExamples, DataReport] | None:
    """None where they are missing or damaged."""
    try:
        return PreparedExamples.load(path), read_report(path.parent)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile, AppError):
        return None


class _Telling:
    """Stages and how far they are, not too often."""

    def __init__(self, request_id: int, send: Send) -> None:
        self._id, self._send = request_id, send

    def stage(self, stage: Stage) -> Callable[[float], None]:
        """Says that it has begun; what is returned tells how much of it is done."""
        told = 0.0
        self._send(StageBegun(request_id=self._id, stage=stage))

        def progress(fraction: float) -> None:
            nonlocal told
            if fraction >= told + 0.01:
                told = fraction
                self._send(StageBegun(request_id=self._id, stage=stage, fraction=fraction))

        return progress


def _answer(engine: EngineClient, prompt: str) -> str:
    """At temperature 0. Raises AppError."""
    sampling = SamplingSettings(temperature=0.0, max_tokens=_SAMPLE_TOKENS, seed=1)
    message = ChatMessage(role=Role.USER, text=checked_prompt(prompt))
    for event in engine.generate(ChatPrompt(messages=(message,)), sampling):
        if isinstance(event, Finished):
            return event.text
    return ""
