"""Tokens that are drawn soon after one another travel together."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from chatapp.core.generation import Token
from chatapp.protocol.engine import Finished, PromptProgress, TokensEmitted

GATHER_SECONDS = 0.05
Event = PromptProgress | TokensEmitted | Finished


def gathered(
    events: Iterator[Event],
    completed: Callable[[Sequence[Token]], tuple[Token, ...]],
    most: int,
    clock: Callable[[], float] = time.perf_counter,
) -> Iterator[Event]:
    """The same with tokens that come within GATHER_SECONDS of the last sent ones put together, at most `most` of them;
    completed: what is sent in their place.

    Every message wakes the reader, on a core that computes; nobody sees text arrive more often than that. A token
    waits at most until the next one.
    """
    waiting: list[TokensEmitted] = []

    def together() -> Iterator[TokensEmitted]:
        if waiting:
            tokens = completed([token for event in waiting for token in event.tokens])
            text = "".join(event.text for event in waiting)
            waiting.clear()
            yield TokensEmitted(request_id=request_id, tokens=tokens, text=text)

    request_id = 0
    sent = -GATHER_SECONDS
    try:
        for event in events:
            request_id = event.request_id
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
