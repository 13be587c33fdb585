"""What a context has evaluated, in a file: checksummed, bound to its model, written whole or not at all.

magic | SHA-256 of all that follows | length of the head | head, MessagePack | payload, llama.cpp's own form
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import msgspec

from chatapp.core.errors import error
from chatapp.core.sentences import CANCELLED
from chatapp.workers.engine.cancel import CancelFlag
from chatapp.workers.engine.llama.context import Context
from chatapp.workers.engine.llama.prompt_memory import PromptMemory
from chatapp.workers.engine.llama.reuse import common_prefix

_MAGIC = b"chatapp state 1\n"
_LENGTH_BYTES = 4
_PIECE = 1 << 24  # bytes between two looks at the cancel flag
_WORTH_READING = 128  # tokens it must save


class _Head(msgspec.Struct, frozen=True, kw_only=True):
    """ids: the tokens evaluated; last_prompt, exact_until: see PromptMemory."""

    fingerprint: str
    ids: list[int]
    last_prompt: int
    exact_until: int


class SavedState:
    """Writes and reads such files for one loaded model. fingerprint: of all that a state depends on."""

    def __init__(self, fingerprint: str, cancel: CancelFlag) -> None:
        self._fingerprint = fingerprint
        self._cancel = cancel

    def save(self, path: str, context: Context, memory: PromptMemory, *, most_bytes: int) -> int:
        """Writes the file, returns its size in bytes; 0 and nothing written where that would be more than most_bytes or
        nothing was evaluated, as after a score.

        Raises OSError or AppError(CANCELLED); an earlier file then stays as it was.
        """
        if not context.cached or context.state_bytes() > most_bytes:
            return 0
        head = msgspec.msgpack.encode(
            _Head(
                fingerprint=self._fingerprint,
                ids=context.cached,
                last_prompt=memory.last_prompt,
                exact_until=memory.exact_until,
            )
        )
        content = (len(head).to_bytes(_LENGTH_BYTES, "big"), head, context.state())
        target = Path(path)
        unfinished = target.with_name(f"{target.name}.{os.getpid()}.tmp")
        checksum = hashlib.sha256()
        try:
            with unfinished.open("wb") as out:
                out.write(_MAGIC + bytes(checksum.digest_size))
                for part in content:
                    for start in range(0, len(part), _PIECE):
                        if self._cancel.is_set():
                            raise error(CANCELLED)
                        piece = memoryview(part)[start : start + _PIECE]
                        checksum.update(piece)
                        out.write(piece)
                out.seek(len(_MAGIC))
                out.write(checksum.digest())
            unfinished.replace(target)
        except BaseException:
            with suppress(OSError):
                unfinished.unlink()
            raise
        return target.stat().st_size

    def restore(self, path: str, context: Context, memory: PromptMemory, prompt: Sequence[int]) -> bool:
        """Puts the file's content in place of the context's where that spares `prompt` more evaluation; else changes
        nothing. A file of another model or setting, a damaged or missing one is passed over."""
        with suppress(OSError, ValueError, msgspec.MsgspecError), Path(path).open("rb") as source:
            checksum = source.read(len(_MAGIC) + hashlib.sha256().digest_size).removeprefix(_MAGIC)
            length = source.read(_LENGTH_BYTES)
            rest = Path(path).stat().st_size - source.tell()
            n_head = int.from_bytes(length, "big")
            if n_head > rest:
                return False
            raw_head = source.read(n_head)
            head = msgspec.msgpack.decode(raw_head, type=_Head)
            gain = common_prefix(head.ids, prompt) - common_prefix(context.cached, prompt)
            if head.fingerprint != self._fingerprint or len(head.ids) > context.n_ctx or gain < _WORTH_READING:
                return False
            payload = self._read(source, rest - n_head)
            if not _is_sum(checksum, length, raw_head, payload):
                return False
            memory.forget()
            if not context.restore(payload, head.ids):
                return False
            known = range(len(head.ids) + 1)
            if head.last_prompt in known and head.exact_until in known:
                memory.restored(last_prompt=head.last_prompt, exact_until=head.exact_until)
            return True
        return False

    def _read(self, source: BinaryIO, size: int) -> bytearray:
        """At most `size` bytes; fewer where the request was cancelled meanwhile, which its checksum then shows."""
        data = bytearray()
        while len(data) < size and not self._cancel.is_set():
            piece = source.read(min(_PIECE, size - len(data)))
            if not piece:
                break
            data += piece
        return data


def _is_sum(checksum: bytes, *parts: bytes | bytearray) -> bool:
    found = hashlib.sha256()
    for part in parts:
        found.update(part)
    return found.digest() == checksum
