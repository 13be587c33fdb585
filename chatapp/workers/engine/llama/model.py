"""A model in memory: checks the file, loads it with progress, tells what it is."""

from __future__ import annotations

import ctypes
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llama_cpp

from chatapp.core.adapter_file import checked_adapter
from chatapp.core.errors import error
from chatapp.core.model_file import checked_model
from chatapp.core.models import LoadSpec
from chatapp.core.sentences import CANCELLED, MODEL_NOT_TEXT, MODEL_REFUSED
from chatapp.workers.engine.cancel import CancelFlag
from chatapp.workers.engine.llama import library
from chatapp.workers.engine.llama.vocabulary import Vocabulary

_TEXT_BYTES = 256
_FINGERPRINT_BYTES = 1 << 20


class Model:
    """Owns the native model; `close` frees it and makes the object unusable."""

    def __init__(self, spec: LoadSpec, cancel: CancelFlag, progress: Callable[[float], None]) -> None:
        """Raises AppError where the file can't be a model or an adapter does not fit it, where llama.cpp refuses the
        model, or the load was cancelled."""
        self.header = checked_model(spec.path)
        for adapter in spec.adapters:
            checked_adapter(adapter.path, self.header)
        self._path = Path(spec.path)
        self.handle = _load(spec, cancel, progress)
        self.vocabulary = Vocabulary(self.handle)
        self.n_ctx_train = int(llama_cpp.llama_model_n_ctx_train(self.handle))
        self.n_layers = int(llama_cpp.llama_model_n_layer(self.handle))
        self.n_params = int(llama_cpp.llama_model_n_params(self.handle))
        if not llama_cpp.llama_model_has_decoder(self.handle) or llama_cpp.llama_model_has_encoder(self.handle):
            self.close()
            raise error(MODEL_NOT_TEXT, path=spec.path, architecture=self.header.facts().architecture)

    @property
    def fingerprint(self) -> str:
        """Of the file's first bytes, size and time, and of what computes with it: another model gives another."""
        facts = self._path.stat()
        with self._path.open("rb") as source:
            head = source.read(_FINGERPRINT_BYTES)
        about = f"{llama_cpp.__version__} {facts.st_size} {facts.st_mtime_ns}".encode()
        return hashlib.sha256(head + about).hexdigest()

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
    raise error(MODEL_REFUSED, path=spec.path, reason=library.reason("unknown reason"), detail=library.recent_errors())
