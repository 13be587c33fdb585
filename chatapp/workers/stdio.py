"""A worker's ends of the pipe: frames in on stdin, frames out on what was stdout.

Stdout belongs to the protocol. Native code prints to it, so it is moved away first and file descriptor 1 becomes
stderr, which the parent logs. The end of stdin means that the parent is gone: the process ends at once, whatever
the main thread is doing.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from chatapp.protocol.codec import Codec, FrameError, FrameReader, as_json

Command = TypeVar("Command")
Event = TypeVar("Event")


class Channel(Generic[Command, Event]):
    """Sends events from any thread; hands commands, on its reader thread, to `on_command`."""

    def __init__(self, commands: Codec[Command], events: Codec[Event]) -> None:
        self._commands, self._events = commands, events
        self._out = os.dup(1)
        os.dup2(2, 1)
        self._lock = threading.Lock()
        self._sent_at = 0.0
        self._log_frames = bool(os.environ.get("CHATAPP_LOG_FRAMES"))

    def send(self, event: Event) -> None:
        """Writes one frame; a parent that no longer listens ends this process."""
        data = memoryview(self._events.encode(event))
        self._sent_at = time.monotonic()
        if self._log_frames:
            log(f"-> {as_json(event)}")
        with self._lock:
            try:
                while data:
                    data = data[os.write(self._out, data) :]
            except BrokenPipeError:
                os._exit(0)

    def quiet_seconds(self) -> float:
        """How long nothing was sent."""
        return time.monotonic() - self._sent_at

    def read_commands(self, on_command: Callable[[Command], None], on_garbage: Callable[[str], None]) -> None:
        """Starts the reader thread."""
        thread = threading.Thread(target=self._read, args=(on_command, on_garbage), name="stdin", daemon=True)
        thread.start()

    def _read(self, on_command: Callable[[Command], None], on_garbage: Callable[[str], None]) -> None:
        code = 1
        try:
            frames = FrameReader()
            while data := os.read(0, 1 << 16):
                frames.feed(data)
                for body in frames:
                    self._hand_over(body, on_command, on_garbage)
            code = 0
        except FrameError as problem:  # the length itself is wrong: nothing after it can be read
            log(f"the command stream is broken: {problem}")
        finally:  # a worker that can't hear must not live on
            os._exit(code)

    def _hand_over(self, body: bytes, on_command: Callable[[Command], None], on_garbage: Callable[[str], None]) -> None:
        try:
            command = self._commands.decode(body)
        except FrameError as problem:
            on_garbage(str(problem))
            return
        if self._log_frames:
            log(f"<- {as_json(command)}")
        on_command(command)


def log(line: str) -> None:
    """One line to stderr, which the parent keeps."""
    with contextlib.suppress(OSError):
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
