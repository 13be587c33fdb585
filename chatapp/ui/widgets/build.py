"""Small words for building widgets in one expression."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtWidgets import QWidget

AnyWidget = TypeVar("AnyWidget", bound=QWidget)


def named(widget: AnyWidget, name: str) -> AnyWidget:
    """`widget` under the name by which the style sheet knows it."""
    widget.setObjectName(name)
    return widget


def shown(widget: AnyWidget, visible: bool) -> AnyWidget:
    """`widget` visible or hidden from the start."""
    widget.setVisible(visible)
    return widget
