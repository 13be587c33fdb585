"""Formulas in LaTeX as pictures, drawn off the main thread and kept."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from math import ceil

from PySide6.QtCore import QByteArray, QObject, QRectF, Qt, QTimer
from PySide6.QtGui import QFontMetricsF, QImage, QPainter, QTextCharFormat
from PySide6.QtSvg import QSvgRenderer

from chatapp.core.markdown import is_heavy_formula
from chatapp.services.background import Background
from chatapp.ui.widgets.idle import Idle, Step

_KEPT = 500
_GATHER_MS = 60
_SHARPNESS = 2  # pixels of a picture to one on an ordinary screen


@dataclass(frozen=True, slots=True)
class _Key:
    latex: str
    size: int
    color: str
    display: bool


@dataclass(frozen=True, slots=True)
class Picture:
    image: QImage
    depth: float  # pixels below the line on which letters stand


class Formulas(QObject):
    """A formula that can't be drawn is None for good; its source is then what is shown."""

    def __init__(self, background: Background, idle: Idle, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._idle = idle
        self._images: OrderedDict[_Key, Picture | None] = OrderedDict()
        self._waiting: dict[_Key, set[Step]] = {}
        self._to_call: set[Step] = set()
        self._timer = QTimer(self, singleShot=True, interval=_GATHER_MS)
        self._timer.timeout.connect(self._call)

    def image(self, latex: str, *, size: int, color: str, ready: Step, display: bool = False) -> Picture | None:
        """The picture, or None where it is not there yet: `ready` is then called when it is.

        size: of the letters in pixels; display: as a formula of its own line.
        """
        key = _Key(latex, size, color, display)
        if key in self._images:
            self._images.move_to_end(key)
            return self._images[key]
        if self._background.closed or is_heavy_formula(latex) or not latex.strip():
            return None
        if key in self._waiting:
            self._waiting[key].add(ready)
        else:
            self._waiting[key] = {ready}
            self._background.run(
                lambda: _drawn(key), lambda picture: self._keep(key, picture), lambda _info: self._keep(key, None)
            )
        return None

    def _keep(self, key: _Key, picture: Picture | None) -> None:
        self._images[key] = picture
        while len(self._images) > _KEPT:
            self._images.popitem(last=False)
        waiting = self._waiting.pop(key)
        if picture is not None:
            self._to_call |= waiting
            if not self._timer.isActive():
                self._timer.start()

    def _call(self) -> None:
        """Once for all formulas that were ready about the same time: a text may have many."""
        for ready in self._to_call:
            self._idle.do(ready)
        self._to_call.clear()


def _drawn(key: _Key) -> Picture | None:
    """None where the formula is not understood or its picture would be huge. Runs off the main thread."""
    from ziamath.config import config
    from ziamath.zmath import Latex

    config.svg2 = False  # paths in place; Qt knows no symbols
    try:
        formula = Latex(key.latex, size=key.size, color=key.color, inline=not key.display)
        renderer = QSvgRenderer(QByteArray(formula.svg().encode()))
    except Exception:  # noqa: BLE001 - whatever a model's formula does to the typesetter, its source is shown instead
        return None
    size = renderer.defaultSize()
    if not renderer.isValid() or size.isEmpty() or size.width() > 4000 or size.height() > 2000:
        return None
    image = _blank(size.width(), size.height())
    painter = QPainter(image)
    renderer.render(painter, QRectF(0, 0, size.width(), size.height()))
    painter.end()
    return Picture(image, renderer.viewBoxF().bottom())  # y is 0 on the line


def beside_text(picture: Picture, font: QFontMetricsF) -> tuple[QImage, QTextCharFormat.VerticalAlignment]:
    """The picture with so much room added that Qt, aligned like this, puts it on the line of the letters.

    Qt can end a picture as deep as letters go, or put its middle a quarter of an x above their line. What stands above
    the line is made a number of whole pixels: letters stand on whole ones too.
    """
    size = picture.image.deviceIndependentSize()
    above, below = size.height() - picture.depth, picture.depth
    half_x = int(font.xHeight()) / 2
    if below <= font.descent():
        alignment, higher = QTextCharFormat.VerticalAlignment.AlignBaseline, ceil(above)
        lower = font.descent()
    else:
        alignment, higher = QTextCharFormat.VerticalAlignment.AlignMiddle, ceil(max(above, below + half_x))
        lower = higher - half_x
    image = _blank(size.width(), higher + lower)
    painter = QPainter(image)
    painter.drawImage(QRectF(0, higher - above, size.width(), size.height()), picture.image)
    painter.end()
    return image, alignment


def _blank(width: float, height: float) -> QImage:
    image = QImage(ceil(width * _SHARPNESS), ceil(height * _SHARPNESS), QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(_SHARPNESS)
    image.fill(Qt.GlobalColor.transparent)
    return image
