"""Done when: against a replay through the binding's low-level API, same llama_decode calls and softmax in float64:
chosen and top-k log-probabilities within 1e-4 nat, entropy within 1e-3, ranks equal; probabilities and those of all
others add up to 1 within 1e-6, sampled ones too; temperature 0 has rank 0. The bytes of all tokens are the reply and
the stop text that was cut. Every sampler changes p_sampled, and is named in cut_by where it cuts."""

from __future__ import annotations

import ctypes
import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np
import numpy.typing as npt
import pytest

from chatapp.core.generation import Token
from chatapp.core.models import LoadSpec
from chatapp.core.sampling import MIROSTAT_ORDER, SAMPLER_ORDER, LogitBias, SamplingSettings
from chatapp.core.token_record import TokenRecord
from chatapp.protocol.engine import Finished, RawPrompt, TokensEmitted
from chatapp.storage.paths import Paths
from chatapp.workers.client import EngineClient
from tests.acceptance.prompts import PROMPTS
from tests.steps import FREE, Step, step_after

pytestmark = pytest.mark.model

N_CTX, CHUNK, TOP = 2048, 512, 20
LONG = " ".join(PROMPTS) * 6  # several chunks
SENTENCE = 'root ::= [A-Z"] [a-z ,"]{20,400} "."'
Rows = npt.NDArray[np.float64]


def reply(client: EngineClient, text: str, sampling: SamplingSettings, probs: int = TOP) -> tuple[list[Token], str]:
    tokens: list[Token] = []
    for event in client.generate(RawPrompt(text=text), sampling, probs=probs):
        if isinstance(event, TokensEmitted):
            tokens += event.tokens
        elif isinstance(event, Finished):
            return tokens, event.text
    raise AssertionError


class Replay:
    """The binding's own model and context; one thread, as the worker's. log_total: of the last row."""

    log_total: float

    def __init__(self, path: Path) -> None:
        self.llama = llama_cpp.Llama(
            str(path), n_ctx=N_CTX, n_batch=CHUNK, n_threads=1, n_threads_batch=1, verbose=False, flash_attn=True,
            swa_full=True,
        )  # fmt: skip

    def logits(self) -> Rows:
        """Of the last token that was evaluated, (n_vocab,)."""
        pointer = llama_cpp.llama_get_logits_ith(self.llama.ctx, -1)
        row = np.ctypeslib.as_array(ctypes.cast(pointer, ctypes.POINTER(ctypes.c_float)), (self.llama.n_vocab(),))
        return row.astype(np.float64)

    def read(self, text: str) -> None:
        llama = self.llama
        llama.reset()
        add_bos = bool(llama_cpp.llama_vocab_get_add_bos(llama_cpp.llama_model_get_vocab(llama.model)))
        llama.eval(llama.tokenize(text.encode(), add_bos=add_bos, special=False))

    def rows(self, text: str, ids: Sequence[int]) -> Iterator[Rows]:
        """Log-probabilities (n_vocab,) before each of `ids`."""
        self.read(text)
        for token in ids:
            row = self.logits()
            self.log_total = row.max() + np.log(np.exp(row - row.max()).sum())
            yield row - self.log_total
            self.llama.eval([token])


def check(record: TokenRecord, token: int, row: Rows, log_total: float) -> None:
    assert record.logprob == pytest.approx(row[token], abs=1e-4)
    assert record.logit(record.logprob) == pytest.approx(row[token] + log_total, abs=1e-4)
    assert record.entropy == pytest.approx(-(np.exp(row) * row).sum(), abs=1e-3)
    assert record.rank == int((row > row[token]).sum())
    best = np.sort(row)[::-1][:TOP]
    assert [candidate.logprob for candidate in record.top] == pytest.approx(best.tolist(), abs=1e-4)
    for candidate in record.top:
        assert candidate.logprob == pytest.approx(row[candidate.id], abs=1e-4)
    assert sum(candidate.p for candidate in record.top) + record.others_p == pytest.approx(1.0, abs=1e-6)
    sampled = sum(candidate.p_sampled for candidate in record.top) + record.others_p_sampled
    assert sampled == pytest.approx(1.0, abs=1e-6)
    assert (record.p_sampled > 0.0) == any(c.id == token and c.p_sampled > 0 for c in record.top) or record.rank >= TOP


