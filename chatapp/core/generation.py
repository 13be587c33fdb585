"""A generation: the tokens of a reply, why it ended and what it cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from chatapp.core.token_record import TokenRecord


class FinishReason(str, Enum):
    """STOP: the model ended the reply or wrote a stop string; LENGTH: a limit did; CANCELLED: a person did."""

    STOP = "stop"
    LENGTH = "length"
    CANCELLED = "cancelled"


TEXT_BEFORE = -1
"""The id of what a reply began with where its tokens are not known: all of it as one Token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One generated token.

    `data` is exact and empty for an end-of-generation token; `text` is what became readable with it, "" while a
    multi-byte character is still open. record: None where none was asked for. cut: only of the token with which a stop
    string ended the reply: how many bytes, at the end of those of all tokens up to it, are not the reply's; they may be
    more than its own.
    """

    lane: int
    index: int
    id: int
    text: str
    data: bytes
    record: TokenRecord | None = None
    cut: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Token counts, and wall-clock times in milliseconds. left_out: how many of the oldest messages did not fit."""

    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    prompt_ms: float
    generate_ms: float
    context_tokens: int
    left_out: int = 0

    @property
    def tokens_per_second(self) -> float:
        """Generated tokens per second, the prompt's evaluation left out; 0 where nothing was generated."""
        return self.completion_tokens * 1000.0 / self.generate_ms if self.generate_ms > 0 else 0.0


def spelling(text: str, tokens: Sequence[Token]) -> tuple[Token, ...]:
    """The first of `tokens`, whose bytes are exactly `text`; none where no first ones' are. Those behind them were cut
    with a stop text, or end the reply. A text that ends inside a token, or in half a character, has none."""
    wanted, length = text.encode("utf-8"), 0
    kept: list[Token] = []
    for token in tokens:
        if length >= len(wanted):
            break
        length += len(token.data)
        kept.append(token)
    return tuple(kept) if b"".join(token.data for token in kept) == wanted else ()


def reply_ids(tokens: Sequence[Token], text: str) -> tuple[int, ...]:
    """The ids of the tokens that spell the text of a reply; none where there are control tokens among them."""
    kept = spelling(text, tokens)
    return tuple(token.id for token in kept) if all(token.data for token in kept) else ()
