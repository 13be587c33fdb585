"""The real window with the real model in a process of its own, for tests that kill it.

Writes a JSON line to stdout for each thing a person could see: {"sent": ...}, {"shown": ..., "reply": ..., "at": ...}.

    python -m tests.acceptance.real_window QUESTION...
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import cast

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from chatapp.app import App
from chatapp.core.chat import Message, Role
from chatapp.services.engine_status import EngineState, EngineStatus
from chatapp.storage.paths import find_paths
from chatapp.ui.tabs.chat.transcript import Transcript
from chatapp.ui.tabs.chat.view import ChatView


def say(**values: object) -> None:
    """Straight to the pipe: what was said before a SIGKILL is not lost."""
    os.write(1, (json.dumps(values) + "\n").encode())


class Typist:
    """Asks one question after another as soon as a reply is done."""

    def __init__(self, app: App, questions: list[str]) -> None:
        self._app = app
        self._chat = cast(ChatView, app.window.page("chat"))
        self._questions = questions
        self._reply_id = ""
        app.context.inference.status_changed.connect(self._on_status)
        app.context.conversations.message_added.connect(self._on_message)
        app.context.replies.queue_changed.connect(lambda: self._on_writing(app.context.conversations.writing))
        self._watch = QTimer(interval=5)
        self._watch.timeout.connect(self._look)
        self._watch.start()
        self._seen = ""

    def _on_status(self, status: EngineStatus) -> None:
        if status.state is EngineState.READY and not self._reply_id:
            self._ask()

    def _on_writing(self, writing: bool) -> None:
        if not writing:
            QTimer.singleShot(0, self._ask)

    def _ask(self) -> None:
        if self._questions:
            self._chat.prompt.set_text(self._questions.pop(0))
            self._chat.prompt.button.click()

    def _on_message(self, message: Message) -> None:
        if message.role is Role.USER:
            say(sent=message.text)  # from here on it stands in the transcript
        else:
            self._reply_id, self._seen = message.id, ""

    def _look(self) -> None:
        transcript: Transcript = self._chat.transcript
        text = transcript.shown_text(self._reply_id)
        if text != self._seen:
            self._seen = text
            say(shown=text, reply=self._reply_id, at=time.monotonic())


def main() -> None:
    application = QApplication(sys.argv[:1])
    app = App(application, find_paths())
    app.context.preferences.set_option("sampling", "max_tokens", 400)
    typist = Typist(app, sys.argv[1:])
    app.window.show()
    QTimer.singleShot(0, app.begin)
    application.exec()
    del typist
    app.close()


if __name__ == "__main__":
    main()
