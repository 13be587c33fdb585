"""A comparison: one prompt, continued in several lanes that differ in how tokens are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from chatapp.core.errors import ErrorInfo
from chatapp.core.generation import FinishReason, Token, Usage
from chatapp.core.sampling import SamplingSettings

MOST_LANES = 16  # that can be decoded together
LANES_AT_ONCE = 8  # of more than those, in a sweep
MOST_IN_SWEEP = 384


class LaneState(str, Enum):
    """INTERRUPTED: its worker or the app ended first; what was written can be continued."""

    WAITING = "waiting"
    WRITING = "writing"
    ENDED = "ended"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedPrompt:
    """raw: `text` is continued as it is, without `system` and a chat template."""

    text: str
    system: str = ""
    raw: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneResult:
    """One lane. sampling.seed: the one in use, None before it was begun; tokens: all that were shown, with records;
    finish_reason: None unless ENDED; error: why it FAILED or was INTERRUPTED."""

    sampling: SamplingSettings
    state: LaneState = LaneState.WAITING
    tokens: tuple[Token, ...] = ()
    text: str = ""
    finish_reason: FinishReason | None = None
    reproducible: bool = False
    usage: Usage | None = None
    error: ErrorInfo | None = None

    @property
    def can_go_on(self) -> bool:
        """Whether it ended before its time."""
        before_its_end = self.state in (LaneState.INTERRUPTED, LaneState.FAILED, LaneState.WAITING, LaneState.WRITING)
        return before_its_end or self.finish_reason is FinishReason.CANCELLED

    @property
    def can_be_sent(self) -> bool:
        """Whether it can stand as a reply in a chat."""
        return bool(self.text) and self.state in (LaneState.ENDED, LaneState.INTERRUPTED)

    @property
    def ids(self) -> tuple[int, ...]:
        return tuple(token.id for token in self.tokens)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """model: the path of its file; together: whether the lanes were decoded in one batch a step."""

    prompt: ComparedPrompt
    model: str
    lanes: tuple[LaneResult, ...]
    together: bool = True

    @property
    def is_sweep(self) -> bool:
        return is_sweep(len(self.lanes))


def is_sweep(n_lanes: int) -> bool:
    """Whether it is shown as a sweep: it has more lanes than are shown side by side."""
    return n_lanes > MOST_LANES
