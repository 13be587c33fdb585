"""Tokens that are drawn soon after one another travel together."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from chatapp.core.generation import Token
from chatapp.protocol.engine import TokensEmitted

GATHER_SECONDS = 0.05
Other = TypeVar("Other")


def gathered(
    events: Iterator[TokensEmitted | Other],
    completed: Callable[[Sequence[Token]], Sequence[Token]],
    most: int,
    clock: Callable[[], float] = time.perf_counter,
) -> Iterator[TokensEmitted | Other]:
    """The same with those tokens of a lane put together that come within GATHER_SECONDS of the last sent ones, at most
    `most` of all lanes; completed: what is sent in their place.

    Every message wakes the reader, on a core that computes; nobody sees text arrive more often than that. A token
    waits at most until the next one.
    """
    waiting: list[TokensEmitted] = []

    def together() -> Iterator[TokensEmitted]:
        if waiting:
            tokens = completed([token for event in waiting for token in event.tokens])
            held = list(waiting)
            waiting.clear()
            for lane in dict.fromkeys(event.lane for event in held):
                yield TokensEmitted(
                    request_id=held[0].request_id,
                    tokens=tuple(token for token in tokens if token.lane == lane),
                    text="".join(event.text for event in held if event.lane == lane),
                    lane=lane,
                )

    sent = -GATHER_SECONDS
    try:
        for event in events:
            if not isinstance(event, TokensEmitted):
                yield from together()
                yield event
                continue
            waiting.append(event)
            if len(waiting) >= most or clock() - sent >= GATHER_SECONDS:
                yield from together()
                sent = clock()
        yield from together()
    except Exception:
        yield from together()
        raise
