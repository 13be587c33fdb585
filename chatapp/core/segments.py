"""A message's text in pieces that are shown differently: prose, code, formulas, the thoughts of a reasoning model.

The pieces follow each other and cover the text. All but the last are final while the text grows, so a view renders
only the last one again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

PROSE_LIMIT = 2_500  # characters; longer prose is divided, at an empty line where there is one
MOST_LINES = 60  # of one piece of prose: headings and breaks cost more than words
CODE_LIMIT = 20_000
FORMULA_LIMIT = 1_000
_LONGEST_LINE = 4 * PROSE_LIMIT  # of prose looked at; a longer one is divided anyway

_FENCE = re.compile(r"( *)(`{3,}|~{3,})[ \t]*([^`\n]*)\n?$")
_THINK, _THOUGHT = "<think>", "</think>"
_FORMULA_MARKS = {"$$": "$$", "\\[": "\\]"}
_DELIMITERS = re.compile(r" {0,3}\|?(?:[ \t]*:?-+:?[ \t]*\|)+(?:[ \t]*:?-+:?[ \t]*)?$")  # below the head of a table
_CONTINUES = re.compile(r"[ \t]|[-*+>|][ \t]|\d{1,9}[.)][ \t]")  # a line that may belong to what is above an empty one


class SegmentKind(Enum):
    PROSE = "prose"
    CODE = "code"
    FORMULA = "formula"
    THOUGHT = "thought"


@dataclass(frozen=True, slots=True)
class Segment:
    """start, end: its place in the text; text: what it says, without fences and marks; language: of code, "" unknown;
    closed: nothing that follows can change it."""

    kind: SegmentKind
    start: int
    end: int
    text: str
    language: str = ""
    closed: bool = True


def segments_of(text: str, start: int = 0) -> Iterator[Segment]:
    """The segments of `text` from `start`, which must be 0 or the start of one of its segments."""
    at = start
    while at < len(text):
        segment = _block_at(text, at)
        if segment is None:
            prose, segment = _prose_at(text, at)
            yield prose
            at = prose.end
        if segment is not None:
            yield segment
            at = segment.end


def _block_at(text: str, at: int) -> Segment | None:
    """The code, formula or thought that begins at `at`, the beginning of a line."""
    if at > 0 and text[at - 1] != "\n":
        return None
    line = text[at : _line_end(text, at)]
    if (fence := _FENCE.match(line)) is not None:
        return _code(text, at, fence)
    inner = line.lstrip(" ")
    begins = at + len(line) - len(inner)
    if inner.startswith(_THINK):
        return _enclosed(SegmentKind.THOUGHT, text, at, begins + len(_THINK), _THOUGHT)
    for mark, end_mark in _FORMULA_MARKS.items():
        if inner.startswith(mark):
            begins += len(mark)
            if text.find(end_mark, begins, begins + FORMULA_LIMIT) < 0 and len(text) - begins > FORMULA_LIMIT:
                return None  # whether it ends at all is not looked for: there may be thousands
            formula = _enclosed(SegmentKind.FORMULA, text, at, begins, end_mark)
            return formula if len(formula.text) <= FORMULA_LIMIT and _ends_its_line(text, formula) else None
    return None


def _code(text: str, at: int, fence: re.Match[str]) -> Segment:
    """A fence inside a list is indented, and so is its code."""
    indent, mark, info = fence.group(1), fence.group(2), fence.group(3).split()
    language = info[0] if info else ""
    end_fence = re.compile(rf" *{re.escape(mark[0])}{{{len(mark)},}}[ \t]*$")
    lines: list[str] = []
    place, size = at + fence.end(), 0
    while place < len(text):
        end = _line_end(text, place)
        line = text[place:end]
        place = end
        if end_fence.match(line.rstrip("\n")):
            return Segment(SegmentKind.CODE, at, end, _joined(lines), language)
        lines.append(line.removeprefix(indent))
        size += len(line)
        if size > CODE_LIMIT and len(text) > place:
            return Segment(SegmentKind.CODE, at, place, _joined(lines), language)
    return Segment(SegmentKind.CODE, at, len(text), _joined(lines), language, closed=False)


def _joined(lines: list[str]) -> str:
    return "".join(lines).removesuffix("\n")


def _enclosed(kind: SegmentKind, text: str, at: int, begins: int, end_mark: str) -> Segment:
    found = text.find(end_mark, begins)
    if found < 0:
        return Segment(kind, at, len(text), text[begins:].strip("\n"), closed=False)
    end = found + len(end_mark)
    rest_of_line = text[end : _line_end(text, end)]
    if not rest_of_line.strip():
        end += len(rest_of_line)
    return Segment(kind, at, end, text[begins:found].strip("\n"))


def _ends_its_line(text: str, formula: Segment) -> bool:
    return not formula.closed or formula.end == len(text) or text[formula.end - 1] == "\n"


def _prose_at(text: str, at: int) -> tuple[Segment, Segment | None]:
    """Up to the next block, which comes along, or a place to divide. A table is a piece of its own."""
    place, divide, table_end, lines = at, 0, -1, 0
    while place < len(text):
        end = _line_end(text, place, _LONGEST_LINE)
        block = _block_at(text, place) if place > at else None
        line = text[place:end]
        if block is not None or (place > at and (place == table_end or _is_table_head(text, place))):
            return Segment(SegmentKind.PROSE, at, place, text[at:place].strip("\n")), block
        if place == at and _is_table_head(text, place):
            table_end = _table_end(text, place)
        is_whole = line.endswith("\n")
        if is_whole and text[at:place].endswith("\n\n") and line.strip() and not _CONTINUES.match(line):
            divide = place
        lines += 1
        is_too_long = end - at > PROSE_LIMIT or lines > MOST_LINES
        if is_too_long and not (place < table_end and end - at <= 2 * PROSE_LIMIT):  # half a table is none
            cut = divide or (place if place > at else at + PROSE_LIMIT)
            if cut == at + PROSE_LIMIT:
                cut = max(text.rfind(" ", at + PROSE_LIMIT // 2, cut) + 1, 0) or cut
            return Segment(SegmentKind.PROSE, at, cut, text[at:cut].strip("\n")), None
        place = end
    return Segment(SegmentKind.PROSE, at, len(text), text[at:].strip("\n"), closed=False), None


def _is_table_head(text: str, at: int) -> bool:
    end = _line_end(text, at, _LONGEST_LINE)
    if "|" not in text[at:end] or text[at:end].lstrip().startswith((">", "-", "*", "+")):
        return False
    return _DELIMITERS.match(text[end : _line_end(text, end, _LONGEST_LINE)].rstrip("\n")) is not None


def _table_end(text: str, at: int) -> int:
    """Behind the empty line below the table that begins at `at`."""
    found = text.find("\n\n", at)
    return len(text) if found < 0 else found + 2


def _line_end(text: str, at: int, most: int | None = None) -> int:
    """Behind the line break of the line at `at`, or the end of the text; at most `most` characters on."""
    last = len(text) if most is None else min(len(text), at + most)
    found = text.find("\n", at, last)
    return last if found < 0 else found + 1
