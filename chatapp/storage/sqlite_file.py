"""The pages of an SQLite file, read without SQLite: for a file it can't open. See https://sqlite.org/fileformat2.html

A page that was committed to the write-ahead log (WAL) stands for the older one in the file. Nothing is written.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

MAGIC = b"SQLite format 3\0"
USUAL_PAGE_SIZE = 4096
PAGE_SIZES = (4096, 8192, 16384, 32768, 65536, 2048, 1024, 512)
_WAL_MAGIC = (0x377F0682, 0x377F0683)
_WAL_HEADER, _FRAME_HEADER = 32, 24


class SqliteFile:
    """page_size None: what the file says, or the usual one where that can't be. Raises OSError."""

    def __init__(self, path: Path, page_size: int | None = None) -> None:
        self._file = path.open("rb")
        self._log: BinaryIO | None = None
        self._in_log: dict[int, int] = {}
        head = self._file.read(100)
        self.page_size = page_size or _page_size(head) or USUAL_PAGE_SIZE
        log = path.with_name(f"{path.name}-wal")
        if log.is_file():
            self._log = log.open("rb")
            self._in_log = _committed(self._log, page_size or _page_size(head))
        size = self._file.seek(0, 2)
        self.page_count = max([-(-size // self.page_size), *self._in_log])
        head = self.page(1)[:100].ljust(100, b"\0")
        self.has_header = head.startswith(MAGIC)
        self.usable_size = self.page_size - (head[20] if self.has_header and head[20] <= 32 else 0)
        (self.version,) = struct.unpack(">i", head[60:64])
        self._first_trunk = int.from_bytes(head[32:36], "big")

    def __enter__(self) -> SqliteFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        if self._log is not None:
            self._log.close()

    def page(self, number: int) -> bytes:
        """From 1; where the file ends within it, the rest is zero; where the disk can't read it, all is."""
        try:
            if number in self._in_log and self._log is not None:
                self._log.seek(self._in_log[number])
                data = self._log.read(self.page_size)
            else:
                self._file.seek((number - 1) * self.page_size)
                data = self._file.read(self.page_size)
        except OSError:
            data = b""
        return data.ljust(self.page_size, b"\0")

    def free_pages(self) -> set[int]:
        """Those that hold nothing any more, as far as the list of them can be followed."""
        found: set[int] = set()
        trunk = self._first_trunk if self.has_header else 0
        while 1 < trunk <= self.page_count and trunk not in found:
            page = self.page(trunk)
            following, count = struct.unpack(">II", page[:8])
            if count > self.usable_size // 4 - 2:
                break
            leaves = struct.unpack(f">{count}I", page[8 : 8 + 4 * count])
            if any(not 1 < leaf <= self.page_count for leaf in leaves):
                break
            found |= {trunk, *leaves}
            trunk = following
        return found


def _page_size(head: bytes) -> int | None:
    if not head.startswith(MAGIC):
        return None
    size = int.from_bytes(head[16:18], "big")
    size = 65536 if size == 1 else size
    return size if size in PAGE_SIZES else None


def _committed(log: BinaryIO, page_size: int | None) -> dict[int, int]:
    """Page number -> where its newest committed version begins in the log, up to the first frame that is torn."""
    header = log.read(_WAL_HEADER)
    if len(header) < _WAL_HEADER:
        return {}
    magic, _, size, _, *salts = struct.unpack(">6I", header[:24])
    order = ">" if magic & 1 else "<"
    sums = _checksum(header[:24], (0, 0), order)
    if magic not in _WAL_MAGIC or size not in PAGE_SIZES or sums != struct.unpack(">2I", header[24:]):
        return {}
    if page_size not in (None, size):
        return {}
    committed: dict[int, int] = {}
    pending: dict[int, int] = {}
    for at, frame in _frames(log, size):
        number, pages_after, *rest = struct.unpack(">6I", frame[:_FRAME_HEADER])
        sums = _checksum(frame[:8] + frame[_FRAME_HEADER:], sums, order)
        if rest[:2] != salts or (rest[2], rest[3]) != sums:
            break
        pending[number] = at
        if pages_after:  # the last frame of a transaction
            committed |= pending
            committed = {page: place for page, place in committed.items() if page <= pages_after}
            pending = {}
    return committed


def _frames(log: BinaryIO, page_size: int) -> Iterator[tuple[int, bytes]]:
    """Each frame, with the place of its page."""
    at = _WAL_HEADER
    while len(frame := log.read(_FRAME_HEADER + page_size)) == _FRAME_HEADER + page_size:
        yield at + _FRAME_HEADER, frame
        at += len(frame)


def _checksum(data: bytes, start: tuple[int, int], order: str) -> tuple[int, int]:
    first, second = start
    words = iter(struct.unpack(f"{order}{len(data) // 4}I", data))
    for word, following in zip(words, words, strict=True):
        first = (first + word + second) & 0xFFFFFFFF
        second = (second + following + first) & 0xFFFFFFFF
    return first, second
