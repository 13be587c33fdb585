"""Reads forward through a GGUF file; every step is checked against the file's size, so nothing is believed."""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import BinaryIO

_CHUNK = 1 << 20
_MOST_TEXT = 1 << 24  # bytes kept of one text
_MOST_TEXT_ALLOWED = 1 << 30  # GGUF_MAX_STRING_LENGTH
_MOST_ELEMENTS = 1 << 30  # GGUF_MAX_ARRAY_ELEMENTS


class ValueType(IntEnum):
    """gguf_type of a value, see gguf.h."""

    UINT8 = 0
    INT8 = 1
    UINT16 = 2
    INT16 = 3
    UINT32 = 4
    INT32 = 5
    FLOAT32 = 6
    BOOL = 7
    STRING = 8
    ARRAY = 9
    UINT64 = 10
    INT64 = 11
    FLOAT64 = 12


FORMATS = {
    ValueType.UINT8: "B",
    ValueType.INT8: "b",
    ValueType.UINT16: "H",
    ValueType.INT16: "h",
    ValueType.UINT32: "I",
    ValueType.INT32: "i",
    ValueType.FLOAT32: "f",
    ValueType.BOOL: "?",
    ValueType.UINT64: "Q",
    ValueType.INT64: "q",
    ValueType.FLOAT64: "d",
}


def width_of(kind: ValueType) -> int:
    """Bytes of one number."""
    return struct.calcsize(f"<{FORMATS[kind]}")


class DamagedGgufError(ValueError):
    """The file contradicts itself or what llama.cpp needs of it; the message says how."""


class TruncatedGgufError(ValueError):
    """The file ends before what its header announces."""

    def __init__(self, actual: int, expected: int) -> None:
        super().__init__(f"{actual} of at least {expected} bytes")
        self.actual = actual
        self.expected = expected


class Cursor:
    """Takes the stream in large chunks. Methods raise TruncatedGgufError or DamagedGgufError."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream = stream
        self._size = size
        self._buffer = b""
        self._start = 0  # where the buffer begins in the file
        self._at = 0  # where we are in the buffer

    @property
    def position(self) -> int:
        return self._start + self._at

    @property
    def rest(self) -> int:
        """Bytes from here to the end of the file."""
        return self._size - self.position

    def take(self, length: int) -> bytes:
        self._need(length)
        self._at += length
        return self._buffer[self._at - length : self._at]

    def skip(self, length: int) -> None:
        if length > self.rest:
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

    def texts(self, n: int) -> list[bytes]:
        """The next `n` texts."""
        length_of = struct.Struct("<Q").unpack_from
        found = []
        for _ in range(n):
            if self._at + 8 > len(self._buffer):
                self._need(8)
            begin = self._at + 8
            end = begin + length_of(self._buffer, self._at)[0]
            if end <= len(self._buffer):
                found.append(self._buffer[begin:end])
                self._at = end
            else:
                self._at = begin
                found.append(self.take(end - begin))
        return found

    def number(self, form: str) -> int:
        return int(self._unpack(form))

    def scalar(self, kind: ValueType) -> int | float | bool:
        return self._unpack(f"<{FORMATS[kind]}")

    def numbers(self, kind: ValueType, n: int) -> tuple[int | float | bool, ...]:
        form = f"<{n}{FORMATS[kind]}"
        return struct.unpack(form, self.take(struct.calcsize(form)))

    def kind(self, what: str) -> ValueType:
        kind = self.number("<i")
        try:
            return ValueType(kind)
        except ValueError:
            raise DamagedGgufError(f"{what} has the unknown type {kind}") from None

    def count(self, what: str, least_bytes: int) -> int:
        """A number of things that need at least that many bytes each."""
        n = self.number("<Q")
        if n > _MOST_ELEMENTS or n * least_bytes > self.rest:
            raise DamagedGgufError(f"it announces {n} {what}, more than fit in it")
        return n

    def text(self) -> bytes:
        """One text; of one that is absurdly long only the beginning."""
        length = self.number("<Q")
        if length > _MOST_TEXT_ALLOWED:
            raise DamagedGgufError(f"it announces a text of {length} bytes")
        if length > self.rest:
            raise TruncatedGgufError(self._size, self.position + length)
        kept = self.take(min(length, _MOST_TEXT))
        self.skip(length - len(kept))
        return kept

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
        if length > self.rest:
            raise TruncatedGgufError(self._size, self.position + length)
        self._buffer = self._buffer[self._at :] + self._stream.read(max(missing, _CHUNK))
        self._start += self._at
        self._at = 0
        if len(self._buffer) < length:
            raise TruncatedGgufError(self._start + len(self._buffer), self._start + length)
