"""What a crash tells of itself, and what it must not."""

from __future__ import annotations

import sqlite3

import pytest

from chatapp.core.errors import printable
from chatapp.core.trace import MESSAGE_LEFT_OUT, telling_lines, trace_text

SECRET = "my own words"


def trace_of(fault: BaseException, cause: BaseException | None = None) -> str:
    try:
        raise fault from cause
    except BaseException as problem:  # noqa: BLE001
        return trace_text(problem)


@pytest.mark.parametrize(
    "fault",
    [
        ValueError(SECRET),
        KeyError(SECRET),
        RuntimeError(SECRET),
        OSError(2, SECRET, f"/x/{SECRET}"),
        OSError(SECRET),
        sqlite3.OperationalError(SECRET),
        type(SECRET, (TypeError,), {"__qualname__": "OwnError"})(SECRET),
        AssertionError(SECRET),
    ],
)
def test_messages_that_may_quote_are_left_out(fault: BaseException) -> None:
    text = trace_of(fault, cause=ValueError(SECRET))
    assert SECRET not in text
    assert "test_core_trace.py" in text
    assert f"ValueError: {MESSAGE_LEFT_OUT}" in text


def test_pythons_own_words_stay() -> None:
    with pytest.raises(AttributeError) as caught:
        None.nothing  # type: ignore[attr-defined]  # noqa: B018
    assert "'NoneType' object has no attribute 'nothing'" in trace_text(caught.value)
    assert "FileNotFoundError: No such file or directory" in trace_of(FileNotFoundError(2, SECRET))


def test_causes_that_go_in_a_circle_come_to_an_end() -> None:
    one, other = ValueError("one"), ValueError("other")
    one.__context__, other.__context__ = other, one
    assert trace_text(one).count("ValueError") == 2


def test_of_a_workers_last_lines_only_those_stay_that_quote_nobody() -> None:
    kept = [
        "llama_model_load: error loading model: missing tensor",
        "/src/ggml/src/ggml.c:1234: GGML_ASSERT(ggml_nelements(a) == 4) failed",
        "Fatal Python error: Segmentation fault",
        "Current thread 0x00007f (most recent call first):",
        '  File "/x/y.py", line 3 in generate',
    ]
    left_out = [
        f'<- {{"type": "Generate", "prompt": "{SECRET}"}}',
        f"parse: error parsing grammar: expecting newline or end at {SECRET}",
        f"load: the prompt was {SECRET}",
        f'root ::= "{SECRET}"',
        SECRET,
        f"Question: {SECRET}",
        "",
    ]
    mixed = [line for pair in zip(left_out, [*kept, "x", "y"], strict=True) for line in pair]
    assert telling_lines("\n".join(mixed)).splitlines() == kept
    assert telling_lines(f"ValueError: {SECRET}") == "ValueError"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]8;;http://x\x07link\x1b]8;;\x1b\\", "link"),
        ("a\x1b[", "a["),
        ("one\r\ntwo\tthree", "one\ntwo\tthree"),
        ("invoice\u202egpj.exe", "invoicegpj.exe"),
        ("\x9b31m\x07\x08\x7f", "31m"),
        ("عربي \u200f‎ 中文 é 👩‍👩‍👧", "عربي \u200f‎ 中文 é 👩‍👩‍👧"),
        ("\udcff", "\\udcff"),
    ],
)
def test_printable_text_steers_no_terminal(text: str, shown: str) -> None:
    assert printable(text) == shown
