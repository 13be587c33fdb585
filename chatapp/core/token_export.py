"""Token records for other programs: the values of a token by name, a reply as JSON and as CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import PureWindowsPath

from chatapp.core.chat import Message
from chatapp.core.course import Course
from chatapp.core.generation import Token, Usage
from chatapp.core.token_record import Candidate, TokenRecord

FORMAT, VERSION = "chatapp-token-records", 1
_TOKEN = (
    "index", "id", "text", "bytes", "cut_bytes", "p", "logprob", "logit", "surprisal_bits", "entropy", "rank",
    "p_sampled", "others_p", "others_p_sampled",
)  # fmt: skip
_ALTERNATIVE = ("id", "text", "p", "logit", "p_sampled", "cut_by")
_FORMULA = tuple("=+-@＝＋－＠")


def token_values(token: Token) -> dict[str, object]:
    """The keys and values of a token, as `chatapp generate --json` prints them."""
    known = {} if token.record is None else _record_values(token.record)
    return {
        "lane": token.lane,
        "index": token.index,
        "id": token.id,
        "text": token.text,
        "bytes": token.data.hex(),
        **({"cut": token.cut} if token.cut else {}),
        **known,
    }


def usage_values(usage: Usage) -> dict[str, object]:
    """The keys and values of what a reply cost, as `chatapp generate --json` prints them."""
    return {
        "prompt_tokens": usage.prompt_tokens,
        "cached_tokens": usage.cached_tokens,
        "left_out_messages": usage.left_out,
        "completion_tokens": usage.completion_tokens,
        "prompt_ms": round(usage.prompt_ms, 3),
        "generate_ms": round(usage.generate_ms, 3),
        "tokens_per_second": round(usage.tokens_per_second, 2),
    }


def json_of(message: Message, tokens: Sequence[Token]) -> bytes:
    """The reply's facts, and each token on a line of its own."""
    reply, figures = message.reply, Course(token.record for token in tokens).figures()
    facts = {
        "format": FORMAT,
        "version": VERSION,
        "text": message.text,
        "model": PureWindowsPath(reply.model).name,  # its folder concerns nobody else
        "seed": reply.seed,
        "finish_reason": None if reply.finish_reason is None else reply.finish_reason.value,
        "reproducible": reply.reproducible,
        "sampling": None if reply.sampling is None else asdict(reply.sampling),
        "usage": None if reply.usage is None else usage_values(reply.usage),
        "figures": None if figures is None else asdict(figures),
    }
    head = json.dumps(facts, ensure_ascii=False, indent=1).removesuffix("\n}")
    lines = (json.dumps({"type": "token", **token_values(token)}, ensure_ascii=False) for token in _counted(tokens))
    return (head + ',\n "tokens": [\n' + ",\n".join(lines) + "\n ]\n}\n").encode("utf-8")


def csv_of(tokens: Sequence[Token]) -> bytes:
    """A row per token, with as many alternatives as any of them has.

    It begins with a byte order mark, without which spreadsheets take UTF-8 for something else. They would also take a
    text for a formula by its first sign: such a text has an apostrophe before it. `bytes` is exact, in hex.
    """
    widest = max((len(token.record.alternatives) for token in tokens if token.record is not None), default=0)
    stream = io.StringIO(newline="")
    rows = csv.writer(stream)
    heading = [*_TOKEN, *(f"top{n}_{name}" for n in range(1, widest + 1) for name in _ALTERNATIVE)]
    rows.writerow(heading)
    for token in _counted(tokens):
        row = _row(token)
        rows.writerow(row + [""] * (len(heading) - len(row)))
    return stream.getvalue().encode("utf-8-sig")


def harmless(text: str) -> str:
    """For the cell of a spreadsheet, which must not take it for a formula. Blanks before the sign do not help: some
    programs drop them."""
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text


def _counted(tokens: Sequence[Token]) -> Iterator[Token]:
    """Each with its place as its index: those of a reply that was written on count from there."""
    return (replace(token, index=place) for place, token in enumerate(tokens))


def _record_values(record: TokenRecord) -> dict[str, object]:
    return {
        "logprob": record.logprob,
        **_logit(record, record.logprob),
        "p": record.p,
        "p_sampled": record.p_sampled,
        "entropy": record.entropy,
        "rank": record.rank,
        "top": [
            {
                "id": candidate.id,
                "text": _text(candidate),
                "bytes": candidate.data.hex(),
                "logprob": candidate.logprob,
                **_logit(record, candidate.logprob),
                "p": candidate.p,
                "p_sampled": candidate.p_sampled,
                "cut_by": candidate.cut_by,
            }
            for candidate in record.top
        ],
        "others": {"p": record.others_p, "p_sampled": record.others_p_sampled},
    }


def _logit(record: TokenRecord, logprob: float) -> dict[str, float]:
    """Nothing where it is not known."""
    logit = record.logit(logprob)
    return {} if logit is None else {"logit": logit}


def _row(token: Token) -> list[object]:
    about: list[object] = [token.index, token.id, harmless(token.text), token.data.hex(" "), token.cut]
    if (record := token.record) is None:
        return about
    about += [
        record.p, record.logprob, _cell(record.logit(record.logprob)), record.surprisal, record.entropy, record.rank,
        record.p_sampled, record.others_p, record.others_p_sampled,
    ]  # fmt: skip
    for candidate in record.top:
        about += [
            candidate.id, harmless(_text(candidate)), candidate.p, _cell(record.logit(candidate.logprob)),
            candidate.p_sampled, candidate.cut_by or "",
        ]  # fmt: skip
    return about


def _cell(value: float | None) -> float | str:
    return "" if value is None else value


def _text(candidate: Candidate) -> str:
    return candidate.data.decode("utf-8", "replace")
