"""Done when: after two starts in a row that died early the next is in safe mode (no model, usual place, no saved
context, settings unchanged) and says so; a clean usable session resets the counter; a model that killed its worker
while loading is not loaded by itself again. Real processes, killed at their start."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from chatapp.services.crash_watch import SETTLED_AFTER_SECONDS
from chatapp.storage.paths import Paths
from chatapp.storage.settings import read_settings, save_settings
from tests.acceptance.handled_app import HandledProcess

pytestmark = pytest.mark.model

EARLY = "chatapp ended early twice in a row, so it was started in safe mode."
HELD_BACK = "was not loaded by itself, since the model process stopped while loading it."


def start_and_kill(paths: Paths, rng: random.Random) -> None:
    """At any moment from the first sign of life on; most die before the window is there."""
    before = paths.session.stat().st_mtime_ns if paths.session.exists() else 0
    window = subprocess.Popen(
        [sys.executable, "-m", "chatapp"],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        stderr=subprocess.DEVNULL,
    )
    end = time.monotonic() + 60
    while not paths.session.exists() or paths.session.stat().st_mtime_ns == before:
        assert time.monotonic() < end
        assert window.poll() is None
        time.sleep(0.005)
    time.sleep(rng.uniform(0.0, 1.0))
    window.send_signal(rng.choice((signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT)))
    window.wait()


def safe_cards(look: dict[str, list[str]]) -> list[str]:
    return [card for card in look["cards"] if "safe mode" in card]


def test_after_two_starts_that_died_the_next_is_in_safe_mode(
    starter_library: Paths, rng: random.Random, long_run: bool
) -> None:
    with HandledProcess() as usual:
        usual.wait_for("state", "ready")
        usual.do("resize", 800, 600)
        usual.close()
    settings = starter_library.settings.read_bytes()
    for _ in range(10 if long_run else 1):
        start_and_kill(starter_library, rng)
        start_and_kill(starter_library, rng)
        with HandledProcess() as safe:
            look = safe.do("look")
            assert safe_cards(look) == [EARLY]
            assert {"Start normally", "Only load the model"} <= set(look["buttons"])
            assert look["size"] != [800, 600]
            time.sleep(0.5)
            assert safe.do("look")["state"] == "empty", "a model was loaded by itself"
            assert safe.do("press", "Only load the model")
            safe.wait_for("state", "ready")
            assert safe.do("look")["size"] != [800, 600]
            safe.close()
        assert starter_library.settings.read_bytes() == settings
    with HandledProcess() as usual:  # that session was usable and ended properly
        look = usual.wait_for("state", "ready")
        assert safe_cards(look) == []
        assert look["size"] == [800, 600]
        usual.close()


def test_one_start_that_died_is_no_reason(starter_library: Paths, rng: random.Random) -> None:
    start_and_kill(starter_library, rng)
    with HandledProcess() as window:
        window.wait_for("state", "ready")
        assert safe_cards(window.do("look")) == []
        window.close()
    start_and_kill(starter_library, rng)  # not in a row
    with HandledProcess() as window:
        assert safe_cards(window.do("look")) == []


def test_start_normally_is_one_click_away(starter_library: Paths) -> None:
    with HandledProcess("--safe-mode") as window:
        window.do("resize", 800, 600)
        window.close()
    with HandledProcess(environment={"CHATAPP_SAFE_MODE": "1"}) as window:
        look = window.do("look")
        assert safe_cards(look) == ["chatapp was started in safe mode, as you wished."]
        assert window.do("press", "Start normally")
        look = window.wait_for("state", "ready")
        assert safe_cards(look) == []
        assert look["size"] != [800, 600], "a place taken in safe mode was kept"
        window.do("resize", 800, 650)
        window.close()
    with HandledProcess() as window:
        assert window.do("look")["size"] == [800, 650]


def test_a_window_that_was_there_for_a_while_counts_as_started(
    starter_library: Paths, rng: random.Random, long_run: bool
) -> None:
    if not long_run:
        pytest.skip("it waits; tests/unit/test_storage_session.py has the rule")
    start_and_kill(starter_library, rng)
    with HandledProcess() as window:
        time.sleep(SETTLED_AFTER_SECONDS + 1)
        window.kill()
    start_and_kill(starter_library, rng)
    with HandledProcess() as window:
        assert safe_cards(window.do("look")) == []


def test_saved_contexts_are_not_used_in_safe_mode(starter_library: Paths) -> None:
    """What the model has read of a chat is written at the end of one session and restored in the next."""

    def cached_in(question: str, *options: str) -> int:
        with HandledProcess(*options) as window:
            if options:
                window.do("press", "Only load the model")
            window.wait_for("state", "ready")
            if window.do("open_newest_chat"):
                window.wait_for("transcript", bool)
            window.do("ask", question)
            cached = window.wait_for("cached_tokens", lambda count: count >= 0)["cached_tokens"]
            window.close()
            assert isinstance(cached, int)
            return cached

    settings = read_settings(starter_library.settings)
    sampling = replace(settings.sampling, max_tokens=4)
    save_settings(starter_library.settings, replace(settings, sampling=sampling))
    assert cached_in("The old sailor told us once more of the storm. " * 30) == 0
    assert cached_in("And then?", "--safe-mode") == 0
    assert cached_in("And then?") > 256


def test_a_model_that_killed_its_worker_is_not_loaded_by_itself_again(
    starter_library: Paths, starter_model: Path
) -> None:
    with HandledProcess() as window:
        window.wait_for("state", "ready")
        loaded_in = window.wait_for("standby", True)["workers"][0]
        window.do("load", str(starter_model))
        _kill_while_loading(window, loaded_in)
        window.close()
    assert json.loads(starter_library.session.read_bytes())["crashed_model"] == str(starter_model)
    for _ in range(2):
        with HandledProcess() as window:
            look = window.wait_for("cards", lambda cards: any(HELD_BACK in card for card in cards))
            assert look["state"] == "empty"
            window.close()
    with HandledProcess() as window:
        window.wait_for("buttons", lambda buttons: "Load it anyway" in buttons)
        assert window.do("press", "Load it anyway")
        assert not [card for card in window.wait_for("state", "ready")["cards"] if HELD_BACK in card]
        window.close()
    with HandledProcess() as window:  # it has proved itself
        window.wait_for("state", "ready")


def _kill_while_loading(window: HandledProcess, before: int) -> None:
    look = window.wait_for("workers", lambda pids: bool(pids) and before not in pids)
    assert look["state"] == "loading"
    os.kill(look["workers"][0], signal.SIGKILL)
    window.wait_for("cards", lambda cards: any("stopped while loading" in card for card in cards))
