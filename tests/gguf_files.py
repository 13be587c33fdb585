"""GGUF files made by the tests: whole ones, and damaged ones, with every byte under control.

Written from the format's description alone; it shares no code with the reader in chatapp.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

UINT8, INT8, UINT16, INT16, UINT32, INT32, FLOAT32, BOOL, STRING, ARRAY, UINT64, INT64, FLOAT64 = range(13)
F32, F16 = 0, 1
NUMBERS = {
    UINT8: "B", INT8: "b", UINT16: "H", INT16: "h", UINT32: "I", INT32: "i", FLOAT32: "f", BOOL: "?", UINT64: "Q",
    INT64: "q", FLOAT64: "d",
}  # fmt: skip
ALIGNMENT = 32

Plain = str | int | float | bool


@dataclass(frozen=True, kw_only=True)
class Value:
    """raw: what stands after the type; of an array its element type, length and elements."""

    key: bytes
    kind: int
    raw: bytes


@dataclass(frozen=True, kw_only=True)
class Tensor:
    """offset None: right behind the tensor before it."""

    name: bytes
    shape: tuple[int, ...]
    kind: int
    data: bytes | memoryview
    offset: int | None = None


@dataclass(kw_only=True)
class GgufFile:
    """A file as its parts; counts that are None are the true ones."""

    values: list[Value] = field(default_factory=list)
    tensors: list[Tensor] = field(default_factory=list)
    magic: bytes = b"GGUF"
    version: int = 3
    n_tensors: int | None = None
    n_values: int | None = None

    def set(self, key: str, kind: int, value: Plain) -> None:
        """Puts a value in place of the one there is, or at the end."""
        self.put(Value(key=key.encode(), kind=kind, raw=plain_bytes(kind, value)))

    def set_list(self, key: str, kind: int, items: Iterable[Plain | bytes]) -> None:
        self.put(Value(key=key.encode(), kind=ARRAY, raw=list_bytes(kind, items)))

    def put(self, value: Value) -> None:
        for index, there in enumerate(self.values):
            if there.key == value.key:
                self.values[index] = value
                return
        self.values.append(value)

    def remove(self, key: str) -> None:
        self.values = [value for value in self.values if value.key != key.encode()]

    def add(self, name: str, values: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> None:
        """A tensor of F32 values, in numpy's order of dimensions."""
        shape = tuple(reversed(values.shape))
        self.tensors.append(Tensor(name=name.encode(), shape=shape, kind=F32, data=values.astype("<f4").tobytes()))

    def change(self, which: str, /, **changes: object) -> None:
        """Replaces fields of the tensor of that name."""
        self.tensors = [
            replace(tensor, **changes) if tensor.name == which.encode() else tensor  # type: ignore[arg-type]
            for tensor in self.tensors
        ]

    def head(self) -> bytes:
        """Everything in front of the data, padded as the data want it."""
        together = self.unpadded_head()
        return together + b"\0" * (-len(together) % ALIGNMENT)

    def unpadded_head(self) -> bytes:
        parts = [self.magic, struct.pack("<I", self.version)]
        counts = (
            len(self.tensors) if self.n_tensors is None else self.n_tensors,
            len(self.values) if self.n_values is None else self.n_values,
        )
        parts.append(struct.pack("<QQ", *counts))
        parts += [text_bytes(value.key) + struct.pack("<I", value.kind) + value.raw for value in self.values]
        offset = 0
        for tensor in self.tensors:
            place = offset if tensor.offset is None else tensor.offset
            parts.append(
                text_bytes(tensor.name)
                + struct.pack(f"<I{len(tensor.shape)}Q", len(tensor.shape), *tensor.shape)
                + struct.pack("<IQ", tensor.kind, place)
            )
            offset += len(tensor.data) + -len(tensor.data) % ALIGNMENT
        return b"".join(parts)

    def parts(self) -> Iterator[bytes | memoryview]:
        yield self.head()
        for tensor in self.tensors:
            yield tensor.data
            yield b"\0" * (-len(tensor.data) % ALIGNMENT)

    def bytes(self) -> bytes:
        return b"".join(self.parts())

    def write(self, path: Path) -> Path:
        with path.open("wb") as out:
            out.writelines(self.parts())
        return path

    def copy(self) -> GgufFile:
        return replace(self, values=list(self.values), tensors=list(self.tensors))

    @classmethod
    def read(cls, path: Path) -> GgufFile:
        """A whole and sound file, its data left on the disk until they are used."""
        with path.open("rb") as stream:
            content = memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))
        n_tensors, n_values = struct.unpack_from("<QQ", content, 8)
        at = 24
        values = []
        for _ in range(n_values):
            key, at = _text_at(content, at)
            (kind,) = struct.unpack_from("<I", content, at)
            end = _end_of(content, at + 4, kind)
            values.append(Value(key=key, kind=kind, raw=bytes(content[at + 4 : end])))
            at = end
        infos = []
        for _ in range(n_tensors):
            name, at = _text_at(content, at)
            (n_dimensions,) = struct.unpack_from("<I", content, at)
            shape = struct.unpack_from(f"<{n_dimensions}Q", content, at + 4)
            kind, offset = struct.unpack_from("<IQ", content, at + 4 + 8 * n_dimensions)
            at += 16 + 8 * n_dimensions
            infos.append((name, shape, kind, offset))
        start = at + -at % ALIGNMENT
        ends = [offset for _, _, _, offset in infos[1:]] + [len(content) - start]
        tensors = [
            Tensor(name=name, shape=shape, kind=kind, data=content[start + offset : start + end])
            for (name, shape, kind, offset), end in zip(infos, ends, strict=True)
        ]
        return cls(values=values, tensors=tensors)


