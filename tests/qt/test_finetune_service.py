"""A training run as the window sees it, over a worker that plays one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from chatapp.core.data_report import DataReport
from chatapp.core.errors import AppError, ErrorInfo
from chatapp.core.training import RunSpec, StopReason, TrainingSettings
from chatapp.protocol.finetune import FINETUNE_PROTOCOL_VERSION
from chatapp.protocol.launch import WorkerCommand
from chatapp.services.background import Background
from chatapp.services.finetune import FinetuneService, RunPhase
from chatapp.storage.paths import Paths
from chatapp.storage.runs import RunState, RunStore, read_course, read_result
from tests.fakes.finetune_worker import STEPS, fake_finetune_command

WAIT = 20_000


@pytest.fixture
def work() -> Iterator[Background]:
    background = Background("files")
    yield background
    background.close()


@pytest.fixture
def service(paths: Paths, work: Background, qtbot: QtBot) -> Iterator[FinetuneService]:
    made = FinetuneService(paths, work, fake_finetune_command)
    yield made
    made.close()
    qtbot.wait(10)


def spec(data: str = "cities.jsonl", steps: int = 0) -> RunSpec:
    return RunSpec(model="/m/a.gguf", data=f"/d/{data}", settings=TrainingSettings(steps=steps), samples=("Hi",))


def folder_of(service: FinetuneService) -> Path:
    assert service.folder is not None
    return service.folder


def test_a_run_is_told_kept_and_finished(service: FinetuneService, paths: Paths, qtbot: QtBot) -> None:
    stages: list[str] = []
    service.stage_begun.connect(lambda event: stages.append(event.stage.value))
    with qtbot.waitSignal(service.finished, timeout=WAIT) as finished:
        service.start(spec())
        assert service.is_running
    assert service.phase is RunPhase.IDLE
    assert stages == [
        "reading_data", "tokenizing", "reading_model", "measuring", "training", "testing", "exporting", "checking",
    ]  # fmt: skip
    assert len(service.course) == STEPS
    assert service.course.samples[0].step == 0
    result = finished.args[0]
    assert result == read_result(folder_of(service))
    assert read_course(folder_of(service)).values("loss").tolist() == service.course.values("loss").tolist()
    (run,) = RunStore(paths).listed()
    assert run.state is RunState.FINISHED
    assert run.created_at > 0


def test_a_run_is_paused_and_goes_on(service: FinetuneService, qtbot: QtBot) -> None:
    with qtbot.waitSignal(service.step_done, timeout=WAIT):
        service.start(spec("slow.jsonl", steps=60))
    with qtbot.waitSignal(service.paused, timeout=WAIT) as paused:
        service.pause()
        assert service.phase is RunPhase.PAUSING
    assert service.phase is RunPhase.PAUSED
    assert paused.args[0] == service.course.last("step")
    count = len(service.course)
    qtbot.wait(120)
    assert len(service.course) == count
    with qtbot.waitSignal(service.finished, timeout=WAIT):
        service.go_on()
    assert len(service.course) == 60


def test_a_stopped_run_ends_as_a_whole_one(service: FinetuneService, qtbot: QtBot) -> None:
    with qtbot.waitSignal(service.step_done, timeout=WAIT):
        service.start(spec("slow.jsonl", steps=1000))
    with qtbot.waitSignal(service.finished, timeout=WAIT) as finished:
        service.stop()
        assert service.phase is RunPhase.STOPPING
    assert finished.args[0].trained.stopped is StopReason.STOPPED
    assert len(service.course) < 1000


def test_a_run_that_was_given_up_is_resumed(service: FinetuneService, paths: Paths, qtbot: QtBot) -> None:
    with qtbot.waitSignal(service.evaluated, timeout=WAIT):
        service.start(spec("slow.jsonl", steps=50))
    qtbot.waitUntil(lambda: len(service.course) > 8, timeout=WAIT)
    with qtbot.waitSignal(service.given_up):
        service.give_up()
    assert service.phase is RunPhase.IDLE
    folder = folder_of(service)
    (run,) = RunStore(paths).listed()
    assert run.state is RunState.RESUMABLE
    with qtbot.waitSignal(service.finished, timeout=WAIT):
        service.resume(folder)
    assert service.folder == folder
    assert service.course.values("step").tolist() == list(range(1, 51))
    assert read_course(folder).values("step").tolist() == list(range(1, 51))


def test_a_worker_that_dies_is_told_and_the_run_can_be_resumed(
    service: FinetuneService, paths: Paths, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(service.failed, timeout=WAIT) as failed:
        service.start(spec("crash.jsonl"))
    info: ErrorInfo = failed.args[0]
    assert "SIGABRT" in info.message
    assert not service.is_running
    (run,) = RunStore(paths).listed()
    assert run.state is RunState.RESUMABLE
    with qtbot.waitSignal(service.finished, timeout=WAIT):
        service.resume(run.folder)
    assert len(service.course) == STEPS


def test_a_refused_run_has_failed(service: FinetuneService, paths: Paths, qtbot: QtBot) -> None:
    with qtbot.waitSignal(service.failed, timeout=WAIT) as failed:
        service.start(spec("refuse.jsonl"))
    assert "refuse.jsonl" in failed.args[0].message
    assert RunStore(paths).listed()[0].state is RunState.FAILED


def test_one_run_at_a_time(service: FinetuneService, qtbot: QtBot) -> None:
    service.start(spec("slow.jsonl"))
    with pytest.raises(AppError, match="already"):
        service.start(spec())
    with qtbot.waitSignal(service.finished, timeout=WAIT):
        pass
    with qtbot.waitSignal(service.finished, timeout=WAIT):
        service.start(spec())


def test_one_given_up_before_it_has_a_folder_never_starts(service: FinetuneService, qtbot: QtBot) -> None:
    service.start(spec())
    service.give_up()
    qtbot.wait(200)
    assert service.folder is None
    assert not service.is_running


def test_one_given_up_and_begun_anew_is_one_run(service: FinetuneService, paths: Paths, qtbot: QtBot) -> None:
    begun: list[Path] = []
    service.begun.connect(lambda: begun.append(folder_of(service)))
    service.start(spec())
    service.give_up()
    with qtbot.waitSignal(service.finished, timeout=WAIT):
        service.start(spec())
    assert len(begun) == 1
    assert read_result(begun[0]) is not None


def test_a_command_that_fails_ends_the_run(paths: Paths, work: Background, qtbot: QtBot) -> None:
    def command() -> WorkerCommand:
        raise OSError

    service = FinetuneService(paths, work, command)
    with qtbot.waitSignal(service.failed, timeout=WAIT):
        service.start(spec())
    assert not service.is_running
    service.close()


def test_a_folder_that_can_not_be_made_is_told(service: FinetuneService, paths: Paths, qtbot: QtBot) -> None:
    paths.runs.write_bytes(b"")
    with qtbot.waitSignal(service.failed, timeout=WAIT) as failed:
        service.start(spec())
    assert "could not be made" in failed.args[0].message
    assert not service.is_running


def test_a_worker_of_another_version_is_refused(paths: Paths, work: Background, qtbot: QtBot) -> None:
    service = FinetuneService(paths, work, lambda: fake_finetune_command(FINETUNE_PROTOCOL_VERSION + 1))
    with qtbot.waitSignal(service.failed, timeout=WAIT) as failed:
        service.start(spec())
    assert "another version" in failed.args[0].message
    with qtbot.waitSignal(service.inspection.failed, timeout=WAIT) as failed:
        service.inspection.inspect(spec())
    assert "another version" in failed.args[0].message
    service.close()


def test_closing_ends_the_worker(service: FinetuneService, qtbot: QtBot) -> None:
    with qtbot.waitSignal(service.step_done, timeout=WAIT):
        service.start(spec("slow.jsonl", steps=1000))
    worker = service._worker
    assert worker is not None
    service.close()
    assert worker.pid == 0
    assert not service.is_running


def test_only_the_newest_question_about_data_is_answered(service: FinetuneService, qtbot: QtBot) -> None:
    reports: list[DataReport] = []
    service.inspection.inspected.connect(reports.append)
    with qtbot.waitSignal(service.inspection.advanced, timeout=WAIT):
        service.inspection.inspect(spec("mute.jsonl"))
    service.inspection.inspect(spec(steps=3))
    assert service.inspection.is_busy
    service.inspection._ask()  # the worker will answer it
    with qtbot.waitSignal(service.inspection.inspected, timeout=WAIT):
        service.inspection.inspect(spec(steps=7))
    qtbot.wait(100)
    assert [report.estimate.n_steps for report in reports if report.estimate is not None] == [7]
    assert not service.inspection.is_busy


def test_a_cancelled_question_has_no_answer(service: FinetuneService, qtbot: QtBot) -> None:
    told: list[object] = []
    service.inspection.inspected.connect(told.append)
    service.inspection.failed.connect(told.append)
    with qtbot.waitSignal(service.inspection.advanced, timeout=WAIT):
        service.inspection.inspect(spec("mute.jsonl"))
    service.inspection.cancel()
    qtbot.wait(200)
    assert told == []


def test_refused_data_and_a_dead_worker_are_told(service: FinetuneService, qtbot: QtBot) -> None:
    inspection = service.inspection
    with qtbot.waitSignal(inspection.failed, timeout=WAIT) as failed:
        inspection.inspect(spec("refuse.jsonl"))
    assert "refuse.jsonl" in failed.args[0].message
    with qtbot.waitSignal(inspection.advanced, timeout=WAIT):
        inspection.inspect(spec("mute.jsonl"))
    with qtbot.waitSignal(inspection.failed, timeout=WAIT) as failed:
        assert inspection._worker is not None
        inspection._worker.kill()
    assert "looks at the data" in failed.args[0].message
    with qtbot.waitSignal(inspection.inspected, timeout=WAIT):
        inspection.inspect(spec())


def test_a_silent_worker_is_ended_and_the_next_one_asked(service: FinetuneService, qtbot: QtBot) -> None:
    inspection = service.inspection
    service.supervision.quiet_seconds = inspection.supervision.quiet_seconds = 0.5
    with qtbot.waitSignal(inspection.failed, timeout=WAIT) as failed:
        inspection.inspect(spec("mute.jsonl"))
    assert "no sign of life" in failed.args[0].message
    with qtbot.waitSignal(inspection.inspected, timeout=WAIT):
        inspection.inspect(spec())
    with qtbot.waitSignal(service.failed, timeout=WAIT) as failed:
        service.start(spec("silent.jsonl"))
    assert "no sign of life" in failed.args[0].message
    assert not service.is_running
    with qtbot.waitSignal(service.finished, timeout=WAIT):
        service.start(spec())
