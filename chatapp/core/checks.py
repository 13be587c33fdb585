"""What a person may send: texts that are not blank and can be written as UTF-8."""

from __future__ import annotations

from chatapp.core.errors import error
from chatapp.core.sentences import LONE_SURROGATE, PROMPT_EMPTY


def checked_prompt(text: str) -> str:
    """`text` itself; raises AppError(BAD_INPUT) where it is blank or can't be written as UTF-8."""
    if not text.strip():
        raise error(PROMPT_EMPTY)
    return checked_text(text)


def storable_text(text: str) -> str:
    """`text` without its lone surrogates, which can't be written as UTF-8."""
    return text.encode("utf-8", "ignore").decode("utf-8")


def checked_text(text: str) -> str:
    """`text` itself; raises AppError(BAD_INPUT) where it holds a lone surrogate (position counted from 1)."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as problem:
        raise error(LONE_SURROGATE, position=problem.start + 1) from None
    return text