def text_bytes(text: str | bytes) -> bytes:
    data = text.encode() if isinstance(text, str) else text
    return struct.pack("<Q", len(data)) + data


def plain_bytes(kind: int, value: Plain | bytes) -> bytes:
    if isinstance(value, str | bytes):
        return text_bytes(value)
    return struct.pack(f"<{NUMBERS[kind]}", value)


def list_bytes(kind: int, items: Iterable[Plain | bytes]) -> bytes:
    encoded = [plain_bytes(kind, item) for item in items]
    return struct.pack("<IQ", kind, len(encoded)) + b"".join(encoded)


def _text_at(content: memoryview, at: int) -> tuple[bytes, int]:
    (length,) = struct.unpack_from("<Q", content, at)
    return bytes(content[at + 8 : at + 8 + length]), at + 8 + length


def _end_of(content: memoryview, at: int, kind: int) -> int:
    """Where the value of that type which begins at `at` ends."""
    if kind == STRING:
        return _text_at(content, at)[1]
    if kind != ARRAY:
        return at + struct.calcsize(f"<{NUMBERS[kind]}")
    element, length = struct.unpack_from("<IQ", content, at)
    at += 12
    if element != STRING:
        return at + length * struct.calcsize(f"<{NUMBERS[element]}")
    for _ in range(length):
        at += 8 + int(struct.unpack_from("<Q", content, at)[0])
    return at


N_EMBD, N_HEADS, N_HEADS_KV, N_FF, HEAD = 32, 2, 1, 64, 16
CONTROL, UNKNOWN, BYTE, NORMAL = 3, 2, 6, 1


def sentence_pieces(file: GgufFile, pieces: Iterable[str] = ()) -> int:
    """Gives `file` a vocabulary of the kind Llama 2 has; answers how many tokens are in it."""
    tokens = [("<unk>", 0.0, UNKNOWN), ("<s>", 0.0, CONTROL), ("</s>", 0.0, CONTROL)]
    tokens += [(f"<0x{value:02X}>", 0.0, BYTE) for value in range(256)]
    tokens += [(piece, float(len(piece)), NORMAL) for piece in pieces]
    file.set("tokenizer.ggml.model", STRING, "llama")
    file.set_list("tokenizer.ggml.tokens", STRING, [text for text, _, _ in tokens])
    file.set_list("tokenizer.ggml.scores", FLOAT32, [score for _, score, _ in tokens])
    file.set_list("tokenizer.ggml.token_type", INT32, [kind for _, _, kind in tokens])
    file.set("tokenizer.ggml.bos_token_id", UINT32, 1)
    file.set("tokenizer.ggml.eos_token_id", UINT32, 2)
    return len(tokens)


