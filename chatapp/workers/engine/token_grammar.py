"""Which tokens of a vocabulary may follow under a grammar. A token may end inside a character."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from chatapp.core.errors import AppError, error
from chatapp.core.sampling_sentences import GRAMMAR_TOO_WIDE
from chatapp.workers.engine.gbnf import LAST_CODE_POINT, Grammar
from chatapp.workers.engine.grammar import COMPLETE, MOST_WAYS, Machine, State, TooManyWaysError
from chatapp.workers.engine.token_characters import Crowd, TokenCharacters, token_characters

MOST_ALLOWED = 1_000  # as many of the best are looked for where the draws were refused
_NO_BYTE = 256  # stands for the first byte of a token without any
_CROWD = 100  # from as many on tokens are not looked at one by one


@dataclass(frozen=True)
class TokenTable:
    """pieces[id]: the exact bytes of a token, b"" for a control token; ends: the tokens that end a reply."""

    pieces: Sequence[bytes]
    ends: frozenset[int]
    first_bytes: npt.NDArray[np.int16]

    @cached_property
    def characters(self) -> TokenCharacters:
        return token_characters([piece if token not in self.ends else b"" for token, piece in enumerate(self.pieces)])


def token_table(pieces: Sequence[bytes], ends: frozenset[int]) -> TokenTable:
    """No grammar allows the character NUL, as with llama.cpp: a token with it counts as one without bytes."""
    pieces = [piece if 0 not in piece else b"" for piece in pieces]
    firsts = np.fromiter((piece[0] if piece else _NO_BYTE for piece in pieces), np.int16, len(pieces))
    return TokenTable(pieces, ends, firsts)


class TokenGrammar:
    """Where a reply stands in its grammar. All methods raise AppError where it can be read in too many ways."""

    def __init__(self, grammar: Grammar, table: TokenTable) -> None:
        self._table = table
        self._grammar = grammar
        self._crowd: Crowd | None = None
        try:
            self._machine = Machine(grammar)
        except TooManyWaysError:
            raise _too_wide() from None
        self._state: State = self._machine.start
        self._open = b""  # the bytes of a character not complete yet

    @property
    def is_over(self) -> bool:
        """Whether the reply is complete and nothing can follow."""
        return self._state == {COMPLETE} and not self._open

    def allows(self, token: int) -> bool:
        if token in self._table.ends:
            return COMPLETE in self._state and not self._open
        piece = self._table.pieces[token]
        return bool(piece) and self._after(piece) is not None

    def accept(self, token: int) -> None:
        """`token` is one that it allows."""
        if token not in self._table.ends:
            after = self._after(self._table.pieces[token])
            assert after is not None
            self._state, self._open = after

    def allowed_among(self, tokens: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
        """For each of `tokens`, whether it allows it; not where that needs too many ways. 3 us each for a few; 2 to 9
        ms for all of a vocabulary of 49,152, 10 to 30 ms for one of 262,144."""
        allowed = np.zeros(len(tokens), dtype=np.bool_)
        alone = np.ones(len(tokens), dtype=np.bool_)
        if self._open:  # only what goes on with the open character
            alone = self._table.first_bytes[tokens] >> 6 == 0b10
        elif len(tokens) >= _CROWD:
            if self._crowd is None:
                self._crowd = Crowd(self._grammar, self._table.characters)
            alone = self._table.characters.counts[tokens] == 0
            allowed[~alone] = self._crowd.allowed(self._machine, self._state, tokens[~alone])
        for place in np.flatnonzero(alone).tolist():
            with suppress(AppError):
                allowed[place] = self.allows(int(tokens[place]))
        self._machine.tidy(self._state)
        return allowed

    def best_allowed(self, logits: npt.NDArray[np.float32]) -> npt.NDArray[np.int32]:
        """The ids of at most MOST_ALLOWED tokens, the most likely first."""
        may_begin = np.array([self._after(bytes((byte,))) is not None for byte in range(256)] + [False])
        possible = may_begin[self._table.first_bytes]
        possible[list(self._table.ends)] = True
        ids = np.flatnonzero(possible & (logits > -np.inf))
        found: list[int] = []
        for token in ids[np.argsort(-logits[ids], kind="stable")].tolist():
            if self.allows(token):
                found.append(token)
                if len(found) == MOST_ALLOWED:
                    break
        return np.array(found, dtype=np.int32)

    def _after(self, piece: bytes) -> tuple[State, bytes] | None:
        """The state and the open bytes behind it; None where it can't follow."""
        data = self._open + piece
        try:
            text, rest = data.decode("utf-8"), b""
        except UnicodeDecodeError as problem:
            text, rest = data[: problem.start].decode("utf-8"), data[problem.start :]
        state = self._state
        try:
            for character in text:
                state = self._machine.step(state, ord(character))
                if not state:
                    return None
        except TooManyWaysError:
            raise _too_wide() from None
        if rest:
            completed = _completed(rest)
            if completed is None or not self._machine.meets(state, *completed):
                return None
        return state, rest


def _completed(data: bytes) -> tuple[int, int] | None:
    """The first and the last character that begin with the bytes of `data`; None where none does."""
    lead = data[0]
    length = 2 if 0xC2 <= lead < 0xE0 else 3 if 0xE0 <= lead < 0xF0 else 4 if 0xF0 <= lead < 0xF5 else 0
    missing = length - len(data)
    if missing <= 0 or any(byte >> 6 != 0b10 for byte in data[1:]):
        return None
    value = lead & (0xFF >> (length + 1))
    for byte in data[1:]:
        value = value << 6 | byte & 0x3F
    least = {2: 0x80, 3: 0x800, 4: 0x10000}[length]  # what needs fewer bytes is not written with more
    first, last = value << 6 * missing, ((value + 1) << 6 * missing) - 1
    first, last = max(first, least), min(last, LAST_CODE_POINT)
    if first >= 0xD800 and last <= 0xDFFF:
        return None
    return (first, last) if first <= last else None


def _too_wide() -> AppError:
    return error(GRAMMAR_TOO_WIDE, limit=f"{MOST_WAYS:,}")
