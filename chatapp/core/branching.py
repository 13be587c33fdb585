"""Another way a reply could have gone on: its tokens up to a place, and another token there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chatapp.core.chat import Message
from chatapp.core.errors import error
from chatapp.core.generation import TEXT_BEFORE, Token
from chatapp.core.sentences import BRANCH_IN_CHARACTER
from chatapp.core.token_record import Candidate


def begun_with(
    reply: Message, tokens: Sequence[Token], at: int, candidate: Candidate
) -> tuple[Message, tuple[Token, ...]]:
    """`reply` as it would be with `candidate` in place of the token `at`, up to there, and the tokens of that.

    Raises AppError(BAD_INPUT) where the text would end inside a character.
    """
    before, token = tokens[:at], tokens[at]
    data = b"".join(token.data for token in before)
    try:
        text = (data + candidate.data).decode("utf-8")
    except UnicodeDecodeError:
        raise error(BRANCH_IN_CHARACTER) from None
    shown = sum(len(token.text) for token in before)
    record = token.record
    if record is not None:
        rank = next((rank for rank, other in enumerate(record.top) if other.id == candidate.id), record.rank)
        record = replace(record, logprob=candidate.logprob, p_sampled=candidate.p_sampled, rank=rank)
    other = Token(
        lane=token.lane,
        index=token.index,
        id=candidate.id,
        text=text[shown:],
        data=candidate.data,
        record=record,
    )
    is_known = all(token.id != TEXT_BEFORE for token in before)
    ids = (*(token.id for token in before), candidate.id) if is_known else ()
    return replace(reply, text=text, reply=replace(reply.reply, ids=ids)), (*before, other)
