from __future__ import annotations

import random

from chatapp.workers.engine.text import TextStream


def run(data: bytes, stop: tuple[str, ...], sizes: list[int]) -> tuple[str, str | None]:
    stream, released, at = TextStream(stop), "", 0
    for size in sizes:
        released += stream.feed(data[at : at + size])[1]
        at += size
        if stream.stopped_by:
            break
    return released + stream.close(), stream.stopped_by


def test_characters_are_whole_whatever_the_token_borders() -> None:
    text = "naïve 😀 天空 end"
    stream = TextStream(())
    pieces = [stream.feed(bytes([byte])) for byte in text.encode()]
    assert "".join(readable for readable, _ in pieces) == text
    assert "".join(released for _, released in pieces) + stream.close() == text


def test_an_unfinished_character_becomes_the_replacement_character() -> None:
    assert run(b"a\xf0\x9f", (), [1, 1, 1]) == ("a\ufffd", None)


def test_stop_strings_never_show_and_nothing_before_them_is_lost(rng: random.Random) -> None:
    text = "one two STOP three"
    data = text.encode()
    for _ in range(300):
        sizes: list[int] = []
        while sum(sizes) < len(data):
            sizes.append(rng.randint(1, 6))
        assert run(data, ("STOP", "STORM"), sizes) == ("one two ", "STOP")


def test_the_earliest_of_several_stop_strings_wins() -> None:
    assert run(b"a###b", ("b", "##"), [5]) == ("a", "##")


def test_what_only_looked_like_a_stop_string_is_released() -> None:
    assert run(b"say STO and STOR", ("STOP",), [3, 4, 5, 4]) == ("say STO and STOR", None)
    assert run("x⚡".encode(), ("⚡⚡",), [1, 1, 1, 1]) == ("x⚡", None)


def test_the_bytes_cut_with_a_stop_string_are_counted(rng: random.Random) -> None:
    for _ in range(1000):
        bad = bytes(rng.choices(b"a\xe5\xa4\xf0", k=rng.randrange(4)))
        data = rng.choice(("naïve 天", "")).encode() + bad + "天空STOP".encode() + bad + "空".encode()
        stream, text, at = TextStream(("空STOP", "OR")), "", 0
        while stream.stopped_by is None:
            size = rng.randint(1, 6)
            assert stream.cut == 0
            text += stream.feed(data[at : at + size])[1]
            at += size
        fed = data[:at]
        assert fed[: len(fed) - stream.cut].decode("utf-8", "replace") == text
        assert fed[len(fed) - stream.cut :].startswith("空STOP".encode())