@pytest.mark.parametrize("model", ["starter_model", "gemma_model"])
def test_records_equal_a_replay_in_float64(
    model: str, request: pytest.FixtureRequest, rng: random.Random, long_run: bool
) -> None:
    path: Path = request.getfixturevalue(model)
    prompts = [*PROMPTS[:19], LONG] if long_run else [*rng.sample(PROMPTS, 2), LONG]
    asked = [
        (text, SamplingSettings(seed=rng.randrange(2**31), max_tokens=24, temperature=rng.choice((0.0, 0.8, 1.3))))
        for text in prompts
    ]
    with EngineClient() as client:
        client.load(LoadSpec(path=str(path), n_ctx=N_CTX, n_threads=1))
        replies = [reply(client, text, sampling)[0] for text, sampling in asked]
    replay = Replay(path)
    for (text, sampling), tokens in zip(asked, replies, strict=True):
        for token, row in zip(tokens, replay.rows(text, [token.id for token in tokens]), strict=True):
            assert token.record is not None
            check(token.record, token.id, row, replay.log_total)
            if sampling.temperature == 0.0:
                assert token.record.rank == 0
                assert token.record.p_sampled == 1.0
                assert {candidate.cut_by for candidate in token.record.top[1:]} <= {"temperature", "min_p", "top_p"}
    replay.llama.close()


def test_records_change_no_draw(starter_model: Path, rng: random.Random) -> None:
    seed = rng.randrange(2**31)
    with EngineClient() as client:
        client.load(LoadSpec(path=str(starter_model), n_ctx=N_CTX, n_threads=1))
        for settings in ({}, {"top_k": 0}, {"grammar": SENTENCE}, {"grammar": SENTENCE, "top_k": 0, "top_p": 1.0}):
            sampling = SamplingSettings(seed=seed, max_tokens=40, **settings)  # type: ignore[arg-type]
            plain, recorded = (reply(client, PROMPTS[0], sampling, probs)[0] for probs in (0, TOP))
            assert [token.id for token in plain] == [token.id for token in recorded]
            assert all(token.record is None for token in plain)


@pytest.mark.parametrize(
    ("cutter", "settings"),
    [
        ("top_k", {"top_k": 3}),
        ("top_p", {"top_p": 0.5}),
        ("min_p", {"min_p": 0.3}),
        ("typical", {"typical": 0.3}),
        ("top_n_sigma", {"top_n_sigma": 1.0}),
        ("xtc", {"xtc_probability": 1.0, "xtc_threshold": 0.02}),
        ("temperature", {"temperature": 0.0}),
        ("mirostat", {"mirostat": "1", "mirostat_tau": 2.0}),
        ("mirostat", {"mirostat": "2", "mirostat_tau": 2.0}),
        ("grammar", {"grammar": SENTENCE}),
    ],
)
def test_who_cuts_is_named(starter_model: Path, cutter: str, settings: dict[str, Any], rng: random.Random) -> None:
    values = {"temperature": 1.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0, "max_tokens": 12, **settings}
    sampling = SamplingSettings(**values, seed=rng.randrange(2**31))
    with EngineClient() as client:
        client.load(LoadSpec(path=str(starter_model), n_ctx=N_CTX, n_threads=1))
        tokens = reply(client, PROMPTS[1], sampling)[0]
        free = reply(client, PROMPTS[1], replace(FREE, max_tokens=24))[0]
    names = {candidate.cut_by for token in tokens if token.record is not None for candidate in token.record.top}
    assert names == {None, cutter}
    for token in tokens:
        assert token.record is not None
        for candidate in token.record.top:
            assert (candidate.p_sampled == 0.0) == (candidate.cut_by is not None)
    for token in free:
        assert token.record is not None
        for candidate in token.record.top:
            assert candidate.p_sampled == pytest.approx(candidate.p, rel=1e-3, abs=1e-7)
            assert candidate.cut_by is None


IN_RECORDS: dict[str, list[tuple[bool, Callable[[Step], dict[str, Any]]]]] = {
    "logit_bias": [
        (False, lambda step: {"logit_bias": (LogitBias(token=step.best[0], bias=-1.0),)}),
        (False, lambda step: {"logit_bias": (LogitBias(token=step.best[1], bias=-100.0),)}),  # far, but no -inf
    ],
    "penalties": [
        (False, lambda _: {"repeat_penalty": 1.3}),
        (False, lambda _: {"presence_penalty": 2.0}),
        (False, lambda _: {"frequency_penalty": 2.0}),
    ],
    "dry": [(False, lambda _: {"dry_multiplier": 5.0})],
    "top_n_sigma": [(True, lambda _: {"top_n_sigma": 1.0})],
    "top_k": [(True, lambda _: {"top_k": 3})],
    "typical": [(True, lambda _: {"typical": 0.3})],
    "top_p": [(True, lambda _: {"top_p": 0.5})],
    "min_p": [(True, lambda _: {"min_p": 0.3})],
    "xtc": [(True, lambda step: {"xtc_probability": 1.0, "xtc_threshold": step.xtc_threshold})],
    "temperature": [
        (True, lambda _: {"temperature": 0.0}),
        (False, lambda _: {"temperature": 0.7}),
        (False, lambda _: {"temperature": 1.5}),
        (False, lambda _: {"dynatemp": 0.5}),
        (False, lambda _: {"dynatemp": 2.0}),
    ],
    "grammar": [(True, lambda step: {"grammar": step.grammar})],
    "mirostat": [(True, lambda _, version=version: {"mirostat": version, "mirostat_tau": 2.0}) for version in "12"],
}
"""Of each sampler settings in which it alone changes p_sampled, and whether it cuts."""


