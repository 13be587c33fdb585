"""The reader of the header; what a model needs beyond a sound one is in test_core_text_model.py."""

from __future__ import annotations

import io
import random
import struct
from collections.abc import Callable
from dataclasses import replace

import pytest

from chatapp.core.gguf import GgufHeader, NotGgufError, read_header
from chatapp.core.gguf_cursor import DamagedGgufError, TruncatedGgufError
from tests.builders import gguf_bytes
from tests.gguf_files import (
    ARRAY,
    FLOAT32,
    STRING,
    UINT8,
    UINT32,
    GgufFile,
    Value,
    list_bytes,
    text_bytes,
    tiny_model,
)


def read(data: bytes) -> GgufHeader:
    return read_header(io.BytesIO(data), len(data))


def test_header_tells_facts_values_and_tensors() -> None:
    file = tiny_model("gemma3", file_type=15, context=4096)
    file.set_list("numbers", UINT32, [1, 2, 3])
    data = file.bytes()
    header = read(data)
    facts = header.facts()
    assert (facts.architecture, facts.quantization, facts.context) == ("gemma3", "Q4_K_M", 4096)
    assert header.tensors["blk.0.ffn_down.weight"].shape == (64, 32)
    assert header.tensors["blk.0.ffn_down.weight"].n_bytes == 64 * 32 * 4
    assert header.values["tokenizer.ggml.tokens"] == len(header.tokens) == 259
    assert header.arrays["numbers"].numbers == (1, 2, 3)
    assert header.expected_bytes == len(data)
    last = header.tensors["blk.0.ffn_down.weight"]
    assert data[last.offset :] == bytes(file.tensors[-1].data)


def test_every_cut_is_noticed_and_the_whole_file_is_not_refused() -> None:
    data = gguf_bytes()
    read(data)
    for length in range(4, len(data), 997):
        with pytest.raises((TruncatedGgufError, DamagedGgufError)):
            read(data[:length])
    with pytest.raises(TruncatedGgufError):
        read(data[:-1])


def test_a_file_with_only_a_vocabulary_needs_no_padding_at_its_end() -> None:
    file = tiny_model()
    file.tensors.clear()
    file.set("general.name", STRING, "odd")
    data = file.unpadded_head()
    assert len(data) % 32
    assert read(data).tensors == {}


def test_other_files_are_not_gguf() -> None:
    for data in (b"PK\x03\x04" + b"\0" * 100, b"GGML" + b"\0" * 100):
        with pytest.raises(NotGgufError):
            read(data)


def _value(kind: int, raw: bytes) -> Callable[[GgufFile], None]:
    return lambda file: file.put(Value(key=b"some.value", kind=kind, raw=raw))


def _tensor(**changes: object) -> Callable[[GgufFile], None]:
    return lambda file: file.change("blk.0.attn_q.weight", **changes)


def _set(**fields: int) -> Callable[[GgufFile], None]:
    def change(file: GgufFile) -> None:
        for name, value in fields.items():
            setattr(file, name, value)

    return change


DAMAGE: dict[str, tuple[Callable[[GgufFile], None], str]] = {
    "version": (_set(version=4), "version 4"),
    "byte order": (_set(version=3 << 24), "byte order"),
    "number of tensors": (_set(n_tensors=2**40), "tensors, more than fit"),
    "number of values": (_set(n_values=2**63), "values, more than fit"),
    "empty key": (lambda file: file.put(Value(key=b"", kind=UINT8, raw=b"\0")), "empty key"),
    "key twice": (lambda file: file.values.append(file.values[0]), "two values for general.architecture"),
    "type": (_value(13, b""), "some.value has the unknown type 13"),
    "list in a list": (_value(ARRAY, struct.pack("<IQ", ARRAY, 1)), "list of lists"),
    "length of a list": (_value(ARRAY, struct.pack("<IQ", UINT32, 2**40)), "numbers in some.value, more than fit"),
    "length of a text": (_value(STRING, struct.pack("<Q", 2**50)), "text of"),
    "alignment": (lambda file: file.set("general.alignment", UINT32, 24), "not a power of two"),
    "alignment's type": (lambda file: file.set("general.alignment", FLOAT32, 32.0), "UINT32"),
    "long name": (_tensor(name=b"n" * 64), "64 bytes"),
    "name twice": (_tensor(name=b"output_norm.weight"), "two tensors named output_norm.weight"),
    "dimensions": (_tensor(shape=(32, 1, 1, 1, 1)), "5 dimensions"),
    "negative dimension": (_tensor(shape=(32, 2**63)), "impossible shape"),
    "product of dimensions": (_tensor(shape=(2**32, 2**32)), "impossible shape"),
    "type of a tensor": (_tensor(kind=43), "unknown type 43"),
    "type of the past": (_tensor(kind=4), "unknown type 4"),
    "whole blocks": (_tensor(kind=12), "whole blocks of 256"),
    "offset": (_tensor(offset=64), "at offset 64 instead of"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_named(name: str) -> None:
    file = tiny_model()
    change, words = DAMAGE[name]
    change(file)
    with pytest.raises(DamagedGgufError, match=words):
        read(file.bytes())


def test_a_tensor_beyond_the_end_of_the_file_is_a_cut() -> None:
    file = tiny_model()
    file.tensors[-1] = replace(file.tensors[-1], shape=(64, 2**20))
    with pytest.raises(TruncatedGgufError):
        read(file.bytes())


def test_what_gguf_allows_is_allowed() -> None:
    file = tiny_model()
    file.set_list("empty", STRING, [])
    file.put(Value(key=b"text", kind=STRING, raw=text_bytes(b"before\0behind")))
    file.put(Value(key=b"list", kind=ARRAY, raw=list_bytes(UINT32, range(600))))
    file.change("output_norm.weight", shape=(32, 1, 1, 1))
    header = read(file.bytes())
    assert header.values["text"] == "before"
    assert header.values["list"] == 600
    assert header.tensors["output_norm.weight"].shape == (32,)


def test_text_that_is_not_utf8_is_told_and_not_refused() -> None:
    file = tiny_model()
    file.put(Value(key=b"general.author", kind=STRING, raw=text_bytes("Müller".encode("latin-1"))))
    header = read(file.bytes())
    assert header.not_utf8 == ("general.author",)
    assert header.values["general.author"] == "M\ufffdller"


def test_random_damage_never_raises_anything_else(rng: random.Random) -> None:
    file = tiny_model()
    whole, length = file.bytes(), len(file.head())
    for _ in range(1000):
        data = bytearray(whole)
        for _ in range(rng.randint(1, 4)):
            data[rng.randrange(4, length)] = rng.randrange(256)
        try:
            read(bytes(data))
        except (DamagedGgufError, TruncatedGgufError):
            continue
