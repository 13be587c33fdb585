"""From token bytes to readable text: waits for whole characters and holds back what may be a stop string."""

from __future__ import annotations

import codecs
from collections.abc import Sequence


class TextStream:
    """Fed with the bytes of one token at a time; bytes that are no UTF-8 become U+FFFD.

    The concatenation of all that `feed` and `close` release is the reply.
    """

    def __init__(self, stop: Sequence[str]) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._stop = tuple(stop)
        self._held = ""
        self.stopped_by: str | None = None
        self.cut = 0
        """How many of the bytes fed are those of the stop string and of what came behind it."""

    def feed(self, data: bytes) -> tuple[str, str]:
        """(the text that became readable with these bytes, the text now certain to belong to the reply)."""
        before, n_held = self._decoder.getstate(), len(self._held)
        readable = self._decoder.decode(data)
        released = self._release(readable)
        if self.stopped_by is not None:
            end = len(released) + len(self.stopped_by) - n_held  # of the stop string, in what became readable
            self.cut = len(self.stopped_by.encode("utf-8")) + _bytes_behind(data, before, end)
        return readable, released

    def close(self) -> str:
        """What was still held back; an unfinished character becomes U+FFFD."""
        if self.stopped_by is not None:
            return ""
        released = self._release(self._decoder.decode(b"", final=True))
        rest, self._held = ("" if self.stopped_by else self._held), ""
        return released + rest

    def _release(self, readable: str) -> str:
        text = self._held + readable
        found = [(at, stop) for stop in self._stop if (at := text.find(stop)) >= 0]
        if found:
            at, self.stopped_by = min(found)
            self._held = ""
            return text[:at]
        keep = max((_overlap(text, stop) for stop in self._stop), default=0)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]


def _bytes_behind(data: bytes, state: tuple[bytes, int], n_characters: int) -> int:
    """How many of the bytes are left when that many characters are read; state: the decoder's before them."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    decoder.setstate(state)
    for at in range(len(data)):
        n_characters -= len(decoder.decode(data[at : at + 1]))
        if n_characters <= 0:
            return len(data) - at - 1
    return 0


def _overlap(text: str, stop: str) -> int:
    """How many characters at the end of `text` could be the beginning of `stop`."""
    for length in range(min(len(text), len(stop) - 1), 0, -1):
        if text.endswith(stop[:length]):
            return length
    return 0
