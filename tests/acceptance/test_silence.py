"""Done when: a busy worker that is stopped is told of in the window in less than 3 s, with a way out; Stop frees the
window at once and the worker is replaced after 5 s; in the terminal it ends in one sentence, and Ctrl+C works."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import psutil
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.core.chat import Message, MessageState, Role
from chatapp.core.errors import AppError
from chatapp.core.generation import FinishReason
from chatapp.core.models import LoadSpec
from chatapp.core.sampling import SamplingSettings
from chatapp.protocol.engine import HEARTBEAT_SECONDS, Heartbeat, RawPrompt
from chatapp.protocol.launch import WorkerRole, worker_command
from chatapp.services.engine_status import EngineState
from chatapp.services.supervision import QUIET_SECONDS
from chatapp.storage.paths import Paths
from chatapp.ui.tabs.chat.view import ChatView
from chatapp.workers.client import SILENCE_SECONDS, EngineClient
from tests.process.raw_worker import RawWorker, alive, ask

pytestmark = pytest.mark.model

ROOT = Path(__file__).resolve().parents[2]
STORY = "Tell me a very long story about a fox."


@pytest.fixture
def app(qapp: QApplication, qtbot: QtBot, starter_library: Paths) -> Iterator[App]:
    """The real window with its model loaded and its standby ready."""
    app = App(qapp, starter_library)
    app.window.show()
    app.begin()
    inference = app.context.inference
    qtbot.waitUntil(lambda: inference.status.state is EngineState.READY, timeout=60_000)
    qtbot.waitUntil(inference.standby_is_ready, timeout=60_000)
    yield app
    app.context.language.use("en")
    pids = inference.worker_pids()
    app.close()
    app.window.close()
    assert not [pid for pid in pids if alive(pid)]


@pytest.fixture
def chat(app: App) -> ChatView:
    return cast(ChatView, app.window.page("chat"))


def ask_in(chat: ChatView, text: str) -> None:
    chat.prompt.set_text(text)
    chat.prompt.button.click()


def stopped_in_a_reply(app: App, chat: ChatView, qtbot: QtBot) -> tuple[int, str]:
    """Stops the worker in the middle of a reply and waits for the card; (its pid, the reply)."""
    ask_in(chat, STORY)
    qtbot.waitUntil(lambda: app.context.replies.writing is not None, timeout=10_000)
    writing = app.context.replies.writing
    assert writing is not None
    qtbot.waitUntil(lambda: len(chat.transcript.shown_text(writing.id)) > 30, timeout=60_000)
    assert not chat.silence.isVisible()
    pid = app.context.inference.worker_pids()[0]
    os.kill(pid, signal.SIGSTOP)
    started = time.monotonic()
    qtbot.waitUntil(chat.silence.isVisible, timeout=5000)
    assert time.monotonic() - started < 3.0
    return pid, writing.id


def test_the_card_goes_by_itself_when_the_worker_comes_back(app: App, chat: ChatView, qtbot: QtBot) -> None:
    pid, reply_id = stopped_in_a_reply(app, chat, qtbot)
    english = chat.silence.accessibleName()
    assert "not responding" in english
    assert app.window.status.state.text() == "Not responding"
    app.context.language.use("zh_CN")
    qtbot.waitUntil(lambda: "没有响应" in chat.silence.accessibleName(), timeout=1000)
    assert chat.silence.restart.text() == "重新启动模型"
    app.context.language.use("en")
    qtbot.waitUntil(lambda: chat.silence.accessibleName() == english, timeout=1000)
    chat.silence.wait.click()
    assert not chat.silence.isVisible()
    app.context.inference.silence_changed.emit(True)  # as it is told again after a while
    assert chat.silence.isVisible()
    os.kill(pid, signal.SIGCONT)
    qtbot.waitUntil(lambda: not chat.silence.isVisible(), timeout=3000)
    shown = len(chat.transcript.shown_text(reply_id))
    qtbot.waitUntil(
        lambda: len(chat.transcript.shown_text(reply_id)) > shown or not app.context.conversations.writing,
        timeout=20_000,
    )
    assert app.context.inference.worker_pids()[0] == pid


def test_a_restart_keeps_what_is_written(app: App, chat: ChatView, qtbot: QtBot) -> None:
    pid, reply_id = stopped_in_a_reply(app, chat, qtbot)
    shown = chat.transcript.shown_text(reply_id)
    ended: list[Message] = []
    app.context.replies.ended.connect(ended.append)
    chat.silence.restart.click()
    assert not chat.silence.isVisible()
    assert ended[0].state is MessageState.INTERRUPTED
    assert ended[0].text.startswith(shown)
    assert ended[0].reply.error is not None
    assert "did not respond" in ended[0].reply.error.message
    qtbot.waitUntil(lambda: not alive(pid), timeout=2000)
    qtbot.waitUntil(lambda: app.context.inference.status.state is EngineState.READY, timeout=60_000)


def test_stop_frees_the_window_and_the_next_question_goes_to_another_worker(
    app: App, chat: ChatView, qtbot: QtBot
) -> None:
    app.context.preferences.set_option("sampling", "max_tokens", 60)
    pid, _ = stopped_in_a_reply(app, chat, qtbot)
    ended: list[Message] = []
    app.context.replies.ended.connect(ended.append)
    stopped_at = time.monotonic()
    chat.prompt.button.click()
    qtbot.waitUntil(lambda: len(ended) == 1, timeout=2000)
    assert time.monotonic() - stopped_at < 0.5
    assert ended[0].reply.finish_reason is FinishReason.CANCELLED
    assert ended[0].text == chat.transcript.shown_text(ended[0].id)
    assert ended[0].reply.error is None
    ask_in(chat, "And a short one about a hen?")
    qtbot.waitUntil(lambda: not alive(pid), timeout=10_000)
    assert time.monotonic() - stopped_at > 4.0  # it had its time
    qtbot.waitUntil(lambda: len(ended) == 2, timeout=60_000)
    assert ended[1].reply.finish_reason in (FinishReason.STOP, FinishReason.LENGTH)
    assert ended[1].text
    assert [m.role for m in chat.transcript.messages()] == [Role.USER, Role.ASSISTANT] * 2
    assert not chat.silence.isVisible()


def test_a_worker_that_comes_back_after_stop_is_kept(app: App, chat: ChatView, qtbot: QtBot) -> None:
    app.context.preferences.set_option("sampling", "max_tokens", 60)
    pid, first = stopped_in_a_reply(app, chat, qtbot)
    chat.prompt.button.click()
    qtbot.waitUntil(lambda: not app.context.conversations.writing, timeout=2000)
    kept = chat.transcript.shown_text(first)
    os.kill(pid, signal.SIGCONT)
    ended: list[Message] = []
    app.context.replies.ended.connect(ended.append)
    ask_in(chat, "And a short one about a hen?")
    qtbot.waitUntil(lambda: len(ended) == 1, timeout=60_000)
    assert ended[0].reply.finish_reason in (FinishReason.STOP, FinishReason.LENGTH)
    assert chat.transcript.shown_text(first) == kept  # what came late belongs to no reply
    qtbot.wait(int(QUIET_SECONDS * 1000))
    assert app.context.inference.worker_pids()[0] == pid


def test_a_worker_stopped_while_idle_is_noticed_when_it_is_asked(app: App, chat: ChatView, qtbot: QtBot) -> None:
    pid = app.context.inference.worker_pids()[0]
    os.kill(pid, signal.SIGSTOP)
    qtbot.wait(int(QUIET_SECONDS * 1000) + 500)
    assert not chat.silence.isVisible()  # there is nothing it should say
    ask_in(chat, "Hello?")
    qtbot.waitUntil(chat.silence.isVisible, timeout=3000)
    started: list[Message] = []
    app.context.replies.ended.connect(started.append)
    chat.silence.restart.click()  # nothing was begun, so the question goes to the next worker
    qtbot.waitUntil(lambda: len(started) == 1, timeout=60_000)
    assert started[0].state is MessageState.COMPLETE
    assert started[0].text


def test_a_busy_worker_is_never_silent(starter_model: Path, long_run: bool) -> None:
    """One call into native code takes seconds where the machine is slow: it gives up the interpreter's lock."""
    with RawWorker(worker_command(WorkerRole.ENGINE)) as worker:
        worker.ready()
        worker.load(str(starter_model))
        worker.send(ask(2, "The quick brown fox jumps over the lazy dog. " * (250 if long_run else 60), max_tokens=1))
        last, longest, beats = time.monotonic(), 0.0, 0
        while True:
            event = worker.next_event()
            longest = max(longest, time.monotonic() - last)
            last = time.monotonic()
            beats += isinstance(event, Heartbeat)
            if getattr(event, "request_id", None) == 2 and type(event).__name__ == "Finished":
                break
        assert longest < QUIET_SECONDS
        with pytest.raises(TimeoutError):  # and an idle one says nothing
            worker.next_event(3 * HEARTBEAT_SECONDS)


