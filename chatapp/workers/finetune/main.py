"""The conductor's command loop: does requests in order, answers each with exactly one terminal event, survives its own
bugs."""

from __future__ import annotations

import faulthandler
import os
import queue
import signal
import threading
import time
import traceback

from typing_extensions import assert_never

from chatapp import __version__
from chatapp.core.errors import AppError, error
from chatapp.core.sentences import INTERNAL_BUG, PROTOCOL_BROKEN
from chatapp.core.trace import trace_text
from chatapp.protocol.codec import FINETUNE_COMMANDS, FINETUNE_EVENTS
from chatapp.protocol.engine import HEARTBEAT_SECONDS
from chatapp.protocol.finetune import (
    FINETUNE_PROTOCOL_VERSION,
    Cancel,
    Command,
    Event,
    Failed,
    GoOn,
    Heartbeat,
    InspectData,
    Pause,
    Ready,
    Request,
    Stop,
    Train,
)
from chatapp.workers.finetune.commands import WorkerCommands, own_commands
from chatapp.workers.finetune.conductor import Conductor, inspect
from chatapp.workers.finetune.control import Control
from chatapp.workers.stdio import Channel, log


class FinetuneLoop:
    """The reader thread puts requests in line and passes wishes on; `run` does the work on the main thread."""

    def __init__(self, channel: Channel[Command, Event], commands: WorkerCommands) -> None:
        self._channel, self._commands = channel, commands
        self._requests: queue.SimpleQueue[Request] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._controls: dict[int, Control] = {}  # of the requests that have no end yet
        self._is_busy = threading.Event()

    def run(self) -> None:
        """Never returns: the end of stdin ends the process, and with it the workers it started."""
        self._channel.send(Ready(protocol=FINETUNE_PROTOCOL_VERSION, pid=os.getpid(), version=__version__))
        self._channel.read_commands(self._on_command, self._on_garbage)
        threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()
        while True:
            request = self._requests.get()
            self._answer(request)
            with self._lock:
                self._controls.pop(request.request_id, None)
                if not self._controls:
                    self._is_busy.clear()

    def _answer(self, request: Request) -> None:
        control = self._controls[request.request_id]
        try:
            control.check()
            self._channel.send(self._done(request, control))
        except AppError as problem:
            self._channel.send(Failed(request_id=request.request_id, error=problem.info))
        except Exception as bug:  # noqa: BLE001 - it is reported with its traceback and the worker lives on
            log(trace_text(bug))
            info = error(INTERNAL_BUG, reason=type(bug).__name__, detail=traceback.format_exc()).info
            self._channel.send(Failed(request_id=request.request_id, error=info))

    def _done(self, request: Request, control: Control) -> Event:
        match request:
            case InspectData():
                return inspect(request, self._commands, control, self._channel.send)
            case Train():
                return Conductor(request, self._commands, control, self._channel.send).finished()
            case _:
                assert_never(request)

    def _beat(self) -> None:
        while True:
            self._is_busy.wait()
            if self._channel.quiet_seconds() >= HEARTBEAT_SECONDS:
                self._channel.send(Heartbeat())
            time.sleep(HEARTBEAT_SECONDS / 2)

    def _on_command(self, command: Command) -> None:
        match command:
            case InspectData() | Train():
                with self._lock:
                    self._controls[command.request_id] = Control()
                    self._is_busy.set()
                self._requests.put(command)
            case Cancel() | Pause() | GoOn() | Stop():
                with self._lock:
                    control = self._controls.get(command.request_id)
                if control is None:
                    return  # it has ended already
                if isinstance(command, Cancel):
                    control.cancel()
                else:
                    control.wish(command)
            case _:
                assert_never(command)

    def _on_garbage(self, problem: str) -> None:
        log(f"a command could not be read: {problem}")
        self._channel.send(Failed(request_id=None, error=error(PROTOCOL_BROKEN, detail=problem).info))


def main(*, sandboxed: bool) -> None:
    """The conductor of the app."""
    run_worker(own_commands(sandboxed=sandboxed))


def run_worker(commands: WorkerCommands) -> None:
    """Guards the pipe, then runs the loop."""
    faulthandler.enable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in a terminal reaches all processes; the parent decides
    channel = Channel(FINETUNE_COMMANDS, FINETUNE_EVENTS)
    FinetuneLoop(channel, commands).run()
