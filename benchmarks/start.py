"""How soon the window can be used: from before the process is started until it is painted and takes text.

Usage: python -m benchmarks.start [--rounds 5]
Offscreen, with an empty data folder each time. Run it on an idle machine. Ends with 1 where llama.cpp or torch was
loaded into the window's process. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

PROGRAM = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from chatapp.app import App
from chatapp.storage.paths import find_paths
application = QApplication([])
app = App(application, find_paths(sys.argv[1]))
app.window.show()
QTimer.singleShot(0, app.begin)
chat = app.window.page("chat")
while not chat.prompt.edit.isVisible():
    application.processEvents()
app.window.grab()
QTest.keyClicks(chat.prompt.edit, "a")
assert chat.prompt.text() == "a"
print("usable", sorted(name for name in ("llama_cpp", "torch") if name in sys.modules), flush=True)
app.close()
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    times, loaded = [], "[]"
    for _ in range(parser.parse_args().rounds):
        with tempfile.TemporaryDirectory() as home:
            started = time.perf_counter()
            child = subprocess.Popen(
                [sys.executable, "-c", PROGRAM, home],
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
            )
            assert child.stdout is not None
            said = child.stdout.readline().strip()
            times.append(time.perf_counter() - started)
            child.wait()
            if not said.startswith("usable"):
                raise SystemExit("the window did not come up")
            loaded = said.removeprefix("usable ")
    print("| start to a usable window | s |\n|---|---|")
    print(f"| median of {len(times)} | {statistics.median(times):.2f} |\n| longest | {max(times):.2f} |")
    print(f"\nloaded of llama_cpp and torch: {loaded}")
    if loaded != "[]":
        raise SystemExit(1)


if __name__ == "__main__":
    main()
