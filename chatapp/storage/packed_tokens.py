"""Records of tokens as bytes: about a tenth of what they take in memory.

What belongs to the token itself is kept as it was measured, its alternatives to 5e-4 nat and 8e-6 of probability. Each
piece of text is written once, however often it is an alternative.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from chatapp.core.generation import Token
from chatapp.core.token_record import Alternatives, TokenRecord

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
    records = [token.record for token in tokens if token.record is not None]
    top = [record.alternatives for record in records]
    cutters = tuple(sorted({name for alternatives in top for name in alternatives.cutters}))
    ids = np.frombuffer(b"".join(alternatives.ids for alternatives in top), dtype="<i4")
    logits = np.frombuffer(b"".join(alternatives.logits for alternatives in top), dtype="<f4").astype(np.float64)
    totals = np.repeat([record.log_total for record in records], [len(alternatives) for alternatives in top])
    sampled = np.frombuffer(b"".join(alternatives.p_sampled for alternatives in top), dtype="<f4")
    pieces = dict(zip(ids.tolist(), (piece for alternatives in top for piece in alternatives.pieces), strict=True))
    values = _Packed(
        format=_FORMAT,
        tokens=np.array([_row(token) for token in tokens], dtype=_TOKEN).tobytes(),
        texts=tuple(token.text for token in tokens),
        ids=ids.astype("<u4").tobytes(),
        logprobs=np.clip(np.rint((totals - logits) / _STEP_NATS), 0, _MOST).astype("<u2").tobytes(),
        sampled=np.rint(sampled * _MOST).astype("<u2").tobytes(),
        cuts=b"".join(_recounted(alternatives, cutters) for alternatives in top),
        cutters=cutters,
        pieces=pieces | {token.id: token.data for token in tokens},
        log_totals=np.array([t.record.log_total if t.record is not None else 0.0 for t in tokens], "<f4").tobytes(),
        cut={place: token.cut for place, token in enumerate(tokens) if token.cut},
    )
    return zlib.compress(msgspec.msgpack.encode(values))


def _recounted(alternatives: Alternatives, cutters: Sequence[str]) -> bytes:
    """Its `cuts` as those of `cutters`."""
    places = bytes((0, *(cutters.index(name) + 1 for name in alternatives.cutters)))
    return bytes(places[cut] for cut in alternatives.cuts)


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
        token.lane, token.index, token.id, len(record.alternatives), record.logprob, record.entropy, record.rank,
        record.p_sampled, record.others_p, record.others_p_sampled,
    )  # fmt: skip


def _tokens(values: _Packed) -> list[Token]:
    rows = np.frombuffer(values.tokens, dtype=_TOKEN)
    log_totals = np.frombuffer(values.log_totals, dtype="<f4") if values.format > 1 else np.zeros(len(rows))
    counts = np.where(rows["n_top"] == _NO_RECORD, 0, rows["n_top"]).astype(np.int64)
    top = _alternatives(values, counts, np.repeat(log_totals, counts))
    return [
        Token(
            lane=int(row["lane"]), index=int(row["index"]), id=int(row["id"]), text=text,
            data=values.pieces[int(row["id"])], cut=values.cut.get(place, 0),
            record=None if row["n_top"] == _NO_RECORD else _record(row, alternatives, float(log_total)),
        )
        for place, (row, text, log_total, alternatives) in enumerate(
            zip(rows, values.texts, log_totals, top, strict=True)
        )
    ]  # fmt: skip


def _alternatives(
    values: _Packed, counts: npt.NDArray[np.int64], log_totals: npt.NDArray[np.floating]
) -> Iterator[Alternatives]:
    """counts: how many each token has; log_totals: of each alternative."""
    logprobs = np.frombuffer(values.logprobs, dtype="<u2") * -_STEP_NATS
    columns = (
        np.frombuffer(values.ids, dtype="<i4"),
        (logprobs + log_totals).astype("<f4"),
        (np.frombuffer(values.sampled, dtype="<u2") / _MOST).astype("<f4"),
        np.frombuffer(values.cuts, dtype=np.uint8),
    )
    if any(len(column) != counts.sum() for column in columns) or columns[3].max(initial=0) > len(values.cutters):
        _refuse("its columns do not match")
    ids, logits, sampled, cuts = columns
    ends = np.cumsum(counts).tolist()
    for first, end in zip([0, *ends], ends, strict=False):
        yield Alternatives(
            ids=ids[first:end].tobytes(),
            logits=logits[first:end].tobytes(),
            p_sampled=sampled[first:end].tobytes(),
            pieces=tuple(values.pieces[token] for token in ids[first:end].tolist()),
            cuts=cuts[first:end].tobytes(),
            cutters=values.cutters,
        )


def _record(row: npt.NDArray[np.void], alternatives: Alternatives, log_total: float) -> TokenRecord:
    return TokenRecord(
        logprob=float(row["logprob"]),
        entropy=float(row["entropy"]),
        rank=int(row["rank"]),
        p_sampled=float(row["p_sampled"]),
        alternatives=alternatives,
        others_p=float(row["others_p"]),
        others_p_sampled=float(row["others_p_sampled"]),
        log_total=log_total,
    )
