"""The rail keeps its tabs in reach however low the window is."""

from __future__ import annotations

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from chatapp.ui.rail import Rail
from chatapp.ui.tabs import TABS
from chatapp.ui.theme import Theme


def test_a_low_rail_shows_icons_alone(qtbot: QtBot, light: Theme) -> None:
    rail = Rail(TABS, light)
    qtbot.addWidget(rail)
    rail.show()
    for height, style in (
        (900, Qt.ToolButtonStyle.ToolButtonTextUnderIcon),
        (300, Qt.ToolButtonStyle.ToolButtonIconOnly),
        (900, Qt.ToolButtonStyle.ToolButtonTextUnderIcon),
    ):
        rail.resize(rail.width(), height)
        assert {button.toolButtonStyle() for button in rail.buttons} == {style}
        for button in rail.buttons:
            assert button.height() >= button.sizeHint().height()
            assert rail.rect().contains(button.geometry())
