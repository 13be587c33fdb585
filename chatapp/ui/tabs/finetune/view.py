"""The three pages of Fine-tune."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QTabWidget, QWidget

from chatapp.ui.language import Translated
from chatapp.ui.tabs.finetune.earlier_page import EarlierPage
from chatapp.ui.tabs.finetune.run_page import RunPage
from chatapp.ui.tabs.finetune.setup_page import SetupPage
from chatapp.ui.theme import Theme

SETUP, RUN, EARLIER = range(3)


class FinetuneView(Translated, QTabWidget):
    def __init__(self, theme: Theme, component_card: QWidget | None = None, parent: QWidget | None = None) -> None:
        """component_card: see SetupPage."""
        super().__init__(parent)
        self.setDocumentMode(True)
        self.tabBar().setDrawBase(False)
        self.setup = SetupPage(theme, component_card)
        self.run = RunPage(theme)
        self.earlier = EarlierPage(theme)
        for page in (self.setup, self.run, self.earlier):
            self.addTab(page, "")
        self.setAcceptDrops(True)
        self.retranslate()

    def go_to(self, place: int) -> None:
        self.setCurrentIndex(place)
        self.take_focus()

    def on_page(self, place: int, act: Callable[[], None]) -> None:
        """Does it where that page is on show; else shows the page, so that it is seen what would be done."""
        if self.currentIndex() == place:
            act()
        else:
            self.go_to(place)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self.setup.dragEnterEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """On a page that takes none itself: data of a new run."""
        self.go_to(SETUP)
        self.setup.dropEvent(event)

    def take_focus(self) -> None:
        (self.setup, self.run, self.earlier)[self.currentIndex()].take_focus()

    def retranslate(self) -> None:
        for place, text in enumerate((self.tr("New run"), self.tr("Run"), self.tr("Earlier runs"))):
            self.setTabText(place, text)
        self.setAccessibleName(self.tr("Fine-tune"))
