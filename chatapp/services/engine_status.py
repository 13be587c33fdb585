"""What a window shows of its engine."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from chatapp.core.errors import ErrorInfo
from chatapp.core.models import LoadedModel


class EngineState(Enum):
    EMPTY = "empty"
    LOADING = "loading"
    READY = "ready"
    GENERATING = "generating"


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineStatus:
    """path: the model wanted or loaded, "" for none; fraction: how far its load is; error: why there is none."""

    state: EngineState = EngineState.EMPTY
    path: str = ""
    fraction: float = 0.0
    model: LoadedModel | None = None
    error: ErrorInfo | None = None
