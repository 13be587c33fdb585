"""The laws of the process boundary, each against a real child. Most use the scripted engine, which obeys prompts."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatapp.core.errors import AppError, ErrorKind
from chatapp.core.generation import FinishReason
from chatapp.core.models import LoadSpec
from chatapp.core.sampling import SamplingSettings
from chatapp.protocol.codec import COMMANDS
from chatapp.protocol.engine import (
    PROTOCOL_VERSION,
    Cancel,
    CancelLane,
    Compare,
    Compared,
    Explain,
    Explained,
    Failed,
    Finished,
    LaneFailed,
    LaneFinished,
    LaneStart,
    Loaded,
    LoadModel,
    LoadProgress,
    PromptProgress,
    RawPrompt,
    Score,
    Scored,
    TokensEmitted,
)
from chatapp.protocol.launch import WorkerRole, worker_command
from chatapp.workers.client import EngineClient
from tests.fakes.scripted_engine import scripted_command
from tests.process.raw_worker import RawWorker, alive, ask, kill


@pytest.fixture
def worker() -> Iterator[RawWorker]:
    with RawWorker(scripted_command()) as worker:
        worker.ready()
        worker.load()
        yield worker


def test_law_1_the_worker_speaks_first_and_another_protocol_is_refused_in_words() -> None:
    with RawWorker(worker_command(WorkerRole.ENGINE)) as worker:
        ready = worker.ready()
        assert ready.protocol == PROTOCOL_VERSION
        assert ready.pid == worker.process.pid
        assert ready.backend.llama_cpp
    with pytest.raises(AppError) as caught:
        EngineClient(scripted_command(protocol_number=PROTOCOL_VERSION + 1))
    assert caught.value.info.kind is ErrorKind.PROTOCOL


def test_law_2_every_request_has_progress_and_exactly_one_terminal_event(worker: RawWorker) -> None:
    worker.send(ask(2, "say one two three"), ask(3, "refuse"), ask(4, "bug"), ask(5, "say last"))
    worker.send(LoadModel(request_id=6, spec=LoadSpec(path="again.gguf")))
    events = worker.until_terminal(6)
    for request_id in (2, 3, 4, 5, 6):
        mine = [e for e in events if getattr(e, "request_id", None) == request_id]
        terminal = [e for e in mine if isinstance(e, Loaded | Finished | Failed)]
        assert len(terminal) == 1
        assert mine[-1] is terminal[0]
        progress = (TokensEmitted, PromptProgress, LoadProgress)
        assert all(isinstance(e, progress) for e in mine[:-1])
    with pytest.raises(TimeoutError):
        worker.next_event(0.2)


def test_law_5_known_trouble_and_bugs_are_told_apart_and_the_worker_lives(worker: RawWorker) -> None:
    worker.send(ask(2, "refuse"), ask(3, "bug"), ask(4, "say alive"))
    events = worker.until_terminal(4)
    failures = {e.request_id: e.error for e in events if isinstance(e, Failed)}
    assert failures[2].kind is ErrorKind.WORKER
    assert failures[3].kind is ErrorKind.BUG
    assert "ZeroDivisionError" in failures[3].detail
    assert isinstance(events[-1], Finished)


def test_law_5_an_unreadable_command_is_answered_and_the_worker_lives(worker: RawWorker) -> None:
    worker.send_bytes(b"\0\0\0\3\xff\xff\xff")
    event = worker.next_event()
    assert isinstance(event, Failed)
    assert event.request_id is None
    assert event.error.kind is ErrorKind.PROTOCOL
    worker.send(ask(2, "say alive"))
    assert isinstance(worker.until_terminal(2)[-1], Finished)


def test_law_5_a_value_out_of_range_does_not_deafen_the_worker(worker: RawWorker) -> None:
    frame = COMMANDS.encode(ask(2, "say x", top_k=77))
    worker.send_bytes(frame.replace(b"\xa5top_k\x4d", b"\xa5top_k\xff"))
    assert isinstance(worker.next_event(), Failed)
    worker.send(ask(3, "say alive"))
    assert isinstance(worker.until_terminal(3)[-1], Finished)


def test_a_broken_command_stream_ends_the_worker(worker: RawWorker) -> None:
    worker.send_bytes(b"\xff\xff\xff\xff")
    worker.exit_within(2.0)
    assert worker.process.returncode == 1


def test_law_6_native_prints_never_reach_the_protocol(worker: RawWorker) -> None:
    worker.send(ask(2, "print " + "noise " * 500))
    last = worker.until_terminal(2)[-1]
    assert isinstance(last, Finished)
    assert last.text == "printed"
    assert worker.process.stderr is not None
    assert b"noise" in os.read(worker.process.stderr.fileno(), 1 << 16)


@pytest.mark.parametrize("prompt", ["", "slow 1000", "hang"])
def test_law_7_the_end_of_stdin_ends_the_worker_at_once(worker: RawWorker, prompt: str) -> None:
    if prompt:
        worker.send(ask(2, prompt))
        while not isinstance(worker.next_event(), TokensEmitted):
            pass
    assert worker.process.stdin is not None
    worker.process.stdin.close()
    assert worker.exit_within(2.0) < 0.5
    assert worker.process.returncode == 0


def test_law_7_a_killed_parent_takes_its_worker_with_it(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "import os, sys, time\n"
        "from tests.fakes.scripted_engine import scripted_command\n"
        "from tests.process.raw_worker import RawWorker\n"
        "keep = os.dup(0)\n"
        "worker = RawWorker(scripted_command())\n"
        "worker.ready()\n"
        "os.set_inheritable(worker.process.stdin.fileno(), True)\n"
        "if os.fork() == 0: time.sleep(30)\n"  # holds the pipe open: only the death signal is left
        "print(worker.process.pid, flush=True)\n"
        "time.sleep(30)\n"
    )
    root = str(Path(__file__).resolve().parents[2])
    parent = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": root})
    assert parent.stdout is not None
    worker_pid = int(parent.stdout.readline())
    children = [int(p) for p in Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()]
    kill(parent.pid)
    parent.wait()
    parent.stdout.close()
    time.sleep(0.1)
    gone = not alive(worker_pid)
    for pid in children:
        if alive(pid):
            kill(pid)
    assert gone


def test_law_7_a_parent_that_dies_while_its_worker_starts_leaves_no_orphan() -> None:
    command = worker_command(WorkerRole.ENGINE)
    for pause in (0.0, 0.02, 0.05, 0.1, 0.2, 0.3):
        code = (
            "import os, subprocess, sys, time\n"
            "os.environ['CHATAPP_PARENT_PID'] = str(os.getpid())\n"
            "keep = os.pipe()\n"  # the worker's stdin: another process holds its other end open
            "if os.fork() == 0:\n    time.sleep(3)\n    os._exit(0)\n"
            f"worker = subprocess.Popen([sys.executable, *{list(command.arguments)!r}], cwd={command.folder!r},"
            " stdin=keep[0], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
            "print(worker.pid, flush=True)\n"
            f"time.sleep({pause})\n"
            "os.kill(os.getpid(), 9)\n"
        )
        parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.wait()
        parent.stdout.close()
        end = time.monotonic() + 2.0  # an idle machine needs 0.1
        while alive(pid) and time.monotonic() < end:
            time.sleep(0.02)
        assert not alive(pid), pause


def test_law_8_requests_wait_for_the_one_before_and_cancel_reaches_waiting_ones(worker: RawWorker) -> None:
    worker.send(ask(2, "slow 30"), ask(3, "slow 1000"), ask(4, "say after"))
    worker.send(Cancel(request_id=3))
    events = worker.until_terminal(4)
    order = [getattr(e, "request_id", None) for e in events]
    assert order == sorted(order)
    cancelled = next(e for e in events if isinstance(e, Failed | Finished) and e.request_id == 3)
    assert isinstance(cancelled, Finished)
    assert (cancelled.text, cancelled.finish_reason) == ("", FinishReason.CANCELLED)


def question(request_id: int, text: str) -> Explain:
    return Explain(
        request_id=request_id, prompt=RawPrompt(text=text), before=(), n_remembered=0, sampling=SamplingSettings(),
        token=None, most=3,
    )  # fmt: skip


def test_law_8_a_question_that_waits_is_answered_when_it_is_cancelled(worker: RawWorker) -> None:
    """In line, and among those that are looked at while a reply is written. "late" can't be answered before its end."""
    score = Score(request_id=5, text=b"one two", probs=0)
    worker.send(ask(2, "slow 60"), question(3, "in line"), question(4, "in line"), score)
    while not isinstance(worker.next_event(), TokensEmitted):
        pass
    worker.send(question(6, "late"), question(7, "late"))
    worker.send(Cancel(request_id=3), Cancel(request_id=5), Cancel(request_id=6), Cancel(request_id=6))
    worker.send(ask(8, "say after"))
    events = worker.until_terminal(8)
    while not any(isinstance(e, Explained) and e.request_id == 7 for e in events):  # it may come before 8 or after it
        events.append(worker.next_event())
    terminal = [e for e in events if isinstance(e, Failed | Finished | Explained | Scored)]
    assert [(e.request_id, type(e)) for e in terminal[:3]] == [(3, Failed), (5, Failed), (6, Failed)]
    assert all(e.error.kind is ErrorKind.CANCELLED for e in terminal if isinstance(e, Failed))
    assert terminal[3].request_id == 2
    assert sorted(str(e.request_id) for e in terminal[4:]) == ["4", "7", "8"]
    worker.send(Cancel(request_id=7), question(9, "again"))
    assert isinstance(worker.next_event(), PromptProgress)
    assert isinstance(worker.next_event(), Explained)
    with pytest.raises(TimeoutError):
        worker.next_event(0.2)


