"""The model's vocabulary: text to token ids and back, by llama.cpp's own tokenizer."""

from __future__ import annotations

import ctypes
from typing import Any

import llama_cpp

_PIECE_BYTES = 64


class Vocabulary:
    """n_tokens: size of the vocabulary; adds_bos: the model's own rule for the first token."""

    def __init__(self, model: Any) -> None:
        self.handle = llama_cpp.llama_model_get_vocab(model)
        self.n_tokens = int(llama_cpp.llama_vocab_n_tokens(self.handle))
        self.bos = int(llama_cpp.llama_vocab_bos(self.handle))
        self.eos = int(llama_cpp.llama_vocab_eos(self.handle))
        self.adds_bos = bool(llama_cpp.llama_vocab_get_add_bos(self.handle)) and self.bos >= 0

    def tokenize(self, text: str, *, special: bool) -> list[int]:
        """Token ids of `text`, nothing added; `special` says whether control tokens in it count as such."""
        return self.tokenize_bytes(text.encode("utf-8"), special=special)

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
        return self._piece(token, special=False)

    def control_text(self, token: int) -> str:
        """How a control token is written in a template; "" where the model has none."""
        return self._piece(token, special=True).decode("utf-8", "replace") if token >= 0 else ""

    def ends_generation(self, token: int) -> bool:
        return bool(llama_cpp.llama_vocab_is_eog(self.handle, token))

    def _piece(self, token: int, *, special: bool) -> bytes:
        room = _PIECE_BYTES
        while True:
            buffer = ctypes.create_string_buffer(room)
            n = llama_cpp.llama_token_to_piece(self.handle, token, buffer, room, 0, special)
            if n >= 0:
                return buffer.raw[:n]
            room = -n
