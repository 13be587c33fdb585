"""The rows of all tables in an SQLite file, whichever pages still hold them: neither roots nor inner pages are needed.

What a row is a row of, its shape must tell. See https://sqlite.org/fileformat2.html#record_format
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from chatapp.storage.sqlite_file import SqliteFile

Value = None | int | float | str | bytes
_TABLE_LEAF = 0x0D
_INTEGER_SIZES = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
_MOST_COLUMNS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """is_cut: the pages with its end are lost; a text may then end early, and the values after it are left out.
    of_whole_page: every row of its page could be read."""

    rowid: int
    values: tuple[Value, ...]
    is_cut: bool
    of_whole_page: bool


def rows_of(file: SqliteFile) -> Iterator[Row]:
    """In the order of their pages."""
    free = file.free_pages()
    for number in range(1, file.page_count + 1):
        if number not in free:
            yield from _rows_of_page(file, number)


def _rows_of_page(file: SqliteFile, number: int) -> list[Row]:
    page = file.page(number)
    start = 100 if number == 1 else 0
    if page[start] != _TABLE_LEAF:
        return []
    count = int.from_bytes(page[start + 3 : start + 5], "big")
    first = start + 8
    most = (file.usable_size - first) // 6  # a pointer and the least cell there is
    pointers = struct.unpack(f">{min(count, most)}H", page[first : first + 2 * min(count, most)])
    found: list[tuple[int, tuple[Value, ...], bool]] = []
    for pointer in pointers:
        try:
            found.append(_cell(file, page, pointer))
        except (ValueError, IndexError, struct.error):
            continue
    whole = len(found) == count
    return [Row(rowid=rowid, values=values, is_cut=cut, of_whole_page=whole) for rowid, values, cut in found]


def _cell(file: SqliteFile, page: bytes, at: int) -> tuple[int, tuple[Value, ...], bool]:
    """(rowid, values, whether it is cut). Raises ValueError, IndexError or struct.error where there is none."""
    size, at = _varint(page, at)
    rowid, at = _varint(page, at)
    if not 0 < size <= file.page_count * file.page_size:
        raise ValueError("no row is that long")
    usable = file.usable_size
    local = size
    if size > usable - 35:
        least = (usable - 12) * 32 // 255 - 23
        local = least + (size - least) % (usable - 4)
        local = local if local <= usable - 35 else least
    if at + local > usable:
        raise ValueError("beyond the page")
    payload = page[at : at + local]
    if size > local:
        following = int.from_bytes(page[at + local : at + local + 4], "big")
        payload += _overflow(file, following, size - local)
    return _signed(rowid), _record(payload, complete=len(payload) == size), len(payload) < size


def _overflow(file: SqliteFile, number: int, size: int) -> bytes:
    """Up to `size` bytes of the chain of pages from `number`: as much as can be followed."""
    parts: list[bytes] = []
    seen: set[int] = set()
    room = file.usable_size - 4
    while size > 0 and 1 < number <= file.page_count and number not in seen:
        seen.add(number)
        page = file.page(number)
        if not any(page):  # zeroed
            break
        part = page[4 : 4 + min(size, room)]
        parts.append(part)
        size -= len(part)
        number = int.from_bytes(page[:4], "big")
    return b"".join(parts)


def _record(payload: bytes, *, complete: bool) -> tuple[Value, ...]:
    header_size, at = _varint(payload, 0)
    if not at <= header_size <= len(payload):
        raise ValueError("the header of the row is damaged")
    types: list[int] = []
    while at < header_size:
        kind, at = _varint(payload, at)
        types.append(kind)
    if at != header_size or len(types) > _MOST_COLUMNS:
        raise ValueError("the header of the row is damaged")
    values: list[Value] = []
    for kind in types:
        size = _size(kind)
        if at + size > len(payload):
            if complete:
                raise ValueError("the row is shorter than its header says")
            if kind >= 13 and kind % 2:
                values.append(payload[at:].decode("utf-8", "ignore"))
            break
        values.append(_value(kind, payload[at : at + size]))
        at += size
    if complete and at != len(payload):
        raise ValueError("the row is longer than its header says")
    return tuple(values)


def _size(kind: int) -> int:
    if kind >= 12:
        return (kind - 12) // 2
    if kind in (10, 11):
        raise ValueError("no such type")
    return 8 if kind == 7 else _INTEGER_SIZES.get(kind, 0)


def _value(kind: int, data: bytes) -> Value:
    if kind == 0:
        return None
    if kind in _INTEGER_SIZES:
        return int.from_bytes(data, "big", signed=True)
    if kind == 7:
        (number,) = struct.unpack(">d", data)
        return float(number)
    if kind in (8, 9):
        return kind - 8
    return data.decode("utf-8", "replace") if kind % 2 else data


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """(value, where the next thing begins)"""
    value = 0
    for place in range(8):
        byte = data[at + place]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + place + 1
    return value << 8 | data[at + 8], at + 9


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value
