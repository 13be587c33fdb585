"""Blocks become the numbers that the gguf package makes of them, to the last bit."""

from __future__ import annotations

import gguf
import numpy as np
import pytest
import torch

from chatapp.core.ggml_types import GGML_TYPES
from chatapp.workers.trainer.dequantize import can_dequantize, dequantize
from chatapp.workers.trainer.weights import PackedWeight

NAMES = {"F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K"}
OTHERS = {"IQ4_NL", "IQ4_XS", "IQ3_S", "MXFP4"}
KINDS = {ggml.name: kind for kind, ggml in GGML_TYPES.items()}


@pytest.mark.parametrize("name", sorted(NAMES | OTHERS))
@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning", "ignore:invalid value:RuntimeWarning")
def test_random_blocks_are_what_the_gguf_package_makes_of_them(name: str) -> None:
    kind = KINDS[name]
    ggml = GGML_TYPES[kind]
    width = ggml.block_bytes * (3 if ggml.per_block > 1 else 64)
    data = np.random.default_rng(kind).integers(0, 256, (200, width), dtype=np.uint8)
    expected = gguf.quants.dequantize(data, gguf.GGMLQuantizationType(kind))
    found = dequantize(torch.from_numpy(data), kind).numpy()
    finite = np.isfinite(expected)
    assert found.shape == expected.shape
    assert finite.mean() > 0.8
    assert (found[finite].view(np.uint32) == expected[finite].view(np.uint32)).all()
    assert (np.isfinite(found) == finite).all()


def test_types_that_nobody_reads_are_known() -> None:
    assert all(can_dequantize(KINDS[name]) for name in NAMES | OTHERS)
    assert not can_dequantize(KINDS["Q8_K"])
    assert not can_dequantize(KINDS["I32"])


def test_rows_of_a_packed_matrix_are_those_of_the_whole() -> None:
    kind, n_in = KINDS["Q4_K"], 512
    data = torch.from_numpy(np.random.default_rng(1).integers(0, 120, (70, 288), dtype=np.uint8))
    weight = PackedWeight(data, kind, n_in)
    whole = dequantize(data, kind)
    ids = torch.tensor([[3, 69], [0, 3]])
    assert torch.equal(weight.take(ids), whole[ids])
    assert torch.equal(torch.cat([rows for _, rows in weight.blocks(70)]), whole)