def test_every_sampler_is_seen_in_p_sampled_and_named_where_it_cuts(starter_model: Path, rng: random.Random) -> None:
    assert {*IN_RECORDS, "draw"} == {*SAMPLER_ORDER, *MIROSTAT_ORDER}
    with step_after(starter_model, rng.sample(PROMPTS, len(PROMPTS))) as step:

        def recorded(**settings: Any) -> TokenRecord:
            chain = step.chain(replace(FREE, **settings), step.history)
            record = step.record(chain)
            chain.close()
            return record

        free = {candidate.id: candidate.p_sampled for candidate in recorded().top}
        for name, cases in IN_RECORDS.items():
            for cuts, make in cases:
                top = recorded(**(settings := make(step))).top
                changed = [c.id for c in top if abs(c.p_sampled / free[c.id] - 1.0) > 0.01]
                assert changed, settings
                assert {candidate.cut_by for candidate in top} == {None, name} if cuts else {None}, settings
                if cuts:
                    assert all((c.p_sampled == 0.0) == (c.cut_by == name) for c in top), settings


def test_the_first_who_cuts_is_named(starter_model: Path, rng: random.Random) -> None:
    """One after the other, and none is named for what another has taken before it."""
    with step_after(starter_model, rng.sample(PROMPTS, len(PROMPTS))) as step:
        p = step.p[step.best]
        settings = {"top_k": 30, "min_p": 0.9 * float(p[10] / p[0]), "temperature": 0.0}
        chain = step.chain(replace(FREE, **settings))
        top = step.record(chain).top
        chain.close()
    named = [candidate.cut_by for candidate in top]
    assert named[:1] == [None]
    assert set(named[1:11]) == {"temperature"}
    assert set(named[11:30]) <= {"temperature", "min_p"}
    assert named[29] == "min_p"
    assert set(named[30:]) == {"top_k"}


def test_bytes_of_all_tokens_are_the_reply_and_the_cut_stop_text(
    starter_model: Path, rng: random.Random, long_run: bool
) -> None:
    with EngineClient() as client:
        client.load(LoadSpec(path=str(starter_model), n_ctx=N_CTX, n_threads=1))
        for _ in range(200 if long_run else 12):
            stop = (rng.choice(("\n", " the", "。", ".", "e")),) if rng.random() < 0.7 else ()
            sampling = SamplingSettings(
                seed=rng.randrange(2**31), max_tokens=rng.randrange(1, 40), temperature=1.3, stop=stop
            )
            tokens, text = reply(client, rng.choice(PROMPTS), sampling, probs=1)
            data, cut = b"".join(token.data for token in tokens), tokens[-1].cut
            assert not any(token.cut for token in tokens[:-1])
            kept, rest = data[: len(data) - cut], data[len(data) - cut :]
            assert kept.decode("utf-8", "replace") == text
            assert "\ufffd" in text or kept == text.encode()
            assert not rest or rest.startswith(stop[0].encode())
            assert all(token.record is not None for token in tokens)


def test_the_terminal_prints_what_scripts_read(starter_library: Paths) -> None:
    command = [sys.executable, "-m", "chatapp", "generate", "--prompt", "The sky is", "--raw", "--max-tokens", "3"]
    done = subprocess.run(
        [*command, "--probs", "5", "--threads", "1", "--json"], capture_output=True, text=True, timeout=120, check=True
    )
    *tokens, _last = [json.loads(line) for line in done.stdout.splitlines()]
    for token in tokens:
        assert {"lane", "index", "id", "text", "bytes", "logprob", "p", "p_sampled", "entropy", "rank"} <= set(token)
        assert len(token["top"]) == 5
        assert set(token["top"][0]) == {"id", "text", "bytes", "logprob", "logit", "p", "p_sampled", "cut_by"}
        assert set(token["others"]) == {"p", "p_sampled"}
    refused = subprocess.run(
        [*command, "--probs", "101", "--json"], capture_output=True, text=True, timeout=120, check=False
    )
    assert refused.returncode == 1
    assert json.loads(refused.stdout)["kind"] == "bad_input"
