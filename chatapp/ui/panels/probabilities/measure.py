"""What of a token is shown as a colour, and the colours: an even ramp that the colour-blind can read too."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from PySide6.QtGui import QColor

from chatapp.core.token_record import TokenRecord

LEVELS = 33
_MOST_BITS, _MOST_NATS, _MOST_RANK = 12.0, 5.0, 1000.0  # what is more has the last colour
# viridis (Smith and van der Walt 2015, CC0), from what was expected to what was not
_RAMP = ((253, 231, 37), (181, 222, 43), (94, 201, 98), (33, 145, 140), (59, 82, 139), (72, 40, 120), (68, 1, 84))


class Measure(Enum):
    """The values are those of the setting."""

    PROBABILITY = "probability"
    SURPRISAL = "surprisal"
    ENTROPY = "entropy"
    RANK = "rank"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenLook:
    """How replies are shown: with their tokens coloured by `measure`, or underlined, or as rich text."""

    coloured: bool
    measure: Measure
    underlines: bool


def value_text(measure: Measure, record: TokenRecord) -> str:
    """The number behind the colour, with its unit."""
    match measure:
        case Measure.PROBABILITY:
            return percent(record.p)
        case Measure.SURPRISAL:
            return f"{record.surprisal:.2f} bit"
        case Measure.ENTROPY:
            return f"{record.entropy:.2f} nat"
        case Measure.RANK:
            return f"{record.rank + 1:,}"


def percent(p: float) -> str:
    """0.1234 -> "12.3 %"; a small one keeps two digits."""
    return f"{p * 100:.1f} %" if p >= 0.001 or p == 0.0 else f"{p * 100:.1e} %"


def level(measure: Measure, record: TokenRecord) -> int:
    """0 for what was expected to LEVELS - 1 for what was not."""
    match measure:
        case Measure.PROBABILITY:
            part = 1.0 - record.p
        case Measure.SURPRISAL:
            part = record.surprisal / _MOST_BITS
        case Measure.ENTROPY:
            part = record.entropy / _MOST_NATS
        case Measure.RANK:
            part = math.log1p(record.rank) / math.log1p(_MOST_RANK)
    return round(min(1.0, max(0.0, part)) * (LEVELS - 1))


def ends_of(measure: Measure) -> tuple[str, str]:
    """What the first and the last colour stand for."""
    return {
        Measure.PROBABILITY: ("100 %", "0 %"),
        Measure.SURPRISAL: ("0 bit", f"≥ {_MOST_BITS:.0f} bit"),
        Measure.ENTROPY: ("0 nat", f"≥ {_MOST_NATS:.0f} nat"),
        Measure.RANK: ("1", f"≥ {_MOST_RANK:,.0f}"),
    }[measure]


def ramp(at: float) -> QColor:
    """The colour at 0 (expected) to 1."""
    place = min(1.0, max(0.0, at)) * (len(_RAMP) - 1)
    first = min(int(place), len(_RAMP) - 2)
    part = place - first
    mixed = [round(a + (b - a) * part) for a, b in zip(_RAMP[first], _RAMP[first + 1], strict=True)]
    return QColor(*mixed)


def letters_on(color: QColor) -> QColor:
    """Black or white, whichever is read better on `color` (relative luminance of WCAG 2)."""
    red, green, blue = (_linear(part) for part in (color.redF(), color.greenF(), color.blueF()))
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return QColor("#000000") if luminance > 0.179 else QColor("#ffffff")


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
