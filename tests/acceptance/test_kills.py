"""Done when: 300 worker kills (KILL, SEGV, ABRT, STOP) at random points of streaming through the real window: no shown
character lost, window alive, no orphan after 100 ms; after STOP a card in less than 3 s, Stop frees the window at once,
another worker after 5 s. 200 kills of the GUI: no sent prompt lost, at most 250 ms of reply, no orphan, not even a
stopped one. (The time until a standby is ready is measured by benchmarks/standby.py.)"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, cast

import psutil
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.core.chat import Message, MessageState, Role
from chatapp.services.engine_status import EngineState
from chatapp.services.inference import CANCEL_SECONDS
from chatapp.services.replies import ReplyFailed
from chatapp.storage.database import Database
from chatapp.storage.paths import Paths
from chatapp.ui.tabs.chat.view import ChatView
from tests.process.raw_worker import alive

pytestmark = pytest.mark.model

SIGNALS = (signal.SIGSTOP, signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT)
CARD_SECONDS = 3.0
FREE_SECONDS = 0.5
MOST_OF_REPLY_LOST_S = 0.250


def stored_text(paths: Paths, message_id: str) -> tuple[str, str]:
    """(text, state)"""
    with sqlite3.connect(paths.database) as connection:
        row = connection.execute("SELECT text, state FROM message WHERE id = ?", (message_id,)).fetchone()
    connection.close()
    return row[0], row[1]


def test_killed_workers_cost_no_shown_character(
    qapp: QApplication, qtbot: QtBot, starter_library: Paths, rng: random.Random, long_run: bool
) -> None:
    app = App(qapp, starter_library)
    app.window.show()
    app.begin()
    chat = cast(ChatView, app.window.page("chat"))
    replies: list[Message] = []
    failures: list[ReplyFailed] = []
    app.context.conversations.message_added.connect(lambda m: replies.append(m) if m.role is Role.ASSISTANT else None)
    app.context.replies.failed.connect(failures.append)
    inference = app.context.inference
    kills = crashes = 0
    try:
        while kills < (300 if long_run else 6):
            qtbot.waitUntil(lambda: inference.status.state is EngineState.READY, timeout=60_000)
            app.context.conversations.new()
            asked = len(replies)
            chat.prompt.set_text(f"Tell me a long story about the number {asked}.")
            chat.prompt.button.click()
            qtbot.waitUntil(lambda n=asked: len(replies) == n + 1, timeout=10_000)
            reply_id = replies[-1].id
            characters = rng.randint(1, 400)
            qtbot.waitUntil(
                lambda r=reply_id, c=characters: (
                    len(chat.transcript.shown_text(r)) >= c or not app.context.conversations.writing
                ),
                timeout=60_000,
            )
            assert len(failures) == crashes, failures[-1].error.message
            if not app.context.conversations.writing:
                continue  # this story was shorter than the random point
            kills += 1
            victim = inference.worker_pids()[0]
            shown = chat.transcript.shown_text(reply_id)
            number = SIGNALS[0] if kills == 1 else rng.choice(SIGNALS if long_run else SIGNALS[1:])
            os.kill(victim, number)
            if number == signal.SIGSTOP:
                after = _wait_for_card_and_stop(qtbot, app, chat, reply_id)
                ended = MessageState.COMPLETE
                qtbot.waitUntil(lambda v=victim: not alive(v), timeout=int(CANCEL_SECONDS * 1000) + 2000)
                qtbot.waitUntil(lambda: not chat.silence.isVisible(), timeout=1000)
            else:
                crashes += 1
                ended = MessageState.INTERRUPTED
                qtbot.waitUntil(lambda n=crashes: len(failures) == n, timeout=10_000)
                time.sleep(0.1)
                after = chat.transcript.shown_text(reply_id)
            assert not alive(victim)
            children = {child.pid for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE}
            assert children <= set(inference.worker_pids())
            assert after.startswith(shown)
            qtbot.waitUntil(
                lambda r=reply_id, t=after, e=ended: stored_text(starter_library, r) == (t, e.value), timeout=5000
            )
            assert app.window.isVisible()
        qtbot.waitUntil(lambda: inference.status.state is EngineState.READY, timeout=60_000)
    finally:
        pids = inference.worker_pids()
        app.close()
        app.window.close()
    assert not [pid for pid in pids if alive(pid)]


def _wait_for_card_and_stop(qtbot: QtBot, app: App, chat: ChatView, reply_id: str) -> str:
    """What a person does about a silent worker; the text the reply ends with."""
    qtbot.waitUntil(chat.silence.isVisible, timeout=int(CARD_SECONDS * 1000))
    started = time.monotonic()
    chat.prompt.button.click()
    qtbot.waitUntil(lambda: not app.context.conversations.writing, timeout=2000)
    assert time.monotonic() - started < FREE_SECONDS
    assert chat.prompt.edit.isEnabled()
    return chat.transcript.shown_text(reply_id)


def test_killed_windows_cost_no_prompt_and_little_reply(
    starter_library: Paths, rng: random.Random, long_run: bool
) -> None:
    for number in range(200 if long_run else 4):
        question = f"Write a long story about {number} sheep."
        # half of them while the prompt is read or just sent, half in the middle of the reply
        moment, seconds = ("sent", rng.uniform(0.0, 0.5)) if number % 2 else ("shown", rng.uniform(0.4, 2.5))
        lines, killed_at, worker_pids = _run_and_kill(question, moment, seconds, stops_worker=number % 4 == 3)
        assert worker_pids
        _wait_for_end(worker_pids)
        database = Database(starter_library.database)
        prompts = [row[0] for row in database.connection.execute("SELECT text FROM message WHERE role = 'user'")]
        rows = {row[0]: row[1] for row in database.connection.execute("SELECT id, text FROM message")}
        database.close()
        for line in lines:
            if "sent" in line:
                assert line["sent"] in prompts
            if "shown" in line and line["at"] < killed_at - MOST_OF_REPLY_LOST_S:
                assert rows[line["reply"]].startswith(line["shown"]), "more than 250 ms of reply were lost"
        assert any("sent" in line for line in lines)


def _wait_for_end(pids: list[int]) -> None:
    """The kernel ends them with their parent; on a busy machine that takes a moment."""
    end = time.monotonic() + 2.0
    while (left := [pid for pid in pids if alive(pid)]) and time.monotonic() < end:
        time.sleep(0.02)
    assert not left, "an orphan lives on"


def _run_and_kill(
    question: str, moment: str, seconds: float, *, stops_worker: bool
) -> tuple[list[dict[str, Any]], float, list[int]]:
    """Starts the window and kills it `seconds` after it first tells of `moment`.

    stops_worker: the one in use is stopped just before that. Returns (what it told, when it was killed, its workers).
    """
    root = Path(__file__).resolve().parents[2]
    window = subprocess.Popen(
        [sys.executable, "-m", "tests.acceptance.real_window", question],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=root,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )
    assert window.stdout is not None
    said = b""
    end = time.monotonic() + 60
    while f'"{moment}"'.encode() not in said and time.monotonic() < end:
        said += os.read(window.stdout.fileno(), 1 << 16)
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        ready, _, _ = select.select([window.stdout], [], [], left)
        if ready:
            said += os.read(window.stdout.fileno(), 1 << 16)
    workers = [child.pid for child in psutil.Process(window.pid).children(recursive=True)]
    if stops_worker:
        os.kill(min(workers), signal.SIGSTOP)  # the one in use; one that just starts does not yet watch its parent
    window.send_signal(signal.SIGKILL)
    killed_at = time.monotonic()
    window.wait()
    said += window.stdout.read()
    window.stdout.close()
    return [json.loads(line) for line in said.splitlines() if line.endswith(b"}")], killed_at, workers
