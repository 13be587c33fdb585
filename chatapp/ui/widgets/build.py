"""Small words for building widgets in one expression."""

from __future__ import annotations

from html import escape
from typing import TypeVar

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

_LONGEST_TIP = 500
AnyWidget = TypeVar("AnyWidget", bound=QWidget)


def named(widget: AnyWidget, name: str) -> AnyWidget:
    """`widget` under the name by which the style sheet knows it."""
    widget.setObjectName(name)
    return widget


def shown(widget: AnyWidget, visible: bool) -> AnyWidget:
    """`widget` visible or hidden from the start. One without a parent is not shown here: it would open as a window of
    its own and take the keyboard; it comes with the parent it is given."""
    if not visible:
        widget.hide()
    return widget


def plain_tip(text: str) -> str:
    """A tool tip for somebody else's text: Qt would take what looks like HTML for HTML and open its pictures."""
    return f"<p>{escape(text[:_LONGEST_TIP])}</p>"


def is_own_escape(event: QEvent) -> bool:
    """Whether `event` asks a widget that has a use for Esc if it wants it before the window's shortcut gets it.
    Accept it in `event` and act in keyPressEvent."""
    return (
        event.type() == QEvent.Type.ShortcutOverride
        and isinstance(event, QKeyEvent)
        and event.key() == Qt.Key.Key_Escape
    )
