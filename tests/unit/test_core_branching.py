from __future__ import annotations

import pytest

from chatapp.core.branching import spelling
from chatapp.core.generation import Token


def token(data: bytes) -> Token:
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
    tokens = [token(piece) for piece in pieces]
    assert spelling(text, tokens) == tuple(tokens[:n_kept])
