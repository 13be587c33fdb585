"""The app as `chatapp` starts it, in a process of its own, with a hand at its window that obeys a test.

    python -m tests.acceptance.handled_app [options of chatapp]

Each line of stdin is a JSON list, a command, its values and its named ones; each is answered by one on stdout.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO, Any, cast

from PySide6.QtCore import QObject, QSocketNotifier, QTimer
from PySide6.QtWidgets import QAbstractButton, QApplication, QPushButton

import chatapp.app
from chatapp.__main__ import main
from chatapp.core.sampling import LogitBias, SamplingSettings
from chatapp.protocol.engine import Finished
from chatapp.ui.report_dialog import ReportDialog
from chatapp.ui.tabs.chat.view import ChatView

ROOT = Path(__file__).resolve().parents[2]


class _SomeError(Exception):
    """Not one of Python's own."""


class Hand(QObject):
    def __init__(self, app: chatapp.app.App) -> None:
        super().__init__()
        self._app = app
        self._chat = cast(ChatView, app.window.page("chat"))
        self._notifier = QSocketNotifier(0, QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._on_commands)
        self._cached_tokens = self._prompt_tokens = -1
        self._finished = 0
        app.context.inference.finished.connect(self._on_finished)

    def _on_commands(self) -> None:
        for line in os.read(0, 1 << 16).splitlines():
            command, values, named = json.loads(line)
            say(getattr(self, f"do_{command}")(*values, **named))

    def _on_finished(self, event: Finished) -> None:
        self._finished += 1
        self._cached_tokens, self._prompt_tokens = event.usage.cached_tokens, event.usage.prompt_tokens

    def do_look(self) -> dict[str, Any]:
        status = self._app.context.inference.status
        window = self._app.window
        return {
            "cards": [card.info.message for card in window._cards],
            "names": [card.accessibleName() for card in window._cards],
            "buttons": [b.text() for card in window._cards for b in card.findChildren(QPushButton) if b.isVisible()],
            "state": status.state.value,
            "size": [window.width(), window.height()],
            "standby": self._app.context.inference.standby_is_ready(),
            "workers": self._app.context.inference.worker_pids(),
            "transcript": self._chat.transcript.shown_text(self._chat.transcript.last_reply() or ""),
            "writing": self._app.context.conversations.writing,
            "cached_tokens": self._cached_tokens,
            "prompt_tokens": self._prompt_tokens,
            "finished": self._finished,
        }

    def do_press(self, text: str) -> bool:
        for card in self._app.window._cards:
            for button in card.findChildren(QAbstractButton):
                if text in (button.text(), button.toolTip()):
                    button.click()
                    return True
        return False

    def do_dialog(self) -> str:
        """The report on show."""
        (dialog,) = self._app.window.findChildren(ReportDialog)
        text: str = dialog.text.toPlainText()
        dialog.reject()
        return text

    def do_clipboard(self) -> str:
        return QApplication.clipboard().text()

    def do_ask(self, text: str) -> bool:
        self._chat.prompt.set_text(text)
        self._chat.prompt.button.click()
        return True

    def do_system(self, text: str) -> bool:
        self._app.context.conversations.set_system_prompt(text)
        return True

    def do_open_newest_chat(self) -> bool:
        chats = self._app.context.shelf.conversations
        if chats:
            self._app.context.conversations.open(chats[0].id)
        return bool(chats)

    def do_sample(self, never: list[int], **values: Any) -> bool:
        """How the next replies of this chat are drawn; never: tokens that may not be."""
        biases = tuple(LogitBias(token=token, bias=-100.0) for token in never)
        self._app.context.conversations.set_sampling(SamplingSettings(logit_bias=biases, **values))
        return True

    def do_tokens(self) -> list[int]:
        """The ids of the coloured reply that is shown last."""
        view = self._chat.transcript.view_of(self._chat.transcript.last_reply() or "")
        return [token.id for token in view.heat.tokens()] if view is not None and view.heat is not None else []

    def do_branch(self, place: int) -> dict[str, Any]:
        """The likeliest other token there, activated as by Enter."""
        view = self._chat.transcript.view_of(self._chat.transcript.last_reply() or "")
        assert view is not None
        assert view.heat is not None
        view.heat.choose(place)
        candidates = self._chat.inspector.probabilities.candidates
        written = view.heat.tokens()[place].id
        tokens = [candidates.table.candidate(row) for row in range(candidates.table.rowCount())]
        other = next(token for token in tokens if token and token.id != written and token.data.strip().isalpha())
        candidates.activated.emit(candidates.table.index(tokens.index(other), 0))
        return {"id": other.id, "reply": view.message.id, "text": view.message.text}

    def do_load(self, path: str) -> bool:
        self._app.context.model_choice.use(path)
        return True

    def do_resize(self, width: int, height: int) -> bool:
        self._app.window.resize(width, height)
        return True

    def do_raise(self, text: str) -> bool:
        """In a slot, twice the same."""
        for _ in range(2):
            QTimer.singleShot(0, lambda: _fail(text))
        return True

    def do_raise_in_thread(self, text: str) -> bool:
        threading.Thread(target=_fail, args=(text,)).start()
        return True

    def do_raise_in_background(self, text: str) -> bool:
        work = self._app._storage_work
        work.run(lambda: _fail(text), lambda _: None, self._app.context.notifier.post)
        return True

    def do_raise_in_finalizer(self, text: str) -> bool:
        class Finalized:
            def __del__(self) -> None:
                _fail(text)

        Finalized()
        return True

    def do_crash(self, text: str) -> bool:
        """Native code reads where nothing is, while the text is a local variable."""
        QTimer.singleShot(0, lambda: (text, ctypes.string_at(0)))
        return True

    def do_close(self) -> bool:
        QTimer.singleShot(0, self._app.window.close)
        return True


