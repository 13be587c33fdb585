"""Done when: an exception nobody expected (in the main thread, in others, in finalizers), a native crash of the window,
its being killed, and a worker's death each leave one report on this computer, which the next start tells of once; and
no log and no report holds a word of a prompt, a reply or a system prompt. Real windows, real workers, real crashes."""

from __future__ import annotations

import os
import random
import signal
import stat
from pathlib import Path

import pytest

from chatapp.core.trace import MESSAGE_LEFT_OUT
from chatapp.storage.crash_reports import MOST_REPORTS, CrashKind, CrashReports
from chatapp.storage.paths import Paths
from tests.acceptance.handled_app import HandledProcess

pytestmark = pytest.mark.model

ENDED_BADLY = "chatapp did not end properly last time."
TROUBLE = "Something went wrong inside chatapp last time."


def told(window: HandledProcess) -> list[str]:
    return [card for card in window.do("look")["cards"] if card in (ENDED_BADLY, TROUBLE)]


def reports(paths: Paths) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(paths.reports.glob("*"))}


def kinds(paths: Paths) -> list[str]:
    return sorted(name.split("-")[3].split(".")[0] for name in reports(paths))


def kept_places(paths: Paths) -> list[Path]:
    """Everything chatapp writes beside chats, settings and models."""
    written = [*paths.logs.rglob("*"), *paths.reports.rglob("*"), paths.session]
    return [path for path in written if path.is_file()]


def test_crashes_leave_reports_without_a_word_of_the_person(starter_library: Paths, rng: random.Random) -> None:
    marker = f"ZEBRA{rng.randrange(10**12)}QUAGGA"
    log_frames = {"CHATAPP_LOG_FRAMES": "1"}  # the worker then notes all it is told on its stderr
    with HandledProcess(environment=log_frames) as window:
        window.wait_for("state", "ready")
        window.do("ask", f"Tell me a very long story about a beast named {marker}.")
        window.do("system", f"You are a poet named {marker}.")
        look = window.wait_for("transcript", bool)
        for where in ("raise", "raise_in_thread", "raise_in_background", "raise_in_finalizer"):
            window.do(where, marker)
            seen = len(look["cards"])
            look = window.wait_for("cards", lambda cards, n=seen: len(cards) > n)
        os.kill(look["workers"][0], signal.SIGSEGV)
        reply = window.wait_for("workers", lambda pids: look["workers"][0] not in pids)["transcript"]
        window.do("crash", marker)
        window.process.wait(timeout=30)
        assert window.process.returncode == -signal.SIGSEGV
    assert reply
    with HandledProcess() as window:
        assert told(window) == [ENDED_BADLY]
        assert window.do("press", "Show report")
        text = window.do("dialog")
        window.close()
    assert kinds(starter_library) == sorted([*[CrashKind.EXCEPTION] * 4, CrashKind.NATIVE, CrashKind.WORKER]), (
        "each once, though one of the exceptions came twice"
    )
    assert "Fatal Python error: Segmentation fault" in text
    assert "handled_app.py" in text
    assert f"_SomeError: {MESSAGE_LEFT_OUT}" in text
    assert f"KeyError: {MESSAGE_LEFT_OUT}" in text
    assert "signal SIGSEGV" in text
    assert "sampling.temperature = 0.8" in text
    assert "llama-cpp-python: 0.3" in text
    for path in kept_places(starter_library):
        content = path.read_bytes()
        assert marker.encode() not in content, path
        assert b"very long story" not in content, path
        assert reply.encode() not in content, path
    for folder in (starter_library.logs, starter_library.reports):
        assert stat.S_IMODE(folder.stat().st_mode) == stat.S_IRWXU, "others may read it"


def test_a_killed_window_is_told_of_once(starter_library: Paths) -> None:
    with HandledProcess() as window:
        window.kill()
    with HandledProcess() as window:
        look = window.do("look")
        assert told(window) == [ENDED_BADLY]
        assert any(name.startswith(ENDED_BADLY) for name in look["names"]), "a screen reader is told nothing"
        assert {"Show report", "Copy report", "Open folder"} <= set(look["buttons"])
        window.do("press", "Copy report")
        assert "ended without closing" in window.do("clipboard")
        assert window.do("press", "Dismiss")
        assert told(window) == []
        window.close()
    with HandledProcess() as window:
        assert told(window) == []
        window.close()
    assert kinds(starter_library) == [CrashKind.WINDOW]


def test_a_worker_that_died_is_told_of_at_the_next_start(starter_library: Paths) -> None:
    with HandledProcess() as window:
        look = window.wait_for("state", "ready")
        os.kill(look["workers"][0], signal.SIGABRT)
        window.wait_for("workers", lambda pids: look["workers"][0] not in pids)
        window.wait_for("state", "ready")
        window.close()
    with HandledProcess() as window:
        assert told(window) == [TROUBLE]
        window.do("press", "Show report")
        text = window.do("dialog")
        assert "A model process ended unexpectedly: signal SIGABRT." in text
        assert "Fatal Python error: Aborted" in text


def test_a_window_closed_by_sigterm_or_by_hand_is_not_told_of(starter_library: Paths) -> None:
    with HandledProcess() as window:
        window.process.send_signal(signal.SIGTERM)
        window.process.wait(timeout=30)
    with HandledProcess() as window:
        assert told(window) == []
        window.close()
    assert reports(starter_library) == {}


def test_the_folder_of_reports_stays_small(paths: Paths) -> None:
    many = CrashReports(paths)
    for number in range(MOST_REPORTS + 15):
        many.write(CrashKind.EXCEPTION, f"number {number}.", "x" * 1_000_000)
    files = list(paths.reports.iterdir())
    assert len(files) == MOST_REPORTS
    assert sum(path.stat().st_size for path in files) < 2_000_000
    assert many.take_unseen()[0].text.startswith(f"number {MOST_REPORTS + 14}.")
    assert many.take_unseen() == []


def test_the_home_folder_is_not_named(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/a-name")
    CrashReports(paths).write(
        CrashKind.WINDOW, "what.", 'File "/home/a-name/x.py"; /home/a-name-2/y /srv/home/a-name/z'
    )
    (text,) = reports(paths).values()
    assert 'File "~/x.py"; /home/a-name-2/y /srv/home/a-name/z' in text
