"""The engine service over real child processes that run the scripted engine."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatapp.core.errors import AppError, ErrorKind
from chatapp.core.generation import FinishReason
from chatapp.core.models import AdapterSpec, LoadSpec
from chatapp.core.sampling import SamplingSettings
from chatapp.protocol.engine import PROTOCOL_VERSION, Failed, Finished, RawPrompt
from chatapp.services.engine_status import EngineState, EngineStatus
from chatapp.services.inference import InferenceService
from tests.fakes.scripted_engine import scripted_command
from tests.process.raw_worker import alive

SPEC = LoadSpec(path="m.gguf")
WARM = (AdapterSpec(path="warm.gguf"),)


@pytest.fixture
def inference(qapp: QApplication) -> Iterator[InferenceService]:
    service = InferenceService(scripted_command, cancel_seconds=0.5)
    service.start()
    yield service
    service.close()


def load(inference: InferenceService, qtbot: QtBot, path: str = "m.gguf") -> None:
    inference.load(LoadSpec(path=path))
    qtbot.waitUntil(lambda: inference.status.state is EngineState.READY, timeout=20_000)


def generate(inference: InferenceService, text: str) -> int:
    return inference.generate(RawPrompt(text=text), SamplingSettings())


def test_a_load_tells_its_progress_and_ends_ready(inference: InferenceService, qtbot: QtBot) -> None:
    seen: list[EngineStatus] = []
    inference.status_changed.connect(seen.append)
    load(inference, qtbot)
    fractions = [status.fraction for status in seen if status.state is EngineState.LOADING]
    assert fractions == sorted(fractions)
    assert len(fractions) > 5
    assert inference.status.model is not None


def test_each_model_has_a_process_of_its_own_and_the_old_one_goes(inference: InferenceService, qtbot: QtBot) -> None:
    load(inference, qtbot)
    first = inference.worker_pids()[0]
    load(inference, qtbot, "other.gguf")
    qtbot.waitUntil(lambda: not alive(first), timeout=2000)
    assert inference.status.path == "other.gguf"
    before = set(inference.worker_pids())
    inference.unload()
    assert inference.status == EngineStatus()
    with pytest.raises(AppError) as caught:
        generate(inference, "say x")
    assert caught.value.info.kind is ErrorKind.NO_MODEL
    qtbot.waitUntil(lambda: len([pid for pid in before if alive(pid)]) <= 1, timeout=2000)


def test_a_second_reply_is_refused_while_one_is_written(inference: InferenceService, qtbot: QtBot) -> None:
    load(inference, qtbot)
    generate(inference, "slow 1000")
    with pytest.raises(AppError) as caught:
        generate(inference, "say x")
    assert caught.value.info.kind is ErrorKind.BUSY
    with qtbot.waitSignal(inference.finished, timeout=2000) as ended:
        inference.cancel()
    assert isinstance(ended.args[0], Finished)
    assert ended.args[0].finish_reason is FinishReason.CANCELLED


def test_a_worker_deaf_to_cancel_is_replaced_and_its_model_comes_back(
    inference: InferenceService, qtbot: QtBot
) -> None:
    load(inference, qtbot)
    with qtbot.waitSignal(inference.emitted, timeout=5000):
        request_id = generate(inference, "hang")
    old = inference.worker_pids()[0]
    started = time.monotonic()
    with qtbot.waitSignal(inference.failed, timeout=5000) as failed:
        inference.cancel()
        inference.cancel()
    assert time.monotonic() - started >= 0.4
    event: Failed = failed.args[0]
    assert event.request_id == request_id
    assert "did not answer" in event.error.message
    qtbot.waitUntil(lambda: inference.status.state is EngineState.READY, timeout=10_000)
    qtbot.waitUntil(lambda: not alive(old), timeout=2000)
    assert inference.status.path == "m.gguf"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
def test_a_killed_worker_is_replaced_without_being_asked(
    inference: InferenceService, qtbot: QtBot, number: int
) -> None:
    load(inference, qtbot)
    qtbot.waitUntil(inference.standby_is_ready, timeout=10_000)
    generate(inference, "slow 1000")
    with qtbot.waitSignal(inference.failed, timeout=5000) as failed:
        os.kill(inference.worker_pids()[0], number)
    assert failed.args[0].error.params["outcome"] == f"signal {signal.Signals(number).name}"
    qtbot.waitUntil(lambda: inference.status.state is EngineState.READY, timeout=10_000)
    generate(inference, "say back")
    with qtbot.waitSignal(inference.finished, timeout=5000) as ended:
        pass
    assert ended.args[0].text == "back"


def test_a_worker_killed_while_idle_is_replaced_too(inference: InferenceService, qtbot: QtBot) -> None:
    load(inference, qtbot)
    with qtbot.waitSignal(inference.status_changed, timeout=5000):
        os.kill(inference.worker_pids()[0], signal.SIGKILL)
    qtbot.waitUntil(lambda: inference.status.state is EngineState.READY, timeout=10_000)


def test_a_killed_standby_is_replaced(inference: InferenceService, qtbot: QtBot) -> None:
    load(inference, qtbot)
    qtbot.waitUntil(inference.standby_is_ready, timeout=10_000)
    standby = inference.worker_pids()[1]
    os.kill(standby, signal.SIGKILL)
    qtbot.waitUntil(lambda: inference.standby_is_ready() and standby not in inference.worker_pids(), timeout=10_000)
    assert inference.status.state is EngineState.READY


def test_a_model_that_kills_its_worker_is_not_tried_again(inference: InferenceService, qtbot: QtBot) -> None:
    inference.load(LoadSpec(path="crash.gguf"))
    qtbot.waitUntil(lambda: inference.status.error is not None, timeout=10_000)
    error = inference.status.error
    assert error is not None
    assert error.kind is ErrorKind.MODEL_LOAD
    assert inference.status.state is EngineState.EMPTY
    qtbot.wait(300)
    assert inference.status.state is EngineState.EMPTY
    load(inference, qtbot)


def test_a_load_can_be_given_up(inference: InferenceService, qtbot: QtBot) -> None:
    inference.load(LoadSpec(path="slow.gguf"))
    qtbot.waitUntil(lambda: inference.status.fraction > 0, timeout=10_000)
    inference.unload()
    assert inference.status == EngineStatus()
    qtbot.wait(700)  # longer than a cancel may take
    assert inference.status == EngineStatus()
    load(inference, qtbot)


def test_stopping_a_reply_that_waits_for_the_load_leaves_the_load_alone(
    inference: InferenceService, qtbot: QtBot
) -> None:
    inference.load(LoadSpec(path="slow.gguf"))
    request_id = generate(inference, "say never")
    worker = inference.worker_pids()[0]
    with qtbot.waitSignal(inference.finished, timeout=500) as ended:
        inference.cancel()
    assert (ended.args[0].request_id, ended.args[0].text) == (request_id, "")
    qtbot.waitUntil(lambda: inference.status.state is EngineState.READY, timeout=10_000)
    assert inference.worker_pids()[0] == worker
    generate(inference, "say now")
    with qtbot.waitSignal(inference.finished, timeout=5000) as ended:
        pass
    assert ended.args[0].text == "now"


def test_an_overdue_cancel_does_not_hit_the_next_model(inference: InferenceService, qtbot: QtBot) -> None:
    load(inference, qtbot)
    with qtbot.waitSignal(inference.emitted, timeout=5000):
        generate(inference, "hang")
    inference.cancel()
    inference.load(LoadSpec(path="slow.gguf"))
    worker = inference.worker_pids()[0]
    qtbot.waitUntil(lambda: inference.status.state is EngineState.READY, timeout=10_000)
    assert inference.worker_pids()[0] == worker


def test_another_model_ends_the_reply_with_a_sentence(inference: InferenceService, qtbot: QtBot) -> None:
    load(inference, qtbot)
    generate(inference, "slow 1000")
    with qtbot.waitSignal(inference.failed, timeout=2000) as failed:
        inference.load(LoadSpec(path="other.gguf"))
    assert "model was changed" in failed.args[0].error.message
    qtbot.waitUntil(lambda: inference.status.state is EngineState.READY, timeout=10_000)


def test_another_protocol_is_refused_in_words(qapp: QApplication, qtbot: QtBot) -> None:
    service = InferenceService(lambda access: scripted_command(access, protocol_number=PROTOCOL_VERSION + 1))
    try:
        service.load(SPEC)
        qtbot.waitUntil(lambda: service.status.error is not None, timeout=10_000)
        assert service.status.error is not None
        assert service.status.error.kind is ErrorKind.PROTOCOL
    finally:
        service.close()


def test_a_worker_that_cant_start_is_a_sentence_and_no_endless_loop(qapp: QApplication, qtbot: QtBot) -> None:
    from dataclasses import replace

    started: list[int] = []

    def broken(_access: object) -> object:
        started.append(1)
        return replace(scripted_command(), program="/no/such/python")

    service = InferenceService(broken)  # type: ignore[arg-type]
    try:
        service.load(SPEC)
        qtbot.waitUntil(lambda: service.status.error is not None, timeout=10_000)
        assert service.status.error is not None
        assert service.status.error.kind is ErrorKind.WORKER
        qtbot.wait(1500)
        assert len(started) < 8
    finally:
        service.close()


def test_closing_leaves_no_process(inference: InferenceService, qtbot: QtBot) -> None:
    load(inference, qtbot)
    generate(inference, "hang")
    pids = inference.worker_pids()
    assert len(pids) >= 1
    inference.close()
    assert not [pid for pid in pids if alive(pid)]


def test_stopping_a_reply_leaves_a_waiting_change_of_adapters(inference: InferenceService, qtbot: QtBot) -> None:
    load(inference, qtbot)
    generate(inference, "slow 1000")
    with qtbot.waitSignal(inference.answered, timeout=20_000):
        inference.use_adapters(WARM)
        inference.cancel()
    with qtbot.waitSignal(inference.finished, timeout=20_000) as ended:
        generate(inference, "adapters")
    assert ended.args[0].text == "warm=1"


def test_a_reply_asked_for_again_keeps_its_own_adapters(inference: InferenceService, qtbot: QtBot) -> None:
    load(inference, qtbot)
    inference.use_adapters(WARM)
    with qtbot.waitSignal(inference.finished, timeout=20_000) as ended:
        generate(inference, "adapters")
        inference.use_adapters(())
        inference.restart()
    assert ended.args[0].text == "warm=1"
    with qtbot.waitSignal(inference.finished, timeout=20_000) as ended:
        generate(inference, "adapters")
    assert ended.args[0].text == "none"
