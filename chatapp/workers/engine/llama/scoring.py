"""Forced decoding: a given text evaluated in fixed chunks, with the probability of each of its tokens."""

from __future__ import annotations

from collections.abc import Iterator

from chatapp.core.errors import error
from chatapp.core.score import ScoredToken, distribution_figures
from chatapp.core.sentences import CANCELLED, PROMPT_EMPTY, PROMPT_TOO_LONG
from chatapp.protocol.engine import PromptProgress, Score, Scored, TokensScored
from chatapp.workers.engine.cancel import CancelFlag
from chatapp.workers.engine.llama.context import CHUNK, Context
from chatapp.workers.engine.llama.vocabulary import Vocabulary
from chatapp.workers.engine.text import TextStream

_Figures = tuple[float, float, int] | tuple[None, None, None]


def score(
    request: Score, context: Context, vocabulary: Vocabulary, cancel: CancelFlag
) -> Iterator[PromptProgress | TokensScored | Scored]:
    """Scores, then one Scored; the context is empty afterwards. Raises AppError."""
    text_ids = vocabulary.tokenize_bytes(request.data, special=False)
    before = [vocabulary.bos] if vocabulary.adds_bos else []
    ids = [*before, *text_ids]
    if not text_ids:
        raise error(PROMPT_EMPTY)
    if len(ids) > context.n_ctx:
        raise error(PROMPT_TOO_LONG, needed=len(ids), limit=context.n_ctx)
    readable = TextStream(())
    nll, n_scored = 0.0, 0
    figures: _Figures = (None, None, None)  # of the token at `start`, known from the chunk before
    context.begin()
    context.clear()
    try:
        for start in range(0, len(ids), CHUNK):
            yield PromptProgress(request_id=request.request_id, done=start, total=len(ids))
            chunk = ids[start : start + CHUNK]
            context.evaluate(chunk, all_logits=True)
            scored: list[ScoredToken] = []
            for at, token in enumerate(chunk):
                if cancel.is_set():
                    raise error(CANCELLED)
                place = start + at
                if place >= len(before):
                    data = vocabulary.piece(token)
                    scored.append(_scored(place - len(before), token, readable.feed(data)[0], data, figures))
                    if figures[0] is not None:
                        nll, n_scored = nll - figures[0], n_scored + 1
                if place + 1 < len(ids):
                    figures = distribution_figures(context.logits(at), ids[place + 1])
            yield TokensScored(request_id=request.request_id, tokens=tuple(scored))
    finally:
        context.clear()
    yield Scored(request_id=request.request_id, n_tokens=len(text_ids), n_scored=n_scored, nll=nll)


def _scored(index: int, token: int, text: str, data: bytes, figures: _Figures) -> ScoredToken:
    logprob, entropy, rank = figures
    return ScoredToken(index=index, id=token, text=text, data=data, logprob=logprob, entropy=entropy, rank=rank)
