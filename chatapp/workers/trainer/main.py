"""The trainer's command loop: one run at a time, its commands heeded between steps, its bugs survived."""

from __future__ import annotations

import faulthandler
import os
import queue
import signal
import tempfile
import threading
import time
import traceback
from importlib.util import find_spec
from pathlib import Path

from typing_extensions import assert_never

from chatapp import __version__
from chatapp.core.component_sentences import COMPONENT_MISSING
from chatapp.core.components import FINETUNE
from chatapp.core.errors import AppError, error
from chatapp.core.sandbox import SandboxReport
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
    Stop,
    Train,
    Trained,
)
from chatapp.workers.stdio import Channel, log
from chatapp.workers.trainer.control import Control

_NEEDED = ("torch", "transformers", "gguf", "safetensors")
_ENVIRONMENT = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error"}


def main(sandbox: SandboxReport) -> None:
    """Never returns: the end of stdin ends the process."""
    faulthandler.enable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in a terminal reaches all processes; the parent decides
    os.environ.update(_ENVIRONMENT)
    channel: Channel[Command, Event] = Channel(FINETUNE_COMMANDS, FINETUNE_EVENTS)
    log(f"sandbox: {sandbox.text()}")
    missing = [name for name in _NEEDED if find_spec(name) is None]
    _CommandLoop(channel, missing).run()


class _CommandLoop:
    def __init__(self, channel: Channel[Command, Event], missing: list[str]) -> None:
        self._channel, self._missing = channel, missing
        self._requests: queue.SimpleQueue[Train] = queue.SimpleQueue()
        self._controls: dict[int, Control] = {}  # of open requests
        self._is_busy = threading.Event()

    def run(self) -> None:
        self._channel.send(self._ready())
        self._channel.read_commands(self._on_command, self._on_garbage)
        threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()
        while True:
            request = self._requests.get()
            try:
                self._channel.send(self._done(request))
            except Exception as problem:  # noqa: BLE001 - a bug is reported with its traceback and the worker lives on
                self._fail(request.request_id, problem)
            finally:
                self._controls.pop(request.request_id, None)
                if not self._controls:
                    self._is_busy.clear()

    def _ready(self) -> Ready:
        ready = Ready(protocol=FINETUNE_PROTOCOL_VERSION, pid=os.getpid(), version=__version__)
        if self._missing:
            return ready
        import torch

        from chatapp.workers.trainer.devices import available, use_threads

        use_threads()
        return Ready(
            protocol=ready.protocol,
            pid=ready.pid,
            version=ready.version,
            torch=str(torch.__version__),
            devices=available(),
        )

    def _done(self, request: Train) -> Trained:
        if self._missing:
            raise error(COMPONENT_MISSING, name=FINETUNE.name, detail=f"{', '.join(self._missing)} can't be found")
        # libraries ask for these when they are imported, and in the sandbox there is no other place
        tempfile.tempdir = os.environ["TORCHINDUCTOR_CACHE_DIR"] = request.folder
        from chatapp.workers.trainer.run import train

        control = self._controls[request.request_id]
        trained = train(
            Path(request.folder), request.request_id, waits=request.waits, send=self._channel.send, control=control
        )
        return Trained(request_id=request.request_id, trained=trained)

    def _beat(self) -> None:
        """PyTorch gives up the interpreter lock for as long as it computes, so this runs beside it."""
        while True:
            self._is_busy.wait()
            if self._channel.quiet_seconds() >= HEARTBEAT_SECONDS:
                self._channel.send(Heartbeat())
            time.sleep(HEARTBEAT_SECONDS / 2)

    def _on_command(self, command: Command) -> None:
        match command:
            case Train():
                self._controls[command.request_id] = Control()
                self._is_busy.set()
                self._requests.put(command)
            case Pause() | GoOn() | Stop():
                if control := self._controls.get(command.request_id):  # else it has ended already
                    control.put(command)
            case InspectData():
                reason = "the trainer was asked to inspect data"
                self._channel.send(
                    Failed(request_id=command.request_id, error=error(PROTOCOL_BROKEN, detail=reason).info)
                )
            case Cancel():
                pass  # it is for InspectData
            case _:
                assert_never(command)

    def _on_garbage(self, problem: str) -> None:
        log(f"a command could not be read: {problem}")
        self._channel.send(Failed(request_id=None, error=error(PROTOCOL_BROKEN, detail=problem).info))

    def _fail(self, request_id: int, problem: Exception) -> None:
        if isinstance(problem, AppError):
            info = problem.info
        else:
            log(trace_text(problem))
            info = error(INTERNAL_BUG, reason=type(problem).__name__, detail=traceback.format_exc()).info
        self._channel.send(Failed(request_id=request_id, error=info))