def test_a_silent_worker_ends_a_terminal_command_in_a_sentence(starter_model: Path) -> None:
    assert SILENCE_SECONDS >= 20  # a machine short of memory
    with EngineClient(silence_seconds=2.0) as client:
        client.load(LoadSpec(path=str(starter_model), n_ctx=512, n_threads=1))
        reply = client.generate(RawPrompt(text="Once"), SamplingSettings(max_tokens=400, temperature=0.0))
        next(reply)
        os.kill(client.pid, signal.SIGSTOP)
        with pytest.raises(AppError) as caught:
            list(reply)
        assert "no sign of life for 2 seconds" in caught.value.info.message
        assert not client.alive()


def generating(data: Paths) -> tuple[subprocess.Popen[bytes], int]:
    """A terminal command in the middle of a reply, its worker stopped."""
    words = ("generate", "--json", "--prompt", STORY, "--threads", "1", "--max-tokens", "2000")
    command = subprocess.Popen(
        [sys.executable, "-m", "chatapp", "--data-dir", str(data.data), *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert command.stdout is not None
    assert json.loads(command.stdout.readline())["type"] == "token"
    (worker,) = psutil.Process(command.pid).children()
    os.kill(worker.pid, signal.SIGSTOP)
    return command, worker.pid


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_works_while_the_worker_is_silent(starter_library: Paths, times: int) -> None:
    command, worker = generating(starter_library)
    for _ in range(times):
        command.send_signal(signal.SIGINT)
        time.sleep(0.5)
    _, told = command.communicate(timeout=20)
    assert command.returncode == 130
    assert b"Traceback" not in told
    assert not alive(worker)


def test_the_whole_command_ends_with_1_where_its_worker_stays_silent(starter_library: Paths, long_run: bool) -> None:
    if not long_run:
        return  # it takes SILENCE_SECONDS
    command, worker = generating(starter_library)
    started = time.monotonic()
    out, told = command.communicate(timeout=SILENCE_SECONDS + 20)
    assert command.returncode == 1
    assert time.monotonic() - started > SILENCE_SECONDS - 2
    assert json.loads(out.splitlines()[-1])["type"] == "error"
    assert len(told.decode().strip().splitlines()) == 1
    assert not alive(worker)


def test_the_kernel_would_take_the_worker_and_not_the_window(app: App) -> None:
    own = int(Path("/proc/self/oom_score_adj").read_text())
    for pid in app.context.inference.worker_pids():
        assert int(Path(f"/proc/{pid}/oom_score_adj").read_text()) == min(1000, own + 300)
        environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        assert b"GGML_NO_BACKTRACE=1" in environment  # an abort ends at once
