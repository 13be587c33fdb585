"""LoRA adapters of a loaded model, and their use in a context."""

from __future__ import annotations

import ctypes
import hashlib
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import llama_cpp

from chatapp.core.adapter_file import checked_adapter
from chatapp.core.errors import error
from chatapp.core.model_sentences import ADAPTER_DAMAGED, ADAPTER_REFUSED
from chatapp.core.models import AdapterSpec
from chatapp.core.sentences import MODEL_UNREADABLE, OPTION_OUT_OF_RANGE
from chatapp.workers.engine.llama import library
from chatapp.workers.engine.llama.context import Context
from chatapp.workers.engine.llama.model import Model

_PIECE = 1 << 22  # bytes
_MOST_IDLE = 8  # that stay in memory without being in use

_Place: TypeAlias = tuple[int, int, int, int] | None


@dataclass(slots=True, eq=False)
class _Held:
    """One in memory. place: tells whether the file is still the one that was read; is_proven: whether a token was
    decoded with it."""

    path: str
    place: _Place
    handle: Any
    sha256: str
    is_proven: bool = False


Chosen: TypeAlias = tuple[tuple[_Held, float], ...]
"""Adapters in memory and how much is added of each."""


class Adapters:
    """Those of one model, kept in memory while they are not in use. The model frees what is left with itself."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._held: dict[str, _Held] = {}  # the one used last stands last
        self._replaced: list[_Held] = []  # whose files are others now
        self.used: Chosen = ()

    @property
    def fingerprint(self) -> str:
        """Of the content and scales of those in use, in their order; "" where there are none."""
        return " ".join(f"{held.sha256}:{scale!r}" for held, scale in self.used)

    def chosen(self, specs: Sequence[AdapterSpec]) -> Chosen:
        """What `use` takes. A file that is not in memory is checked before native code sees it; one that is named twice
        is added as often. Raises AppError."""
        scales: dict[str, float] = {}
        for spec in specs:
            scales[spec.path] = scales.get(spec.path, 0.0) + spec.scale
            if not math.isfinite(scales[spec.path]):
                raise error(OPTION_OUT_OF_RANGE, name="adapter", value=spec.scale, allowed="-100 … 100")
        found = [(self._hold(path), scale) for path, scale in scales.items()]
        return tuple((held, scale) for held, scale in found if scale != 0.0)

    def use(self, context: Context, chosen: Chosen) -> None:
        """What is evaluated in `context` must be cleared, or nothing be there yet."""
        self.used = chosen
        n = len(chosen)
        handles = (llama_cpp.llama_adapter_lora_p_ctypes * n)(*(held.handle for held, _ in chosen))
        scales = (ctypes.c_float * n)(*(scale for _, scale in chosen))
        llama_cpp.llama_set_adapters_lora(context.handle, handles, n, scales)

    def free_idle(self) -> None:
        """All but the latest few of those that are not in use."""
        used = {id(held) for held, _ in self.used}
        idle = [held for held in self._held.values() if id(held) not in used]
        for held in idle[: max(0, len(idle) - _MOST_IDLE)]:
            del self._held[held.path]
            self._replaced.append(held)
        for held in [held for held in self._replaced if id(held) not in used]:
            self._replaced.remove(held)
            llama_cpp.llama_adapter_lora_free(held.handle)

    def _hold(self, path: str) -> _Held:
        """One whose file has gone is still what it was."""
        place = _place(path)
        held = before = self._held.get(path)
        if held is None or (place is not None and held.place != place):
            held = self._read(path, place)
        if before is not None:
            del self._held[path]
            if before is not held:
                self._replaced.append(before)
        self._held[path] = held
        return held

    def _read(self, path: str, place: _Place) -> _Held:
        checked_adapter(path, self._model.header)
        sha256 = _sha256(path)
        held = _Held(path, place, _load(self._model, path), sha256)
        if _place(path) != place:
            llama_cpp.llama_adapter_lora_free(held.handle)
            raise error(ADAPTER_DAMAGED, path=path, reason="it was changed while it was read")
        return held


def _load(model: Model, path: str) -> Any:
    library.forget_errors()
    handle = llama_cpp.llama_adapter_lora_init(model.handle, os.fsencode(path))
    if not handle:  # a NULL pointer is falsy and not None
        reason = library.reason("unknown reason")
        raise error(ADAPTER_REFUSED, path=path, reason=reason, detail=library.recent_errors())
    return handle


def _place(path: str) -> _Place:
    try:
        status = Path(path).stat()
    except (OSError, ValueError):  # checking it says why
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _sha256(path: str) -> str:
    digest = hashlib.sha256()
    try:
        with Path(path).open("rb") as stream:
            while piece := stream.read(_PIECE):
                digest.update(piece)
    except OSError as problem:
        raise error(MODEL_UNREADABLE, path=path, reason=problem) from problem
    return digest.hexdigest()
