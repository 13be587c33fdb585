"""Token records as JSON and CSV: what a program reads there is what is stored."""

from __future__ import annotations

import csv
import io
import json
import random

from chatapp.core.chat import Message, Reply, Role
from chatapp.core.generation import FinishReason, Token, Usage
from chatapp.core.sampling import LogitBias, SamplingSettings
from chatapp.core.token_export import csv_of, json_of, token_values
from chatapp.core.token_record import Alternatives, Candidate, TokenRecord
from chatapp.storage.packed_tokens import packed, unpacked
from tests.unit.test_storage_packed_tokens import some_tokens

REPLY = Message(
    id="r",
    conversation_id="c",
    parent_id="q",
    role=Role.ASSISTANT,
    text="天空 is\n\"blue\"",
    created_at=1.0,
    reply=Reply(
        model="/home/somebody/models/Some Model.gguf",
        seed=42,
        finish_reason=FinishReason.LENGTH,
        reproducible=True,
        sampling=SamplingSettings(temperature=0.7, stop=("END",), logit_bias=(LogitBias(token=1, bias=-2.0),)),
        usage=Usage(
            prompt_tokens=1, cached_tokens=0, completion_tokens=2, prompt_ms=1.0, generate_ms=20.0, context_tokens=3
        ),
    ),
)  # fmt: skip


def token(text: str, *, data: bytes | None = None, record: TokenRecord | None = None) -> Token:
    return Token(lane=0, index=0, id=7, text=text, data=text.encode() if data is None else data, record=record)


def record_with(*texts: str) -> TokenRecord:
    top = tuple(Candidate(id=n, data=text.encode(), logprob=-n - 0.5, p_sampled=0.25) for n, text in enumerate(texts))
    return TokenRecord(
        logprob=-0.5, entropy=1.5, rank=0, p_sampled=0.5, alternatives=Alternatives.of(top),
        others_p=0.125, others_p_sampled=0.0
    )  # fmt: skip


def read_csv(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))


def test_json_and_csv_hold_what_is_stored(rng: random.Random) -> None:
    stored = unpacked(packed(some_tokens(rng, 300)))
    told = json.loads(json_of(REPLY, stored))["tokens"]
    rows = read_csv(csv_of(stored))
    assert len(told) == len(rows) == len(stored)
    for place, (kept, values, row) in enumerate(zip(stored, told, rows, strict=True)):
        assert values.pop("type") == "token"
        assert (values["index"], values["id"], values["text"]) == (place, kept.id, kept.text)
        assert bytes.fromhex(values["bytes"]) == bytes.fromhex(row["bytes"]) == kept.data
        assert (row["index"], row["id"], row["text"].removeprefix("'")) == (
            str(place), str(kept.id), kept.text.removeprefix("'"),
        )  # fmt: skip
        assert (values.get("cut", 0), row["cut_bytes"]) == (kept.cut, str(kept.cut))
        record = kept.record
        if record is None:
            assert "logprob" not in values
            own = ("index", "id", "text", "bytes", "cut_bytes")
            assert {value for name, value in row.items() if name not in own} == {""}
            continue
        names = ("logprob", "p", "p_sampled", "entropy", "rank")
        assert [values[name] for name in names] == [getattr(record, name) for name in names]
        assert [float(row[name]) for name in names] == [getattr(record, name) for name in names]
        assert float(row["surprisal_bits"]) == record.surprisal
        logit = record.logit(record.logprob)
        assert (values.get("logit"), row["logit"]) == (logit, "" if logit is None else str(logit))
        assert values["others"] == {"p": record.others_p, "p_sampled": record.others_p_sampled}
        assert (float(row["others_p"]), float(row["others_p_sampled"])) == (record.others_p, record.others_p_sampled)
        assert len(values["top"]) == len(record.top)
        for n, (candidate, other) in enumerate(zip(record.top, values["top"], strict=True), start=1):
            assert bytes.fromhex(other["bytes"]) == candidate.data
            assert (other["id"], other["p"], other["p_sampled"], other["cut_by"]) == (
                candidate.id, candidate.p, candidate.p_sampled, candidate.cut_by,
            )  # fmt: skip
            assert row[f"top{n}_id"] == str(candidate.id)
            assert (float(row[f"top{n}_p"]), float(row[f"top{n}_p_sampled"])) == (candidate.p, candidate.p_sampled)
            logit = record.logit(candidate.logprob)
            assert (other.get("logit"), row[f"top{n}_logit"]) == (logit, "" if logit is None else str(logit))
            assert row[f"top{n}_cut_by"] == (candidate.cut_by or "")
        assert row.get(f"top{len(record.top) + 1}_id", "") == ""


def test_json_tells_of_the_reply() -> None:
    told = json.loads(json_of(REPLY, [token("天空", record=record_with("天空")), token("", data=b"\xe5")]))
    assert told["text"] == REPLY.text
    assert (told["model"], told["seed"], told["finish_reason"]) == ("Some Model.gguf", 42, "length")
    assert (told["sampling"]["temperature"], told["sampling"]["stop"]) == (0.7, ["END"])
    assert told["sampling"]["logit_bias"] == [{"token": 1, "bias": -2.0}]
    assert told["usage"]["tokens_per_second"] == 100.0
    assert told["figures"] == {"n_tokens": 1, "perplexity": 1.6487212707001282, "mean_entropy": 1.5}
    assert "天空" in json_of(REPLY, []).decode()
    assert json.loads(json_of(REPLY, []))["tokens"] == []


def test_nothing_in_a_cell_is_a_formula() -> None:
    texts = ("=1+1", "+1", "-1", "@a", "\t=1", " =1", "\r-", "＝1", "－", "a=1", "'s", "")
    tokens = [token(text, record=record_with(text)) for text in texts]
    for row, text in zip(read_csv(csv_of(tokens)), texts, strict=True):
        for name in ("text", "top1_text"):
            assert row[name] == (text if text in ("a=1", "'s", "") else f"'{text}")
        assert not any(value.lstrip().startswith(("=", "+", "@")) for value in row.values())
        assert bytes.fromhex(row["bytes"]) == text.encode()


def test_a_spreadsheet_takes_the_csv_for_utf_8_and_every_row_for_one() -> None:
    data = csv_of([token('天空\n"blue", red;', record=record_with("a", "b")), token("plain")])
    assert data.startswith("\ufeffindex,id,text".encode())
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert [len(row) for row in rows] == [14 + 2 * 6] * 3


def test_tokens_of_a_reply_that_was_written_on_count_through() -> None:
    tokens = [token("a"), token("b"), token("c")]  # each run of the engine counts from 0
    assert [values["index"] for values in json.loads(json_of(REPLY, tokens))["tokens"]] == [0, 1, 2]
    assert [row["index"] for row in read_csv(csv_of(tokens))] == ["0", "1", "2"]


def test_the_values_of_a_token_without_a_record() -> None:
    assert token_values(token("a")) == {"lane": 0, "index": 0, "id": 7, "text": "a", "bytes": "61"}
