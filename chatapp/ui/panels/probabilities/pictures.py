"""What a widget shows as a picture for a paper or a letter."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QBuffer, QIODevice, QPoint
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QWidget

from chatapp.ui.widgets.save_dialog import ask_where

_SHARPNESS = 3  # pixels of a PNG for one of the screen


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """data: to be written to the file `path`."""

    path: str
    data: bytes


def ask_for_picture(parent: QWidget, title: str, name: str, drawn: QWidget) -> Picture | None:
    """Of `drawn`; None where a person does not want one after all."""
    path = ask_where(parent, title, name, (("PNG", ".png"), ("SVG", ".svg")))
    if not path:
        return None
    draw = svg_of if path.endswith(".svg") else png_of
    return Picture(path=path, data=draw(drawn))


def png_of(widget: QWidget) -> bytes:
    image = QImage(widget.size() * _SHARPNESS, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(_SHARPNESS)
    image.fill(widget.palette().window().color())
    widget.render(image)
    buffer = _opened_buffer()
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(buffer.data().data())


def svg_of(widget: QWidget) -> bytes:
    buffer, generator = _opened_buffer(), QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(widget.size())
    generator.setViewBox(widget.rect())
    generator.setResolution(widget.logicalDpiX())  # else letters are smaller than on the screen
    generator.setTitle(widget.accessibleName())
    painter = QPainter(generator)
    painter.fillRect(widget.rect(), widget.palette().window())
    widget.render(painter, QPoint(0, 0))
    painter.end()
    return bytes(buffer.data().data())


def _opened_buffer() -> QBuffer:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    return buffer
