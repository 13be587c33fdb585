from __future__ import annotations

import io
import random
import struct

import pytest

from chatapp.core.gguf import DamagedGgufError, GgufHeader, NotGgufError, TruncatedGgufError, read_header
from tests.builders import TENSOR_BYTES, gguf_bytes


def read(data: bytes) -> GgufHeader:
    return read_header(io.BytesIO(data), len(data))


def test_header_tells_facts_values_and_tensors() -> None:
    header = read(gguf_bytes("gemma3", file_type=15, context=4096))
    facts = header.facts()
    assert (facts.architecture, facts.quantization, facts.context) == ("gemma3", "Q4_K_M", 4096)
    assert header.tensors == {"token_embd.weight": (TENSOR_BYTES // 4,)}
    assert header.values["tokenizer.ggml.tokens"] == 3
    assert header.expected_bytes == len(gguf_bytes("gemma3"))


def test_every_cut_is_noticed_and_the_whole_file_is_not_refused() -> None:
    data = gguf_bytes()
    read(data)
    for length in range(4, len(data), 97):
        with pytest.raises(TruncatedGgufError):
            read(data[:length])


def test_a_tensor_type_from_the_future_is_left_to_llama_cpp() -> None:
    data = bytearray(gguf_bytes())
    at = data.index(b"token_embd.weight") + len(b"token_embd.weight") + 4 + 8
    data[at : at + 4] = struct.pack("<I", 77)
    assert read(bytes(data)).tensors
    data[at : at + 4] = struct.pack("<I", 2**31)
    with pytest.raises(DamagedGgufError):
        read(bytes(data))


def test_other_files_are_not_gguf() -> None:
    for data in (b"PK\x03\x04" + b"\0" * 100, b"GGML" + b"\0" * 100):
        with pytest.raises(NotGgufError):
            read(data)


@pytest.mark.parametrize(
    ("at", "patch"),
    [
        (4, struct.pack("<I", 99)),  # version
        (8, struct.pack("<Q", 2**40)),  # number of tensors
        (16, struct.pack("<Q", 2**40)),  # number of values
        (24, struct.pack("<Q", 2**50)),  # length of the first key
    ],
)
def test_impossible_numbers_are_damage_and_allocate_nothing(at: int, patch: bytes) -> None:
    data = bytearray(gguf_bytes())
    data[at : at + len(patch)] = patch
    with pytest.raises(DamagedGgufError):
        read(bytes(data))


def test_random_damage_never_raises_anything_else(rng: random.Random) -> None:
    whole = gguf_bytes()
    header_length = len(whole) - TENSOR_BYTES
    for _ in range(2000):
        data = bytearray(whole)
        for _ in range(rng.randint(1, 4)):
            data[rng.randrange(4, header_length)] = rng.randrange(256)
        try:
            read(bytes(data))
        except (DamagedGgufError, TruncatedGgufError):
            continue
