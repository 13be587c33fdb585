"""Done when: `make run` opens the window and a typed question gets a streamed reply from the starter model; with no
display and no terminal it says so, answers one example prompt with the real model and ends with 0; with a terminal it
becomes the terminal chat. (`make run` ends by starting `chatapp`, which is what is started here.)"""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chatapp.storage.paths import Paths

pytestmark = pytest.mark.model

COMMAND = [sys.executable, "-m", "chatapp"]


def without_display() -> dict[str, str]:
    left_out = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return {name: value for name, value in os.environ.items() if name not in left_out}


def test_the_make_target_starts_this_command() -> None:
    makefile = (Path(__file__).resolve().parents[2] / "Makefile").read_text()
    assert re.search(r"^run:\n\t@sh scripts/setup.sh run\n\t@\$\(BIN\)/chatapp \$\(ARGS\)$", makefile, re.MULTILINE)


def test_without_display_and_terminal_it_says_so_and_answers_one_prompt(starter_library: Paths) -> None:
    done = subprocess.run(
        COMMAND,
        env=without_display(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "No display was found." in done.stderr
    assert "no terminal either" in done.stderr
    question, _, answer = done.stdout.partition("\n")
    assert question.startswith("> ")
    assert len(answer.split()) > 10


class Terminal:
    """A command in a terminal of its own."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.execve(COMMAND[0], COMMAND, environment)
        self.seen = ""

    def wait_for(self, pattern: str, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while not re.search(pattern, self.seen):
            ready, _, _ = select.select([self._fd], [], [], max(0.0, end - time.monotonic()))
            assert ready, f"{pattern} never came in {self.seen!r}"
            self.seen += os.read(self._fd, 1 << 16).decode("utf-8", "replace")

    def write(self, text: str) -> None:
        self.seen = ""
        os.write(self._fd, text.encode())

    def exit_code(self) -> int:
        try:
            while os.read(self._fd, 1 << 16):
                pass
        except OSError:  # the other side is closed
            pass
        _, status = os.waitpid(self.pid, 0)
        os.close(self._fd)
        return os.waitstatus_to_exitcode(status)


def test_with_a_terminal_it_becomes_the_terminal_chat(starter_library: Paths) -> None:
    terminal = Terminal(without_display())
    terminal.wait_for(r"No display was found\. This is the chat in the terminal instead\.")
    terminal.wait_for("> $")
    terminal.write("Name three colours.\n")
    terminal.wait_for(r"(?s)Name three colours\.\r\n.*\w{3}.*> $")
    terminal.write("Write a very long story about the sea.\n")
    terminal.wait_for(r"\r\n.*\w+ \w+ \w+ \w+")
    terminal.write("\x03")  # Ctrl+C ends the reply and nothing else
    terminal.wait_for("> $")
    terminal.write("/quit\n")
    assert terminal.exit_code() == 0


@pytest.mark.display
def test_the_window_opens_and_a_typed_question_gets_a_streamed_reply(
    starter_library: Paths, display: str, tmp_path: Path
) -> None:
    environment = {**without_display(), "DISPLAY": display}
    window = subprocess.Popen(COMMAND, env=environment, stderr=subprocess.PIPE)
    try:
        _wait_for_window(environment, window)
        _xdotool(environment, "type", "--delay", "20", "Tell me a story about a cat")
        _xdotool(environment, "key", "Return")
        lengths = _watch_reply(starter_library)
        assert len(lengths) > 3, "the reply came in one piece"
        assert lengths == sorted(lengths)
        picture = tmp_path / "window.png"
        subprocess.run(["import", "-window", "root", str(picture)], env=environment, check=True, timeout=30)
        assert picture.stat().st_size > 10_000
        kept = os.environ.get("CHATAPP_TEST_PICTURES")
        if kept:
            shutil.copy(picture, kept)
        window.send_signal(signal.SIGTERM)
    finally:
        window.kill()
        _, stderr = window.communicate()
    assert b"Traceback" not in stderr


def _wait_for_window(environment: dict[str, str], window: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    search = ["xdotool", "search", "--onlyvisible", "--name", "^chatapp$"]
    while subprocess.run(search, env=environment, capture_output=True, timeout=60, check=False).returncode:
        assert window.poll() is None, window.communicate()[1]
        assert time.monotonic() < end, "no window came"
        time.sleep(0.2)
    time.sleep(1)  # until it has the keyboard


def _xdotool(environment: dict[str, str], *arguments: str) -> None:
    subprocess.run(["xdotool", *arguments], env=environment, check=True, timeout=60, capture_output=True)


def _watch_reply(paths: Paths) -> list[int]:
    """The lengths the stored reply passes through until it is complete."""
    lengths: list[int] = []
    end = time.monotonic() + 90
    while time.monotonic() < end:
        with sqlite3.connect(paths.database) as connection:
            rows = connection.execute("SELECT role, text, state FROM message ORDER BY rowid").fetchall()
        connection.close()
        if len(rows) == 2:
            assert rows[0][1] == "Tell me a story about a cat"
            if not lengths or len(rows[1][1]) != lengths[-1]:
                lengths.append(len(rows[1][1]))
            if rows[1][2] == "complete":
                return lengths
        time.sleep(0.05)
    raise AssertionError(f"no complete reply: {lengths}")
