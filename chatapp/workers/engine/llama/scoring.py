"""Forced decoding: given tokens evaluated in fixed chunks, with the record of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chatapp.core.errors import error
from chatapp.core.generation import Token
from chatapp.core.logits import best_logit
from chatapp.core.prompt_token import PromptToken
from chatapp.core.sentences import CANCELLED, PROMPT_EMPTY, PROMPT_TOO_LONG
from chatapp.core.token_record import TokenRecord
from chatapp.protocol.engine import PromptProgress, Score, Scored, TokensScored
from chatapp.workers.engine.cancel import CancelFlag
from chatapp.workers.engine.llama.context import CHUNK, Context
from chatapp.workers.engine.llama.records import Recorder
from chatapp.workers.engine.llama.vocabulary import Vocabulary
from chatapp.workers.engine.text import TextStream


def tokens_of(data: bytes, vocabulary: Vocabulary) -> tuple[list[PromptToken], int]:
    """The tokens of a text, control tokens in it as plain text, and how many of the first were put before it."""
    readable = TextStream(())
    before = [vocabulary.bos] if vocabulary.adds_bos else []
    tokens = [PromptToken(id=token, text="", data=b"", control=True) for token in before]
    for token in vocabulary.tokenize_bytes(data, special=False):
        piece = vocabulary.piece(token)
        tokens.append(PromptToken(id=token, text=readable.feed(piece)[0], data=piece))
    return tokens, len(before)


def score(
    request: Score,
    tokens: Sequence[PromptToken],
    n_before: int,
    context: Context,
    vocabulary: Vocabulary,
    cancel: CancelFlag,
) -> Iterator[PromptProgress | TokensScored | Scored]:
    """The records of all but the first `n_before` tokens, then one Scored; the context is empty afterwards. Raises
    AppError."""
    n_tokens = len(tokens) - n_before
    if not n_tokens:
        raise error(PROMPT_EMPTY)
    if len(tokens) > context.n_ctx:
        raise error(PROMPT_TOO_LONG, needed=len(tokens), limit=context.n_ctx)
    recorder = Recorder(vocabulary, request.probs)
    nll, n_scored = 0.0, 0
    record: TokenRecord | None = None  # of the token at `place`, known from the one before
    context.begin()
    context.clear()
    try:
        for start in range(0, len(tokens), CHUNK):
            yield PromptProgress(request_id=request.request_id, done=start, total=len(tokens))
            chunk = tokens[start : start + CHUNK]
            context.evaluate([token.id for token in chunk], all_logits=True)
            scored: list[Token] = []
            for at, token in enumerate(chunk):
                if cancel.is_set():
                    raise error(CANCELLED)
                place = start + at
                if place >= n_before:
                    scored.append(_scored(place - n_before, token, record))
                    if record is not None:
                        nll, n_scored = nll - record.logprob, n_scored + 1
                if place + 1 < len(tokens):
                    logits = context.logits(at)
                    best_logit(logits)
                    record = recorder.plain(logits, tokens[place + 1].id)
            yield TokensScored(request_id=request.request_id, tokens=tuple(scored))
    finally:
        context.clear()
    yield Scored(request_id=request.request_id, n_tokens=n_tokens, n_scored=n_scored, nll=nll)


def _scored(index: int, token: PromptToken, record: TokenRecord | None) -> Token:
    return Token(lane=0, index=index, id=token.id, text=token.text, data=token.data, record=record)
