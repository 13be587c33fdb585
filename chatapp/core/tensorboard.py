"""A run's curves as a file of TensorBoard events, written by hand.

Records as in TensorFlow's tfrecord format: length (uint64), its masked CRC-32C, the data, the data's; data: an Event
of event.proto in the wire format of Protocol Buffers, each value a Summary.Value with simple_value.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence

_POLYNOMIAL = 0x82F63B78  # CRC-32C (Castagnoli), bits reversed
_MASK = 0xA282EAD8
_WALL_TIME, _STEP, _FILE_VERSION, _SUMMARY = 1, 2, 3, 5  # fields of Event
_VALUE, _TAG, _SIMPLE_VALUE = 1, 1, 2  # of Summary and Summary.Value
_VARINT, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5  # wire types


def _table() -> Iterable[int]:
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = value >> 1 ^ _POLYNOMIAL if value & 1 else value >> 1
        yield value


_TABLE: Sequence[int] = tuple(_table())


def crc32c(data: bytes) -> int:
    value = 0xFFFFFFFF
    for byte in data:
        value = _TABLE[(value ^ byte) & 0xFF] ^ value >> 8
    return value ^ 0xFFFFFFFF


def events_of(scalars: Iterable[tuple[str, int, float]], wall_time: float) -> bytes:
    """scalars: (tag, step, value) of each; wall_time: seconds since the epoch, of all."""
    parts = [_record(_event(wall_time, _field(_FILE_VERSION, _BYTES, _sized(b"brain.Event:2"))))]
    for tag, step, value in scalars:
        one = _field(_TAG, _BYTES, _sized(tag.encode())) + _field(_SIMPLE_VALUE, _FOUR_BYTES, struct.pack("<f", value))
        summary = _field(_VALUE, _BYTES, _sized(one))
        parts.append(
            _record(
                _event(wall_time, _field(_STEP, _VARINT, _varint(step)) + _field(_SUMMARY, _BYTES, _sized(summary)))
            )
        )
    return b"".join(parts)


def _event(wall_time: float, rest: bytes) -> bytes:
    return _field(_WALL_TIME, _EIGHT_BYTES, struct.pack("<d", wall_time)) + rest


def _record(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    return length + _masked_crc(length) + data + _masked_crc(data)


def _masked_crc(data: bytes) -> bytes:
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + _MASK) & 0xFFFFFFFF)


def _field(number: int, wire_type: int, value: bytes) -> bytes:
    return _varint(number << 3 | wire_type) + value


def _sized(data: bytes) -> bytes:
    return _varint(len(data)) + data


def _varint(value: int) -> bytes:
    parts = []
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])
