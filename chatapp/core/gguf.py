"""Reads the header of a GGUF file: key-value pairs and the table of tensors, never the weights.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md (versions 2 and 3, little endian).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from math import prod
from typing import BinaryIO

from chatapp.core.models import QUANTIZATIONS, ModelFacts

MAGIC = b"GGUF"
_CHUNK = 1 << 20
_MAX_TEXT = 1 << 24
_MAX_COUNT = 1 << 24
_MAX_TYPE = 1000
_STRING, _ARRAY = 8, 9
_SCALARS = {
    0: "<B",
    1: "<b",
    2: "<H",
    3: "<h",
    4: "<I",
    5: "<i",
    6: "<f",
    7: "<?",
    10: "<Q",
    11: "<q",
    12: "<d",
}

# (values, bytes) of one block of each ggml_type, see the type traits in llama.cpp's ggml.c
_BLOCKS = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 9: (32, 40),
    10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292),
    16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110), 22: (256, 82),
    23: (256, 136), 24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2),
    34: (256, 54), 35: (256, 66), 39: (32, 17),
}  # fmt: skip


class NotGgufError(ValueError):
    """The first four bytes are not GGUF."""


class DamagedGgufError(ValueError):
    """The header contradicts itself; the message says how."""


class TruncatedGgufError(ValueError):
    """The file ends before what its header announces."""

    def __init__(self, actual: int, expected: int) -> None:
        super().__init__(f"{actual} of at least {expected} bytes")
        self.actual = actual
        self.expected = expected


@dataclass(frozen=True, slots=True, kw_only=True)
class GgufHeader:
    """`values` holds scalars and texts; of an array only its length is kept, as an int under the same key. tensors:
    the shape of each, tensor_bytes: its size in the file."""

    version: int
    values: dict[str, str | int | float | bool]
    tensors: dict[str, tuple[int, ...]]
    tensor_bytes: dict[str, int]
    expected_bytes: int

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
    at = _Cursor(stream, size)
    if at.take(4) != MAGIC:
        raise NotGgufError
    version = at.number("<I")
    if version not in (2, 3):
        raise DamagedGgufError(f"its format version {version} is not 2 or 3")
    n_tensors, n_values = at.count("tensors"), at.count("values")
    values = dict(_read_value(at) for _ in range(n_values))
    alignment = values.get("general.alignment", 32)
    if not isinstance(alignment, int) or alignment < 1 or alignment & (alignment - 1):
        raise DamagedGgufError(f"its alignment {alignment} is not a power of two")
    infos = [_read_tensor(at) for _ in range(n_tensors)]
    data_start = -(-at.position // alignment) * alignment
    expected = data_start + max((offset + length for _, _, offset, length in infos), default=0)
    if expected > size:
        raise TruncatedGgufError(size, expected)
    return GgufHeader(
        version=version,
        values=values,
        tensors={name: shape for name, shape, _, _ in infos},
        tensor_bytes={name: length for name, _, _, length in infos},
        expected_bytes=expected,
    )


def _read_value(at: _Cursor) -> tuple[str, str | int | float | bool]:
    key = at.text()
    kind = at.number("<I")
    if kind == _STRING:
        return key, at.text()
    if kind != _ARRAY:
        return key, at.scalar(kind)
    kind, length = at.number("<I"), at.count("array elements")
    if kind == _STRING:
        at.skip_texts(length)
    else:
        at.skip(struct.calcsize(at.format_of(kind)) * length)
    return key, length


def _read_tensor(at: _Cursor) -> tuple[str, tuple[int, ...], int, int]:
    name = at.text()
    n_dimensions = at.number("<I")
    if not 1 <= n_dimensions <= 4:
        raise DamagedGgufError(f"tensor {name} has {n_dimensions} dimensions")
    shape = tuple(at.number("<Q") for _ in range(n_dimensions))
    kind, offset = at.number("<I"), at.number("<Q")
    if kind > _MAX_TYPE:
        raise DamagedGgufError(f"tensor {name} has the impossible type {kind}")
    per_block, block_bytes = _BLOCKS.get(kind, (1, 0))  # a newer type: its size is llama.cpp's to check
    return name, shape, offset, prod(shape) // per_block * block_bytes


class _Cursor:
    """Reads forward through the stream in large chunks; every step is checked against the file's size."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream = stream
        self._size = size
        self._buffer = b""
        self._start = 0  # where the buffer begins in the file
        self._at = 0  # where we are in the buffer

    @property
    def position(self) -> int:
        return self._start + self._at

    def take(self, length: int) -> bytes:
        self._need(length)
        self._at += length
        return self._buffer[self._at - length : self._at]

    def skip(self, length: int) -> None:
        if self.position + length > self._size:
            raise TruncatedGgufError(self._size, self.position + length)
        if self._at + length <= len(self._buffer):
            self._at += length
            return
        self._start = self._stream.seek(self.position + length)
        self._buffer, self._at = b"", 0

    def skip_texts(self, n: int) -> None:
        """Passes over `n` texts; a vocabulary has hundreds of thousands, hence the plain loop."""
        length_of = struct.Struct("<Q").unpack_from
        for _ in range(n):
            if self._at + 8 > len(self._buffer):
                self._need(8)
            end = self._at + 8 + length_of(self._buffer, self._at)[0]
            if end <= len(self._buffer):
                self._at = end
            else:
                self._at += 8
                self.skip(end - self._at)

    def number(self, form: str) -> int:
        return int(self._unpack(form))

    def scalar(self, kind: int) -> int | float | bool:
        return self._unpack(self.format_of(kind))

    def format_of(self, kind: int) -> str:
        if kind not in _SCALARS:
            raise DamagedGgufError(f"a value has the unknown type {kind}")
        return _SCALARS[kind]

    def count(self, what: str) -> int:
        n = self.number("<Q")
        if n > _MAX_COUNT:
            raise DamagedGgufError(f"it announces {n} {what}")
        return n

    def text(self) -> str:
        length = self.number("<Q")
        if length > _MAX_TEXT:
            raise DamagedGgufError(f"it announces a text of {length} bytes")
        return self.take(length).decode("utf-8", "replace")

    def _unpack(self, form: str) -> int | float | bool:
        length = struct.calcsize(form)
        self._need(length)
        (value,) = struct.unpack_from(form, self._buffer, self._at)
        self._at += length
        result: int | float | bool = value
        return result

    def _need(self, length: int) -> None:
        missing = self._at + length - len(self._buffer)
        if missing <= 0:
            return
        if self.position + length > self._size:
            raise TruncatedGgufError(self._size, self.position + length)
        self._buffer = self._buffer[self._at :] + self._stream.read(max(missing, _CHUNK))
        self._start += self._at
        self._at = 0
        if len(self._buffer) < length:
            raise TruncatedGgufError(self._start + len(self._buffer), self._start + length)
