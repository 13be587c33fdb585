"""The lab's two pages."""

from __future__ import annotations

from PySide6.QtWidgets import QTabWidget, QWidget

from chatapp.ui.language import Translated
from chatapp.ui.tabs.lab.score_page import ScorePage
from chatapp.ui.tabs.lab.softmax_page import SoftmaxPage
from chatapp.ui.widgets.rich_text import Typesetting


class LabView(Translated, QTabWidget):
    def __init__(self, typesetting: Typesetting, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setDocumentMode(True)
        self.tabBar().setDrawBase(False)
        self.softmax, self.score = SoftmaxPage(typesetting), ScorePage(typesetting.theme)
        self.addTab(self.softmax, "")
        self.addTab(self.score, "")
        self.retranslate()

    def take_focus(self) -> None:
        page = self.softmax if self.currentWidget() is self.softmax else self.score
        page.take_focus()

    def go_to(self, page: QWidget) -> None:
        self.setCurrentWidget(page)
        self.take_focus()

    def retranslate(self) -> None:
        self.setTabText(0, self.tr("Softmax"))
        self.setTabText(1, self.tr("Score a text"))
        self.setAccessibleName(self.tr("Lab"))
