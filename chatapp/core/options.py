"""An option: a dataclass field that says its own label, help and range, enough to make a form or a parser of."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


def QT_TRANSLATE_NOOP(context: str, text: str) -> str:  # noqa: N802 - lupdate finds texts by this name
    """Marks `text` for translation where Qt itself may not be imported; returns it unchanged."""
    del context
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """What a form or a parser needs to know of one field.

    minimum and maximum are inclusive; minimum_label is shown in place of the least value. choices, where given, are
    the only values allowed and pair each value with its label. advanced: a form shows it behind a fold. Texts are
    English and are translated where they are shown (context "options").
    """

    label: str
    help: str
    minimum: float | None = None
    maximum: float | None = None
    step: float = 1.0
    choices: tuple[tuple[str, str], ...] = ()
    minimum_label: str = ""
    advanced: bool = False


def option(default: Any, about: Option) -> Any:
    """A dataclass field with its Option attached."""
    return field(default=default, metadata={"option": about})


def options_of(section: Any) -> Iterator[tuple[str, Option]]:
    """The (field name, Option) pairs of a settings dataclass or instance, in their order of declaration."""
    for entry in dataclasses.fields(section):
        about = entry.metadata.get("option")
        if about is not None:
            yield entry.name, about


def problem_with(about: Option, value: object) -> str | None:
    """None where `value` lies in the option's range, else the allowed range in words."""
    if about.choices:
        names = [name for name, _ in about.choices]
        return None if value in names else ", ".join(names)
    if about.minimum is None or about.maximum is None:
        return None
    if isinstance(value, (int, float)) and about.minimum <= value <= about.maximum:  # NaN compares false
        return None
    return f"{about.minimum:,} … {about.maximum:,}"
