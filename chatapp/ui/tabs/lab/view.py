"""The lab's two pages."""

from __future__ import annotations

from PySide6.QtWidgets import QTabWidget, QWidget

from chatapp.ui.language import Translated
from chatapp.ui.tabs.lab.softmax_page import SoftmaxPage
from chatapp.ui.widgets.rich_text import Typesetting


class LabView(Translated, QTabWidget):
    def __init__(self, typesetting: Typesetting, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setDocumentMode(True)
        self.tabBar().setDrawBase(False)
        self.softmax = SoftmaxPage(typesetting)
        self.addTab(self.softmax, "")
        self.retranslate()

    def take_focus(self) -> None:
        self.softmax.prompt.setFocus()

    def retranslate(self) -> None:
        self.setTabText(0, self.tr("Softmax"))
        self.setAccessibleName(self.tr("Lab"))
