"""Numbers between two bounds, as rules of GBNF over their digits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chatapp.workers.engine.json_merge import SchemaError

_LARGEST = 10**16 - 1
_LARGEST_WITH_FRACTION = 10**9  # six digits behind it are still exact in a double
_FRACTION = '("." [0-9]{1,6})?'


@dataclass(frozen=True, slots=True)
class _Bounds:
    """low_open, high_open: the bound itself is not among the numbers."""

    low: float
    high: float
    low_open: bool = False
    high_open: bool = False

    def least(self) -> int:
        """The least whole number."""
        if abs(self.low) > _LARGEST:
            return -_LARGEST if self.low < 0 else _LARGEST + 1
        return math.floor(self.low) + 1 if self.low_open else math.ceil(self.low)

    def most(self) -> int:
        if abs(self.high) > _LARGEST:
            return _LARGEST if self.high > 0 else -_LARGEST - 1
        return math.ceil(self.high) - 1 if self.high_open else math.floor(self.high)

    def mirrored(self) -> _Bounds:
        return _Bounds(-self.high, -self.low, self.high_open, self.low_open)


def integers_between(schema: Mapping[str, Any]) -> str:
    """The integers that the bounds of `schema` allow. Raises SchemaError."""
    bounds = _bounds(schema)
    if schema.get("multipleOf", 1) != 1:
        raise SchemaError("multipleOf is not supported")
    return "integer" if bounds is None else _joined(_integers(bounds), _integers(bounds.mirrored()))


def numbers_between(schema: Mapping[str, Any]) -> str:
    """Numbers that the bounds of `schema` allow: with a fraction where that can't lead out of them, else whole ones.
    Raises SchemaError."""
    if schema.get("multipleOf") == 1:
        return integers_between(schema)
    bounds = _bounds(schema)
    if "multipleOf" in schema:
        raise SchemaError("multipleOf is not supported")
    return "number" if bounds is None else _joined(_numbers(bounds), _numbers(bounds.mirrored()))


def _joined(positive: str, mirrored: str) -> str:
    found = [part for part in (positive, f'"-" ({mirrored})' if mirrored else "") if part]
    if not found:
        raise SchemaError("there is no number between its bounds")
    return " | ".join(found)


def _bounds(schema: Mapping[str, Any]) -> _Bounds | None:
    values = {}
    for name in ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"):
        value = schema.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise SchemaError(f"{name} is a number")
        values[name] = value
    if all(value is None for value in values.values()):
        return None
    low, low_open = max(
        (-math.inf if values["minimum"] is None else values["minimum"], False),
        (-math.inf if values["exclusiveMinimum"] is None else values["exclusiveMinimum"], True),
    )
    negative_high, closed = max(
        (-math.inf if values["maximum"] is None else -values["maximum"], False),
        (-math.inf if values["exclusiveMaximum"] is None else -values["exclusiveMaximum"], True),
    )
    return _Bounds(low, -negative_high, low_open, closed)


def _integers(bounds: _Bounds) -> str:
    """Those from 0 on."""
    return _between(max(0, bounds.least()), bounds.most())


def _numbers(bounds: _Bounds) -> str:
    """Those from 0 on. What begins with n lies below n + 1."""
    least = max(0, bounds.least())
    below = math.floor(max(0, min(bounds.high, _LARGEST_WITH_FRACTION)))
    with_fraction = _between(least, below - 1)
    parts = (f"({with_fraction}) {_FRACTION}" if with_fraction else "", _integers(bounds))
    return " | ".join(part for part in parts if part)


def _between(low: int, high: int) -> str:
    """The whole numbers low ... high, of which low is not negative; "" where there are none."""
    parts = []
    for length in range(len(str(low)), len(str(max(low, high))) + 1):
        first, last = max(low, 10 ** (length - 1) if length > 1 else 0), min(high, 10**length - 1)
        if first <= last:
            parts.append(_same_length(str(first), str(last)))
    return " | ".join(parts)


def _same_length(first: str, last: str) -> str:
    """The digits between two numbers of as many digits."""
    if first == last:
        return f'"{first}"'
    if len(first) == 1:
        return f"[{first}-{last}]"
    if first[0] == last[0]:
        return f'"{first[0]}" ({_same_length(first[1:], last[1:])})'
    rest = len(first) - 1
    low, high = int(first[0]), int(last[0])
    parts = []
    if first[1:].strip("0"):  # not all that begins with this digit
        parts.append(f'"{low}" ({_same_length(first[1:], "9" * rest)})')
        low += 1
    if last[1:].strip("9"):
        parts.append(f'"{high}" ({_same_length("0" * rest, last[1:])})')
        high -= 1
    if low <= high:
        parts.append(f"[{low}-{high}] [0-9]{{{rest}}}")
    return " | ".join(parts)
