"""Runs a GGUF's chat template. It is somebody else's program: jinja2's immutable sandbox keeps it from everything but
its own values, and here it has a limit of time and of what it may build."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from types import FrameType
from typing import Any, NoReturn

import jinja2
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from chatapp.core.errors import error
from chatapp.core.sentences import TEMPLATE_FAILED

SECONDS = 1.0
_MOST_ITEMS = 1_000_000  # characters of a text, items of a list, bits of a number that a template may make at once
_ERRORS = (
    jinja2.TemplateError,
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
)


def render(template: str, values: Mapping[str, object], *, limit: int) -> str:
    """What the template writes with `values`, at most `limit` characters; raises AppError(TEMPLATE)."""
    try:
        with _deadline():
            pieces: list[str] = []
            for piece in _compiled(template).generate(**values):
                limit -= len(piece)
                if limit < 0:
                    raise ValueError("it writes too much text of its own")
                pieces.append(piece)
            return "".join(pieces)
    except _ERRORS as problem:
        raise error(TEMPLATE_FAILED, reason=f"{type(problem).__name__}: {str(problem)[:500]}") from problem


@lru_cache(maxsize=4)
def _compiled(template: str) -> jinja2.Template:
    """Takes 30 ms or more, so it is not done for each prompt."""
    program = _Environment().from_string(template)
    for name in ("str_join", "markup_join"):  # what `~` is compiled to
        program.root_render_func.__globals__[name] = _joined
    return program


class _Environment(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset(("*", "**", "%", "+"))

    def __init__(self) -> None:
        super().__init__(trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"])
        self.globals["raise_exception"] = _raise_exception
        self.globals["strftime_now"] = _strftime_now
        self.filters["tojson"] = _to_json
        for name in ("center", "wordwrap", "format", "batch", "slice", "xmlattr", "urlize", "pprint", "filesizeformat"):
            self.filters.pop(name, None)  # they make long texts of short ones and no chat template needs them
        self.filters.update(indent=_indent, join=_join, replace=_replace)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Refuses an operation whose result would be enormous."""
        if _size(operator, left, right) > _MOST_ITEMS:
            raise ValueError("it makes a value that is too large")
        return super().call_binop(context, operator, left, right)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """Refuses them when they are looked up: what jinja2 makes of them does not tell `call` its text."""
        if super().wrap_str_format(value) is not None:
            raise ValueError(f"the method {value.__name__} is not for templates")
        return None

    def call(self, context: Context, called: Any, *arguments: Any, **named: Any) -> Any:
        """Refuses a method of a text that would make an enormous one."""
        text, name = getattr(called, "__self__", None), getattr(called, "__name__", "")
        if isinstance(text, str):
            if name in ("center", "ljust", "rjust", "zfill", "expandtabs", "translate", "format", "format_map"):
                raise ValueError(f"the method {name} is not for templates")
            if name == "replace" and len(arguments) >= 2:
                return _replace(text, *arguments)
            if name == "join" and len(arguments) == 1:
                return _join(arguments[0], text)
        return super().call(context, called, *arguments, **named)


def _joined(parts: Iterable[object]) -> str:
    """What `~` makes; also of a long chain of them, since each is checked."""
    texts = [str(part) for part in parts]
    if sum(map(len, texts)) > _MOST_ITEMS:
        raise ValueError("it makes a text that is too long")
    return "".join(texts)


def _join(items: Iterable[object], separator: str = "", attribute: str | None = None) -> str:
    texts: list[object] = []
    for item in items:
        value = item.get(attribute, "") if attribute is not None and isinstance(item, Mapping) else item
        texts += (separator, value) if texts else (value,)
    return _joined(texts)


def _replace(text: str, old: str, new: str, count: int = -1) -> str:
    if len(text) + (len(text) + 1 if not old else text.count(old)) * len(new) > _MOST_ITEMS:
        raise ValueError("it makes a text that is too long")
    return str(text).replace(old, new, -1 if count is None else count)


def _size(operator: str, left: Any, right: Any) -> float:
    if operator == "*":
        for items, times in ((left, right), (right, left)):
            if isinstance(items, str | list | tuple) and isinstance(times, int):
                return len(items) * times
    if operator == "+" and isinstance(left, str | list | tuple) and isinstance(right, str | list | tuple):
        return len(left) + len(right)
    if operator == "**" and isinstance(left, int) and isinstance(right, int):
        return left.bit_length() * right
    if operator == "%" and isinstance(left, str):
        return _MOST_ITEMS + 1  # "%999999999d"
    return 0


@contextmanager
def _deadline() -> Iterator[None]:
    """Ends Python code on this thread, such as a compiled template, with a ValueError when its time is over: time it
    computes, not time in which a busy machine or a stopped process does not let it."""
    end = time.thread_time() + SECONDS

    def look(_frame: FrameType, _event: str, _argument: object) -> Any:
        if time.thread_time() > end:
            raise ValueError(f"it runs for more than {SECONDS:g} second")
        return look

    before = sys.gettrace()
    sys.settrace(look)
    try:
        yield
    finally:
        sys.settrace(before)


def _raise_exception(message: str) -> NoReturn:
    raise jinja2.TemplateError(message)


def _strftime_now(form: str) -> str:
    return datetime.now().astimezone().strftime(form)


def _to_json(value: object, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=None if indent is None else min(8, indent))


def _indent(text: str, width: int = 4, first: bool = False) -> str:
    space = " " * min(16, width)
    lines = f"\n{space}".join(str(text).splitlines())
    return f"{space}{lines}" if first else lines
