"""Plain text as examples: paragraphs packed together until a piece is full."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def paragraphs(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """(line it begins in, text) of what blank lines divide."""
    first, together = 0, list[str]()
    for number, line in lines:
        if line.strip():
            first = first if together else number
            together.append(line.rstrip("\r\n"))
        elif together:
            yield first, "\n".join(together)
            together = []
    if together:
        yield first, "\n".join(together)


def pieces(found: Iterable[tuple[int, str]], most_bytes: int) -> Iterator[tuple[int, str]]:
    """The same packed into pieces of at most most_bytes; a longer paragraph is divided between words."""
    first, piece = 0, ""
    for line, paragraph in found:
        for part in _divided(paragraph, most_bytes):
            joined = f"{piece}\n\n{part}" if piece else part
            if piece and len(joined.encode("utf-8")) > most_bytes:
                yield first, piece
                piece, joined = "", part
            first = first if piece else line
            piece = joined
    if piece:
        yield first, piece


def _divided(text: str, most_bytes: int) -> Iterator[str]:
    data = text.encode("utf-8")
    while len(data) > most_bytes:
        cut = data[:most_bytes].decode("utf-8", "ignore")  # no half a character at its end
        at = max(cut.rfind(" "), cut.rfind("\n")) + 1
        part = (cut[:at] if at > len(cut) // 2 else cut) or data.decode("utf-8")[:1]
        yield part.rstrip()
        data = data[len(part.encode("utf-8")) :]
    if data.strip():
        yield data.decode("utf-8")
