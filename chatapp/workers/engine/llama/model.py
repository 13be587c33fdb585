"""A model in memory: checks the file, loads it with progress, tells what it is."""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llama_cpp

from chatapp.core.errors import error
from chatapp.core.gguf import DamagedGguf, GgufHeader, NotGguf, TruncatedGguf, read_header
from chatapp.core.models import LoadSpec
from chatapp.core.sentences import (
    CANCELLED,
    MODEL_DAMAGED,
    MODEL_EMPTY,
    MODEL_FOREIGN,
    MODEL_IS_FOLDER,
    MODEL_MISSING,
    MODEL_NOT_A_FILE,
    MODEL_NOT_TEXT,
    MODEL_REFUSED,
    MODEL_TRUNCATED,
    MODEL_UNREADABLE,
)
from chatapp.workers.engine.cancel import CancelFlag
from chatapp.workers.engine.llama import library
from chatapp.workers.engine.llama.vocabulary import Vocabulary

_TEXT_BYTES = 256


class Model:
    """Owns the native model; `close` frees it and makes the object unusable."""

    def __init__(self, spec: LoadSpec, cancel: CancelFlag, progress: Callable[[float], None]) -> None:
        """Raises AppError where the file can't be a model, llama.cpp refuses it, or the load was cancelled."""
        self.header = checked_header(spec.path)
        self.handle = _load(spec, cancel, progress)
        self.vocabulary = Vocabulary(self.handle)
        self.n_ctx_train = int(llama_cpp.llama_model_n_ctx_train(self.handle))
        self.n_params = int(llama_cpp.llama_model_n_params(self.handle))
        if not llama_cpp.llama_model_has_decoder(self.handle) or llama_cpp.llama_model_has_encoder(self.handle):
            self.close()
            raise error(MODEL_NOT_TEXT, path=spec.path, architecture=self.header.facts().architecture)

    @property
    def description(self) -> str:
        """Architecture, size and quantisation in llama.cpp's words."""
        buffer = ctypes.create_string_buffer(_TEXT_BYTES)
        llama_cpp.llama_model_desc(self.handle, buffer, _TEXT_BYTES)
        return buffer.value.decode("utf-8", "replace")

    @property
    def chat_template(self) -> str | None:
        """The jinja template the file brings, None where it brings none."""
        raw = llama_cpp.llama_model_chat_template(self.handle, None)
        return raw.decode("utf-8", "replace") if raw else None

    def close(self) -> None:
        llama_cpp.llama_model_free(self.handle)
        self.handle = None


def checked_header(path: str) -> GgufHeader:
    """The header of the file at `path`; raises AppError(MODEL_FILE) for whatever is no whole GGUF file."""
    try:
        status = Path(path).stat()
        _refuse_special_files(path, status)
        with Path(path).open("rb") as stream:
            return read_header(stream, status.st_size)
    except NotGguf:
        raise error(MODEL_FOREIGN, path=path) from None
    except TruncatedGguf as problem:
        raise error(MODEL_TRUNCATED, path=path, actual=problem.actual, expected=problem.expected) from None
    except DamagedGguf as problem:
        raise error(MODEL_DAMAGED, path=path, reason=problem) from None
    except FileNotFoundError:
        raise error(MODEL_MISSING, path=path) from None
    except (OSError, ValueError) as problem:
        raise error(MODEL_UNREADABLE, path=path, reason=problem) from None


def _refuse_special_files(path: str, status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise error(MODEL_IS_FOLDER, path=path)
    if not stat.S_ISREG(status.st_mode):  # opening a FIFO would wait for a writer for good
        raise error(MODEL_NOT_A_FILE, path=path)
    if status.st_size == 0:
        raise error(MODEL_EMPTY, path=path)


def _load(spec: LoadSpec, cancel: CancelFlag, progress: Callable[[float], None]) -> Any:
    last = -1.0

    @llama_cpp.llama_progress_callback  # type: ignore[untyped-decorator]
    def on_progress(fraction: float, _data: object) -> bool:
        nonlocal last
        if fraction - last >= 0.01 or fraction >= 1.0 > last:
            last = fraction
            progress(fraction)
        return not cancel.is_set()

    params = llama_cpp.llama_model_default_params()
    params.n_gpu_layers = spec.n_gpu_layers
    params.progress_callback = on_progress
    library.forget_errors()
    handle = llama_cpp.llama_model_load_from_file(os.fsencode(spec.path), params)
    if handle:
        return handle
    if cancel.is_set():
        raise error(CANCELLED)
    raise error(
        MODEL_REFUSED, path=spec.path, reason=library.reason("unknown reason"), detail=library.recent_errors()
    )
