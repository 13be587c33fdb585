"""Asking a worker for lanes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from chatapp.core.generation import Token
from chatapp.core.sampling import SamplingSettings
from chatapp.protocol.engine import (
    Compared,
    LaneFailed,
    LaneFinished,
    LaneStart,
    Prompt,
    PromptProgress,
    RawPrompt,
    TokensEmitted,
)
from chatapp.workers.client import EngineClient


@dataclass
class Lanes:
    """By the number of each lane; progress: how many tokens of the prompt were evaluated, in order."""

    tokens: dict[int, list[Token]] = field(default_factory=dict)
    texts: dict[int, str] = field(default_factory=dict)
    finished: dict[int, LaneFinished] = field(default_factory=dict)
    failed: dict[int, LaneFailed] = field(default_factory=dict)
    progress: list[int] = field(default_factory=list)
    end: Compared | None = None

    def ids(self, lane: int) -> list[int]:
        return [token.id for token in self.tokens[lane]]


def starts(*samplings: SamplingSettings) -> list[LaneStart]:
    return [LaneStart(number=number, sampling=sampling) for number, sampling in enumerate(samplings)]


def run_lanes(
    client: EngineClient,
    prompt: Prompt | str,
    lanes: Sequence[LaneStart],
    probs: int = 0,
    on_tokens: Callable[[Lanes, TokensEmitted], None] = lambda _lanes, _event: None,
) -> Lanes:
    """on_tokens: called after each event with tokens."""
    found = Lanes({lane.number: [] for lane in lanes}, {lane.number: "" for lane in lanes})
    for event in client.compare(RawPrompt(text=prompt) if isinstance(prompt, str) else prompt, lanes, probs):
        match event:
            case PromptProgress(done=done):
                found.progress.append(done)
            case TokensEmitted():
                found.tokens[event.lane] += event.tokens
                found.texts[event.lane] += event.text
                on_tokens(found, event)
            case LaneFinished():
                found.finished[event.lane] = event
            case LaneFailed():
                found.failed[event.lane] = event
            case Compared():
                found.end = event
    return found
