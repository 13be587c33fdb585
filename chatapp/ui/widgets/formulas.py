"""Formulas in LaTeX as pictures, drawn off the main thread and kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QByteArray, QObject, QRectF, Qt, QTimer
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer
from shiboken6 import isValid

from chatapp.core.markdown import is_heavy_formula
from chatapp.services.background import Background

_KEPT = 500
_GATHER_MS = 60
_SHARPNESS = 2  # pixels of a picture to one on an ordinary screen


@dataclass(frozen=True, slots=True)
class _Key:
    latex: str
    size: int
    color: str
    display: bool


class Formulas(QObject):
    """A formula that can't be drawn is None for good; its source is then what is shown."""

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._images: OrderedDict[_Key, QImage | None] = OrderedDict()
        self._waiting: dict[_Key, set[Callable[[], object]]] = {}
        self._to_call: set[Callable[[], object]] = set()
        self._timer = QTimer(self, singleShot=True, interval=_GATHER_MS)
        self._timer.timeout.connect(self._call)

    def image(
        self, latex: str, *, size: int, color: str, ready: Callable[[], object], display: bool = False
    ) -> QImage | None:
        """The picture, or None where it is not there yet: `ready`, a method of a QObject, is then called when it is.

        size: of the letters in pixels; display: as a formula of its own line.
        """
        key = _Key(latex, size, color, display)
        if key in self._images:
            self._images.move_to_end(key)
            return self._images[key]
        if is_heavy_formula(latex) or not latex.strip():
            return None
        if key in self._waiting:
            self._waiting[key].add(ready)
        else:
            self._waiting[key] = {ready}
            self._background.run(
                lambda: _svg_of(key), lambda svg: self._keep(key, svg), lambda _info: self._keep(key, None)
            )
        return None

    def _keep(self, key: _Key, svg: bytes | None) -> None:
        self._images[key] = _drawn(svg) if svg is not None else None
        while len(self._images) > _KEPT:
            self._images.popitem(last=False)
        waiting = self._waiting.pop(key)
        if self._images.get(key) is not None:
            self._to_call |= waiting
            if not self._timer.isActive():
                self._timer.start()

    def _call(self) -> None:
        """Once for all formulas that were ready about the same time: a text may have many."""
        ready, self._to_call = self._to_call, set()
        for call in ready:
            if isValid(getattr(call, "__self__", self)):
                call()


def _svg_of(key: _Key) -> bytes | None:
    """None where the formula is not understood. Runs off the main thread."""
    from ziamath.config import config
    from ziamath.zmath import Latex

    config.svg2 = False  # paths in place; Qt knows no symbols
    try:
        formula = Latex(key.latex, size=key.size, color=key.color, inline=not key.display)
        return bytes(formula.svg().encode())
    except Exception:  # noqa: BLE001 - whatever a model's formula does to the typesetter, its source is shown instead
        return None


def _drawn(svg: bytes) -> QImage | None:
    renderer = QSvgRenderer(QByteArray(svg))
    size = renderer.defaultSize()
    if not renderer.isValid() or size.isEmpty() or size.width() > 4000 or size.height() > 2000:
        return None
    image = QImage(size * _SHARPNESS, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(_SHARPNESS)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    renderer.render(painter, QRectF(0, 0, size.width(), size.height()))
    painter.end()
    return image
