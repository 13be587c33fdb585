"""Where a part of a text document lies on the screen."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import QRectF
from PySide6.QtGui import QTextDocument, QTextLine

_LEAST = 5.0  # pixels, of what has no width


def line_rects(document: QTextDocument, start: int, end: int, clip: QRectF) -> list[QRectF]:
    """What the characters from `start` to before `end` take, a rectangle per line, in the document's coordinates; only
    lines that touch `clip`."""
    rects: list[QRectF] = []
    block = document.findBlock(start)
    while block.isValid() and block.position() < end:
        place = document.documentLayout().blockBoundingRect(block)
        if place.top() > clip.bottom():
            break
        if place.bottom() >= clip.top():
            layout, before = block.layout(), block.position()
            for number in range(layout.lineCount()):
                line = layout.lineAt(number)
                stop = line.textStart() + line.textLength()
                first = max(start - before, line.textStart())
                last = min(end - before, stop + (number == layout.lineCount() - 1))  # a line break takes a place too
                if first < last:
                    left, right = sorted((_x_of(line, min(first, stop)), _x_of(line, min(last, stop))))
                    wide = max(right - left, _LEAST)
                    rect = QRectF(left, line.y(), wide, line.height()).translated(place.topLeft())
                    if rect.intersects(clip):
                        rects.append(rect)
        block = block.next()
    return rects


def _x_of(line: QTextLine, position: int) -> float:
    return cast(tuple[float, int], line.cursorToX(position))[0]
