from __future__ import annotations

import pytest

from chatapp.core.generation import Token, Usage, reply_ids, spelling


def tokens(*data: bytes) -> list[Token]:
    return [Token(lane=0, index=n, id=100 + n, text="", data=piece) for n, piece in enumerate(data)]


def test_ids_of_a_reply_are_those_that_are_its_text() -> None:
    assert reply_ids(tokens(b"Hel", b"lo", b""), "Hello") == (100, 101)
    assert reply_ids(tokens(b"\xe5\xa4", b"\xa9"), "天") == (100, 101)


def test_tokens_cut_with_a_stop_string_are_left_out() -> None:
    assert reply_ids(tokens(b"Hi", b"\n", b"User", b":"), "Hi") == (100,)


def test_a_text_that_ends_inside_a_token_has_no_ids() -> None:
    assert reply_ids(tokens(b"Hi", b"!\nUser:"), "Hi!") == ()
    assert reply_ids(tokens(b"\xe5\xa4"), "\ufffd") == ()
    assert reply_ids([], "") == ()


def test_speed_leaves_the_prompt_out() -> None:
    usage = Usage(
        prompt_tokens=5, cached_tokens=0, completion_tokens=50, prompt_ms=9.0, generate_ms=500.0, context_tokens=55
    )
    assert usage.tokens_per_second == 100.0


def alone(data: bytes) -> Token:
    return Token(lane=0, index=0, id=1, text="", data=data)


@pytest.mark.parametrize(
    ("pieces", "text", "n_kept"),
    [
        ([b"one", b" two"], "one two", 2),
        ([b"one", b" two", b"\n", b"###"], "one two", 2),  # a stop text was cut
        ([b"one", b"", b" two", b""], "one two", 3),  # an end token
        ([b"\xc3", b"\xa9"], "\u00e9", 2),
        ([b"one", b" two"], "one t", 0),
        ([b"one"], "one two", 0),
        ([b"one", b" two"], "two", 0),
        ([], "one", 0),
        ([b"one"], "", 0),
    ],
)
def test_only_tokens_that_spell_a_text_are_its(pieces: list[bytes], text: str, n_kept: int) -> None:
    tokens = [alone(piece) for piece in pieces]
    assert spelling(text, tokens) == tuple(tokens[:n_kept])
