"""A message in pieces: prose, code, formulas, thoughts."""

from __future__ import annotations

import random

import pytest

from benchmarks.hostile_markdown import payloads
from chatapp.core.segments import CODE_LIMIT, MOST_COLUMNS, PROSE_LIMIT, Segment, SegmentKind, segments_of

PROSE, CODE, FORMULA, THOUGHT = SegmentKind


def pieces(text: str) -> list[tuple[SegmentKind, str]]:
    return [(segment.kind, segment.text) for segment in segments_of(text)]


def test_code_stands_apart_with_its_language() -> None:
    text = "Look:\n\n```python title\nprint(1)\n\nprint(2)\n```\nDone."
    assert pieces(text) == [(PROSE, "Look:"), (CODE, "print(1)\n\nprint(2)"), (PROSE, "Done.")]
    assert list(segments_of(text))[1].language == "python"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("~~~\na\n~~~", "a"),
        ("````\n```\n````", "```"),
        ("1. list\n   ```\n   if a:\n     b\n   ```", "if a:\n  b"),
        ("```\n```", ""),
        ("```\nopen", "open"),
        ("```c\n~~~\n", "~~~"),
    ],
)
def test_fences(text: str, code: str) -> None:
    assert [segment.text for segment in segments_of(text) if segment.kind is CODE] == [code]


@pytest.mark.parametrize("text", ["``` inline ``` code", "a ```\nb", "``\nx\n``"])
def test_what_is_no_fence(text: str) -> None:
    assert [kind for kind, _ in pieces(text)] == [PROSE]


def test_formulas_of_their_own_line() -> None:
    assert pieces("So\n$$\na^2\n$$\nand\n\\[ b \\]\nend") == [
        (PROSE, "So"), (FORMULA, "a^2"), (PROSE, "and"), (FORMULA, " b "), (PROSE, "end")
    ]  # fmt: skip
    assert [kind for kind, _ in pieces("$$a$$ is a formula")] == [PROSE]
    assert [kind for kind, _ in pieces("$$" + "x" * 2000 + "$$")] == [PROSE]


def test_thoughts() -> None:
    assert pieces("<think>\nHm.\n```\n</think>\n\nYes.") == [(THOUGHT, "Hm.\n```"), (PROSE, "Yes.")]
    (open_one,) = segments_of("<think>still")
    assert (open_one.kind, open_one.text, open_one.closed) == (THOUGHT, "still", False)
    assert [kind for kind, _ in pieces("about <think> tags")] == [PROSE]


def test_long_prose_is_divided_between_paragraphs_and_no_list_or_table_is_torn() -> None:
    paragraphs = ["word " * 60, "1. one\n\n2. two\n\n3. three", "a | b\n--|--\n" + "c | d\n" * 30, "end " * 500]
    for segment in segments_of("\n\n".join(paragraphs * 9)):
        assert segment.end - segment.start <= 2 * PROSE_LIMIT
        assert not segment.text.startswith(("2.", "3.", "c |"))


def lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip()]


def test_no_piece_is_large(rng: random.Random) -> None:
    texts = ["x" * 100_000, "x y" * 50_000, "\n" * 100_000, "```\n" + "x\n" * 100_000, "```\n" + "y" * 100_000]
    for text in (*texts, *payloads(200, rng, ["/a.png"], "h")):
        for segment in segments_of(text):
            if segment.kind is CODE:
                assert len(segment.text) + 20 * segment.text.count("\n") <= CODE_LIMIT + 4 * PROSE_LIMIT + 50
            elif segment.kind is PROSE:
                cells = max((line.count("|") for line in lines(segment.text)), default=0) * len(lines(segment.text))
                assert len(segment.text) <= 4 * PROSE_LIMIT
                assert len(lines(segment.text)) <= 130
                assert cells <= 450 or "|" * (MOST_COLUMNS + 1) in segment.text.replace("a", "").replace("-", "")