def byte_pairs(file: GgufFile) -> int:
    """Gives `file` a vocabulary of the kind GPT-2 has."""
    letters = [chr(code) for code in range(33, 127)] + ["Ġ", "Ċ"]
    tokens = ["<|endoftext|>", *letters, "th", "the"]
    file.set("tokenizer.ggml.model", STRING, "gpt2")
    file.set("tokenizer.ggml.pre", STRING, "qwen2")
    file.set_list("tokenizer.ggml.tokens", STRING, tokens)
    file.set_list("tokenizer.ggml.token_type", INT32, [CONTROL] + [NORMAL] * (len(tokens) - 1))
    file.set_list("tokenizer.ggml.merges", STRING, ["t h", "th e"])
    file.set("tokenizer.ggml.bos_token_id", UINT32, 0)
    file.set("tokenizer.ggml.eos_token_id", UINT32, 0)
    return len(tokens)


def tiny_model(architecture: str = "llama", *, file_type: int = 0, context: int = 2048) -> GgufFile:
    """A model of one layer with random weights, which llama.cpp loads and which writes nonsense."""
    file = GgufFile()
    number = {
        "context_length": context,
        "embedding_length": N_EMBD,
        "block_count": 1,
        "feed_forward_length": N_FF,
        "attention.head_count": N_HEADS,
        "attention.head_count_kv": N_HEADS_KV,
    }
    file.set("general.architecture", STRING, architecture)
    file.set("general.file_type", UINT32, file_type)
    for name, value in number.items():
        file.set(f"{architecture}.{name}", UINT32, value)
    file.set(f"{architecture}.attention.layer_norm_rms_epsilon", FLOAT32, 1e-5)
    n_tokens = byte_pairs(file) if architecture.startswith("qwen") else sentence_pieces(file)
    random = np.random.default_rng(1)

    def add(name: str, *shape: int) -> None:
        file.add(name, random.standard_normal(shape, dtype=np.float32) * np.float32(0.1))

    add("token_embd.weight", n_tokens, N_EMBD)
    add("output_norm.weight", N_EMBD)
    add("blk.0.attn_norm.weight", N_EMBD)
    add("blk.0.ffn_norm.weight", N_EMBD)
    if architecture in ("gemma2", "gemma3"):
        add("blk.0.post_attention_norm.weight", N_EMBD)
        add("blk.0.post_ffw_norm.weight", N_EMBD)
    if architecture in ("gemma3", "qwen3"):
        add("blk.0.attn_q_norm.weight", HEAD)
        add("blk.0.attn_k_norm.weight", HEAD)
    if architecture == "phi3":
        add("blk.0.attn_qkv.weight", (N_HEADS + 2 * N_HEADS_KV) * HEAD, N_EMBD)
        add("blk.0.ffn_up.weight", 2 * N_FF, N_EMBD)
    else:
        add("blk.0.attn_q.weight", N_HEADS * HEAD, N_EMBD)
        add("blk.0.attn_k.weight", N_HEADS_KV * HEAD, N_EMBD)
        add("blk.0.attn_v.weight", N_HEADS_KV * HEAD, N_EMBD)
        add("blk.0.ffn_up.weight", N_FF, N_EMBD)
        add("blk.0.ffn_gate.weight", N_FF, N_EMBD)
    add("blk.0.attn_output.weight", N_EMBD, N_HEADS * HEAD)
    add("blk.0.ffn_down.weight", N_EMBD, N_FF)
    return file


@lru_cache
def tiny_model_bytes(architecture: str, file_type: int, context: int) -> bytes:
    return tiny_model(architecture, file_type=file_type, context=context).bytes()
