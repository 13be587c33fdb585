"""Reads a grammar in llama.cpp's GBNF and checks it, with limits on all that could take time or memory.

Language: https://github.com/ggml-org/llama.cpp/blob/master/grammars/README.md, but for its references to tokens.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

MOST_RULES = 10_000  # with those made of groups and repetitions
MOST_SYMBOLS = 100_000
MOST_NESTED = 50
MOST_REPETITIONS = 1_000
LAST_CODE_POINT = 0x10FFFF
_NAME = re.compile(r"[A-Za-z0-9-]+")
_SPACE = re.compile(r"(?:[ \t]|#[^\r\n]*)*")
_SPACE_AND_LINES = re.compile(r"(?:[ \t\r\n]|#[^\r\n]*)*")
_COUNTS = re.compile(r"\{[ \t]*([0-9]{1,9})[ \t]*(,)?[ \t]*([0-9]{1,9})?[ \t]*\}")
_HEX = {"x": 2, "u": 4, "U": 8}
_ESCAPES = {"t": "\t", "r": "\r", "n": "\n", **{character: character for character in '\\"[]-'}}


class GrammarError(ValueError):
    """The message completes the sentence "The grammar can't be used: ..."."""


@dataclass(frozen=True, slots=True)
class Characters:
    """A set of code points: ranges with both ends in it, ascending and apart."""

    ranges: tuple[tuple[int, int], ...]

    def has(self, code_point: int) -> bool:
        return any(low <= code_point <= high for low, high in self.ranges)

    def meets(self, first: int, last: int) -> bool:
        """Whether one of `first` ... `last` is in it."""
        return any(low <= last and first <= high for low, high in self.ranges)


ANYTHING = Characters(((0, LAST_CODE_POINT),))
Symbol: TypeAlias = "Characters | int"
"""Characters of which one follows, or the number of a rule."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """rules[n]: its alternatives, each a sequence of symbols; root: the number of the first rule."""

    rules: tuple[tuple[tuple[Symbol, ...], ...], ...]
    root: int


def parse_grammar(text: str) -> Grammar:
    """Raises GrammarError."""
    return _Parser(text).grammar()


def characters(ranges: Iterable[tuple[int, int]], *, negated: bool = False) -> Characters:
    """Of `ranges` in any order, or of all that lies outside of them."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    if not negated:
        return Characters(tuple(merged))
    borders = [-1, *(border for low, high in merged for border in (low, high)), LAST_CODE_POINT + 1]
    gaps = ((borders[place] + 1, borders[place + 1] - 1) for place in range(0, len(borders), 2))
    return Characters(tuple((low, high) for low, high in gaps if low <= high))


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._numbers: dict[str, int] = {}
        self._rules: list[tuple[tuple[Symbol, ...], ...] | None] = []
        self._size = 0

    def grammar(self) -> Grammar:
        self._skip(_SPACE_AND_LINES)
        while self._at < len(self._text):
            self._rule()
        if "root" not in self._numbers:
            raise GrammarError("it has no rule named root")
        for name, number in self._numbers.items():
            if self._rules[number] is None:
                raise GrammarError(f"it uses the rule {name}, which it does not define")
        rules = tuple(rule for rule in self._rules if rule is not None)
        found = Grammar(rules, self._numbers["root"])
        names = {number: name for name, number in self._numbers.items()}
        for number in left_recursive(found):
            raise GrammarError(f"its rule {names.get(number, 'of a repetition')} begins with itself (left recursion)")
        if found.root not in ending(found):
            raise GrammarError("no text is ever complete under it")
        return found

    def _rule(self) -> None:
        name = self._name()
        number = self._number(name)
        if self._rules[number] is not None:
            raise self._problem(f"the rule {name} is defined a second time")
        self._skip(_SPACE)
        self._expect("::=")
        self._skip(_SPACE_AND_LINES)
        self._rules[number] = self._alternatives(0)
        if self._peek() == ")":
            raise self._problem("a group is closed that was not opened")
        self._skip(_SPACE_AND_LINES)

    def _alternatives(self, depth: int) -> tuple[tuple[Symbol, ...], ...]:
        found = [self._sequence(depth)]
        while self._peek() == "|":
            self._at += 1
            self._skip(_SPACE_AND_LINES)
            found.append(self._sequence(depth))
        return tuple(found)

    def _sequence(self, depth: int) -> tuple[Symbol, ...]:
        symbols: list[Symbol] = []
        last: list[Symbol] | None = None  # what a repetition would repeat
        while (next_one := self._peek()) and next_one not in "|)\r\n":
            if next_one in "*+?{":
                last = self._repeated(last)
            else:
                symbols += last or ()
                last = self._item(next_one, depth)
            self._skip(_SPACE_AND_LINES if depth else _SPACE)
        symbols += last or ()
        self._count(len(symbols))
        return tuple(symbols)

    def _item(self, begin: str, depth: int) -> list[Symbol]:
        match begin:
            case '"':
                return self._literal()
            case "[":
                return [self._class()]
            case "(":
                return [self._group(depth + 1)]
            case ".":
                self._at += 1
                return [ANYTHING]
            case "<" | "!":
                raise self._problem("references to tokens are not supported")
        if _NAME.match(begin):
            return [self._number(self._name())]
        raise self._problem(f"{begin!r} is not expected there")

    def _literal(self) -> list[Symbol]:
        self._at += 1
        found: list[Symbol] = []
        while self._peek() != '"':
            code_point = self._character()
            found.append(Characters(((code_point, code_point),)))
        self._at += 1
        return found

    def _class(self) -> Characters:
        self._at += 1
        negated = self._peek() == "^"
        self._at += negated
        ranges = []
        while self._peek() != "]":
            low = high = self._character()
            if self._peek() == "-" and self._text[self._at + 1 : self._at + 2] not in ("]", ""):
                self._at += 1
                high = self._character()
            if low > high:
                raise self._problem("a range of characters runs backwards")
            ranges.append((low, high))
        self._at += 1
        return characters(ranges, negated=negated)

    def _group(self, depth: int) -> int:
        if depth > MOST_NESTED:
            raise self._problem(f"more than {MOST_NESTED} groups lie in each other")
        self._at += 1
        self._skip(_SPACE_AND_LINES)
        number = self._new_rule()
        self._rules[number] = self._alternatives(depth)
        self._expect(")")
        return number

    def _repeated(self, item: list[Symbol] | None) -> list[Symbol]:
        """S{m,n} is S m times, then S'(n - m) with S'(x) ::= S S'(x - 1) | ; without an end S' ::= S S' | ."""
        least, most = self._bounds()
        if item is None:
            raise self._problem("there is nothing before it to be repeated")
        self._count(len(item) * max(least, most or 0))
        found = item * least
        if most is None:
            number = self._new_rule()
            self._rules[number] = ((*item, number), ())
            return [*found, number]
        rest: list[Symbol] = []
        for _ in range(most - least):
            number = self._new_rule()
            self._rules[number] = ((*item, *rest), ())
            rest = [number]
        return found + rest

    def _bounds(self) -> tuple[int, int | None]:
        simple: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
        if (mark := self._peek()) in simple:
            self._at += 1
            return simple[mark]
        found = _COUNTS.match(self._text, self._at)
        if found is None:
            raise self._problem("a number of repetitions is expected between braces")
        self._at = found.end()
        least = int(found[1])
        most = int(found[3]) if found[3] else None if found[2] else least
        if max(least, most or 0) > MOST_REPETITIONS:
            raise self._problem(f"more than {MOST_REPETITIONS:,} repetitions are too many")
        if most is not None and most < least:
            raise self._problem("the most repetitions are fewer than the least")
        return least, most

    def _character(self) -> int:
        character = self._peek()
        if character in ("", "\n", "\r"):
            raise self._problem("a text or a class of characters has no end")
        self._at += 1
        if character != "\\":
            return ord(character)
        kind = self._peek()
        self._at += 1
        if kind in _ESCAPES and kind:
            return ord(_ESCAPES[kind])
        digits = self._text[self._at : self._at + _HEX.get(kind, 0)]
        if not digits or len(digits) < _HEX[kind] or not all(digit in "0123456789abcdefABCDEF" for digit in digits):
            raise self._problem(f"the escape \\{kind} is unknown or not complete")
        self._at += len(digits)
        if int(digits, 16) > LAST_CODE_POINT:
            raise self._problem("there is no such character")
        return int(digits, 16)

    def _name(self) -> str:
        found = _NAME.match(self._text, self._at)
        if found is None:
            raise self._problem("the name of a rule is expected")
        self._at = found.end()
        return found[0]

    def _number(self, name: str) -> int:
        if name not in self._numbers:
            self._numbers[name] = self._new_rule()
        return self._numbers[name]

    def _new_rule(self) -> int:
        if len(self._rules) >= MOST_RULES:
            raise self._problem(f"with its repetitions it has more than {MOST_RULES:,} rules")
        self._rules.append(None)
        return len(self._rules) - 1

    def _count(self, symbols: int) -> None:
        self._size += symbols
        if self._size > MOST_SYMBOLS:
            raise self._problem(f"with its repetitions it has more than {MOST_SYMBOLS:,} symbols")

    def _expect(self, mark: str) -> None:
        if not self._text.startswith(mark, self._at):
            raise self._problem(f"{mark} is expected")
        self._at += len(mark)

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _skip(self, what: re.Pattern[str]) -> None:
        found = what.match(self._text, self._at)
        assert found is not None  # both match nothing too
        self._at = found.end()

    def _problem(self, what: str) -> GrammarError:
        return GrammarError(f"in line {self._text.count(chr(10), 0, self._at) + 1}, {what}")


