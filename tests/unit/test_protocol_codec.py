from __future__ import annotations

import random

import pytest

from chatapp.core.chat import ChatMessage, Role
from chatapp.core.errors import error
from chatapp.core.generation import Token
from chatapp.core.sampling import SamplingSettings
from chatapp.core.sentences import CANCELLED
from chatapp.protocol.codec import COMMANDS, EVENTS, MAX_FRAME_BYTES, FrameError, FrameReader
from chatapp.protocol.engine import Cancel, ChatPrompt, Event, Failed, Generate, TokensEmitted


def test_messages_survive_any_cutting_of_the_stream(rng: random.Random) -> None:
    token = Token(lane=0, index=3, id=9, text="é", data=b"\xc3\xa9")
    events: list[Event] = [
        TokensEmitted(request_id=1, tokens=(token,), text="é"),
        Failed(request_id=None, error=error(CANCELLED).info),
    ] * 20
    stream = b"".join(EVENTS.encode(event) for event in events)
    for _ in range(50):
        reader, found = FrameReader(), []
        position = 0
        while position < len(stream):
            length = rng.randint(1, 90)
            reader.feed(stream[position : position + length])
            found += [EVENTS.decode(body) for body in reader]
            position += length
        assert found == events


def test_commands_round_trip() -> None:
    command = Generate(
        request_id=5,
        prompt=ChatPrompt(messages=(ChatMessage(role=Role.USER, text="嗨 \0"),)),
        sampling=SamplingSettings(stop=("x",), seed=3),
    )
    (body,) = _bodies(COMMANDS.encode(command))
    assert COMMANDS.decode(body) == command


def test_an_event_where_a_command_belongs_is_an_error() -> None:
    (body,) = _bodies(EVENTS.encode(Failed(request_id=1, error=error(CANCELLED).info)))
    with pytest.raises(FrameError):
        COMMANDS.decode(body)


def test_unknown_fields_and_garbage_are_errors() -> None:
    for body in (b"", b"\xff\xff", b"\x82\xa4type\xa6Cancel\xa1x\x01"):
        with pytest.raises(FrameError):
            COMMANDS.decode(body)


def test_a_value_out_of_its_range_is_an_unreadable_command() -> None:
    (body,) = _bodies(
        COMMANDS.encode(Generate(request_id=1, prompt=ChatPrompt(messages=()), sampling=SamplingSettings(top_k=77)))
    )
    with pytest.raises(FrameError):
        COMMANDS.decode(body.replace(b"\xa5top_k\x4d", b"\xa5top_k\xff"))  # -1


def test_an_absurd_length_is_refused_at_once() -> None:
    reader = FrameReader()
    reader.feed((MAX_FRAME_BYTES + 1).to_bytes(4, "big"))
    with pytest.raises(FrameError):
        list(reader)


def test_a_cancel_is_small() -> None:
    assert len(COMMANDS.encode(Cancel(request_id=1))) < 40


def _bodies(data: bytes) -> list[bytes]:
    reader = FrameReader()
    reader.feed(data)
    return list(reader)
