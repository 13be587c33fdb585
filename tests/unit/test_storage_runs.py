"""Training runs on the disk: begun, listed in whatever state, read though damaged, deleted."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from chatapp.core.errors import AppError
from chatapp.core.file_lock import lock
from chatapp.core.training import RunSpec, TrainingSettings
from chatapp.protocol.run_files import LOCK, LOG, RESULT
from chatapp.storage.paths import Paths
from chatapp.storage.run_folders import new_run, read_spec
from chatapp.storage.runs import RunState, RunStore, read_course, read_result
from tests.unit.test_core_run_course import eval_line, result, step_line

SPEC = RunSpec(model="/m/Smol LM.gguf", data="/d/cities.jsonl", settings=TrainingSettings(rank=8), samples=("Hi",))


def made(paths: Paths, created_at: float = 100.0, *lines: bytes, finished: bool = False, data: str = SPEC.data) -> Path:
    folder = new_run(paths, replace(SPEC, created_at=created_at, data=data))
    (folder / LOG).write_bytes(b"".join(lines))
    if finished:
        (folder / RESULT).write_bytes(msgspec.json.encode(result()))
    return folder


def test_a_new_run_has_a_folder_of_its_own_and_keeps_what_is_asked(paths: Paths) -> None:
    first, second = new_run(paths, SPEC), new_run(paths, SPEC)
    assert first != second
    assert first.parent == second.parent == paths.runs
    assert first.name.endswith("Smol_LM")
    assert read_spec(first) == SPEC


def test_a_folder_that_can_not_be_made_is_told(paths: Paths) -> None:
    paths.runs.write_bytes(b"")
    with pytest.raises(AppError, match="could not be made"):
        new_run(paths, SPEC)


def test_a_path_that_is_no_utf_8_is_told(paths: Paths) -> None:
    with pytest.raises(AppError, match="surrogates"):
        new_run(paths, replace(SPEC, data="/d/\udcff.jsonl"))
    assert not paths.runs.exists() or not list(paths.runs.iterdir())


def test_runs_are_listed_the_newest_first_with_their_state(paths: Paths) -> None:
    old = made(paths, 100.0, step_line(1), finished=True)
    failed = made(paths, 300.0, step_line(1), b'{"type": "error", "message": "No memory."}\n')
    torn = made(paths, 200.0, step_line(1), b'{"type": "error", "mess')
    runs = RunStore(paths).listed()
    assert [(run.folder, run.state) for run in runs] == [
        (failed, RunState.FAILED), (torn, RunState.RESUMABLE), (old, RunState.FINISHED),
    ]  # fmt: skip
    assert runs[2].result == result()
    assert runs[0].spec == replace(SPEC, created_at=300.0)


def test_what_is_no_run_or_damaged_is_passed_over(paths: Paths, tmp_path: Path) -> None:
    good = made(paths)
    damaged = made(paths)
    (damaged / "run.json").write_bytes(b'{"model": 3')
    (paths.runs / "a file").write_bytes(b"")
    (paths.runs / "empty").mkdir()
    (paths.runs / "link").symlink_to(tmp_path)
    pipe = made(paths)
    (pipe / LOG).unlink()
    os.mkfifo(pipe / LOG)
    half = made(paths, 50.0)
    (half / RESULT).write_bytes(b'{"trained": ')
    assert {run.folder for run in RunStore(paths).listed()} == {good, pipe, half}
    assert read_result(half) is None
    assert len(read_course(pipe)) == 0
    assert len(read_course(tmp_path / "nowhere")) == 0


def test_without_any_run_the_list_is_empty(paths: Paths) -> None:
    assert RunStore(paths).listed() == []


def test_a_torn_log_is_read_as_far_as_it_goes(paths: Paths) -> None:
    folder = made(paths, 1.0, eval_line(0, 3.0), step_line(1), b"\xff\x00{}{\n", step_line(2), b'{"type":"st')
    course = read_course(folder)
    assert course.values("step").tolist() == [1.0, 2.0]
    assert len(course.evaluations) == 1


def test_deleting_takes_the_folder_and_chats_written_for_this_run_alone(paths: Paths) -> None:
    paths.own_chats.mkdir()
    shared, own, foreign = paths.own_chats / "a.jsonl", paths.own_chats / "b.jsonl", paths.data / "c.jsonl"
    for path in (shared, own, foreign):
        path.write_text("{}\n")
    one, two = made(paths, 3.0, data=str(shared)), made(paths, 2.0, data=str(own))
    made(paths, 1.0, data=str(shared))
    four = made(paths, 0.5, data=str(foreign))
    store = RunStore(paths)
    for folder in (one, two, four):
        run = store.find(folder)
        assert run is not None
        store.delete(run)
        assert not folder.exists()
    assert shared.exists()
    assert not own.exists()
    assert foreign.exists()
    assert len(store.listed()) == 1
    assert len(list(paths.runs.iterdir())) == 1


def test_a_run_that_somebody_trains_is_not_deleted(paths: Paths) -> None:
    folder = made(paths)
    (run,) = RunStore(paths).listed()
    with (folder / LOCK).open("a+b") as held:
        lock(held.fileno())
        with pytest.raises(AppError, match="being trained"):
            RunStore(paths).delete(run)
    RunStore(paths).delete(run)
    assert not folder.exists()


def test_what_a_deletion_left_behind_goes_at_the_next_listing(paths: Paths) -> None:
    left = paths.runs / ".deleted-x"
    left.mkdir(parents=True)
    (left / "run.json").write_text(json.dumps({}))
    assert RunStore(paths).listed() == []
    assert not left.exists()


def test_a_run_that_is_gone_can_not_be_deleted(paths: Paths) -> None:
    folder = made(paths)
    store = RunStore(paths)
    run = store.find(folder)
    assert run is not None
    store.delete(run)
    with pytest.raises(AppError, match="could not be deleted"):
        store.delete(run)
