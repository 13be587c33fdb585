"""A comparison as JSON, CSV and Markdown: what a program or a reader finds there is what was compared."""

from __future__ import annotations

import csv
import io
import json
import random
from dataclasses import asdict, replace
from itertools import pairwise

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token as Block

from chatapp.core.comparison import ComparedPrompt, Comparison, LaneResult, LaneState
from chatapp.core.comparison_export import comparison_values, csv_of, json_of, markdown_of
from chatapp.core.errors import error
from chatapp.core.generation import FinishReason, Token, Usage
from chatapp.core.lanes import figures_of, self_bleu
from chatapp.core.sampling import LogitBias, SamplingSettings
from chatapp.core.sentences import CHAT_FILE_NEWER
from chatapp.core.token_export import token_values
from tests.builders import token_record
from tests.unit.test_storage_packed_tokens import some_tokens

USAGE = Usage(prompt_tokens=4, cached_tokens=0, completion_tokens=3, prompt_ms=2.0, generate_ms=30.0, context_tokens=9)
NASTY = (
    "plain", "=1+1", "```\n# out\n```", "````text\n`````", "~~~\nx", "<script>alert(1)</script>", "",
    "天空 | \"blue\"\r\n", "`" * 40, "    ```\n\n```", "\n\n", "> ```\n> x",
)  # fmt: skip


def lane(number: int, *ids: int, text: str = "天空", sampling: SamplingSettings | None = None) -> LaneResult:
    tokens = [Token(lane=0, index=0, id=i, text=f"t{i}", data=b"t%d" % i, record=token_record(0.5)) for i in ids]
    end = Token(lane=0, index=0, id=99, text="", data=b"", record=token_record(0.25, entropy=2.0))
    return LaneResult(
        sampling=sampling or SamplingSettings(temperature=0.5 * number, seed=number),
        state=LaneState.ENDED,
        tokens=(*tokens, end),
        text=text,
        finish_reason=FinishReason.STOP,
        reproducible=True,
        usage=USAGE,
    )


FAILED = LaneResult(
    sampling=SamplingSettings(stop=("=END",), logit_bias=(LogitBias(token=1, bias=-2.0),), grammar='=root ::= "a"'),
    state=LaneState.FAILED,
    error=error(CHAT_FILE_NEWER, theirs="`9`").info,
)
COMPARED = Comparison(
    prompt=ComparedPrompt(text="Why is the sky blue?", system="Be brief."),
    model="/home/somebody/models/Some `Model`.gguf",
    lanes=(lane(0, 1, 2, 3), lane(1, 1, 2, 3), lane(2, 1, 4), FAILED),
)


def blocks(text: str) -> list[Block]:
    return MarkdownIt("commonmark").enable("table").parse(text)


def test_the_values_for_the_terminal() -> None:
    values = json.loads(json.dumps(comparison_values(COMPARED.lanes, 123.456)))
    assert [entry["lane"] for entry in values["lanes"]] == [0, 1, 2, 3]
    for entry, one in zip(values["lanes"], COMPARED.lanes, strict=True):
        for name in ("temperature", "top_k", "top_p", "min_p", "repeat_penalty", "seed"):
            assert entry[name] == getattr(one.sampling, name)
        assert entry.items() >= asdict(figures_of(one)).items()
        assert (entry["text"], entry["reproducible"]) == (one.text, one.reproducible)
    assert (values["lanes"][0]["finish_reason"], values["lanes"][3]["finish_reason"]) == ("stop", None)
    assert (values["lanes"][0]["n_tokens"], values["lanes"][3]["perplexity"]) == (3, None)
    assert values["first_divergence"] == [[0, 1, None], [0, 2, 1], [0, 3, 0], [1, 2, 1], [1, 3, 0], [2, 3, 0]]
    assert values["self_bleu"] == self_bleu([[1, 2, 3], [1, 2, 3], [1, 4], []])  # without the ends
    assert values["tokens_per_second"] == 123.46
    assert comparison_values([], None) == {
        "lanes": [], "first_divergence": [], "self_bleu": None, "tokens_per_second": None
    }  # fmt: skip


