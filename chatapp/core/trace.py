"""What a crash leaves behind, told without any text of a person: for the log and the crash reports.

A traceback names files, lines and functions of programs. The message of an exception may quote anything, so only
those stay whose words are Python's own.
"""

from __future__ import annotations

import os
import re
import traceback

MESSAGE_LEFT_OUT = "(its message is left out, since it may quote your text)"
_LONGEST_LINE = 300

# Their messages name types, attributes, modules and numbers, never values.
_PYTHONS_OWN = (
    AttributeError,
    ImportError,
    IndexError,
    MemoryError,
    ModuleNotFoundError,
    NameError,
    RecursionError,
    TypeError,
    UnboundLocalError,
    ZeroDivisionError,
)
_NATIVE_FUNCTION = (
    r"~?(?:llama|ggml|gguf|load|init|create|decode|graph|sched|set|print|validate|output|get|find|reserve|model|tensor)"
)
_TELLING_LINE = re.compile(
    rf"{_NATIVE_FUNCTION}[\w:~]*: "  # llama.cpp's log
    r"|\S*\.(?:c|cc|cpp|cu|cuh|h|hpp|m|metal|comp):\d+: "  # an assertion of native code
    r"|Traceback \(most recent call last\)|Fatal Python error: |(?:Current thread|Thread) 0x|  File \""
)
_EXCEPTION_LINE = re.compile(r"[\w.]*(?:Error|Exception|Interrupt)(?=:|$)")
_MAY_QUOTE = re.compile("grammar|prompt|template", re.IGNORECASE)


def trace_text(value: BaseException) -> str:
    """The traceback of an exception and of those that led to it, the first one on top."""
    parts: list[str] = []
    seen: set[int] = set()
    each: BaseException | None = value
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        frames = "".join(traceback.format_tb(each.__traceback__))
        parts.append(f"Traceback (most recent call last):\n{frames}{type(each).__qualname__}: {_message(each)}")
        each = each.__cause__ or (None if each.__suppress_context__ else each.__context__)
    return "\n\nwhich led to\n\n".join(reversed(parts))


def telling_lines(stderr: str) -> str:
    """Of a worker's last lines those that are known to quote nobody: native log lines, assertions and stack traces."""
    kept = []
    for line in stderr.splitlines():
        if _TELLING_LINE.match(line) and not _MAY_QUOTE.search(line):
            kept.append(line[:_LONGEST_LINE])
        elif exception := _EXCEPTION_LINE.match(line):
            kept.append(exception[0])
    return "\n".join(kept)


def home_shortened(text: str) -> str:
    """`text` with ~ in place of the path of the home folder, which has a person's name in it."""
    home = os.path.expanduser("~")  # noqa: PTH111 - Path.home() raises where there is none
    if len(home) < 2:
        return text
    return re.sub(rf"(?<![\w.-]){re.escape(home)}(?![\w.-])", "~", text)


def _message(value: BaseException) -> str:
    if type(value) in _PYTHONS_OWN:
        return str(value)
    if isinstance(value, OSError) and value.errno is not None:
        return os.strerror(value.errno)
    return MESSAGE_LEFT_OUT