def _fail(text: str) -> None:
    try:
        {}[text]
    except KeyError as problem:
        raise _SomeError(f"could not understand {text}") from problem


class HandledApp(chatapp.app.App):
    def begin(self) -> None:
        super().begin()
        self._hand = Hand(self)
        say("begun")


def say(value: object) -> None:
    os.write(1, (json.dumps(value) + "\n").encode())


class HandledProcess:
    """The other end, for the test. Use it as a context manager."""

    def __init__(self, *options: str, environment: dict[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.acceptance.handled_app", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            text=True,
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen", **(environment or {})},
        )
        self.begun = self._read() == "begun"

    def do(self, command: str, *values: object, **named: object) -> Any:
        stdin = cast(IO[str], self.process.stdin)
        stdin.write(json.dumps([command, values, named]) + "\n")
        stdin.flush()
        return self._read()

    def wait_for(self, name: str, wanted: object, seconds: float = 60) -> dict[str, Any]:
        """Looks until what is seen under `name` is `wanted` or, for a function, pleases it."""
        end = time.monotonic() + seconds
        while True:
            seen = self.do("look")
            if wanted(seen[name]) if callable(wanted) else seen[name] == wanted:
                return cast(dict[str, Any], seen)
            assert time.monotonic() < end, f"{name} is never {wanted}: {seen}"
            time.sleep(0.05)

    def close(self) -> None:
        """As a person closes the window."""
        self.do("close")
        self.process.wait(timeout=30)
        assert self.process.returncode == 0, cast(IO[str], self.process.stderr).read()

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=30)

    def _read(self) -> Any:
        line = cast(IO[str], self.process.stdout).readline()
        assert line, cast(IO[str], self.process.stderr).read()
        return json.loads(line)

    def __enter__(self) -> HandledProcess:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.kill()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            cast(IO[str], stream).close()


if __name__ == "__main__":
    chatapp.app.App = HandledApp  # type: ignore[misc]
    sys.exit(main())
