"""What a person may send: texts that are not blank and can be written as UTF-8, options in their range."""

from __future__ import annotations

from typing import Any

from chatapp.core.errors import error
from chatapp.core.options import options_of, problem_with
from chatapp.core.sentences import LONE_SURROGATE, OPTION_OUT_OF_RANGE, PROMPT_EMPTY


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


def check_options(section: Any) -> None:
    """That the options of a settings object are in their ranges; raises AppError(BAD_INPUT)."""
    for name, about in options_of(section):
        value = getattr(section, name)
        if allowed := problem_with(about, value):
            raise error(OPTION_OUT_OF_RANGE, name=name.replace("_", "-"), value=value, allowed=allowed)
