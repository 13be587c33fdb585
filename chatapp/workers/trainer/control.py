"""Pause, GoOn and Stop: they come on the reader's thread and are heeded between two steps."""

from __future__ import annotations

import queue
from collections.abc import Callable

from chatapp.protocol.finetune import GoOn, Pause, Stop


class Control:
    def __init__(self) -> None:
        self.stopping = False
        self._commands: queue.SimpleQueue[Pause | GoOn | Stop] = queue.SimpleQueue()

    def put(self, command: Pause | GoOn | Stop) -> None:
        self._commands.put(command)

    def heed(self, on_pause: Callable[[], None]) -> None:
        """Does what was asked until now. on_pause is called before a wait."""
        while not self.stopping and not self._commands.empty():
            match self._commands.get():
                case Stop():
                    self.stopping = True
                case Pause():
                    on_pause()
                    self.wait()
                case GoOn():
                    pass

    def wait(self) -> None:
        """Until GoOn or Stop. Of Pause and GoOn only the last counts: whoever still wants a pause asks for it again."""
        while True:
            match self._commands.get():
                case Stop():
                    self.stopping = True
                    return
                case GoOn():
                    return
                case Pause():
                    pass
