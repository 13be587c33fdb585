"""Damaged GGUF files: random damage as disks and downloads do it, and damage that knows the format.

The same seed gives the same files. Each is described in a few words, so that a failing test tells which it was.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tests.gguf_files import (
    ARRAY,
    BOOL,
    FLOAT32,
    INT32,
    NUMBERS,
    STRING,
    UINT8,
    UINT32,
    GgufFile,
    Tensor,
    Value,
    list_bytes,
    plain_bytes,
    text_bytes,
)

WHOLE_NUMBERS = (0, 1, 2, 3, 7, 63, 255, 513, 4096, 2**31 - 1, 2**31, 2**32 - 1)
REALS = (0.0, -1.0, float("nan"), float("inf"), -float("inf"), 1e-45, 1e38)
TEXTS = ("", "llama", "gpt2", "bert", "qwen2", "gemma3", "no such thing", "a" * 5000, "a\0b", "{{ oops", "yarn")
SIZES = (0, 1, 5, 2**16, 2**31, 2**32, 2**40, 2**62, 2**63, 2**64 - 1)
DIMENSIONS = (0, 1, 2, 31, 33, 577, 2**20, 2**31, 2**40, 2**62, 2**63, 2**64 - 1)
_HEAD = 4000  # bytes at the beginning that are hurt more often than chance would have it


@dataclass(frozen=True, kw_only=True)
class Damage:
    """What was done to which file."""

    name: str
    path: Path


def damaged_files(rng: random.Random, sources: Mapping[str, GgufFile], folder: Path, count: int) -> Iterator[Damage]:
    """`count` files, one after the other; each is taken away when the next is asked for."""
    names = list(sources)
    for number in range(count):
        path = folder / f"damaged-{number}.gguf"  # its own, since a process may still have the last one mapped
        source = names[number % len(names)]
        file = sources[source].copy()
        if rng.random() < 0.3:
            file.write(path)
            done = rng.choice(BYTE_DAMAGE)(rng, path)
        else:
            done = rng.choice(PART_DAMAGE)(rng, file)
            file.write(path)
        yield Damage(name=f"{number}, {source}: {done}", path=path)
        path.unlink()


def cut(rng: random.Random, path: Path) -> str:
    size = path.stat().st_size
    length = rng.choice((rng.randrange(size), rng.randrange(_HEAD), size - rng.randint(33, 400)))
    with path.open("r+b") as stream:
        stream.truncate(length)
    return f"cut to {length} of {size} bytes"


def zeros(rng: random.Random, path: Path) -> str:
    size = path.stat().st_size
    start, length = rng.choice((rng.randrange(_HEAD), rng.randrange(size))), rng.choice((16, 512, 4096))
    with path.open("r+b") as stream:
        stream.seek(start)
        stream.write(bytes(min(length, size - start)))
    return f"{length} zeros at {start}"


def shift(rng: random.Random, path: Path) -> str:
    start = rng.randrange(_HEAD)
    with path.open("r+b") as stream:
        stream.seek(start)
        rest = stream.read()
        stream.seek(start)
        stream.write(b"\x01" + rest)
    return f"a byte put in at {start}"


def change_head(rng: random.Random, path: Path) -> str:
    return _change(rng, path, min(_HEAD, path.stat().st_size))


def change_anywhere(rng: random.Random, path: Path) -> str:
    return _change(rng, path, path.stat().st_size)


def _change(rng: random.Random, path: Path, reach: int) -> str:
    places = [rng.randrange(reach) for _ in range(rng.randint(1, 8))]
    with path.open("r+b") as stream:
        for place in places:
            stream.seek(place)
            stream.write(bytes([rng.randrange(256)]))
    return f"bytes changed at {places}"


def prologue(rng: random.Random, file: GgufFile) -> str:
    what = rng.choice(("magic", "version", "n_tensors", "n_values"))
    if what == "magic":
        file.magic = rng.choice((b"GGML", b"FUGG", b"\0\0\0\0"))
    elif what == "version":
        file.version = rng.choice((0, 1, 2, 4, 3 << 24, 2**32 - 1))
    elif what == "n_tensors":
        file.n_tensors = rng.choice((*SIZES, len(file.tensors) - 1, len(file.tensors) + 1))
    else:
        file.n_values = rng.choice((*SIZES, len(file.values) - 1, len(file.values) + 1))
    return f"{what} changed"


def drop_value(rng: random.Random, file: GgufFile) -> str:
    value = rng.choice(file.values)
    file.values.remove(value)
    return f"without {value.key!r}"


def repeat_value(rng: random.Random, file: GgufFile) -> str:
    value = rng.choice(file.values)
    file.values.insert(rng.randrange(len(file.values)), value)
    return f"{value.key!r} twice"


def rename_value(rng: random.Random, file: GgufFile) -> str:
    index = rng.randrange(len(file.values))
    value = file.values[index]
    key = rng.choice((b"", b"\xff\xfe", value.key + b"x", value.key[:-1], b"k" * 70000))
    file.values[index] = replace(value, key=key)
    return f"{value.key!r} renamed to {key[:20]!r}"


def retype_value(rng: random.Random, file: GgufFile) -> str:
    """The same bytes under another type; what follows is then read at the wrong place, or not."""
    index = rng.randrange(len(file.values))
    value = file.values[index]
    kind = rng.choice((*range(13), 13, 255, 2**31))
    file.values[index] = replace(value, kind=kind)
    return f"{value.key!r} said to have the type {kind}"


def convert_value(rng: random.Random, file: GgufFile) -> str:
    """A sound value of another type."""
    index = rng.randrange(len(file.values))
    value = file.values[index]
    kind = rng.choice((*NUMBERS, STRING, ARRAY))
    if kind == ARRAY:
        raw = list_bytes(*rng.choice(((UINT32, [1, 2]), (STRING, ["a"]), (UINT8, [0]))))
    elif kind == STRING:
        raw = text_bytes("7")
    else:
        raw = plain_bytes(kind, kind in (FLOAT32, BOOL) or 1)
    file.values[index] = replace(value, kind=kind, raw=raw)
    return f"{value.key!r} made a value of the type {kind}"


def change_number(rng: random.Random, file: GgufFile) -> str:
    index, value = _any(rng, file, UINT32)
    (old,) = struct.unpack("<I", value.raw)
    new = rng.choice((*WHOLE_NUMBERS, old + 1, max(old - 1, 0), old * 2 % 2**32))
    file.values[index] = replace(value, raw=struct.pack("<I", new))
    return f"{value.key!r} is {new} instead of {old}"


def change_real(rng: random.Random, file: GgufFile) -> str:
    index, value = _any(rng, file, FLOAT32)
    new = rng.choice(REALS)
    file.values[index] = replace(value, raw=struct.pack("<f", new))
    return f"{value.key!r} is {new}"


def change_text(rng: random.Random, file: GgufFile) -> str:
    index, value = _any(rng, file, STRING)
    new: str | bytes = rng.choice((*TEXTS, b"\xff\xfe\xfd"))
    file.values[index] = replace(value, raw=text_bytes(new))
    return f"{value.key!r} is {new[:20]!r}"


def stretch_text(rng: random.Random, file: GgufFile) -> str:
    index, value = _any(rng, file, STRING)
    length = rng.choice(SIZES)
    file.values[index] = replace(value, raw=struct.pack("<Q", length) + value.raw[8:])
    return f"{value.key!r} said to have {length} bytes"


def change_list(rng: random.Random, file: GgufFile) -> str:
    index, value = _any(rng, file, ARRAY)
    element, length = struct.unpack_from("<IQ", value.raw)
    what = rng.choice(("element", "length", "empty"))
    if what == "element":
        element = rng.choice((*range(13), 13, 2**31))
    elif what == "length":
        length = rng.choice((*SIZES, length + 1, length - 1))
    raw = struct.pack("<IQ", element, length) + value.raw[12:]
    file.values[index] = replace(value, raw=list_bytes(element, []) if what == "empty" else raw)
    return f"the {what} of {value.key!r} changed to {element}, {length}"


def change_tokens(rng: random.Random, file: GgufFile) -> str:
    """A token twice, one less, one more, a strange one; the list itself stays sound."""
    index = next(i for i, value in enumerate(file.values) if value.key == b"tokenizer.ggml.tokens")
    tokens = texts_of(file.values[index])
    what = rng.choice(("twice", "one less", "one more", "not UTF-8", "empty", "none"))
    at = rng.randrange(len(tokens))
    if what == "twice":
        tokens[at] = tokens[at - 1]
    elif what == "one less":
        del tokens[at]
    elif what == "one more":
        tokens.append(b"one more")
    elif what == "none":
        tokens = []
    else:
        tokens[at] = b"\xff\xfe" if what == "not UTF-8" else b""
    file.values[index] = replace(file.values[index], raw=list_bytes(STRING, tokens))
    return f"tokens: {what} at {at}"


def texts_of(value: Value) -> list[bytes]:
    """The elements of a list of texts."""
    texts, at = [], 12
    while at < len(value.raw):
        (length,) = struct.unpack_from("<Q", value.raw, at)
        texts.append(value.raw[at + 8 : at + 8 + length])
        at += 8 + length
    return texts


def change_layers(rng: random.Random, file: GgufFile) -> str:
    """A number per layer, of the wrong length or type."""
    keys = [value.key for value in file.values if b".attention.head_count" in value.key or b"feed_forw" in value.key]
    key = rng.choice(keys)
    kind = rng.choice((UINT32, INT32, FLOAT32, STRING))
    items = ["9"] * 3 if kind == STRING else [9] * rng.choice((0, 1, 2, 30, 600))
    file.put(Value(key=key, kind=ARRAY, raw=list_bytes(kind, items)))
    return f"{key!r} is a list of {len(items)} of the type {kind}"


def move_alignment(rng: random.Random, file: GgufFile) -> str:
    kind, value = rng.choice(((UINT32, 0), (UINT32, 3), (UINT32, 64), (UINT32, 2**31), (UINT8, 32), (INT32, 32)))
    file.set("general.alignment", kind, value)
    return f"alignment {value} of the type {kind}"


def drop_tensor(rng: random.Random, file: GgufFile) -> str:
    tensor = rng.choice(file.tensors)
    file.tensors.remove(tensor)
    return f"without tensor {tensor.name!r}"


def rename_tensor(rng: random.Random, file: GgufFile) -> str:
    index = rng.randrange(len(file.tensors))
    tensor = file.tensors[index]
    other = rng.choice(file.tensors).name
    name = rng.choice((b"", b"a" * 63, b"a" * 64, other, tensor.name + b"\0x", b"\xff" + tensor.name, b"blk.999.x"))
    file.tensors[index] = replace(tensor, name=name)
    return f"tensor {tensor.name!r} renamed to {name[:20]!r}"


def reshape_tensor(rng: random.Random, file: GgufFile) -> str:
    index = rng.randrange(len(file.tensors))
    tensor = file.tensors[index]
    shape = list(tensor.shape)
    what = rng.choice(("one", "swapped", "fewer", "more", "many"))
    if what == "one":
        shape[rng.randrange(len(shape))] = rng.choice((*DIMENSIONS, shape[0] + 1, shape[0] - 1, shape[0] * 2))
    elif what == "swapped":
        shape.reverse()
    elif what == "fewer":
        shape.pop()
    elif what == "more":
        shape.append(rng.choice((1, 2, 2**40)))
    else:
        shape += [1] * rng.choice((3, 4, 100))
    file.tensors[index] = replace(tensor, shape=tuple(shape))
    return f"tensor {tensor.name!r} with the shape {shape[:6]}"


def retype_tensor(rng: random.Random, file: GgufFile) -> str:
    index = rng.randrange(len(file.tensors))
    tensor = file.tensors[index]
    kind = rng.choice((*range(43), 43, 255, 2**31))
    file.tensors[index] = replace(tensor, kind=kind)
    return f"tensor {tensor.name!r} of the type {kind} instead of {tensor.kind}"


def swap_type(rng: random.Random, file: GgufFile) -> str:
    """Another type of the same size, so that everything still lies where it should."""
    same = {0: (26,), 1: (25, 30), 3: (3,), 26: (0,)}
    candidates = [i for i, tensor in enumerate(file.tensors) if tensor.kind in same]
    index = rng.choice(candidates)
    tensor = file.tensors[index]
    kind = rng.choice(same[tensor.kind])
    file.tensors[index] = replace(tensor, kind=kind)
    return f"tensor {tensor.name!r} of the type {kind} instead of {tensor.kind}"


def move_tensor(rng: random.Random, file: GgufFile) -> str:
    index = rng.randrange(len(file.tensors))
    tensor = file.tensors[index]
    before = sum(len(t.data) + -len(t.data) % 32 for t in file.tensors[:index])
    offset = rng.choice((0, 1, before + 32, before + 1, before + 2**20, 2**63, 2**64 - 32))
    file.tensors[index] = replace(tensor, offset=offset)
    return f"tensor {tensor.name!r} at {offset} instead of {before}"


def add_tensor(rng: random.Random, file: GgufFile) -> str:
    name = rng.choice((b"blk.0.attn_q.bias", b"output.weight", b"more", b"blk.77.ffn_up.weight"))
    length = rng.choice((32, 576))
    file.tensors.append(Tensor(name=name, shape=(length,), kind=0, data=bytes(4 * length)))
    return f"one more tensor {name!r} of {length}"


def spoil_weights(rng: random.Random, file: GgufFile) -> str:
    index = rng.randrange(len(file.tensors))
    tensor = file.tensors[index]
    pattern = rng.choice((b"\0", b"\xff", b"\x00\x00\xc0\x7f", b"\x7f", bytes(rng.randrange(256) for _ in range(64))))
    length = min(len(tensor.data), 1 << 20)
    spoilt = (pattern * (length // len(pattern) + 1))[:length]
    file.tensors[index] = replace(tensor, data=spoilt + bytes(tensor.data[length:]))
    return f"the weights of {tensor.name!r} are {pattern[:4]!r}"


def _any(rng: random.Random, file: GgufFile, kind: int) -> tuple[int, Value]:
    return rng.choice([(index, value) for index, value in enumerate(file.values) if value.kind == kind])


BYTE_DAMAGE: tuple[Callable[[random.Random, Path], str], ...] = (cut, zeros, shift, change_head, change_anywhere)
PART_DAMAGE: tuple[Callable[[random.Random, GgufFile], str], ...] = (
    prologue, drop_value, repeat_value, rename_value, retype_value, convert_value, change_number, change_real,
    change_text, stretch_text, change_list, change_tokens, change_layers, move_alignment, drop_tensor, rename_tensor,
    reshape_tensor, retype_tensor, swap_type, move_tensor, add_tensor, spoil_weights,
)  # fmt: skip
