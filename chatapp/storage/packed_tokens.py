"""Records of tokens as bytes: about a tenth of what they take in memory.

What belongs to the token itself is kept as it was measured, its alternatives to 5e-4 nat and 8e-6 of probability. Each
piece of text is written once, however often it is an alternative.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from chatapp.core.generation import Token
from chatapp.core.token_record import Candidate, TokenRecord

_FORMAT = 2  # 1 has no log_totals and no cut
_STEP_NATS = 5e-4  # of an alternative's log-probability
_MOST = 0xFFFF
_TOKEN = np.dtype(
    [
        ("lane", "<u2"), ("index", "<i4"), ("id", "<i4"), ("n_top", "<u2"), ("logprob", "<f4"), ("entropy", "<f4"),
        ("rank", "<u4"), ("p_sampled", "<f4"), ("others_p", "<f4"), ("others_p_sampled", "<f4"),
    ]
)  # fmt: skip
_NO_RECORD = _MOST  # in n_top


class _Packed(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """tokens: of _TOKEN; the alternatives of all tokens one after another, each of their figures apart since that
    compresses better. cutters: names, counted from 1; pieces: bytes of a token id; texts: what became readable;
    log_totals: of each token; cut: by the place of a token, where it is not 0."""

    format: int
    tokens: bytes
    texts: tuple[str, ...]
    ids: bytes
    logprobs: bytes
    sampled: bytes
    cuts: bytes
    cutters: tuple[str, ...]
    pieces: dict[int, bytes]
    log_totals: bytes = b""
    cut: dict[int, int] = {}


def packed(tokens: Sequence[Token]) -> bytes:
    """The tokens with their records."""
    top = [candidate for token in tokens if token.record is not None for candidate in token.record.top]
    cutters = tuple(sorted({candidate.cut_by for candidate in top if candidate.cut_by is not None}))
    pieces = {candidate.id: candidate.data for candidate in top} | {token.id: token.data for token in tokens}
    steps = [round(-candidate.logprob / _STEP_NATS) for candidate in top]
    values = _Packed(
        format=_FORMAT,
        tokens=np.array([_row(token) for token in tokens], dtype=_TOKEN).tobytes(),
        texts=tuple(token.text for token in tokens),
        ids=np.array([candidate.id for candidate in top], dtype="<u4").tobytes(),
        logprobs=np.clip(steps, 0, _MOST).astype("<u2").tobytes(),
        sampled=np.array([round(candidate.p_sampled * _MOST) for candidate in top], dtype="<u2").tobytes(),
        cuts=bytes(0 if c.cut_by is None else cutters.index(c.cut_by) + 1 for c in top),
        cutters=cutters,
        pieces=pieces,
        log_totals=np.array([t.record.log_total if t.record is not None else 0.0 for t in tokens], "<f4").tobytes(),
        cut={place: token.cut for place, token in enumerate(tokens) if token.cut},
    )
    return zlib.compress(msgspec.msgpack.encode(values))


def unpacked(data: bytes) -> list[Token]:
    """What `packed` was given. Raises ValueError where the bytes are damaged or of a later format."""
    try:
        values = msgspec.msgpack.decode(zlib.decompress(data), type=_Packed)
        return _tokens(values) if values.format in (1, _FORMAT) else _refuse(f"format {values.format}")
    except (zlib.error, msgspec.MsgspecError, KeyError, IndexError) as problem:
        return _refuse(str(problem))


def _refuse(reason: str) -> list[Token]:
    raise ValueError(f"token records can't be read: {reason}")


def _row(token: Token) -> tuple[float, ...]:
    record = token.record
    if record is None:
        return (token.lane, token.index, token.id, _NO_RECORD, 0, 0, 0, 0, 0, 0)
    return (
        token.lane, token.index, token.id, len(record.top), record.logprob, record.entropy, record.rank,
        record.p_sampled, record.others_p, record.others_p_sampled,
    )  # fmt: skip


def _tokens(values: _Packed) -> list[Token]:
    rows = np.frombuffer(values.tokens, dtype=_TOKEN)
    top = _candidates(values)
    found: list[Token] = []
    at = 0
    log_totals = np.frombuffer(values.log_totals, dtype="<f4") if values.format > 1 else np.zeros(len(rows))
    for place, (row, text, log_total) in enumerate(zip(rows, values.texts, log_totals, strict=True)):
        count = int(row["n_top"])
        record = None
        if count != _NO_RECORD:
            record = _record(row, tuple(top[at : at + count]), float(log_total))
            at += count
        token = int(row["id"])
        found.append(
            Token(
                lane=int(row["lane"]), index=int(row["index"]), id=token, text=text, data=values.pieces[token],
                record=record, cut=values.cut.get(place, 0),
            )
        )  # fmt: skip
    return found


def _candidates(values: _Packed) -> list[Candidate]:
    logprobs = np.frombuffer(values.logprobs, dtype="<u2") * -_STEP_NATS
    sampled = np.frombuffer(values.sampled, dtype="<u2") / _MOST
    ids = np.frombuffer(values.ids, dtype="<u4")
    return [
        Candidate(
            id=int(token),
            data=values.pieces[int(token)],
            logprob=float(logprob),
            p_sampled=float(p_sampled),
            cut_by=values.cutters[cut - 1] if cut else None,
        )
        for token, logprob, p_sampled, cut in zip(ids, logprobs, sampled, values.cuts, strict=True)
    ]


def _record(row: npt.NDArray[np.void], top: tuple[Candidate, ...], log_total: float) -> TokenRecord:
    return TokenRecord(
        logprob=float(row["logprob"]),
        entropy=float(row["entropy"]),
        rank=int(row["rank"]),
        p_sampled=float(row["p_sampled"]),
        top=top,
        others_p=float(row["others_p"]),
        others_p_sampled=float(row["others_p_sampled"]),
        log_total=log_total,
    )
