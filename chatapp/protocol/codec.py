"""Frames: four bytes of length (big endian), then one message in MessagePack."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Generic, TypeVar

import msgspec

from chatapp.core.errors import AppError
from chatapp.protocol import engine, finetune

MAX_FRAME_BYTES = 64 * 1024 * 1024
_LENGTH = struct.Struct(">I")

Message = TypeVar("Message")


class FrameError(ValueError):
    """The bytes on the pipe are not frames of this protocol."""


class Codec(Generic[Message]):
    """Writes and reads one direction of the pipe."""

    def __init__(self, kind: object) -> None:
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(kind)

    def encode(self, message: Message) -> bytes:
        """One whole frame."""
        body = self._encoder.encode(message)
        return _LENGTH.pack(len(body)) + body

    def decode(self, body: bytes) -> Message:
        """The message in a frame's body; raises FrameError where it is none of ours."""
        try:
            return self._decoder.decode(body)
        except (msgspec.DecodeError, msgspec.ValidationError, AppError) as problem:  # AppError: a value out of range
            raise FrameError(str(problem)) from problem


COMMANDS: Codec[engine.Command] = Codec(engine.Command)
EVENTS: Codec[engine.Event] = Codec(engine.Event)
FINETUNE_COMMANDS: Codec[finetune.Command] = Codec(finetune.Command)
FINETUNE_EVENTS: Codec[finetune.Event] = Codec(finetune.Event)


class FrameReader:
    """Cuts a stream of bytes into frame bodies; `feed` what arrived, then iterate."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes | bytearray | memoryview) -> None:
        self._buffer += data

    def __iter__(self) -> Iterator[bytes]:
        """Each complete frame body, once; raises FrameError for a length no frame of ours has."""
        while len(self._buffer) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer)
            if length > MAX_FRAME_BYTES:
                raise FrameError(f"a frame of {length} bytes was announced")
            end = _LENGTH.size + length
            if len(self._buffer) < end:
                return
            body = bytes(self._buffer[_LENGTH.size : end])
            del self._buffer[:end]
            yield body


def as_json(message: object) -> str:
    """A message for the log (CHATAPP_LOG_FRAMES)."""
    return msgspec.json.encode(message).decode("utf-8")
