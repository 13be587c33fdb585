"""Reads the header of a GGUF file: key-value pairs and the table of tensors, never the weights.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md (versions 2 and 3, little endian). What is refused
is what gguf.cpp of llama.cpp refuses, and nothing else; what a model needs beyond that is in text_model.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from typing import BinaryIO

from chatapp.core.ggml_types import GGML_TYPES
from chatapp.core.gguf_cursor import Cursor, DamagedGgufError, TruncatedGgufError, ValueType, width_of
from chatapp.core.models import QUANTIZATIONS, ModelFacts

MAGIC = b"GGUF"
TOKENS = "tokenizer.ggml.tokens"
TOKEN_TYPES = "tokenizer.ggml.token_type"
MOST_DIMENSIONS = 4
_KEPT_NUMBERS = 512  # of an array; no list that a number per layer, expert or section goes into is longer
_MOST_NAME = 63  # bytes of a tensor's name
_DEFAULT_ALIGNMENT = 32
_LEAST_VALUE_BYTES = 14  # a key of one letter, its type and a byte
_LEAST_TENSOR_BYTES = 24
_MOST_VALUES = 2**63 - 1  # of one tensor


class NotGgufError(ValueError):
    """The first four bytes are not GGUF."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GgufArray:
    """An array among the values: its element type and length; its numbers where they are few."""

    kind: ValueType
    length: int
    numbers: tuple[int | float | bool, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GgufTensor:
    """shape: innermost dimension first, without the ones at its end; offset: of its data in the file."""

    shape: tuple[int, ...]
    kind: int
    offset: int
    n_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GgufHeader:
    """`values` holds scalars and texts; of an array only its length, as an int under the same key. kinds: the type of
    each value, ARRAY for those in `arrays`. tokens: the vocabulary's texts, token_types: int32 of each. not_utf8: keys
    whose text is not UTF-8."""

    version: int
    values: dict[str, str | int | float | bool]
    kinds: dict[str, ValueType]
    arrays: dict[str, GgufArray]
    tensors: Mapping[str, GgufTensor]
    expected_bytes: int
    tokens: list[bytes] = field(default_factory=list, repr=False)
    token_types: bytes = field(default=b"", repr=False)
    not_utf8: tuple[str, ...] = ()

    def facts(self) -> ModelFacts:
        """What a person wants to know of the model."""
        architecture = str(self.values.get("general.architecture", "?"))
        context = self.values.get(f"{architecture}.context_length", 0)
        file_type = self.values.get("general.file_type")
        return ModelFacts(
            architecture=architecture,
            quantization=QUANTIZATIONS.get(file_type, "?") if isinstance(file_type, int) else "?",
            context=context if isinstance(context, int) else 0,
            title=str(self.values.get("general.name", "")),
        )


def read_header(stream: BinaryIO, size: int) -> GgufHeader:
    """The header of the GGUF file open as `stream`, `size` bytes long.

    Raises NotGgufError, TruncatedGgufError or DamagedGgufError.
    """
    at = Cursor(stream, size)
    if at.take(4) != MAGIC:
        raise NotGgufError
    version = _read_version(at)
    n_tensors = at.count("tensors", _LEAST_TENSOR_BYTES)
    n_values = at.count("values", _LEAST_VALUE_BYTES)
    metadata = _Metadata()
    for _ in range(n_values):
        metadata.read(at)
    alignment = metadata.alignment()
    infos: dict[str, _TensorInfo] = {}
    for _ in range(n_tensors):
        info = _read_tensor(at)
        if info.name in infos:
            raise DamagedGgufError(f"it has two tensors named {info.name}")
        infos[info.name] = info
    data_start = _padded(at.position, alignment) if infos else at.position
    tensors = _placed(infos, data_start, alignment)
    expected = max((tensor.offset + tensor.n_bytes for tensor in tensors.values()), default=data_start)
    if expected > size:
        raise TruncatedGgufError(size, expected)
    return GgufHeader(
        version=version,
        values=metadata.values,
        kinds=metadata.kinds,
        arrays=metadata.arrays,
        tensors=tensors,
        expected_bytes=expected,
        tokens=metadata.tokens,
        token_types=metadata.token_types,
        not_utf8=tuple(metadata.not_utf8),
    )


def _read_version(at: Cursor) -> int:
    version = at.number("<I")
    if version and version & 0xFFFF == 0:
        raise DamagedGgufError("its numbers are in the byte order of another kind of machine (big endian)")
    if version not in (2, 3):
        raise DamagedGgufError(f"its format version {version} is not 2 or 3")
    return version


class _Metadata:
    """The key-value pairs read so far."""

    def __init__(self) -> None:
        self.values: dict[str, str | int | float | bool] = {}
        self.kinds: dict[str, ValueType] = {}
        self.arrays: dict[str, GgufArray] = {}
        self.tokens: list[bytes] = []
        self.token_types = b""
        self.not_utf8: list[str] = []
        self._seen: set[bytes] = set()

    def read(self, at: Cursor) -> None:
        raw = at.text()
        if not raw:
            raise DamagedGgufError(f"value {len(self.values) + 1} has an empty key")
        key = _decoded(raw)
        if raw in self._seen:
            raise DamagedGgufError(f"it has two values for {key}")
        self._seen.add(raw)
        kind = at.kind(f"the value {key}")
        self.kinds.setdefault(key, kind)
        if kind is ValueType.ARRAY:
            self._read_array(at, key)
        elif kind is ValueType.STRING:
            text = at.text()
            self.values.setdefault(key, _decoded(text))
            self._note(key, raw, text)
        else:
            self.values.setdefault(key, at.scalar(kind))
            self._note(key, raw, b"")

    def _read_array(self, at: Cursor, key: str) -> None:
        kind = at.kind(f"the list {key}")
        if kind is ValueType.ARRAY:
            raise DamagedGgufError(f"{key} is a list of lists")
        numbers: tuple[int | float | bool, ...] = ()
        if kind is ValueType.STRING:
            length = at.count(f"texts in {key}", 8)
            if key == TOKENS:
                self._take_tokens(at.texts(length))
            else:
                at.skip_texts(length)
        else:
            width = width_of(kind)
            length = at.count(f"numbers in {key}", width)
            if key == TOKEN_TYPES and kind is ValueType.INT32:
                self.token_types = at.take(width * length)
            elif length <= _KEPT_NUMBERS:
                numbers = at.numbers(kind, length)
            else:
                at.skip(width * length)
        self.arrays.setdefault(key, GgufArray(kind=kind, length=length, numbers=numbers))
        self.values.setdefault(key, length)

    def _take_tokens(self, tokens: list[bytes]) -> None:
        together = b"\n".join(tokens)
        self._note(TOKENS, together)
        if b"\0" in together:  # llama.cpp sees a text up to there
            tokens = [token.partition(b"\0")[0] for token in tokens]
        self.tokens = tokens

    def _note(self, key: str, *texts: bytes) -> None:
        for text in texts:
            try:
                text.decode("utf-8")
            except UnicodeDecodeError:
                self.not_utf8.append(key)
                return

    def alignment(self) -> int:
        value = self.values.get("general.alignment", _DEFAULT_ALIGNMENT)
        if self.kinds.get("general.alignment", ValueType.UINT32) is not ValueType.UINT32 or not isinstance(value, int):
            raise DamagedGgufError("its alignment is not a whole number of the type UINT32")
        if value < 1 or value & (value - 1):
            raise DamagedGgufError(f"its alignment {value} is not a power of two")
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class _TensorInfo:
    """offset: of its data from the beginning of all data."""

    name: str
    shape: tuple[int, ...]
    kind: int
    offset: int


def _read_tensor(at: Cursor) -> _TensorInfo:
    raw = at.text()
    name = _decoded(raw)
    if len(raw) > _MOST_NAME:
        raise DamagedGgufError(f"the name of a tensor has {len(raw)} bytes, more than {_MOST_NAME}")
    n_dimensions = at.number("<I")
    if n_dimensions > MOST_DIMENSIONS:
        raise DamagedGgufError(f"tensor {name} has {n_dimensions} dimensions")
    shape = tuple(at.number("<q") for _ in range(n_dimensions))
    if any(length < 0 for length in shape) or prod(length or 1 for length in shape) > _MOST_VALUES:
        raise DamagedGgufError(f"tensor {name} has the impossible shape {shape_text(shape)}")
    kind = at.number("<i")
    if kind not in GGML_TYPES:
        raise DamagedGgufError(f"tensor {name} has the unknown type {kind}")
    ggml, row = GGML_TYPES[kind], shape[0] if shape else 1
    if row % ggml.per_block:
        blocks = f"whole blocks of {ggml.per_block} as its type {ggml.name} has"
        raise DamagedGgufError(f"tensor {name} has rows of {row} values, which are not {blocks}")
    return _TensorInfo(name=name, shape=_trimmed(shape), kind=kind, offset=at.number("<Q"))


def _placed(infos: dict[str, _TensorInfo], data_start: int, alignment: int) -> dict[str, GgufTensor]:
    """Where each tensor's data lies; llama.cpp wants them one after the other, in the order of the table."""
    tensors, expected = {}, 0
    for name, info in infos.items():
        if info.offset != expected:
            raise DamagedGgufError(f"the data of tensor {name} are at offset {info.offset} instead of {expected}")
        n_bytes = GGML_TYPES[info.kind].bytes_of(prod(info.shape))
        tensors[name] = GgufTensor(shape=info.shape, kind=info.kind, offset=data_start + info.offset, n_bytes=n_bytes)
        expected = _padded(expected + n_bytes, alignment)
    return tensors


def shape_text(shape: tuple[int, ...]) -> str:
    """(576, 192) -> "576 x 192"."""
    return " x ".join(str(length) for length in shape) or "1"


def _trimmed(shape: tuple[int, ...]) -> tuple[int, ...]:
    end = len(shape)
    while end > 1 and shape[end - 1] == 1:
        end -= 1
    return shape[:end] or (1,)


def _decoded(raw: bytes) -> str:
    """As llama.cpp sees it: up to the first NUL; what is not UTF-8 is replaced."""
    return raw.partition(b"\0")[0].decode("utf-8", "replace")


def _padded(position: int, alignment: int) -> int:
    return -(-position // alignment) * alignment
