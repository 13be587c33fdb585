"""The conductor against the laws of the process boundary, and what it makes of a run. The engine is the scripted one,
the trainer a fake."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from chatapp.core.errors import AppError, ErrorKind
from chatapp.core.examples import PreparedExamples
from chatapp.core.training import RunSpec, Stage, StopReason, TrainingSettings
from chatapp.protocol.codec import FINETUNE_COMMANDS, FINETUNE_EVENTS
from chatapp.protocol.finetune import (
    FINETUNE_PROTOCOL_VERSION,
    Cancel,
    Command,
    DataInspected,
    Evaluated,
    Event,
    Failed,
    GoOn,
    InspectData,
    Pause,
    Paused,
    Ready,
    RunFinished,
    SampleWritten,
    StageBegun,
    StepDone,
    Stop,
    Train,
)
from chatapp.protocol.run_files import ADAPTER, EXAMPLES, MERGED, MERGED_F16, RESULT, as_json, read_result
from chatapp.workers.finetune_client import CONDUCTOR, FinetuneClient
from chatapp.workers.worker import Worker
from tests.builders import write_gguf
from tests.fakes.conductor import conductor_command
from tests.fakes.trainer import log_of
from tests.process.raw_worker import alive

PAIRS = [{"prompt": f"question {n} with some words", "completion": f"answer {n} in words"} for n in range(30)]


@pytest.fixture
def spec(tmp_path: Path) -> RunSpec:
    model = write_gguf(tmp_path / "m.gguf")
    data = tmp_path / "data.jsonl"
    data.write_text("".join(json.dumps(pair) + "\n" for pair in PAIRS))
    return RunSpec(model=str(model), data=str(data), settings=TrainingSettings(max_length=64))


@pytest.fixture
def client() -> Iterator[FinetuneClient]:
    with FinetuneClient(conductor_command()) as client:
        yield client


def folder_of(tmp_path: Path, spec: RunSpec) -> Path:
    folder = tmp_path / "run"
    folder.mkdir(exist_ok=True)
    (folder / "run.json").write_bytes(as_json(spec))
    return folder


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def of_kind(events: list[Event], kind: type) -> list[Event]:
    return [event for event in events if isinstance(event, kind)]


def test_data_is_inspected(client: FinetuneClient, spec: RunSpec, tmp_path: Path) -> None:
    unseen = tmp_path / "unseen.jsonl"
    unseen.write_text('{"prompt": "p q", "completion": "c d"}\nbad\n')
    with Path(spec.data).open("a") as stream:
        stream.write(json.dumps({"prompt": "Question 0  with some words", "completion": "answer 0 in words"}) + "\n")
        stream.write('{"prompt": "refuse this", "completion": "by the template"}\n')
        stream.write(json.dumps({"prompt": "long", "completion": "word " * 100}) + "\n")
        stream.write(json.dumps({"prompt": "word " * 100, "completion": "never reached"}) + "\n")
    *others, last = client.inspect(replace(spec, unseen=str(unseen)))
    assert {event.stage for event in others if isinstance(event, StageBegun)} == {Stage.READING_DATA, Stage.TOKENIZING}
    assert isinstance(last, DataInspected)
    report = last.report
    assert (report.format, report.n_examples, report.n_duplicates) == ("jsonl-prompt", 35, 1)
    assert (report.n_truncated, report.n_unanswered, report.longest) == (2, 1, 102)
    assert [problem.line for problem in report.problems] == [2, 32]
    assert report.n_problems == 2
    assert "refuse" not in report.problems[1].problem.message
    assert report.counts[3] == 1
    assert sum(report.counts) == 34
    assert min(report.counts) >= 1
    assert sum(count for _, _, count in report.histogram) == 34
    assert len(report.previews) == 20
    assert report.previews[0].line == 1
    assert report.estimate is not None
    assert report.estimate.n_steps > 0


def test_what_is_asked_in_the_data_is_not_unseen(client: FinetuneClient, spec: RunSpec, tmp_path: Path) -> None:
    unseen = tmp_path / "unseen.jsonl"
    known = PAIRS[0] | {"completion": "another answer"}
    unseen.write_text("".join(json.dumps(pair) + "\n" for pair in (known, {"prompt": "new", "completion": "one"})))
    last = list(client.inspect(replace(spec, unseen=str(unseen))))[-1]
    assert isinstance(last, DataInspected)
    assert (last.report.n_examples, last.report.n_duplicates, last.report.counts[3]) == (31, 1, 1)


def test_texts_are_sent_in_frames_they_fit_in(client: FinetuneClient, spec: RunSpec) -> None:
    with Path(spec.data).open("a") as stream:
        for _ in range(10):
            stream.write(json.dumps({"prompt": "a" * (6 << 20), "completion": "b"}) + "\n")
        stream.write(json.dumps({"prompt": "c" * (9 << 20), "completion": "d"}) + "\n")
    last = list(client.inspect(spec))[-1]
    assert isinstance(last, DataInspected)
    assert [(problem.line, problem.problem.message) for problem in last.report.problems] == [
        (41, "Line 41 is longer than 8 MB.")
    ]


def test_looking_can_be_cancelled_and_the_worker_lives(client: FinetuneClient, spec: RunSpec) -> None:
    Path(spec.data).write_text('{"prompt": "slow one", "completion": "yes"}\n' * 5000)
    threading.Timer(1.0, client.cancel).start()
    started = time.monotonic()
    with pytest.raises(AppError) as caught:
        list(client.inspect(spec))
    assert caught.value.info.kind is ErrorKind.CANCELLED
    assert time.monotonic() - started < 4.0
    Path(spec.data).write_text("".join(json.dumps(pair) + "\n" for pair in PAIRS))
    assert isinstance(list(client.inspect(spec))[-1], DataInspected)


def test_a_run_from_data_to_a_checked_adapter(client: FinetuneClient, spec: RunSpec, tmp_path: Path) -> None:
    out = tmp_path / "out.gguf"
    folder = folder_of(tmp_path, replace(spec, out=str(out), samples=("say hello there", "refuse")))
    events = list(client.train(str(folder)))
    last = events[-1]
    assert isinstance(last, RunFinished)
    assert len(of_kind(events, DataInspected)) == 1
    assert len(of_kind(events, StepDone)) == 6
    assert [event.step for event in events if isinstance(event, Evaluated)] == [0, 3, 6]
    samples = [(event.step, event.text) for event in events if isinstance(event, SampleWritten)]
    assert [step for step, _ in samples] == [0, 0, 3, 3, 6, 6]
    assert {text for step, text in samples[::2]} == {"hello there"}
    assert all("scripted" in text for _, text in samples[1::2])
    assert {event.request_id for event in events if not isinstance(event, StageBegun)} == {1}
    stages = list(dict.fromkeys(event.stage for event in events if isinstance(event, StageBegun)))
    assert stages == [Stage.READING_DATA, Stage.TOKENIZING, Stage.READING_MODEL, Stage.TRAINING, Stage.CHECKING]
    result = last.result
    assert result == read_result(folder)
    assert result.parity is not None
    assert result.parity.ok
    assert result.parity.loss_relative < 1e-9
    assert result.parity.n_tokens > 0
    assert result.engine.test == pytest.approx(result.trained.after.test)
    assert result.engine_before.test == pytest.approx(result.trained.before.test)
    assert result.files[0] == str(out)
    assert out.read_bytes() == b"adapter"
    kinds = [line["type"] for line in log_of(folder)]
    assert kinds.count("sample") == 6
    assert kinds.count("step") == 6
    assert (kinds[0], kinds[-1]) == ("data", "done")
    assert len(list(client.train(str(folder)))) == 1  # done is done
    other = tmp_path / "other.gguf"
    folder_of(tmp_path, replace(spec, out=str(other)))
    again = list(client.train(str(folder)))
    assert other.read_bytes() == b"adapter"
    assert len(again) == 1
    other.unlink()
    [done] = client.train(str(folder))
    assert isinstance(done, RunFinished)
    assert done.result == read_result(folder)
    assert done.result.files[0] == str(other)
    assert other.read_bytes() == b"adapter"


def test_an_adapter_that_does_something_else_in_the_engine_is_told(
    client: FinetuneClient, spec: RunSpec, tmp_path: Path
) -> None:
    last = list(client.train(str(folder_of(tmp_path, replace(spec, title="wrong")))))[-1]
    assert isinstance(last, RunFinished)
    assert last.result.parity is not None
    assert not last.result.parity.ok
    assert last.result.parity.loss_relative == pytest.approx(0.5)


@pytest.mark.parametrize(("title", "left"), [("well", "quantized"), ("unfit", "merged unfit")])
def test_a_merged_model_that_can_not_be_quantized_is_left_as_it_is(
    client: FinetuneClient, spec: RunSpec, tmp_path: Path, title: str, left: str
) -> None:
    folder = folder_of(tmp_path, replace(spec, title=title, exports=("gguf", "merged")))
    last = list(client.train(str(folder)))[-1]
    assert isinstance(last, RunFinished)
    assert last.result.files == (str(folder / ADAPTER), str(folder / MERGED))
    assert (folder / MERGED).read_text() == left
    assert not (folder / MERGED_F16).exists()


def test_pause_go_on_and_stop(client: FinetuneClient, spec: RunSpec, tmp_path: Path) -> None:
    folder = folder_of(tmp_path, replace(spec, title="endless", samples=("say hi",)))
    steps = 0
    paused_at = 0
    for event in client.train(str(folder)):
        if isinstance(event, StepDone):
            steps += 1
            if steps == 4:
                client.pause()
            if steps == 12:
                client.stop()
        elif isinstance(event, Paused):
            paused_at = event.step
            time.sleep(0.3)
            client.go_on()
    assert isinstance(event, RunFinished)
    assert 4 <= paused_at <= 6
    assert 12 <= event.result.trained.n_steps <= 14
    assert event.result.trained.stopped is StopReason.STOPPED


def test_a_stop_before_training_is_heeded_when_it_begins(client: FinetuneClient, spec: RunSpec, tmp_path: Path) -> None:
    last = None
    for last in client.train(str(folder_of(tmp_path, replace(spec, title="endless", samples=("say hi",))))):
        if isinstance(last, StageBegun) and last.stage is Stage.TOKENIZING:
            client.stop()
    assert isinstance(last, RunFinished)
    assert last.result.trained.n_steps <= 2


def test_a_trainer_that_dies_is_a_sentence_and_the_run_goes_on_later(
    client: FinetuneClient, spec: RunSpec, tmp_path: Path
) -> None:
    folder = folder_of(tmp_path, replace(spec, title="die"))
    with pytest.raises(AppError) as caught:
        list(client.train(str(folder)))
    assert "SIGABRT" in caught.value.info.message
    assert "resumed" in caught.value.info.advice
    assert "the last words" in caught.value.info.detail
    assert log_of(folder)[-1]["type"] == "error"
    before = (folder / EXAMPLES).stat().st_mtime_ns
    Path(spec.data).write_text("changed meanwhile")
    events = list(client.train(str(folder)))
    assert isinstance(events[-1], RunFinished)
    assert [event.step for event in events if isinstance(event, StepDone)] == [3, 4, 5, 6]
    assert len(of_kind(events, DataInspected)) == 1
    assert (folder / EXAMPLES).stat().st_mtime_ns == before
    assert len(PreparedExamples.load(folder / EXAMPLES)) == 30


def test_another_model_in_the_place_of_the_first_is_refused(
    client: FinetuneClient, spec: RunSpec, tmp_path: Path
) -> None:
    folder = folder_of(tmp_path, replace(spec, title="die"))
    with pytest.raises(AppError):
        list(client.train(str(folder)))
    with Path(spec.model).open("ab") as stream:
        stream.write(b"more")
    with pytest.raises(AppError, match="not as it was"):
        list(client.train(str(folder)))


def test_trouble_is_a_sentence_before_anything_is_trained(
    client: FinetuneClient, spec: RunSpec, tmp_path: Path
) -> None:
    bad = [
        (replace(spec, model=str(tmp_path / "none.gguf")), "There is no file"),
        (replace(spec, data=str(tmp_path / "none.jsonl")), r"The data file .* can't be read: No such file"),
        (replace(spec, out=str(tmp_path / "none" / "a.gguf")), "can't be written to"),
        (replace(spec, out=str(tmp_path)), "it is a folder"),
        (replace(spec, out=spec.model), "it is the model"),
        (replace(spec, settings=replace(spec.settings, rank=0)), "rank can't be 0"),
        (replace(spec, title="refuse"), "scripted"),
    ]
    for each, words in bad:
        folder = folder_of(tmp_path, each)
        with pytest.raises(AppError, match=words):
            list(client.train(str(folder)))
        for left in folder.iterdir():
            left.unlink()
    with pytest.raises(AppError, match="no training run"):
        list(client.train(str(tmp_path / "nowhere")))
    (folder / "run.json").write_text("{}")
    with pytest.raises(AppError, match="no training run"):
        list(client.train(str(folder)))


def test_without_pytorch_it_is_told_how_to_install_it(spec: RunSpec, tmp_path: Path) -> None:
    with FinetuneClient(conductor_command(torch="")) as client, pytest.raises(AppError) as caught:
        list(client.train(str(folder_of(tmp_path, spec))))
    assert "chatapp components install finetune" in caught.value.info.advice


@pytest.mark.parametrize("end", ["stdin", "kill"])
def test_no_worker_outlives_the_conductor(spec: RunSpec, tmp_path: Path, end: str) -> None:
    client = FinetuneClient(conductor_command())
    workers: list[int] = []
    for event in client.train(str(folder_of(tmp_path, replace(spec, title="endless", samples=("say hi",))))):
        if isinstance(event, StepDone) and event.step == 4:
            workers = children(client.pid)
            break
    assert len(workers) == 2
    if end == "kill":
        os.kill(client.pid, signal.SIGKILL)
    client.close()
    deadline = time.monotonic() + 3.0
    while any(alive(pid) for pid in workers) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not [pid for pid in workers if alive(pid)]


def raw_conductor(torch: str = "fake") -> Worker[Command, Event]:
    return Worker(conductor_command(torch), FINETUNE_COMMANDS, FINETUNE_EVENTS, CONDUCTOR)


def test_it_speaks_first_and_another_protocol_is_refused() -> None:
    worker = raw_conductor()
    try:
        assert worker.first_word(Ready, FINETUNE_PROTOCOL_VERSION, 30.0).pid == worker.pid
    finally:
        worker.close()
    worker = raw_conductor()
    try:
        with pytest.raises(AppError, match="protocol"):
            worker.first_word(Ready, FINETUNE_PROTOCOL_VERSION + 1, 30.0)
    finally:
        worker.close()


def test_bugs_and_garbage_are_answered_and_the_worker_lives(spec: RunSpec, tmp_path: Path) -> None:
    folder = folder_of(tmp_path, spec)
    worker = raw_conductor("bug")
    try:
        worker.first_word(Ready, FINETUNE_PROTOCOL_VERSION, 30.0)
        assert worker._process.stdin is not None
        worker._process.stdin.write(b"\0\0\0\3\xff\xff\xff")
        assert_failed(next(worker.events), None, ErrorKind.PROTOCOL)
        worker.send(Train(request_id=1, folder=str(folder)))
        worker.send(InspectData(request_id=2, spec=spec))
        worker.send(Train(request_id=3, folder=str(tmp_path / "none")))
        worker.send(InspectData(request_id=4, spec=spec))
        worker.send(Cancel(request_id=4))
        for late in (Pause(request_id=9), GoOn(request_id=9), Stop(request_id=9), Cancel(request_id=9)):
            worker.send(late)
        events = []
        while len(events) < 4:
            event = next(worker.events)
            if isinstance(event, Failed | DataInspected):
                events.append(event)
        assert_failed(events[0], 1, ErrorKind.BUG)
        assert isinstance(events[1], DataInspected)
        assert events[1].request_id == 2
        assert_failed(events[2], 3, ErrorKind.BAD_INPUT)
        assert_failed(events[3], 4, ErrorKind.CANCELLED)
    finally:
        worker.close()


def assert_failed(event: Event, request_id: int | None, kind: ErrorKind) -> None:
    assert isinstance(event, Failed)
    assert (event.request_id, event.error.kind) == (request_id, kind)


def test_a_busy_conductor_is_never_silent_for_long(spec: RunSpec, tmp_path: Path) -> None:
    """Not even while its trainer waits for somebody."""
    with FinetuneClient(conductor_command(), silence_seconds=1.5) as client:
        for event in client.train(str(folder_of(tmp_path, replace(spec, title="endless")))):
            if isinstance(event, StepDone) and event.step == 4:
                client.pause()
            if isinstance(event, Paused):
                threading.Timer(3.0, client.stop).start()
        assert isinstance(event, RunFinished)


def test_damaged_examples_are_made_again(client: FinetuneClient, spec: RunSpec, tmp_path: Path) -> None:
    folder = folder_of(tmp_path, replace(spec, title="die"))
    with pytest.raises(AppError):
        list(client.train(str(folder)))
    whole = (folder / EXAMPLES).read_bytes()
    for damaged in (whole[: len(whole) // 2], b"nothing", b""):
        (folder / EXAMPLES).write_bytes(damaged)
        assert isinstance(list(client.train(str(folder)))[-1], RunFinished)
        assert (folder / EXAMPLES).stat().st_size == len(whole)
        (folder / RESULT).unlink()


def test_an_engine_that_dies_over_a_sample_does_not_end_the_run(
    client: FinetuneClient, spec: RunSpec, tmp_path: Path
) -> None:
    events = list(client.train(str(folder_of(tmp_path, replace(spec, samples=("crash", "say hello"))))))
    assert isinstance(events[-1], RunFinished)
    texts = [event.text for event in events if isinstance(event, SampleWritten)]
    assert texts[1::2] == ["hello"] * 3
    assert all(text.startswith("(") for text in texts[::2])
