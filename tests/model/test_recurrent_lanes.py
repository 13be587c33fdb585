"""A model whose state can't be shared in parts: its lanes are written one after another, with the same ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from chatapp.core.generation import FinishReason
from chatapp.core.models import LoadSpec
from chatapp.core.sampling import SamplingSettings
from chatapp.protocol.engine import LaneStart, TokensEmitted
from chatapp.workers.client import EngineClient
from tests.gguf_files import FLOAT32, STRING, UINT32, GgufFile, sentence_pieces
from tests.lane_requests import Lanes, run_lanes, starts

pytestmark = pytest.mark.model
N_EMBD, N_INNER, N_STATE, N_CONV, DT_RANK = 32, 64, 8, 4, 4
WARM = SamplingSettings(temperature=1.0, top_k=0, top_p=1.0, min_p=0.0, max_tokens=12)


def tiny_mamba() -> GgufFile:
    """One layer of Mamba (Gu and Dao 2023) with random weights."""
    file = GgufFile()
    file.set("general.architecture", STRING, "mamba")
    numbers = {
        "context_length": 2048, "embedding_length": N_EMBD, "block_count": 1, "feed_forward_length": 0,
        "attention.head_count": 0, "ssm.conv_kernel": N_CONV, "ssm.inner_size": N_INNER, "ssm.state_size": N_STATE,
        "ssm.time_step_rank": DT_RANK,
    }  # fmt: skip
    for name, value in numbers.items():
        file.set(f"mamba.{name}", UINT32, value)
    file.set("mamba.attention.layer_norm_rms_epsilon", FLOAT32, 1e-5)
    n_tokens = sentence_pieces(file)
    random = np.random.default_rng(1)

    def add(name: str, *shape: int) -> None:
        file.add(name, random.standard_normal(shape, dtype=np.float32) * np.float32(0.3))

    add("token_embd.weight", n_tokens, N_EMBD)
    add("output_norm.weight", N_EMBD)
    add("blk.0.attn_norm.weight", N_EMBD)
    add("blk.0.ssm_in.weight", 2 * N_INNER, N_EMBD)
    add("blk.0.ssm_conv1d.weight", N_INNER, N_CONV)
    add("blk.0.ssm_conv1d.bias", N_INNER)
    add("blk.0.ssm_x.weight", DT_RANK + 2 * N_STATE, N_INNER)
    add("blk.0.ssm_dt.weight", N_INNER, DT_RANK)
    add("blk.0.ssm_dt.bias", N_INNER)
    file.add("blk.0.ssm_a", -np.abs(random.standard_normal((N_INNER, N_STATE), dtype=np.float32)))
    add("blk.0.ssm_d", N_INNER)
    add("blk.0.ssm_out.weight", N_EMBD, N_INNER)
    return file


@pytest.fixture(scope="module")
def recurrent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineClient]:
    path: Path = tiny_mamba().write(tmp_path_factory.mktemp("mamba") / "tiny.gguf")
    with EngineClient() as client:
        client.load(LoadSpec(path=str(path), n_ctx=256, n_threads=1))
        yield client


def test_lanes_are_written_one_after_another_and_it_is_said(recurrent: EngineClient) -> None:
    samplings = [replace(WARM, seed=n) for n in range(3)]
    order: list[int] = []
    lanes = run_lanes(recurrent, "abc", starts(*samplings), 2, lambda _lanes, event: order.append(event.lane))
    assert lanes.end is not None
    assert not lanes.end.together
    assert order == sorted(order)
    assert set(order) == {0, 1, 2}
    assert lanes.end.n_tokens == sum(len(tokens) for tokens in lanes.tokens.values())
    for number, sampling in enumerate(samplings):
        again = run_lanes(recurrent, "abc", [LaneStart(number=0, sampling=sampling)])
        assert again.ids(0) == lanes.ids(number)
        assert lanes.finished[number].text == lanes.texts[number]
        assert all(token.record is not None for token in lanes.tokens[number])
    whole = lanes.ids(1)
    rest = run_lanes(
        recurrent,
        "abc",
        [LaneStart(number=0, sampling=replace(samplings[1], temperature=0.0), before=tuple(whole[:5]))],
    )
    assert [token.index for token in rest.tokens[0]] == list(range(5, 5 + len(rest.ids(0))))
    assert len(rest.ids(0)) == 7 or rest.finished[0].finish_reason is FinishReason.STOP


def test_one_of_them_is_cancelled_also_before_its_turn(recurrent: EngineClient) -> None:
    samplings = [replace(WARM, seed=n, max_tokens=60) for n in range(3)]

    def on_tokens(lanes: Lanes, _event: TokensEmitted) -> None:
        if lanes.tokens[0]:
            recurrent.cancel_lane(2)

    lanes = run_lanes(recurrent, "abc", starts(*samplings), on_tokens=on_tokens)
    assert lanes.finished[2].finish_reason is FinishReason.CANCELLED
    assert lanes.ids(2) == []
    assert lanes.finished[0].finish_reason is not FinishReason.CANCELLED
    assert lanes.finished[1].finish_reason is not FinishReason.CANCELLED
