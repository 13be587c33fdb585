"""Memory on a GPU by the numbers; the real device is in tests/model/test_gpu.py."""

from __future__ import annotations

from pathlib import Path

from chatapp.core.model_file import checked_header
from chatapp.core.models import LoadSpec
from chatapp.workers.engine.offload import MARGIN_BYTES, Needs, needs_of

MB = 1 << 20
NEEDS = Needs(layers=[100 * MB] * 10, output=50 * MB, kv_values=[MB // 1024] * 10, row_bytes=(2048, 10_240))


def test_all_layers_fit_where_there_is_room_and_fewer_where_there_is_less() -> None:
    everything = NEEDS.bytes_for(11, 1024, "f16")
    assert everything == 1050 * MB + 20 * MB + 5 * MB
    assert NEEDS.layers_in(everything + MARGIN_BYTES, 1024, "f16") == 11
    assert NEEDS.layers_in(everything + MARGIN_BYTES - 1, 1024, "f16") == 10
    assert NEEDS.layers_in(MARGIN_BYTES + 103 * MB, 1024, "f16") == 1
    assert NEEDS.layers_in(MARGIN_BYTES + 50 * MB, 1024, "f16") == 0


def test_a_smaller_context_and_fewer_bits_need_less() -> None:
    assert NEEDS.bytes_for(11, 8192, "q8_0") < NEEDS.bytes_for(11, 8192, "f16") > NEEDS.bytes_for(11, 4096, "f16")
    free = NEEDS.bytes_for(11, 2048, "f16") + MARGIN_BYTES
    assert NEEDS.context_in(free, 11, 8192, "f16") == 2048
    assert NEEDS.context_in(MARGIN_BYTES, 11, 8192, "f16") == 0


def test_the_weights_of_a_real_model_are_counted_to_the_byte(starter_model: Path) -> None:
    header = checked_header(str(starter_model))
    needs = needs_of(header)
    tied = "output.weight" not in header.tensors
    embedding = header.tensors["token_embd.weight"].n_bytes
    every = sum(tensor.n_bytes for tensor in header.tensors.values())
    assert len(needs.layers) == 30
    assert sum(needs.layers) + needs.output == every - (0 if tied else embedding)
    assert needs.kv_values == [3 * (64 + 64)] * 30


def test_the_ways_out_are_in_order_and_fit(starter_model: Path) -> None:
    from chatapp.workers.engine.llama.loading import ways_out

    spec = LoadSpec(path="", n_gpu_layers=11)
    free = NEEDS.bytes_for(11, 4096, "f16") + MARGIN_BYTES
    ways = list(ways_out(spec, NEEDS, 8192, free))
    assert ways == ["--ctx 4096", "--kv-type q4_0", "--gpu-layers 9", "--gpu-layers 0"]
    assert NEEDS.bytes_for(11, 8192, "q4_0") + MARGIN_BYTES <= free < NEEDS.bytes_for(11, 8192, "q8_0") + MARGIN_BYTES
    assert list(ways_out(spec, NEEDS, 8192, 0)) == ["--gpu-layers 0"]