def test_law_8_cancel_ends_a_reply_and_a_late_one_harms_nobody(worker: RawWorker) -> None:
    worker.send(ask(2, "slow 1000"))
    while not isinstance(worker.next_event(), TokensEmitted):
        pass
    asked = time.monotonic()
    worker.send(Cancel(request_id=2))
    last = worker.until_terminal(2)[-1]
    assert time.monotonic() - asked < 0.2
    assert isinstance(last, Finished)
    assert last.finish_reason is FinishReason.CANCELLED
    worker.send(Cancel(request_id=2), Cancel(request_id=3), ask(3, "say whole reply"))
    last = worker.until_terminal(3)[-1]
    assert isinstance(last, Finished)
    assert (last.text, last.finish_reason) == ("whole reply", FinishReason.STOP)


def test_law_8_a_load_can_be_cancelled_and_the_worker_loads_again(worker: RawWorker) -> None:
    worker.send(LoadModel(request_id=2, spec=LoadSpec(path="slow.gguf")), Cancel(request_id=2))
    last = worker.until_terminal(2)[-1]
    assert isinstance(last, Failed)
    assert last.error.kind is ErrorKind.CANCELLED
    worker.load(request_id=3)


def test_law_9_a_worker_opens_nothing_of_the_users_but_its_model(tmp_path: Path, starter_model: Path) -> None:
    """And imports nothing from the folder it was started in."""
    (tmp_path / "random.py").write_text("raise SystemExit('imported from the user folder')")
    home = tmp_path / "home"
    home.mkdir()
    before = os.getcwd()  # noqa: PTH109
    os.chdir(tmp_path)
    try:
        with RawWorker(worker_command(WorkerRole.ENGINE, {**os.environ, "CHATAPP_HOME": str(home)})) as worker:
            worker.ready()
            worker.load(str(starter_model))
            worker.send(ask(2, "Hello", max_tokens=2))
            worker.until_terminal(2)
            maps = Path(f"/proc/{worker.process.pid}/maps").read_text()
            opened = [str(entry.readlink()) for entry in Path(f"/proc/{worker.process.pid}/fd").iterdir()]
    finally:
        os.chdir(before)
    assert str(starter_model) in maps
    assert not [name for name in opened if name.startswith(str(tmp_path))]
    assert str(tmp_path) not in maps
    assert list(home.iterdir()) == []


