"""The model's vocabulary: text to token ids and back, by llama.cpp's own tokenizer."""

from __future__ import annotations

import ctypes
from functools import cached_property
from typing import Any

import llama_cpp

from chatapp.workers.engine.token_grammar import TokenTable, token_table

_PIECE_BYTES = 64


class Vocabulary:
    """n_tokens: size of the vocabulary; adds_bos: the model's own rule for the first token."""

    def __init__(self, model: Any) -> None:
        self.handle = llama_cpp.llama_model_get_vocab(model)
        self.n_tokens = int(llama_cpp.llama_vocab_n_tokens(self.handle))
        self.bos = int(llama_cpp.llama_vocab_bos(self.handle))
        self.eos = int(llama_cpp.llama_vocab_eos(self.handle))
        self._buffer = ctypes.create_string_buffer(_PIECE_BYTES)
        self._pieces: dict[int, bytes] = {}  # of those asked for
        self._newline = self.tokenize("\n", special=False)
        self._adds_space = b"".join(map(self.piece, self.tokenize("a", special=False))) == b" a"
        self.adds_bos = bool(llama_cpp.llama_vocab_get_add_bos(self.handle)) and self.bos >= 0

    def tokenize(self, text: str, *, special: bool) -> list[int]:
        """Token ids of `text`, nothing added; `special` says whether control tokens in it count as such."""
        return self.tokenize_bytes(text.encode("utf-8"), special=special)

    def tokenize_joined(self, text: str, *, special: bool) -> list[int]:
        """The same for a text that goes on from other text: a vocabulary that puts a space before every text, as Llama
        2's does, then puts none there."""
        if not self._adds_space:
            return self.tokenize(text, special=special)
        if text.startswith(" "):
            ids = self.tokenize(text[1:], special=special)
            if ids and self.piece(ids[0]).startswith(b" ") and not text.startswith("  "):
                return ids
        ids, mark = self.tokenize(f"\n{text}", special=special), self._newline
        return ids[len(mark) :] if ids[: len(mark)] == mark else self.tokenize(text, special=special)

    def tokenize_bytes(self, data: bytes, *, special: bool) -> list[int]:
        """The same for bytes, which need not be valid UTF-8."""
        room = len(data) + 16
        while True:
            ids = (llama_cpp.llama_token * room)()
            n = llama_cpp.llama_tokenize(self.handle, data, len(data), ids, room, False, special)
            if n >= 0:
                return list(ids[:n])
            room = -n

    def piece(self, token: int) -> bytes:
        """The exact bytes of an ordinary token; empty for a control token."""
        found = self._pieces.get(token)
        if found is None:
            found = self._pieces[token] = self._piece(token, special=False)
        return found

    def control_text(self, token: int) -> str:
        """How a control token is written in a template; "" where the model has none."""
        return self._piece(token, special=True).decode("utf-8", "replace") if token >= 0 else ""

    def ends_generation(self, token: int) -> bool:
        return bool(llama_cpp.llama_vocab_is_eog(self.handle, token))

    @cached_property
    def table(self) -> TokenTable:
        """All tokens at once, for grammars."""
        ids = range(self.n_tokens)
        return token_table(
            [self._piece(token, special=False) for token in ids], frozenset(filter(self.ends_generation, ids))
        )

    def _piece(self, token: int, *, special: bool) -> bytes:
        n = llama_cpp.llama_token_to_piece(self.handle, token, self._buffer, len(self._buffer), 0, special)
        if n < 0:
            self._buffer = ctypes.create_string_buffer(-n)
            n = llama_cpp.llama_token_to_piece(self.handle, token, self._buffer, -n, 0, special)
        return self._buffer.raw[:n]
