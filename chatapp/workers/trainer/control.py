"""Pause, GoOn and Stop: they come on the reader's thread and are heeded between two steps."""

from __future__ import annotations

import queue
from collections.abc import Callable

from chatapp.protocol.finetune import GoOn, Pause, Stop


class Control:
    def __init__(self) -> None:
        self.stopping = False
        self._commands: queue.SimpleQueue[Pause | GoOn | Stop] = queue.SimpleQueue()
        self._pausing = False  # wanted while something else was waited for

    def put(self, command: Pause | GoOn | Stop) -> None:
        self._commands.put(command)

    def heed(self, on_pause: Callable[[], None]) -> None:
        """Does what was asked until now. on_pause is called before a wait."""
        while not self.stopping and (self._pausing or not self._commands.empty()):
            command = None if self._pausing else self._commands.get()
            if isinstance(command, Stop):
                self.stopping = True
            elif command is None or isinstance(command, Pause):
                on_pause()
                self._until_told()
                self._pausing = False

    def wait(self) -> None:
        """Until GoOn or Stop; a pause asked for meanwhile begins at the next `heed`."""
        self._pausing = self._until_told() and not self.stopping

    def _until_told(self) -> bool:
        """Answers whether a pause was asked for."""
        asked = False
        while True:
            match self._commands.get():
                case Pause():
                    asked = True
                case Stop():
                    self.stopping = True
                    return asked
                case GoOn():
                    return asked
