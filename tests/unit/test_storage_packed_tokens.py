"""Token records packed and unpacked."""

from __future__ import annotations

import math
import random
import zlib

import msgspec
import pytest

from chatapp.core.generation import Token
from chatapp.core.token_record import Alternatives, Candidate, TokenRecord
from chatapp.storage.packed_tokens import packed, unpacked


def some_tokens(rng: random.Random, count: int) -> list[Token]:
    pieces = [bytes(rng.choices(range(256), k=rng.randrange(1, 6))) for _ in range(500)]

    def candidate() -> Candidate:
        token = rng.randrange(500)
        return Candidate(
            id=token,
            data=pieces[token],
            logprob=-rng.random() * 30,
            p_sampled=rng.choice((0.0, rng.random())),
            cut_by=rng.choice((None, "top_k", "top_p", "min_p")),
        )

    def token(index: int) -> Token:
        number, log_total = rng.randrange(500), rng.choice((0.0, rng.random() * 40))
        record = TokenRecord(
            logprob=-rng.random() * 30,
            entropy=rng.random() * 10,
            rank=rng.randrange(200_000),
            p_sampled=rng.random(),
            alternatives=Alternatives.of([candidate() for _ in range(rng.randrange(0, 21))], log_total),
            others_p=rng.random(),
            others_p_sampled=rng.random(),
            log_total=log_total,
        )
        text = pieces[number].decode("utf-8", "ignore")
        return Token(
            lane=0, index=index, id=number, text=text, data=pieces[number],
            record=rng.choice((record, record, None)), cut=rng.choice((0, 0, 0, rng.randrange(300))),
        )  # fmt: skip

    return [token(index) for index in range(count)]


def test_what_is_packed_comes_back(rng: random.Random) -> None:
    tokens = some_tokens(rng, 200)
    again = unpacked(packed(tokens))
    for before, after in zip(tokens, again, strict=True):
        assert (before.lane, before.index, before.id, before.text, before.data, before.cut) == (
            after.lane, after.index, after.id, after.text, after.data, after.cut
        )  # fmt: skip
        assert (before.record is None) == (after.record is None)
        if before.record is None or after.record is None:
            continue
        assert math.isclose(before.record.logprob, after.record.logprob, rel_tol=1e-6)
        assert math.isclose(before.record.entropy, after.record.entropy, rel_tol=1e-6)
        assert before.record.rank == after.record.rank
        assert math.isclose(before.record.log_total, after.record.log_total, rel_tol=1e-6)
        for old, new in zip(before.record.top, after.record.top, strict=True):
            assert (old.id, old.data, old.cut_by) == (new.id, new.data, new.cut_by)
            assert abs(old.logprob - new.logprob) <= 2.6e-4
            assert abs(old.p_sampled - new.p_sampled) <= 1e-5
    assert unpacked(packed([])) == []


def test_what_an_earlier_version_packed_is_read(rng: random.Random) -> None:
    tokens = some_tokens(rng, 50)
    values = msgspec.msgpack.decode(zlib.decompress(packed(tokens)))
    assert values[0] == 2
    again = unpacked(zlib.compress(msgspec.msgpack.encode([1, *values[1:9]])))
    assert [(token.id, token.data, token.cut) for token in again] == [(token.id, token.data, 0) for token in tokens]
    for token in again:
        assert token.record is None or token.record.logit(token.record.logprob) is None
    with pytest.raises(ValueError, match="can't be read: format 3"):
        unpacked(zlib.compress(msgspec.msgpack.encode([3, *values[1:]])))


def test_damaged_records_are_refused_in_one_way(rng: random.Random) -> None:
    """Some bits of a compressed file mean nothing: where one of those is turned, the tokens are the same."""
    good = packed(some_tokens(rng, 20))
    tokens = unpacked(good)
    refusals: list[str] = []
    for _ in range(200):
        bad = bytearray(good)
        bad[rng.randrange(len(bad))] ^= 1 << rng.randrange(8)
        try:
            assert unpacked(bytes(bad[: rng.choice((len(bad), len(bad) // 2))])) == tokens
        except ValueError as refusal:
            refusals.append(str(refusal))
    assert len(refusals) > 180
    assert all(refusal.startswith("token records can't be read: ") for refusal in refusals)