def test_a_dying_worker_is_one_sentence_with_its_last_lines() -> None:
    with EngineClient(scripted_command()) as client:
        client.load(LoadSpec(path="m.gguf"))
        with pytest.raises(AppError) as caught:
            list(client.generate(ask(1, "crash").prompt, ask(1, "crash").sampling))
        assert caught.value.info.params["outcome"] == "signal SIGABRT"
        assert not client.alive()


def test_a_worker_that_dies_loading_is_one_sentence() -> None:
    with EngineClient(scripted_command()) as client:
        with pytest.raises(AppError) as caught:
            client.load(LoadSpec(path="crash.gguf"))
        assert caught.value.info.kind is ErrorKind.MODEL_LOAD


def test_a_program_that_is_no_worker_is_one_sentence() -> None:
    from dataclasses import replace

    command = replace(scripted_command(), arguments=("-c", "import sys; sys.exit('no worker here')"))
    with pytest.raises(AppError) as caught:
        EngineClient(command)
    assert caught.value.info.kind is ErrorKind.WORKER
    assert "no worker here" in caught.value.info.detail


def test_a_burst_of_commands_is_one_stream() -> None:
    with RawWorker(scripted_command()) as worker:
        worker.ready()
        worker.load()
        data = b"".join(COMMANDS.encode(ask(n, "say x")) for n in range(2, 202))
        for start in range(0, len(data), 7):
            worker.send_bytes(data[start : start + 7])
        assert isinstance(worker.until_terminal(201)[-1], Finished)


