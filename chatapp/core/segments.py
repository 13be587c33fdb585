"""A message's text in pieces that are shown differently: prose, code, formulas, the thoughts of a reasoning model.

The pieces follow each other and cover the text. All but the last are final while the text grows, so a view renders
only the last one again. No piece takes long to show: long prose, code and tables are divided.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

PROSE_LIMIT = 2_500  # what a piece may cost, see `_cost`; prose is divided at an empty line where there is one
TABLE_LIMIT = 7_000
CODE_LIMIT = 20_000
MOST_COLUMNS = 40  # of a table; a wider one is shown as it was written
FORMULA_LIMIT = 1_000  # characters
_LINE_COST, _MARK_COST, _CELL_COST = 20, 6, 40  # in characters that take as long to show
_LONGEST_LINE = 4 * PROSE_LIMIT  # looked at as one; a longer one is divided anyway

_FENCE = re.compile(r"( *)(`{3,}|~{3,})[ \t]*([^`\n]*)\n?$")
_THINK, _THOUGHT = "<think>", "</think>"
_FORMULA_MARKS = {"$$": "$$", "\\[": "\\]"}
_DELIMITERS = re.compile(r" {0,3}\|?(?:[ \t]*:?-+:?[ \t]*\|)+(?:[ \t]*:?-+:?[ \t]*)?$")  # below the head of a table
_NO_ROW = re.compile(r"[ \t]*$| {0,3}(?:>|#{1,6}[ \t]|[-*+][ \t]|\d{1,9}[.)][ \t]|`{3}|~{3})")  # ends a table
_CONTINUES = re.compile(r"[ \t]|[-*+>|][ \t]|\d{1,9}[.)][ \t]")  # a line that may belong to what is above an empty one
_UNDERLINE = re.compile(r" {0,3}(?:=+|-+)[ \t]*$")  # makes a heading of what is above
_MARKS = re.compile(r"[`*_\[$]+")


class SegmentKind(Enum):
    PROSE = "prose"
    CODE = "code"
    FORMULA = "formula"
    THOUGHT = "thought"


@dataclass(frozen=True, slots=True)
class Segment:
    """start, end: its place in the text; text: what it says, without fences and marks; language: of code, "" unknown;
    closed: nothing that follows can change it; goes_on: code or a table that was divided, its rest is the next segment;
    head: of such a rest, the lines with which the code or the table began."""

    kind: SegmentKind
    start: int
    end: int
    text: str
    language: str = ""
    closed: bool = True
    goes_on: bool = False
    head: str = ""


def segments_of(text: str, first: Segment | None = None) -> Iterator[Segment]:
    """The segments of `text`, or those from `first` on, one of its segments when it was shorter."""
    at, head = (0, "") if first is None else (first.start, first.head)
    while at < len(text):
        segment = _rest_at(text, at, head) if head else _block_at(text, at)
        if segment is None:
            prose, segment = _prose_at(text, at)
            yield prose
            at = prose.end
        if segment is not None:
            yield segment
            at, head = segment.end, _head_of_rest(text, segment)


def _head_of_rest(text: str, segment: Segment) -> str:
    if not segment.goes_on or segment.head:
        return segment.head if segment.goes_on else ""
    end = _line_end(text, segment.start, _LONGEST_LINE)
    if segment.kind is not SegmentKind.CODE:
        end = _line_end(text, end, _LONGEST_LINE)
    return text[segment.start : end]


def _rest_at(text: str, at: int, head: str) -> Segment:
    fence = _FENCE.match(head)
    return _table(text, at, head) if fence is None else _code(text, at, fence, head)


def _block_at(text: str, at: int) -> Segment | None:
    """The code, formula, thought or table that begins at `at`, the beginning of a line."""
    if at > 0 and text[at - 1] != "\n":
        return None
    line = text[at : _line_end(text, at, _LONGEST_LINE)]
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
    return _table(text, at) if _columns_at(text, at) else None


def _code(text: str, at: int, fence: re.Match[str], head: str = "") -> Segment:
    """A fence inside a list is indented, and so is its code."""
    indent, mark, info = fence.group(1), fence.group(2), fence.group(3).split()
    language = info[0] if info else ""
    end_fence = re.compile(rf" *{re.escape(mark[0])}{{{len(mark)},}}[ \t]*\n?$")
    lines: list[str] = []
    place, cost = at if head else at + fence.end(), 0
    while place < len(text):
        end = _line_end(text, place, _LONGEST_LINE)
        line = text[place:end]
        if text[place - 1] == "\n" and end_fence.match(line):
            return Segment(SegmentKind.CODE, at, end, _joined(lines), language, head=head)
        if cost > CODE_LIMIT and _is_whole(line):
            return Segment(SegmentKind.CODE, at, place, _joined(lines), language, goes_on=True, head=head)
        lines.append(line.removeprefix(indent))
        cost += len(line) + _LINE_COST
        place = end
    return Segment(SegmentKind.CODE, at, len(text), _joined(lines), language, closed=False, head=head)


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


def _table(text: str, at: int, head: str = "") -> Segment:
    """With the empty line below it. `text` of a rest begins with the head once more."""
    place = at if head else _line_end(text, _line_end(text, at, _LONGEST_LINE), _LONGEST_LINE)
    columns = _columns_at(head or text[at:place], 0)
    cost = columns * _CELL_COST
    while place < len(text):
        end = _line_end(text, place, _LONGEST_LINE)
        line = text[place:end]
        if _is_whole(line) and (_NO_ROW.match(line) or cost > TABLE_LIMIT):
            goes_on = _NO_ROW.match(line) is None
            end = place if line.strip() else end
            return Segment(SegmentKind.PROSE, at, end, (head + text[at:end]).strip("\n"), goes_on=goes_on, head=head)
        cost += _cost(line) + columns * _CELL_COST
        place = end
    return Segment(SegmentKind.PROSE, at, len(text), (head + text[at:]).strip("\n"), closed=False, head=head)


def _columns_at(text: str, at: int) -> int:
    """How many columns the table has that begins at `at`; 0: there is none, or it is too wide to be shown as one."""
    end = _line_end(text, at, _LONGEST_LINE)
    if "|" not in text[at:end] or text[at:end].lstrip().startswith((">", "-", "*", "+")):
        return 0
    delimiters = text[end : _line_end(text, end, _LONGEST_LINE)].rstrip("\n")
    columns = delimiters.strip(" \t|").count("|") + 1
    return columns if columns <= MOST_COLUMNS and _DELIMITERS.match(delimiters) else 0


def _prose_at(text: str, at: int) -> tuple[Segment, Segment | None]:
    """Up to the next block, which comes along, or a place to divide: an empty line, else the beginning of a line, of a
    list's item where there is one."""
    place, cost, best, good = at, 0, 0, 0
    while place < len(text):
        block = _block_at(text, place) if place > at else None
        if block is not None:
            return Segment(SegmentKind.PROSE, at, place, text[at:place].strip("\n")), block
        end = _line_end(text, place, _LONGEST_LINE)
        line = text[place:end]
        if place > at and line[0] not in " \t\n" and not _UNDERLINE.match(line):
            good = place
            if text.endswith("\n\n", at, place) and line.endswith("\n") and not _CONTINUES.match(line):
                best = place
        cost += _cost(line)
        if cost > PROSE_LIMIT:
            cut = best or good or (place if place > at else _cut_in(text, at, len(line) * PROSE_LIMIT // cost))
            return Segment(SegmentKind.PROSE, at, cut, text[at:cut].strip("\n")), None
        place = end
    return Segment(SegmentKind.PROSE, at, len(text), text[at:].strip("\n"), closed=False), None


def _cut_in(text: str, at: int, most: int) -> int:
    """A place in the line at `at`, behind a space where there is one, at most `most` characters on."""
    return (text.rfind(" ", at + most // 2, at + most) + 1) or at + max(1, most)


def _cost(line: str) -> int:
    return len(line) + _LINE_COST * bool(line.strip()) + _MARK_COST * len(_MARKS.findall(line))


def _is_whole(line: str) -> bool:
    return line.endswith("\n") or len(line) == _LONGEST_LINE


def _line_end(text: str, at: int, most: int | None = None) -> int:
    """Behind the line break of the line at `at`, or the end of the text; at most `most` characters on."""
    last = len(text) if most is None else min(len(text), at + most)
    found = text.find("\n", at, last)
    return last if found < 0 else found + 1
