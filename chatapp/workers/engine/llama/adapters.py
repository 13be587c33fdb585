"""LoRA adapters of a loaded model, and their use in a context."""

from __future__ import annotations

import ctypes
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import llama_cpp

from chatapp.core.errors import error
from chatapp.core.model_sentences import ADAPTER_REFUSED
from chatapp.core.models import AdapterSpec
from chatapp.core.sentences import MODEL_UNREADABLE
from chatapp.workers.engine.llama import library
from chatapp.workers.engine.llama.context import Context
from chatapp.workers.engine.llama.model import Model

_PIECE = 1 << 22  # bytes


class Adapters:
    """They live as long as their model, which frees them with itself.

    fingerprint: of their content and scales, in their order; "" where there are none.
    """

    def __init__(self, model: Model, specs: Sequence[AdapterSpec]) -> None:
        """Raises AppError where llama.cpp refuses one; that it fits was checked with the model (see model.py)."""
        self._specs = specs
        self._handles = [_load(model, spec) for spec in specs]
        self.fingerprint = " ".join(f"{_sha256(spec.path)}:{spec.scale!r}" for spec in specs)

    def use_in(self, context: Context) -> None:
        """Call before anything is evaluated in `context`."""
        n = len(self._handles)
        handles = (llama_cpp.llama_adapter_lora_p_ctypes * n)(*self._handles)
        scales = (ctypes.c_float * n)(*(spec.scale for spec in self._specs))
        llama_cpp.llama_set_adapters_lora(context.handle, handles, n, scales)


def _load(model: Model, spec: AdapterSpec) -> Any:
    library.forget_errors()
    handle = llama_cpp.llama_adapter_lora_init(model.handle, os.fsencode(spec.path))
    if not handle:  # a NULL pointer is falsy and not None
        reason = library.reason("unknown reason")
        raise error(ADAPTER_REFUSED, path=spec.path, reason=reason, detail=library.recent_errors())
    return handle


def _sha256(path: str) -> str:
    digest = hashlib.sha256()
    try:
        with Path(path).open("rb") as stream:
            while piece := stream.read(_PIECE):
                digest.update(piece)
    except OSError as problem:
        raise error(MODEL_UNREADABLE, path=path, reason=problem) from problem
    return digest.hexdigest()
