"""Below the lanes: their figures, where they part, and two of them word by word. Knows no service."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QTabWidget, QWidget

from chatapp.core.comparison import Comparison
from chatapp.ui.language import Translated
from chatapp.ui.tabs.compare.diff_page import DiffPage
from chatapp.ui.tabs.compare.divergence_table import DivergencePage
from chatapp.ui.tabs.compare.figures_table import FiguresPage
from chatapp.ui.widgets.rich_text import Typesetting


class ComparisonFoot(Translated, QTabWidget):
    """Only the page on show counts anything, and only while somebody can see it."""

    divergence_chosen = Signal(int, int, int)
    """see DivergencePage.chosen"""

    def __init__(self, typesetting: Typesetting, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setDocumentMode(True)
        self.tabBar().setDrawBase(False)
        self.figures, self.divergence = FiguresPage(typesetting.background), DivergencePage()
        self.diff = DiffPage(typesetting)
        self._pages = (self.figures, self.divergence, self.diff)
        for page in self._pages:
            self.addTab(page, "")
        self._comparison: Comparison | None = None
        self._told: dict[QWidget, Comparison] = {}
        self.divergence.chosen.connect(self._on_chosen)
        self.currentChanged.connect(self._tell)
        self.retranslate()

    def set_comparison(self, comparison: Comparison) -> None:
        self._comparison = comparison
        self._tell()

    def retranslate(self) -> None:
        self.setAccessibleName(self.tr("The lanes compared"))
        for place, title in enumerate((self.tr("Figures"), self.tr("Where they part"), self.tr("Word differences"))):
            self.setTabText(place, title)

    def _tell(self) -> None:
        page = self._pages[self.currentIndex()]
        if self._comparison is not None and self.isVisible() and self._told.get(page) is not self._comparison:
            self._told[page] = self._comparison
            page.set_comparison(self._comparison)

    def _on_chosen(self, a: int, b: int, place: int) -> None:
        if self._comparison is not None:
            self.diff.set_comparison(self._comparison)  # it may not have been on show yet
        self.diff.choose(a, b)
        self.divergence_chosen.emit(a, b, place)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._tell()
