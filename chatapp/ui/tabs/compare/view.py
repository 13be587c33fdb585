"""The two pages of Compare."""

from __future__ import annotations

from PySide6.QtWidgets import QTabWidget, QWidget

from chatapp.ui.language import Translated
from chatapp.ui.tabs.compare.foot import ComparisonFoot
from chatapp.ui.tabs.compare.lanes_page import LanesPage
from chatapp.ui.tabs.compare.sweep_page import SweepPage
from chatapp.ui.widgets.rich_text import Typesetting


class CompareView(Translated, QTabWidget):
    def __init__(self, typesetting: Typesetting, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setDocumentMode(True)
        self.tabBar().setDrawBase(False)
        self.lanes, self.foot = LanesPage(typesetting.theme), ComparisonFoot(typesetting)
        self.sweep = SweepPage(typesetting.theme)
        self.lanes.set_foot(self.foot)
        self.foot.divergence_chosen.connect(self.lanes.mark_divergence)
        self.addTab(self.lanes, "")
        self.addTab(self.sweep, "")
        self.retranslate()

    @property
    def shows_lanes(self) -> bool:
        return self.currentWidget() is self.lanes

    def take_focus(self) -> None:
        (self.lanes if self.shows_lanes else self.sweep).take_focus()

    def retranslate(self) -> None:
        self.setTabText(0, self.tr("Lanes"))
        self.setTabText(1, self.tr("Sweep"))
        self.setAccessibleName(self.tr("Compare"))
