"""Another way a reply could have gone on: its tokens up to a place, and another token there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chatapp.core.chat import Message, Reply
from chatapp.core.errors import error
from chatapp.core.generation import TEXT_BEFORE, Token, spelling
from chatapp.core.models import AdapterSpec
from chatapp.core.sampling import SamplingSettings
from chatapp.core.sentences import BRANCH_IN_CHARACTER
from chatapp.core.token_record import Candidate


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """message: a reply whose text is to be written on; tokens: those of that text, where they are known; sampling: how,
    None for the settings of its conversation; adapters: with which, None for those in use."""

    message: Message
    tokens: tuple[Token, ...] = ()
    sampling: SamplingSettings | None = None
    adapters: tuple[AdapterSpec, ...] | None = None


def begun_before(reply: Message, tokens: Sequence[Token], at: int, sampling: SamplingSettings) -> Begun:
    """`reply` up to the token `at`, which is to be drawn again. Raises AppError(BAD_INPUT) inside a character."""
    before = tuple(tokens[:at])
    return Begun(message=up_to(reply, before), tokens=before, sampling=sampling)


def begun_with(reply: Message, tokens: Sequence[Token], at: int, candidate: Candidate) -> Begun:
    """`reply` with `candidate` in place of the token `at`, up to there.

    Raises AppError(BAD_INPUT) where the text would end inside a character.
    """
    before, token = tokens[:at], tokens[at]
    record = token.record
    if record is not None:
        rank = next((rank for rank, other in enumerate(record.top) if other.id == candidate.id), record.rank)
        record = replace(record, logprob=candidate.logprob, p_sampled=candidate.p_sampled, rank=rank)
    other = replace(token, id=candidate.id, text="", data=candidate.data, record=record, cut=0)
    message = up_to(reply, (*before, other))
    other = replace(other, text=message.text[sum(len(token.text) for token in before) :])
    return Begun(message=message, tokens=(*before, other))


def begun_whole(reply: Message, tokens: Sequence[Token]) -> Begun:
    """All of `reply`, with its tokens where they spell it."""
    return Begun(message=reply, tokens=spelling(reply.text, tokens))


def begun_empty(reply: Message, sampling: SamplingSettings, adapters: tuple[AdapterSpec, ...] | None) -> Begun:
    """Nothing of `reply`: it is written anew."""
    return Begun(message=replace(reply, text="", reply=Reply()), sampling=sampling, adapters=adapters)


def up_to(reply: Message, tokens: Sequence[Token]) -> Message:
    """`reply` of these of its tokens. Raises AppError(BAD_INPUT) where they end inside a character."""
    try:
        text = b"".join(token.data for token in tokens).decode("utf-8")
    except UnicodeDecodeError:
        raise error(BRANCH_IN_CHARACTER) from None
    is_known = all(token.id != TEXT_BEFORE for token in tokens)
    ids = tuple(token.id for token in tokens) if is_known else ()
    return replace(reply, text=text, reply=replace(reply.reply, ids=ids))