def test_json_holds_all_of_it(rng: random.Random) -> None:
    compared = replace(COMPARED, lanes=(*COMPARED.lanes, replace(lane(4), tokens=tuple(some_tokens(rng, 40)))))
    told = json.loads(json_of(compared))
    assert (told["type"], told["format"], told["version"]) == ("comparison", "chatapp-comparison", 1)
    assert told["prompt"] == {"text": "Why is the sky blue?", "system": "Be brief.", "raw": False}
    assert (told["model"], told["together"]) == ("Some `Model`.gguf", True)
    values = json.loads(json.dumps(comparison_values(compared.lanes, 400.0)))  # 4 lanes of 3 tokens in 30 ms
    assert told["tokens_per_second"] == values["tokens_per_second"] == 400.0
    assert (told["first_divergence"], told["self_bleu"]) == (values["first_divergence"], values["self_bleu"])
    for place, (entry, one) in enumerate(zip(told["lanes"], compared.lanes, strict=True)):
        assert entry.items() >= values["lanes"][place].items()
        assert entry["sampling"] == json.loads(json.dumps(asdict(one.sampling)))
        expected = [replace(token, lane=place, index=index) for index, token in enumerate(one.tokens)]
        assert entry["tokens"] == [{"type": "token", **json.loads(json.dumps(token_values(t)))} for t in expected]
    assert told["lanes"][0]["usage"]["completion_tokens"] == 3
    assert told["lanes"][3]["error"]["kind"] == "bad_input"
    assert "天空" in json_of(compared).decode()
    assert json.loads(json_of(Comparison(prompt=ComparedPrompt(text=""), model="", lanes=())))["lanes"] == []


@pytest.mark.parametrize("text", NASTY)
def test_csv_is_a_row_per_lane_and_no_formula(text: str) -> None:
    data = csv_of(replace(COMPARED, lanes=(lane(0, 1, 2, text=text), FAILED)))
    assert data.startswith("\ufefflane,temperature,top_k,top_p,min_p,repeat_penalty,seed,".encode())
    first, failed = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
    assert first["text"] == ("'=1+1" if text == "=1+1" else text)
    assert (first["lane"], first["temperature"], first["seed"], first["finish_reason"]) == ("0", "0.0", "0", "stop")
    assert float(first["perplexity"]) == figures_of(lane(0, 1, 2)).perplexity
    assert (failed["state"], failed["seed"], failed["perplexity"], failed["text"]) == ("failed", "", "", "")
    assert (failed["stop"], failed["grammar"]) == ('["=END"]', '\'=root ::= "a"')
    assert json.loads(failed["logit_bias"]) == [{"token": 1, "bias": -2.0}]
    assert set(asdict(SamplingSettings())) <= set(first)


@pytest.mark.parametrize("text", NASTY)
def test_no_text_leaves_its_fence(text: str) -> None:
    """As CommonMark reads it."""
    prompt = ComparedPrompt(text=text, system="system" + text)
    found = blocks(markdown_of(replace(COMPARED, prompt=prompt, lanes=(lane(0, 1, text=text), FAILED))))
    fences = [block for block in found if block.type == "fence"]
    lines = text.replace("\r\n", "\n") + "\n"
    assert [block.content for block in fences] == ["system" + lines, lines, lines, "\n"]
    headings = [after.content for block, after in pairwise(found) if block.type == "heading_open"]
    assert headings == ["Comparison", "System", "Prompt", "Lanes", "First divergence", "Lane 1", "Lane 2"]


def test_the_table_and_what_follows_it() -> None:
    text = markdown_of(COMPARED)
    cells = [after.content for b, after in pairwise(blocks(text)) if b.type == "td_open"]
    assert len(cells) == 4 * 14
    assert cells[14:28] == [
        "2", "0.5", "40", "0.95", "0.05", "1", "1", "3", "2.378", "1.250", "1.000", "1.000", "0.000", "stop"
    ]  # fmt: skip
    assert cells[42:] == ["4", "0.8", "40", "0.95", "0.05", "1", "", "0", "", "", "0.000", "0.000", "0.000", "failed"]
    assert "- Lanes 1 and 2 have the same tokens.\n- Lanes 1 and 3 differ from token 2 on.\n" in text
    assert "Self-BLEU: " in text
    assert "Model: `` Some `Model`.gguf ``" in text
    assert "`` " in text.split("## Lane 4")[1]  # why it failed, whatever signs are in it
    raw = markdown_of(replace(COMPARED, prompt=ComparedPrompt(text="Once", raw=True), lanes=(lane(0, 1),)))
    assert "## Prompt, continued as it is" in raw
    assert "Self-BLEU" not in raw
    assert "First divergence" not in raw
