"""What llama.cpp needs of the vocabulary in a GGUF header (llama_vocab::impl::load in llama-vocab.cpp)."""

from __future__ import annotations

import numpy as np

from chatapp.core.gguf import TOKEN_TYPES, TOKENS, GgufHeader
from chatapp.core.gguf_cursor import DamagedGgufError, ValueType
from chatapp.core.known_names import PRE_TOKENIZERS, TOKENIZERS
from chatapp.core.metadata import Metadata

SPECIAL_TOKENS = tuple(
    f"tokenizer.ggml.{name}_token_id"
    for name in (
        "bos", "eos", "eot", "eom", "unknown", "seperator", "padding", "mask", "fim_pre", "fim_suf", "fim_mid",
        "fim_pad", "fim_rep", "fim_sep", "prefix", "suffix", "middle",
    )
)  # fmt: skip
_FLAGS = ("add_bos_token", "add_eos_token", "add_sep_token", "add_space_prefix", "remove_extra_whitespaces")
_BYTE_PAIR = ("gpt2", "hybriddna", "whitespace", "gemma4")
_NO_VOCABULARY = ("no_vocab", "none")
_PHI3_TOKENS = (b"</s>", b"<unk>", b"<s>", b"<|endoftext|>")
_BYTE_TOKENS = ("llama", "t5")
_BYTE = 6  # LLAMA_TOKEN_TYPE_BYTE
_LEAST_BYTE_TOKEN = 3  # "<0x", behind which the byte is read
_LEAST_CHARSMAP = 5  # bytes


def check_tokenizer(header: GgufHeader, metadata: Metadata) -> int:
    """The size of the vocabulary; raises DamagedGgufError."""
    model = metadata.text("tokenizer.ggml.model")
    if model not in TOKENIZERS:
        raise DamagedGgufError(f"its tokenizer {model!r} is unknown")
    pre = metadata.text("tokenizer.ggml.pre", "")
    metadata.number("tokenizer.ggml.token_type_count", 0)
    if model in _NO_VOCABULARY:
        return metadata.number(f"{header.facts().architecture}.vocab_size", 0)
    if model in _BYTE_PAIR:
        _check_byte_pairs(metadata, "gemma4" if model == "gemma4" else pre)
    if model == "t5":
        charsmap = metadata.length("tokenizer.ggml.precompiled_charsmap", ValueType.INT8, ValueType.UINT8)
        if charsmap is not None and charsmap < _LEAST_CHARSMAP:
            raise DamagedGgufError("its tokenizer.ggml.precompiled_charsmap is too short")
    n_tokens = _check_lists(header, metadata)
    if model in _BYTE_TOKENS:
        _check_byte_tokens(header)
    for key in SPECIAL_TOKENS:
        metadata.number(key, 0)
    for name in _FLAGS:
        metadata.flag(f"tokenizer.ggml.{name}", False)
    for name in ("lowercase", "strip_accents"):
        metadata.flag(f"tokenizer.ggml.normalizer.{name}", False)
    metadata.length("tokenizer.ggml.suppress_tokens", ValueType.INT32)
    _check_phi3(header, metadata)
    return n_tokens


def missing_special_tokens(header: GgufHeader) -> tuple[str, ...]:
    """Keys that name tokens the vocabulary does not have; llama.cpp then takes others without a word."""
    n_tokens = header.values.get(TOKENS)
    named = ((key, header.values.get(key)) for key in SPECIAL_TOKENS)
    return tuple(
        key for key, token in named if isinstance(n_tokens, int) and isinstance(token, int) and token >= n_tokens
    )


def _check_byte_pairs(metadata: Metadata, pre: str) -> None:
    merges = metadata.length("tokenizer.ggml.merges", ValueType.STRING)
    if merges is None and pre != "kimi-k2":
        raise DamagedGgufError("tokenizer.ggml.merges is missing")
    if pre and pre not in PRE_TOKENIZERS:
        raise DamagedGgufError(f"its pre-tokenizer {pre!r} is unknown")


def _check_lists(header: GgufHeader, metadata: Metadata) -> int:
    n_tokens = metadata.length(TOKENS, ValueType.STRING)
    if n_tokens is None:
        raise DamagedGgufError(f"{TOKENS} is missing")
    for key, kinds in (
        ("tokenizer.ggml.scores", (ValueType.FLOAT32, ValueType.INT32)),
        (TOKEN_TYPES, (ValueType.INT32,)),
    ):
        length = metadata.length(key, *kinds)
        if length is not None and length < n_tokens:
            raise DamagedGgufError(f"{key} has {length} numbers for {n_tokens} tokens")
    if len(set(header.tokens)) < n_tokens:
        repeated = _repeated(header.tokens)
        if repeated is not None:
            raise DamagedGgufError(f"its vocabulary has the token {repeated!r} twice")
    return n_tokens


def _repeated(tokens: list[bytes]) -> str | None:
    """The first token that is there twice; empty ones are told apart by their number, as llama.cpp does."""
    seen: set[bytes] = set()
    for number, token in enumerate(tokens):
        named = token or f"[EMPTY_{number}]".encode()
        if named in seen:
            return named.decode("utf-8", "replace")
        seen.add(named)
    return None


def _check_byte_tokens(header: GgufHeader) -> None:
    kinds = np.frombuffer(header.token_types, dtype="<i4")[: len(header.tokens)]
    for place in np.flatnonzero(kinds == _BYTE):
        if 0 < len(header.tokens[place]) < _LEAST_BYTE_TOKEN:  # an empty one is given a name
            raise DamagedGgufError(f"its token {place} stands for a byte and does not say for which")


def _check_phi3(header: GgufHeader, metadata: Metadata) -> None:
    """llama.cpp corrects tokens of models with these names and refuses a vocabulary without them."""
    name = metadata.text("general.name", "").lower()
    if not any(known in name for known in ("phi-3", "phi3")):
        return
    for token in _PHI3_TOKENS:
        if token not in header.tokens:
            raise DamagedGgufError(f"its vocabulary has no token {token.decode()}")
