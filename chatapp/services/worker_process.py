"""One worker as the window sees it: a QProcess that speaks in typed messages and tells how it ended."""

from __future__ import annotations

import sys
from collections import deque
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

from chatapp.core.outcome import outcome_text
from chatapp.protocol import finetune
from chatapp.protocol.codec import COMMANDS, EVENTS, Codec, FrameError, FrameReader
from chatapp.protocol.engine import Command, Ready
from chatapp.protocol.launch import WorkerCommand

_STDERR_LINES = 200
_MESSAGES_AT_ONCE = 64  # then the event loop gets its turn


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessOutcome:
    """How a worker ended: in words, and its last lines."""

    text: str
    stderr: str


class WorkerProcess(QObject):
    """Starts at construction. Commands sent before it is ready wait in the pipe. Speaks the engine's language, or that
    of the codecs it is given."""

    became_ready = Signal(object)
    """Ready of its language"""
    received = Signal(object)
    """Event of its language"""
    ended = Signal(object)
    """ProcessOutcome; emitted once, also when it could not be started"""

    def __init__(
        self,
        command: WorkerCommand,
        parent: QObject | None = None,
        *,
        commands: Codec[Any] = COMMANDS,
        events: Codec[Any] = EVENTS,
    ) -> None:
        super().__init__(parent)
        self._commands, self._events = commands, events
        self._frames = FrameReader()
        self._stderr: deque[str] = deque(maxlen=_STDERR_LINES)
        self._partial_line = b""
        self._has_ended = False
        self.ready: Ready | None = None  # of an engine
        self._process = QProcess(self)
        environment = QProcessEnvironment()
        for name, value in command.environment.items():
            environment.insert(name, value)
        self._process.setProcessEnvironment(environment)
        self._process.setWorkingDirectory(command.folder)
        self._process.readyReadStandardOutput.connect(self._on_output)
        self._process.readyReadStandardError.connect(self._on_stderr)
        self._process.finished.connect(self._on_finished)
        self._process.errorOccurred.connect(self._on_error)
        self._process.start(command.program, list(command.arguments))

    @property
    def pid(self) -> int:
        """0 when it does not run."""
        return int(self._process.processId())

    def stderr(self) -> str:
        """Its last lines."""
        return "\n".join(self._stderr)

    def send(self, command: Command | finetune.Command) -> None:
        self._process.write(self._commands.encode(command))

    def kill(self) -> None:
        """At once: a worker keeps nothing that would have to be saved."""
        if not self._has_ended:
            self._process.kill()

    def wait(self, milliseconds: int) -> None:
        """Blocks until it has ended; for the end of the app only."""
        if not self._has_ended and not self._process.waitForFinished(milliseconds):
            self._process.kill()
            self._process.waitForFinished(milliseconds)

    def _on_output(self) -> None:
        self._frames.feed(self._process.readAllStandardOutput().data())
        self._deliver(_MESSAGES_AT_ONCE)

    def _deliver(self, at_most: int | None) -> None:
        try:
            for number, body in enumerate(self._frames, start=1):
                self._hand_over(self._events.decode(body))
                if number == at_most:
                    QTimer.singleShot(0, self, lambda: self._deliver(at_most))
                    return
        except FrameError as problem:
            self._stderr.append(f"unreadable frame: {problem}")
            self.kill()

    def _hand_over(self, event: object) -> None:
        if isinstance(event, Ready):
            self.ready = event
        if isinstance(event, Ready | finetune.Ready):
            self.became_ready.emit(event)
        else:
            self.received.emit(event)

    def _on_stderr(self) -> None:
        *lines, self._partial_line = (self._partial_line + self._process.readAllStandardError().data()).split(b"\n")
        self._stderr.extend(line.decode("utf-8", "replace") for line in lines)

    def _on_finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._on_stderr()
        self._frames.feed(self._process.readAllStandardOutput().data())
        self._deliver(None)
        crashed = status == QProcess.ExitStatus.CrashExit and sys.platform != "win32"
        self._end(outcome_text(-code if crashed else code))

    def _on_error(self, problem: QProcess.ProcessError) -> None:
        if problem == QProcess.ProcessError.FailedToStart:
            # later, since it may be told before anyone could connect to this object
            QTimer.singleShot(0, self, lambda: self._end(self._process.errorString()))

    def _end(self, text: str) -> None:
        if not self._has_ended:
            self._has_ended = True
            self.ended.emit(ProcessOutcome(text=text, stderr=self.stderr()))
