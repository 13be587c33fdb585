"""Values of columns that may be damaged, or of another version of the app."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from chatapp.core.errors import AppError

_YEAR_9999 = 253_000_000_000
Kind = TypeVar("Kind")


def moment(value: object) -> float:
    """A time that a calendar can show: a damaged one counts as the beginning of time."""
    return float(value) if isinstance(value, int | float) and 0 <= value < _YEAR_9999 else 0.0


def decoded(text: str, kind: type[Kind]) -> Kind | None:
    """None where the text is of another version of the app, or damaged: the words beside it can still be read."""
    try:
        return msgspec.json.decode(text, type=kind)
    except (AppError, ValueError, RecursionError):
        return None
