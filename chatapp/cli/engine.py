"""A loaded engine for one command, and the streaming of one reply."""

from __future__ import annotations

import argparse
import math
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from chatapp.cli.output import Output, progress_bar
from chatapp.cli.storage import open_library
from chatapp.core.errors import AppError, error
from chatapp.core.generation import FinishReason, Token
from chatapp.core.model_file import checked_header
from chatapp.core.models import AdapterSpec, LibraryModel, LoadSpec
from chatapp.core.sampling import SamplingSettings
from chatapp.core.sandbox import FileAccess, files_of
from chatapp.core.sentences import MODEL_UNREADABLE, OPTION_OUT_OF_RANGE
from chatapp.core.token_export import token_values, usage_values
from chatapp.protocol.engine import Finished, Prompt, PromptProgress, TokensEmitted
from chatapp.protocol.launch import WorkerCommand, WorkerRole, worker_command
from chatapp.storage.paths import Paths, find_paths
from chatapp.storage.settings import read_settings
from chatapp.workers.client import EngineClient

MAX_CONTEXT = 1 << 24
MAX_THREADS = 512
NO_TEMPLATE = "This model brings no chat template; a plain dialogue (User: ... Assistant: ...) is used."


@contextmanager
def loaded_engine(arguments: argparse.Namespace, *, chats: bool = False) -> Iterator[EngineClient]:
    """A worker with the chosen model in it; raises AppError. chats: a model without a chat template is remarked on."""
    paths = find_paths(arguments.data_dir)
    for name, value, maximum in (
        ("--ctx", arguments.ctx, MAX_CONTEXT),
        ("--threads", arguments.threads, MAX_THREADS),
    ):
        if not 0 <= value <= maximum:
            raise error(OPTION_OUT_OF_RANGE, name=name, value=value, allowed=f"0 … {maximum}")
    model = chosen_model(paths, arguments.model)
    spec = load_spec(model.path, arguments)
    with EngineClient(engine_command(paths, files_of(spec))) as client:
        with progress_bar(f"Loading {model.name}") as bar, ctrl_c_cancels(client):
            loaded = client.load(spec, bar.set)
        for remark in loaded.remarks:
            sys.stderr.write(f"{remark.message} {remark.advice}\n")
        if chats and not loaded.has_chat_template:
            sys.stderr.write(f"{NO_TEMPLATE}\n")
        yield client


def engine_command(paths: Paths, files: tuple[str, ...]) -> WorkerCommand:
    """A worker that may read those files; anything, where the sandbox is switched off in the settings."""
    sandboxed = read_settings(paths.settings).engine.sandbox == "on"
    return worker_command(WorkerRole.ENGINE, access=FileAccess(read=files) if sandboxed else None)


def load_spec(path: str, arguments: argparse.Namespace) -> LoadSpec:
    """What the shared options ask for."""
    return LoadSpec(
        path=path,
        n_ctx=arguments.ctx,
        n_threads=arguments.threads,
        n_gpu_layers=arguments.gpu_layers,
        kv_type=arguments.kv_type,
        adapters=tuple(adapter_of(text) for text in arguments.adapter),
    )


def adapter_of(text: str) -> AdapterSpec:
    """PATH or PATH:SCALE, where the path of a file may hold colons itself. Raises AppError(MODEL_FILE | BAD_INPUT)."""
    path, scale = text, 1.0
    front, colon, behind = text.rpartition(":")
    if colon and not os.path.lexists(text):
        with suppress(ValueError):
            path, scale = front, float(behind)
    if not math.isfinite(scale):
        raise error(OPTION_OUT_OF_RANGE, name="--adapter", value=text, allowed="PATH:-1 … PATH:1")
    try:
        path = os.path.abspath(path)  # noqa: PTH100 - without following links
    except OSError as problem:
        raise error(MODEL_UNREADABLE, path=path, reason=problem) from None
    checked_header(path)
    return AdapterSpec(path=path, scale=scale)


def chosen_model(paths: Paths, wanted: str | None) -> LibraryModel:
    """Raises AppError where nothing fits."""
    settings = read_settings(paths.settings)
    library = open_library(paths)
    try:
        return library.find(wanted, settings.last_model)
    finally:
        library.close()


def stream_reply(
    client: EngineClient,
    prompt: Prompt,
    sampling: SamplingSettings,
    output: Output,
    tokens: list[Token] | None = None,
    probs: int = 0,
) -> Finished:
    """Prints one reply as it is written; Ctrl+C ends it early and keeps what is there. Raises AppError.

    Its tokens are added to `tokens`, where a list is given.
    """
    finished: Finished | None = None
    told = False
    with progress_bar("Reading the prompt") as bar, ctrl_c_cancels(client):
        for event in client.generate(prompt, sampling, probs=probs):
            match event:
                case PromptProgress(done=done, total=total, left_out=left_out):
                    if left_out and not told:
                        told = True
                        sys.stderr.write(f"The context is full: the oldest {left_out} messages were left out.\n")
                    bar.set(done / total)
                case TokensEmitted():
                    _print_tokens(event, output)
                    if tokens is not None:
                        tokens += event.tokens
                case Finished():
                    finished = event
    assert finished is not None  # generate ends with Finished or raises
    _print_done(finished, output)
    return finished


@contextmanager
def ctrl_c_cancels(client: EngineClient) -> Iterator[None]:
    """The first Ctrl+C ends the running request, a second one the command."""

    def on_interrupt(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with suppress(AppError):
            client.cancel()

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def exit_code(finished: Finished) -> int:
    return 130 if finished.finish_reason is FinishReason.CANCELLED else 0


def _print_tokens(event: TokensEmitted, output: Output) -> None:
    for token in event.tokens:
        output.record("token", **token_values(token))
    if event.text:
        output.words(event.text, end="")


def _print_done(finished: Finished, output: Output) -> None:
    output.words("")
    output.record(
        "done",
        lane=0,
        text=finished.text,
        finish_reason=finished.finish_reason.value,
        seed=finished.seed,
        reproducible=finished.reproducible,
        usage=usage_values(finished.usage),
    )
