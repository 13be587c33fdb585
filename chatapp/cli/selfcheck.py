"""chatapp selfcheck: does everything here work? Ends with 1 if something needed does not."""

from __future__ import annotations

import argparse
import importlib.util
import os
import platform
from collections.abc import Callable
from dataclasses import dataclass

from chatapp import __version__
from chatapp.cli.engine import chosen_model, engine_command, load_spec
from chatapp.cli.options import add_model
from chatapp.cli.output import Output
from chatapp.core.display import has_display
from chatapp.core.errors import AppError
from chatapp.core.models import Device, size_text
from chatapp.core.sampling import SamplingSettings
from chatapp.core.sandbox import files_of
from chatapp.protocol.engine import Finished, RawPrompt
from chatapp.storage.paths import Paths, find_paths
from chatapp.workers.client import EngineClient

PROMPT = "The capital of France is"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """needed: its failure fails the whole."""

    name: str
    run: Callable[[], str]
    needed: bool = True


class CheckFailedError(Exception):
    """A check that did not pass, in words."""


def configure(parser: argparse.ArgumentParser) -> None:
    add_model(parser)


def run(arguments: argparse.Namespace, output: Output) -> int:
    """0 where all needed checks pass, else 1."""
    checks = (
        Check(name="version", run=lambda: f"chatapp {__version__}, Python {platform.python_version()}"),
        Check(name="data folder", run=lambda: str(find_paths(arguments.data_dir).data)),
        Check(name="window", run=_window, needed=False),
        Check(name="engine worker", run=lambda: _worker(find_paths(arguments.data_dir))),
        Check(name="sandbox", run=lambda: _sandbox(find_paths(arguments.data_dir)), needed=False),
        Check(name="model", run=lambda: chosen_model(find_paths(arguments.data_dir), arguments.model).path),
        Check(name="one sentence", run=lambda: _sentence(arguments)),
    )
    results = [_perform(check, output) for check in checks]
    return 0 if all(results) else 1


def _perform(check: Check, output: Output) -> bool:
    try:
        detail, ok = check.run(), True
    except AppError as problem:
        detail, ok = f"{problem.info.message} {problem.info.advice}", False
    except CheckFailedError as problem:
        detail, ok = str(problem), False
    output.record("check", name=check.name, ok=ok, detail=detail)
    mark = "ok     " if ok else "FAILED " if check.needed else "no     "
    output.words(f"{mark}{check.name}: {detail}")
    return ok or not check.needed


def device_text(device: Device) -> str:
    """A device in words, with its memory where it has its own."""
    if device.kind not in ("gpu", "igpu"):
        return device.description
    return f"{device.description} ({size_text(device.free_bytes)} of {size_text(device.total_bytes)} free)"


def _window() -> str:
    if importlib.util.find_spec("PySide6") is None:
        raise CheckFailedError("PySide6 is not installed; the terminal commands work without it.")
    if not has_display(os.environ):
        raise CheckFailedError("No display was found; the terminal commands work without one.")
    return "PySide6 is installed and a display answers."


def _worker(paths: Paths) -> str:
    with EngineClient(engine_command(paths, ())) as client:
        backend = client.ready.backend
        offload = "yes" if backend.gpu_offload else "no"
        devices = ", ".join(map(device_text, backend.devices))
        return f"llama-cpp-python {backend.llama_cpp}; devices: {devices}; GPU offload: {offload}"


def _sandbox(paths: Paths) -> str:
    with EngineClient(engine_command(paths, ())) as client:
        sandbox = client.ready.sandbox
    if not sandbox.landlock and not sandbox.seccomp:
        raise CheckFailedError(f"The model's process has none: {sandbox.reason}.")
    return sandbox.text()


def _sentence(arguments: argparse.Namespace) -> str:
    paths = find_paths(arguments.data_dir)
    spec = load_spec(chosen_model(paths, arguments.model).path, arguments)
    with EngineClient(engine_command(paths, files_of(spec))) as client:
        loaded = client.load(spec)
        *_, last = client.generate(RawPrompt(text=PROMPT), SamplingSettings(temperature=0.0, max_tokens=16))
    assert isinstance(last, Finished)
    if not last.text.strip():
        raise CheckFailedError("The model loaded but wrote nothing.")
    speed = last.usage.tokens_per_second
    answer = " ".join(last.text.split())
    gpu = f"{loaded.n_gpu_layers} of {loaded.n_layers + 1} layers on the GPU, " if loaded.n_gpu_layers else ""
    return f"{PROMPT} {answer} ({gpu}{loaded.n_threads} threads, {speed:.0f} tokens/s)"
