"""What a context has evaluated, in a file: checksummed, bound to its model, written whole or not at all."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from chatapp.workers.engine.llama.context import Context
from chatapp.workers.engine.llama.prompt_memory import PromptMemory
from chatapp.workers.engine.llama.reuse import common_prefix

_MAGIC = b"chatapp state 1\n"
_LENGTH_BYTES = 4
_WORTH_READING = 128  # tokens it must save


class _Head(msgspec.Struct, frozen=True, kw_only=True):
    """ids: the tokens evaluated; exact_until: see PromptMemory; the payload is llama.cpp's own form."""

    fingerprint: str
    ids: list[int]
    exact_until: int
    payload_bytes: int
    payload_sha256: str


def save_state(path: str, context: Context, memory: PromptMemory, fingerprint: str) -> int:
    """Writes the file, returns its size in bytes. Raises OSError; an earlier file then stays as it was."""
    payload = context.state()
    head = msgspec.msgpack.encode(
        _Head(
            fingerprint=fingerprint,
            ids=context.cached,
            exact_until=memory.exact_until,
            payload_bytes=len(payload),
            payload_sha256=hashlib.sha256(payload).hexdigest(),
        )
    )
    target = Path(path)
    unfinished = target.with_name(f"{target.name}.{os.getpid()}.tmp")
    try:
        with unfinished.open("wb") as out:
            for piece in (_MAGIC, len(head).to_bytes(_LENGTH_BYTES, "big"), head, payload):
                out.write(piece)
        unfinished.replace(target)
    except OSError:
        with suppress(OSError):
            unfinished.unlink()
        raise
    return target.stat().st_size


def restore_state(path: str, context: Context, memory: PromptMemory, fingerprint: str, prompt: Sequence[int]) -> bool:
    """Puts the file's content in place of the context's where that spares `prompt` more evaluation; else changes
    nothing. A file of another model or setting, a damaged or missing one is passed over."""
    try:
        with Path(path).open("rb") as source:
            head = _read_head(source.read(len(_MAGIC) + _LENGTH_BYTES), source.read)
            if head is None or head.fingerprint != fingerprint or len(head.ids) > context.n_ctx:
                return False
            gain = common_prefix(head.ids, prompt) - common_prefix(context.cached, prompt)
            if gain < _WORTH_READING:
                return False
            payload = source.read(head.payload_bytes + 1)
    except OSError:
        return False
    if len(payload) != head.payload_bytes or hashlib.sha256(payload).hexdigest() != head.payload_sha256:
        return False
    memory.forget()
    if not context.restore(payload, head.ids):
        return False
    memory.exact_until = min(head.exact_until, len(head.ids))
    return True


def _read_head(start: bytes, read: Callable[[int], bytes]) -> _Head | None:
    if not start.startswith(_MAGIC) or len(start) != len(_MAGIC) + _LENGTH_BYTES:
        return None
    length = int.from_bytes(start[len(_MAGIC) :], "big")
    with suppress(msgspec.DecodeError, msgspec.ValidationError, MemoryError):
        return msgspec.msgpack.decode(read(length), type=_Head)
    return None
