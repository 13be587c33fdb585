"""Many tokens of a vocabulary followed through a grammar at once: those that begin alike take their steps together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from chatapp.workers.engine.gbnf import LAST_CODE_POINT, Characters, Grammar
from chatapp.workers.engine.grammar import Machine, State, TooManyWaysError

Places = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class TokenCharacters:
    """code_points: those of all tokens, one after the other; token i has counts[i] of them from starts[i] on, none
    where its bytes are not whole characters."""

    code_points: npt.NDArray[np.uint32]
    starts: Places
    counts: Places


def token_characters(pieces: Sequence[bytes]) -> TokenCharacters:
    texts = [_text(piece) for piece in pieces]
    counts = np.fromiter(map(len, texts), np.intp, len(texts))
    code_points = np.frombuffer("".join(texts).encode("utf-32-le"), np.uint32)
    return TokenCharacters(code_points, np.cumsum(counts) - counts, counts)


class Crowd:
    """The tokens of a vocabulary in one grammar.

    Characters between two borders of the grammar's ranges are of one kind: whatever it says of one, it says of all.
    """

    def __init__(self, grammar: Grammar, characters: TokenCharacters) -> None:
        borders = {0}
        for alternatives in grammar.rules:
            for symbol in (symbol for alternative in alternatives for symbol in alternative):
                if isinstance(symbol, Characters):
                    borders.update(border for low, high in symbol.ranges for border in (low, high + 1))
        self._examples = sorted(borders)
        is_border = np.zeros(LAST_CODE_POINT + 2, dtype=np.int32)
        is_border[self._examples[1:]] = 1
        self._kinds = np.cumsum(is_border, dtype=np.int32)[characters.code_points]
        self._starts, self._counts = characters.starts, characters.counts

    def allowed(self, machine: Machine, state: State, tokens: npt.NDArray[np.integer]) -> npt.NDArray[np.bool_]:
        """Which of `tokens`, all of whole characters, may follow `state`; none that needs too many ways."""
        starts, counts = self._starts[tokens], self._counts[tokens]
        allowed = np.zeros(len(tokens), dtype=np.bool_)
        groups = [(state, 0, np.arange(len(tokens)))]
        while groups:
            state, at, group = groups.pop()
            for after, some in self._divided(machine, state, self._kinds[starts[group] + at], group):
                is_read = counts[some] == at + 1
                allowed[some[is_read]] = True
                if not is_read.all():
                    groups.append((after, at + 1, some[~is_read]))
        return allowed

    def _divided(
        self, machine: Machine, state: State, kinds: npt.NDArray[np.int32], group: Places
    ) -> list[tuple[State, Places]]:
        """`group` by the state behind its next characters, which are of `kinds`; without those that can't follow."""
        numbers: dict[State, int] = {}
        number_of = np.full(len(self._examples), -1)
        for kind in np.flatnonzero(np.bincount(kinds)).tolist():
            after = _after(machine, state, self._examples[kind])
            if after:
                number_of[kind] = numbers.setdefault(after, len(numbers))
        found = number_of[kinds]
        return [(after, group[found == number]) for after, number in numbers.items()]


def _after(machine: Machine, state: State, code_point: int) -> State:
    try:
        return machine.step(state, code_point)
    except TooManyWaysError:
        return frozenset()


def _text(piece: bytes) -> str:
    try:
        return piece.decode("utf-8")
    except UnicodeDecodeError:
        return ""
