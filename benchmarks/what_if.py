"""What if, idle, in the real window with the real worker: how many redraws a second a moving slider gets.

Usage: python -m benchmarks.what_if [--moves 200]. Prints a Markdown table. A redraw runs from the slider's move over
the worker, which draws from the whole row again, to the painted bars; the next move waits for it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication

from chatapp.app import App
from chatapp.services.engine_status import EngineState
from chatapp.storage.model_library import ModelLibrary
from chatapp.storage.paths import find_paths
from chatapp.ui.tabs.chat.view import ChatView
from scripts.wheel_models import GEMMA_WHEEL, STARTER_WHEEL, cached

MARK = 30


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 20)


def redraws(application: QApplication, model: Path, moves: int) -> list[float]:
    """Seconds of each."""
    with tempfile.TemporaryDirectory() as home:
        paths = find_paths(home)
        library = ModelLibrary(paths)
        library.add(model)
        library.close()
        app = App(application, paths)
        app.window.resize(1280, 1000)
        app.window.show()
        app.begin()
        wait_for(lambda: app.context.inference.status.state is EngineState.READY)
        app.context.preferences.set_option("sampling", "max_tokens", 40)
        app.context.preferences.set_option("chat", "token_colors", "surprisal")
        chat = cast(ChatView, app.window.page("chat"))
        chat.prompt.set_text("Tell me about the sea.")
        chat.prompt.button.click()
        wait_for(lambda: app.context.conversations.writing)
        wait_for(lambda: not app.context.conversations.writing)
        chat.inspector.show()
        chat.inspector.setCurrentIndex(0)
        panel = chat.inspector.probabilities
        view = chat.transcript.view_of(chat.transcript.last_reply() or "")
        assert view is not None
        wait_for(lambda: view.heat is not None)
        assert view.heat is not None
        view.heat.choose(3)
        panel.what_if.switch.setChecked(True)
        wait_for(lambda: panel.candidates.table.is_what_if)
        panel.what_if.sliders["top_k"].setValue(0)  # off: the whole vocabulary is sorted
        loop = QEventLoop()
        panel.candidates.table.modelReset.connect(loop.quit)
        found = []
        for move in range(moves):
            started = time.perf_counter()
            panel.what_if.sliders["temperature"].setValue(20 + (move * 7) % 180)
            loop.exec()  # processEvents would look again and again, on a core that the worker needs
            panel.candidates.viewport().repaint()
            found.append(time.perf_counter() - started)
        app.window.close()
        app.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--moves", type=int, default=200)
    arguments = parser.parse_args()
    application = QApplication([])
    print(f"| model | redraw, ms (median) | longest | redraws/s (mark: ≥ {MARK}) |\n|---|---|---|---|")
    for name, wheel in (("smollm2", STARTER_WHEEL), ("gemma", GEMMA_WHEEL)):
        found = redraws(application, cached(wheel), arguments.moves)
        middle, rate = statistics.median(found), len(found) / sum(found)
        print(f"| {name} | {middle * 1000:.1f} | {max(found) * 1000:.1f} | {rate:.0f} |", flush=True)


if __name__ == "__main__":
    main()
