"""Made-up lanes of a comparison."""

from __future__ import annotations

import math

from chatapp.core.comparison import ComparedPrompt, Comparison, LaneResult, LaneState
from chatapp.core.generation import FinishReason, Token, Usage
from chatapp.core.sampling import SamplingSettings
from chatapp.core.token_record import Alternatives, TokenRecord
from tests.builders import candidate


def token(word: str, index: int = 0, *, p: float = 0.5, p_sampled: float = 0.8, entropy: float = 1.0) -> Token:
    """Its id follows from its text. Beside it there is one alternative, which takes the rest."""
    identity = sum(ord(c) << 4 * at for at, c in enumerate(word)) % 50_000
    top = (
        candidate(identity, word.encode(), p, p_sampled=p_sampled),
        candidate(50_001, b" other", 1 - p, p_sampled=1 - p_sampled, cut_by="top_p" if p_sampled == 1.0 else None),
    )
    record = TokenRecord(
        logprob=math.log(p),
        entropy=entropy,
        rank=0,
        p_sampled=p_sampled,
        alternatives=Alternatives.of(top),
        others_p=0.0,
        others_p_sampled=0.0,
    )
    return Token(lane=0, index=index, id=identity, text=word, data=word.encode(), record=record)


def lane(
    text: str = "",
    *,
    temperature: float = 0.8,
    seed: int | None = 1,
    p: float = 0.5,
    p_sampled: float = 0.8,
    state: LaneState = LaneState.ENDED,
    reason: FinishReason | None = FinishReason.LENGTH,
    max_tokens: int = 64,
    tokens: tuple[Token, ...] = (),
) -> LaneResult:
    """A token per word of `text`, each with its space before it; the given `tokens` come first."""
    words = [f" {word}" for word in text.split(" ")] if text else []
    written = tokens + tuple(token(word, len(tokens) + at, p=p, p_sampled=p_sampled) for at, word in enumerate(words))
    usage = Usage(
        prompt_tokens=5, cached_tokens=0, completion_tokens=len(written), prompt_ms=1.0,
        generate_ms=100.0 * len(written), context_tokens=5 + len(written),
    )  # fmt: skip
    ended = state is LaneState.ENDED
    return LaneResult(
        sampling=SamplingSettings(temperature=temperature, seed=seed, max_tokens=max_tokens),
        state=state,
        tokens=written,
        text="".join(t.text for t in written),
        finish_reason=reason if ended else None,
        usage=usage if ended else None,
    )


def comparison(*lanes: LaneResult, together: bool = True) -> Comparison:
    return Comparison(prompt=ComparedPrompt(text="Tell a tale"), model="/models/m.gguf", lanes=lanes, together=together)