def ending(grammar: Grammar) -> set[int]:
    """The rules that some text can complete."""
    return _closed(grammar, lambda symbol: bool(symbol.ranges))


def _closed(grammar: Grammar, counts: Callable[[Characters], bool]) -> set[int]:
    """The least set of rules with an alternative all of whose rules are in it and all of whose characters count."""
    users: dict[int, list[tuple[int, int]]] = {}
    missing: dict[tuple[int, int], int] = {}
    found: set[int] = set()
    work: list[int] = []
    for rule, alternatives in enumerate(grammar.rules):
        for place, symbols in enumerate(alternatives):
            if not all(isinstance(symbol, int) or counts(symbol) for symbol in symbols):
                continue
            wanted = [symbol for symbol in symbols if isinstance(symbol, int)]
            missing[rule, place] = len(wanted)
            for symbol in wanted:
                users.setdefault(symbol, []).append((rule, place))
            if not wanted:
                work.append(rule)
    while work:
        rule = work.pop()
        if rule in found:
            continue
        found.add(rule)
        for user in users.get(rule, ()):
            missing[user] -= 1
            if not missing[user]:
                work.append(user[0])
    return found


def left_recursive(grammar: Grammar) -> list[int]:
    """The rules that can begin with themselves before any character is read."""
    empty = _closed(grammar, lambda _symbol: False)
    first: list[set[int]] = []
    for alternatives in grammar.rules:
        begins: set[int] = set()
        for symbols in alternatives:
            for symbol in symbols:
                if isinstance(symbol, int):
                    begins.add(symbol)
                if symbol not in empty:
                    break
        first.append(begins)
    users: list[list[int]] = [[] for _ in first]
    for rule, begins in enumerate(first):
        for other in begins:
            users[other].append(rule)
    left = [len(begins) for begins in first]
    work = [rule for rule, count in enumerate(left) if not count]
    while work:  # what remains after all that begin only with what was taken away goes in a circle
        for user in users[work.pop()]:
            left[user] -= 1
            if not left[user]:
                work.append(user)
    return [rule for rule, count in enumerate(left) if count]