def lanes_of(request_id: int, text: str, count: int) -> Compare:
    starts = tuple(LaneStart(number=n, sampling=SamplingSettings(seed=n + 1)) for n in range(count))
    return Compare(request_id=request_id, prompt=RawPrompt(text=text), lanes=starts)


def test_every_lane_ends_once_before_the_one_end_of_all(worker: RawWorker) -> None:
    worker.send(lanes_of(2, "say one lane three", 3), lanes_of(3, "refuse and go on", 2), ask(4, "say last"))
    events = worker.until_terminal(4)
    for request_id, failing in ((2, set()), (3, {0})):
        mine = [e for e in events if getattr(e, "request_id", None) == request_id]
        assert [isinstance(e, Compared) for e in mine] == [False] * (len(mine) - 1) + [True]
        ends = [e for e in mine if isinstance(e, LaneFinished | LaneFailed)]
        assert sorted(e.lane for e in ends) == list(range(3 if request_id == 2 else 2))
        assert {e.lane for e in ends if isinstance(e, LaneFailed)} == failing
    texts = {e.lane: e.text for e in events if isinstance(e, LaneFinished) and e.request_id == 2}
    assert texts == {n: f"one {n} three" for n in range(3)}


def test_a_lane_is_cancelled_while_it_waits_or_runs_and_no_other(worker: RawWorker) -> None:
    worker.send(lanes_of(2, "slow 60", 3), lanes_of(3, "say hello", 2), CancelLane(request_id=3, lane=0))
    while not isinstance(worker.next_event(), TokensEmitted):
        pass
    worker.send(CancelLane(request_id=2, lane=1), CancelLane(request_id=9, lane=0), CancelLane(request_id=2, lane=7))
    events = worker.until_terminal(3)
    reasons = {(e.request_id, e.lane): e.finish_reason for e in events if isinstance(e, LaneFinished)}
    cancelled = {at for at, reason in reasons.items() if reason is FinishReason.CANCELLED}
    assert cancelled == {(2, 1), (3, 0)}
    assert set(reasons) == {(2, 0), (2, 1), (2, 2), (3, 0), (3, 1)}
    worker.send(lanes_of(4, "say again", 2))
    again = worker.until_terminal(4)
    assert {e.finish_reason for e in again if isinstance(e, LaneFinished)} == {FinishReason.STOP}
