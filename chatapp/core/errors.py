"""Errors a person can act on. Anything that is not an AppError is a bug.

A sentence is kept as an English template and its values apart, so that the window can translate the template and
the terminal can print it as it is. No Qt here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum

# What moves a terminal's cursor, changes its colours or title, or turns the order of letters round.
_ESCAPE_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]P^_X][^\x07\x1b\n]*(?:\x07|\x1b\\))")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class ErrorKind(str, Enum):
    """The stable names scripts see in the `kind` key."""

    MODEL_FILE = "model_file"
    MODEL_LOAD = "model_load"
    NO_MODEL = "no_model"
    CONTEXT_FULL = "context_full"
    TEMPLATE = "template"
    BAD_INPUT = "bad_input"
    CANCELLED = "cancelled"
    BUSY = "busy"
    WORKER = "worker"
    PROTOCOL = "protocol"
    STORAGE = "storage"
    COMPONENT = "component"
    BUG = "bug"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A kind of trouble: what happened (`text`) and what to do (`hint`), both templates for str.format."""

    kind: ErrorKind
    text: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorInfo:
    """One trouble that happened: the sentence, the values in it, and a detail for the curious (log lines)."""

    kind: ErrorKind
    text: str
    hint: str
    params: dict[str, str] = field(default_factory=dict)
    detail: str = ""

    @property
    def message(self) -> str:
        """What happened, in English."""
        return fill(self.text, self.params)

    @property
    def advice(self) -> str:
        """What to do, in English."""
        return fill(self.hint, self.params)


class AppError(Exception):
    """Carries an ErrorInfo to whoever shows it."""

    def __init__(self, info: ErrorInfo) -> None:
        super().__init__(info.message)
        self.info = info


def error(sentence: Sentence, *, detail: str = "", **params: object) -> AppError:
    """An AppError that says `sentence` with `params` filled in."""
    values = {name: printable(str(value)) for name, value in params.items()}
    return AppError(
        ErrorInfo(
            kind=sentence.kind,
            text=sentence.text,
            hint=sentence.hint,
            params=values,
            detail=printable(detail),
        )
    )


def fill(template: str, params: dict[str, str]) -> str:
    """`template` with {name} replaced by params[name]; a template and values that do not fit stay readable."""
    try:
        return template.format_map(params)
    except (KeyError, IndexError, ValueError):
        return template


def printable(text: str) -> str:
    """`text` as it can be written anywhere: lone surrogates escaped, terminal escapes, control characters other than
    new lines and tabs, and marks that override the direction of writing left out."""
    text = _CONTROL.sub("", _ESCAPE_SEQUENCE.sub("", text))
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
