"""Done when: against a replay through the binding's low-level API, same llama_decode calls and softmax in float64:
chosen and top-k log-probabilities within 1e-4 nat, entropy within 1e-3, ranks equal; probabilities and those of all
others add up to 1 within 1e-6, sampled ones too; temperature 0 has rank 0. The bytes of all tokens are the reply and
the stop text that was cut."""

from __future__ import annotations

import ctypes
import json
import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import llama_cpp
import numpy as np
import numpy.typing as npt
import pytest

from chatapp.core.generation import Token
from chatapp.core.models import LoadSpec
from chatapp.core.sampling import SamplingSettings
from chatapp.core.token_record import TokenRecord
from chatapp.protocol.engine import Finished, RawPrompt, TokensEmitted
from chatapp.storage.paths import Paths
from chatapp.workers.client import EngineClient
from tests.acceptance.prompts import PROMPTS

pytestmark = pytest.mark.model

N_CTX, CHUNK, TOP = 2048, 512, 20
LONG = " ".join(PROMPTS) * 6  # several chunks
FREE = SamplingSettings(temperature=1.0, top_k=0, top_p=1.0, min_p=0.0, max_tokens=24)
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
    """The binding's own model and context; one thread, as the worker's."""

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
            row -= row.max()
            yield row - np.log(np.exp(row).sum())
            self.llama.eval([token])


def check(record: TokenRecord, token: int, row: Rows) -> None:
    assert record.logprob == pytest.approx(row[token], abs=1e-4)
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
            check(token.record, token.id, row)
            if sampling.temperature == 0.0:
                assert token.record.rank == 0
                assert token.record.p_sampled == 1.0
                assert {candidate.cut_by for candidate in token.record.top[1:]} <= {"temperature", "min_p", "top_p"}
    replay.llama.close()


def test_records_change_no_draw(starter_model: Path, rng: random.Random) -> None:
    seed = rng.randrange(2**31)
    with EngineClient() as client:
        client.load(LoadSpec(path=str(starter_model), n_ctx=N_CTX, n_threads=1))
        for sampling in (
            SamplingSettings(seed=seed, max_tokens=40),
            SamplingSettings(seed=seed, max_tokens=40, top_k=0),
        ):
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
    ],
)
def test_who_cuts_is_named(starter_model: Path, cutter: str, settings: dict[str, float], rng: random.Random) -> None:
    values = {"temperature": 1.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0, "max_tokens": 12, **settings}
    sampling = SamplingSettings(**values, seed=rng.randrange(2**31))  # type: ignore[arg-type]
    with EngineClient() as client:
        client.load(LoadSpec(path=str(starter_model), n_ctx=N_CTX, n_threads=1))
        tokens = reply(client, PROMPTS[1], sampling)[0]
        free = reply(client, PROMPTS[1], FREE)[0]
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
            data = b"".join(token.data for token in tokens)
            rest = data[len(text.encode()) :] if data.startswith(text.encode()) else None
            if rest is None:  # it ended inside a character
                assert text.endswith("\ufffd")
            else:
                assert not rest or stop[0].encode() in rest
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
        assert set(token["top"][0]) == {"id", "text", "bytes", "logprob", "p", "p_sampled", "cut_by"}
        assert set(token["others"]) == {"p", "p_sampled"}
    refused = subprocess.run(
        [*command, "--probs", "101", "--json"], capture_output=True, text=True, timeout=120, check=False
    )
    assert refused.returncode == 1
    assert json.loads(refused.stdout)["kind"] == "bad_input"