def test_a_long_table_goes_on_below_its_head_once_more() -> None:
    rows = [f"| {number} | x |\n" for number in range(400)]
    text = "Before\n\n| a | b |\n|---|---|\n" + "".join(rows) + "\nAfter"
    before, first, *rest, after = segments_of(text)
    assert (before.text, after.text) == ("Before", "After")
    assert first.text.startswith("| a | b |\n|---|---|\n| 0 | x |")
    assert rest
    for part in rest:
        assert part.text.startswith("| a | b |\n|---|---|\n| ")
    shown = [line for part in (first, *rest) for line in part.text.split("\n")[2:]]
    assert shown == [row.strip() for row in rows]


@pytest.mark.parametrize("line", ["", "# title", "> quote", "- item", "1. item", "```\ncode\n```"])
def test_a_long_table_ends_where_another_block_begins(line: str) -> None:
    text = "a | b\n--|--\n" + "c | d\n" * 400 + line + "\nword | word\n"
    assert list(segments_of(text))[-1].text.endswith("word | word")
    assert not list(segments_of(text))[-1].text.startswith("a | b")


def test_long_code_goes_on_as_code() -> None:
    code = "".join(f"x = {number}\n" for number in range(3000))
    text = f"Look:\n```python\n{code}```\n**Done.**"
    before, *parts, after = segments_of(text)
    assert (before.text, after.text) == ("Look:", "**Done.**")
    assert len(parts) > 2
    assert {(part.kind, part.language, part.closed) for part in parts} == {(CODE, "python", True)}
    assert "\n".join(part.text for part in parts) + "\n" == code


def test_code_that_fills_a_piece_is_one_piece() -> None:
    line = "x" * 980 + "\n"
    for count in range(18, 23):
        parts = [segment.text for segment in segments_of("```\n" + line * count + "```\nend") if segment.kind is CODE]
        assert "" not in parts
        assert "\n".join(parts) + "\n" == line * count


def test_headings_and_lists_are_not_torn() -> None:
    for segment in segments_of("a\n===\n" * 1000):
        assert segment.text.startswith("a\n===")
    items = "".join(f"- item {number}\n  more of it\n  - a point\n" for number in range(400))
    for segment in segments_of(items):
        assert segment.text.startswith("- item")


PARTS = ["word ", "\n", "\n\n", "```", "```py\n", "~~~\n", "$$", "\\[", "\\]", "<think>", "</think>", "- item", "1. ",
         "| a ", "> ", "  ", "x" * 700, "文字", "$a$", "\r\n", "\n|a|b|\n|-|-|\n", "|c|d|\n" * 90,
         "\nx = 1" * 500]  # fmt: skip


def test_pieces_cover_the_text_and_growing_gives_the_same_places(rng: random.Random) -> None:
    for _ in range(100):
        text = "".join(rng.choices(PARTS, k=rng.randrange(1, 60)))
        whole = list(segments_of(text))
        assert [segment.start for segment in whole] == [0, *(segment.end for segment in whole[:-1])]
        assert whole[-1].end == len(text)
        grown, at = list[Segment](), 0
        while at < len(text):
            at += rng.randrange(1, 40 + len(text) // 100)
            grown = [*grown[:-1], *segments_of(text[:at], grown[-1] if grown else None)]
        assert [segment.start for segment in grown] == [0, *(segment.end for segment in grown[:-1])]
        assert grown[-1].end == len(text)
        assert "".join(text[segment.start : segment.end] for segment in grown) == text


def test_marks_without_an_end_are_not_looked_for_in_all_that_follows() -> None:
    """A mark that never ends is prose, however much follows; one whose end is near is a formula."""
    assert {kind for kind, _ in pieces("\\[\n" * 3000)[:-1]} == {PROSE}  # the last may still be going to end
    assert pieces("\\[ a \\]\n" + "word " * 3000)[0] == (FORMULA, " a ")
