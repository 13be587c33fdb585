"""Markdown from a model, before it is rendered: what would stall a renderer is defused, formulas are marked."""

from __future__ import annotations

import re
from collections.abc import Callable

MOST_LEVELS = 8  # of quotes and lists
MOST_CELLS = 400  # of the tables in one piece of prose
MOST_FORMULAS = 60  # in one piece of prose
MOST_NESTED = 6
LONGEST_FORMULA = 300  # characters
_DELIMITING = "|-: \t>*+.)0123456789"  # the characters of the line below a table's head, in quotes and lists too
_OPEN, _CLOSE = "\ue000", "\ue001"  # private characters around a formula's number

_NESTING = re.compile(r"(\{|\\left\b|\\begin\b)|\}|\\right\b|\\end\b")
_MARKER = r"[ \t]*(?:>|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t]))"
_INDENTED = re.compile(rf"^ {{{2 * MOST_LEVELS},}}(?=[-*+][ \t]|\d{{1,9}}[.)][ \t])", re.MULTILINE)
_TOO_DEEP = re.compile(rf"^((?:{_MARKER}){{{MOST_LEVELS}}})({_MARKER})", re.MULTILINE)
_CODE_OR_FORMULA = re.compile(
    r"(?<!`)(?P<ticks>`+)(?!`)[^\n]*?(?<!`)(?P=ticks)(?!`)"
    r"|(?<![\\$\w])\$(?![\s$])(?P<dollars>(?:[^$\n\\]|\\.)+?)(?<!\s)\$(?![\d$])"
    rf"|\\\((?P<round>[^\n]{{1,{LONGEST_FORMULA}}}?)\\\)"
)
_MARKS = re.compile(
    r"\\([^\w\s])|[*`~]+|(?<!\w)_+|_+(?!\w)|!?\[(?=[^\]\n]{0,300}\]\()|\]\([^)\n]{0,300}\)|^ {0,3}(?:#{1,6}|>)[ \t]+",
    re.MULTILINE,
)
FORMULA_PLACE = re.compile(f"{_OPEN}([0-9]+){_CLOSE}")


def without_marks(text: str) -> str:
    """Roughly what a person reads of it: for finding words, some of which may be bold or a link."""
    return _MARKS.sub(lambda found: found.group(1) or "", text)


def is_heavy(text: str) -> bool:
    """Whether rendering it could take long: tables, whose every row has as many cells as the line below the head.

    Such tables come where core/segments.py sees none: within quotes and lists, or too wide.
    """
    lines = text.splitlines()
    delimiters = (line for line in lines if "|" in line and "-" in line and not line.strip(_DELIMITING))
    return max((line.count("|") + 1 for line in delimiters), default=0) * len(lines) > MOST_CELLS


def is_heavy_formula(latex: str) -> bool:
    """Whether setting it could take long: each level of nesting doubles the time."""
    level = deepest = 0
    for found in _NESTING.finditer(latex):
        level += 1 if found.group(1) else -1
        deepest = max(deepest, level)
    return deepest > MOST_NESTED or len(latex) > LONGEST_FORMULA


def tamed(text: str) -> str:
    """The same with no more than MOST_LEVELS quotes and lists within each other."""
    text = _INDENTED.sub(" " * (2 * MOST_LEVELS), text)
    return _TOO_DEEP.sub(lambda found: f"{found.group(1)} \\{found.group(2).lstrip()}", text)


def with_formulas_marked(text: str) -> tuple[str, list[str]]:
    """(the text with a place, FORMULA_PLACE, for each formula between $ and $ or \\( and \\), the formulas).

    What stands in code is left alone, and so are amounts of money: a $ that begins a formula has no space behind it,
    one that ends it none before and no digit behind.
    """
    formulas: list[str] = []

    def mark(found: re.Match[str]) -> str:
        formula = found.group("dollars") or found.group("round")
        if not formula or len(formulas) == MOST_FORMULAS:
            return found.group()
        formulas.append(formula)
        return f"{_OPEN}{len(formulas) - 1}{_CLOSE}"

    clean = text.replace(_OPEN, "\ufffd").replace(_CLOSE, "\ufffd")
    return _CODE_OR_FORMULA.sub(mark, clean), formulas


def with_formulas_back(text: str, formula_of: Callable[[int], str]) -> str:
    """A text with the places of formulas filled."""
    return FORMULA_PLACE.sub(lambda found: formula_of(int(found.group(1))), text)
