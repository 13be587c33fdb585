"""Values for tests, with everything a test does not care about filled in."""

from __future__ import annotations

import math
import struct
from pathlib import Path

from chatapp.core.chat import Conversation, Message, MessageState, Role
from chatapp.core.token_record import Alternatives, Candidate, TokenRecord
from tests.gguf_files import BOOL, STRING, GgufFile, sentence_pieces, tiny_model_bytes


def gguf_bytes(architecture: str = "llama", file_type: int = 3, context: int = 2048) -> bytes:
    """A whole model, very small, with random weights."""
    return tiny_model_bytes(architecture, file_type, context)


def write_spm_vocabulary(path: Path, pieces: list[str]) -> Path:
    """A file with only a vocabulary, of the kind Llama 2 has: a space is put before every text. `pieces` are words that
    may be merged, with every shorter beginning of theirs; characters fall back to bytes."""
    file = GgufFile()
    file.set("general.architecture", STRING, "llama")
    merged = {piece[:length] for piece in pieces for length in range(1, len(piece) + 1)}
    sentence_pieces(file, sorted(merged))
    file.set("tokenizer.ggml.add_bos_token", BOOL, True)
    return file.write(path)


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


def token_record(
    p: float = 0.5, *, entropy: float = 1.0, rank: int = 0, top: tuple[Candidate, ...] = (), others_p: float = 0.0
) -> TokenRecord:
    return TokenRecord(
        logprob=math.log(p),
        entropy=entropy,
        rank=rank,
        p_sampled=p,
        alternatives=Alternatives.of(top),
        others_p=others_p,
        others_p_sampled=0.0,
    )


def candidate(identity: int, data: bytes, p: float, *, p_sampled: float = 0.0, cut_by: str | None = None) -> Candidate:
    return Candidate(id=identity, data=data, logprob=math.log(p), p_sampled=p_sampled, cut_by=cut_by)


def write_with_template(source: Path, target: Path, template: bytes) -> None:
    """A copy of a model with another chat template, filled with spaces to a length at which nothing else moves but as
    a whole."""
    data = source.read_bytes()
    key = struct.pack("<Q", 23) + b"tokenizer.chat_template" + struct.pack("<I", 8)
    at = data.index(key) + len(key)
    (length,) = struct.unpack_from("<Q", data, at)
    template += b" " * ((length - len(template)) % 32)
    target.write_bytes(data[:at] + struct.pack("<Q", len(template)) + template + data[at + 8 + length :])
