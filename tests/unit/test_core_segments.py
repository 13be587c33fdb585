"""A message in pieces: prose, code, formulas, thoughts."""

from __future__ import annotations

import random

import pytest

from chatapp.core.segments import CODE_LIMIT, PROSE_LIMIT, Segment, SegmentKind, segments_of

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


def test_no_piece_is_large() -> None:
    for text in ("x" * 100_000, "x y" * 50_000, "\n" * 100_000, "```\n" + "x\n" * 100_000):
        assert max(len(segment.text) for segment in segments_of(text)) <= CODE_LIMIT + 2


PARTS = ["word ", "\n", "\n\n", "```", "```py\n", "~~~\n", "$$", "\\[", "\\]", "<think>", "</think>", "- item", "1. ",
         "| a ", "> ", "  ", "x" * 700, "文字", "$a$", "\r\n"]  # fmt: skip


def test_pieces_cover_the_text_and_growing_gives_the_same_places(rng: random.Random) -> None:
    for _ in range(300):
        text = "".join(rng.choices(PARTS, k=rng.randrange(1, 60)))
        whole = list(segments_of(text))
        assert [segment.start for segment in whole] == [0, *(segment.end for segment in whole[:-1])]
        assert whole[-1].end == len(text)
        grown, at = list[Segment](), 0
        while at < len(text):
            at += rng.randrange(1, 40)
            start = grown[-1].start if grown else 0
            grown = [*grown[:-1], *segments_of(text[:at], start)]
        assert [segment.start for segment in grown] == [0, *(segment.end for segment in grown[:-1])]
        assert grown[-1].end == len(text)
        assert "".join(text[segment.start : segment.end] for segment in grown) == text


def test_marks_without_an_end_are_not_looked_for_in_all_that_follows() -> None:
    """A mark that never ends is prose, however much follows; one whose end is near is a formula."""
    assert {kind for kind, _ in pieces("\\[\n" * 3000)[:-1]} == {PROSE}  # the last may still be going to end
    assert pieces("\\[ a \\]\n" + "word " * 3000)[0] == (FORMULA, " a ")
