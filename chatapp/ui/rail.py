"""The rail at the left: one button per tab, icon above word; the icon alone where the window is too low for both."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QEvent, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from chatapp.ui.language import Translated
from chatapp.ui.tabs.base import TabSpec
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.build import named

_WIDTH_EMS = 7.3


class Rail(Translated, QWidget):
    chosen = Signal(int)
    """the tab's place, from 0"""

    def __init__(self, tabs: Sequence[TabSpec], theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("rail")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._tabs = tabs
        self._theme = theme
        self._group = QButtonGroup(self)
        self.buttons: list[QToolButton] = []
        layout = self._layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 12, 6, 12)
        layout.setSpacing(6)
        self.setMinimumHeight(1)  # words never keep the window from being low
        for place in range(len(tabs)):
            if place == len(tabs) - 1:
                layout.addStretch()  # the settings, apart from the work
            button = named(QToolButton(), "railButton")
            button.setCheckable(True)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            self._group.addButton(button, place)
            self.buttons.append(button)
            layout.addWidget(button)
        self.buttons[0].setChecked(True)
        self._group.idClicked.connect(self._on_clicked)
        theme.changed.connect(self._apply_theme)
        self._apply_theme()
        self.retranslate()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()

    def choose(self, place: int) -> None:
        self.buttons[place].click()

    def keys_of(self, place: int) -> str:
        """The shortcut of the tab at `place`, which the window sets up."""
        return f"Ctrl+{place + 1}"

    def retranslate(self) -> None:
        for place, (tab, button) in enumerate(zip(self._tabs, self.buttons, strict=True)):
            title = QCoreApplication.translate("tabs", tab.title)
            button.setText(title)
            button.setToolTip(f"{title} ({self.keys_of(place)})")
            button.setAccessibleName(title)
        self._fit()

    def _fit(self) -> None:
        self._show_as(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        if self._layout.minimumSize().height() > self.height():
            self._show_as(Qt.ToolButtonStyle.ToolButtonIconOnly)
        self._layout.activate()

    def _show_as(self, style: Qt.ToolButtonStyle) -> None:
        for button in self.buttons:
            button.setToolButtonStyle(style)
        self._layout.invalidate()

    def _on_clicked(self, place: int) -> None:
        self._set_icons()
        self.chosen.emit(place)

    def _apply_theme(self) -> None:
        self.setFixedWidth(round(self.fontMetrics().horizontalAdvance("m") * _WIDTH_EMS))
        self._set_icons()

    def _set_icons(self) -> None:
        colors = self._theme.colors
        for tab, button in zip(self._tabs, self.buttons, strict=True):
            button.setIcon(self._theme.icon(tab.icon, color=colors.accent if button.isChecked() else colors.muted))
            button.setIconSize(self._theme.icon_size(22))
