"""Values for tests, with everything a test does not care about filled in."""

from __future__ import annotations

import struct
from pathlib import Path

from chatapp.core.chat import Conversation, Message, MessageState, Role

TENSOR_BYTES = 4096


def gguf_bytes(architecture: str = "llama", file_type: int = 3, context: int = 2048, *, tensor: bool = True) -> bytes:
    """A well-formed GGUF file of version 3 with one F32 tensor, too small to be a model."""
    values = [
        _text("general.architecture") + struct.pack("<I", 8) + _text(architecture),
        _text("general.file_type") + struct.pack("<II", 4, file_type),
        _text(f"{architecture}.context_length") + struct.pack("<II", 4, context),
        _text("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, 3) + _text("a") + _text("bb") + _text(""),
        _text("numbers") + struct.pack("<IIQ3I", 9, 4, 3, 1, 2, 3),
    ]
    info = _text("token_embd.weight") + struct.pack("<IQIQ", 1, TENSOR_BYTES // 4, 0, 0) if tensor else b""
    head = b"GGUF" + struct.pack("<IQQ", 3, 1 if tensor else 0, len(values)) + b"".join(values) + info
    padding = -len(head) % 32
    return head + b"\0" * padding + (b"\0" * TENSOR_BYTES if tensor else b"")


def write_spm_vocabulary(path: Path, pieces: list[str]) -> Path:
    """A file with only a vocabulary, of the kind Llama 2 has: a space is put before every text. `pieces` are words that
    may be merged, with every shorter beginning of theirs; characters fall back to bytes."""
    control, unknown, byte, normal = 3, 2, 6, 1
    tokens = [("<unk>", 0.0, unknown), ("<s>", 0.0, control), ("</s>", 0.0, control)]
    tokens += [(f"<0x{value:02X}>", 0.0, byte) for value in range(256)]
    merged = {piece[:length] for piece in pieces for length in range(1, len(piece) + 1)}
    tokens += [(piece, float(len(piece)), normal) for piece in sorted(merged)]
    count = len(tokens)
    values = [
        _text("general.architecture") + struct.pack("<I", 8) + _text("llama"),
        _text("tokenizer.ggml.model") + struct.pack("<I", 8) + _text("llama"),
        _text("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, count) + b"".join(_text(t) for t, _, _ in tokens),
        _text("tokenizer.ggml.scores") + struct.pack(f"<IIQ{count}f", 9, 6, count, *(s for _, s, _ in tokens)),
        _text("tokenizer.ggml.token_type") + struct.pack(f"<IIQ{count}i", 9, 5, count, *(k for _, _, k in tokens)),
        _text("tokenizer.ggml.bos_token_id") + struct.pack("<II", 4, 1),
        _text("tokenizer.ggml.eos_token_id") + struct.pack("<II", 4, 2),
        _text("tokenizer.ggml.add_bos_token") + struct.pack("<I?", 7, True),
    ]
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, len(values)) + b"".join(values) + b"\0" * 64)
    return path


def write_gguf(path: Path, architecture: str = "llama") -> Path:
    path.write_bytes(gguf_bytes(architecture))
    return path


def conversation(identity: str = "c1", title: str = "A title", leaf_id: str | None = None) -> Conversation:
    return Conversation(id=identity, title=title, created_at=1.0, updated_at=1.0, leaf_id=leaf_id)


def message(
    identity: str,
    parent_id: str | None = None,
    *,
    role: Role = Role.USER,
    text: str = "text",
    state: MessageState = MessageState.COMPLETE,
    conversation_id: str = "c1",
) -> Message:
    return Message(
        id=identity,
        conversation_id=conversation_id,
        parent_id=parent_id,
        role=role,
        text=text,
        created_at=1.0,
        state=state,
    )


def _text(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data
