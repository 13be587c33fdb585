"""A column in the middle of its page, no wider than reads well."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QWidget


def centred(column: QWidget, margin: int) -> QHBoxLayout:
    """A layout that keeps `column` in the middle; its maximumWidth is the column's own affair."""
    layout = QHBoxLayout()
    layout.setContentsMargins(margin, 0, margin, 0)
    layout.addStretch(1)
    layout.addWidget(column, 1000)
    layout.addStretch(1)
    return layout
