"""The panel at the right of the chat: how replies are drawn, and what the model sees."""

from __future__ import annotations

from PySide6.QtWidgets import QAbstractSpinBox, QTabWidget, QWidget

from chatapp.ui.language import Translated
from chatapp.ui.panels.probabilities.panel import ProbabilityPanel
from chatapp.ui.tabs.chat.context_page import ContextPage
from chatapp.ui.tabs.chat.sampling_page import SamplingPage
from chatapp.ui.theme import Theme

_WIDTH_EMS = 26


class Inspector(Translated, QTabWidget):
    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspector")
        self.setDocumentMode(True)
        self.tabBar().setDrawBase(False)
        self._theme = theme
        self.sampling = SamplingPage()
        self.context = ContextPage(theme)
        self.probabilities = ProbabilityPanel(theme)
        self.addTab(self.probabilities, "")
        self.addTab(self.sampling, "")
        self.addTab(self.context, "")
        theme.changed.connect(self._fit)
        self._fit()
        self.retranslate()

    def retranslate(self) -> None:
        self.setTabText(0, self.tr("Probabilities"))
        self.setTabText(1, self.tr("Sampling"))
        self.setTabText(2, self.tr("Context"))
        self.setAccessibleName(self.tr("Inspector"))

    def flush(self) -> None:
        """Tells at once of what was typed and is told of later: of a text after a pause, of a number at its end."""
        self.context.flush()
        typed = self.sampling.focusWidget()
        if isinstance(typed, QAbstractSpinBox):
            typed.interpretText()
        elif typed is self.sampling.seed and self.sampling.seed.isModified():
            self.sampling.seed.setModified(False)
            self.sampling.seed.editingFinished.emit()

    def _fit(self) -> None:
        self.setFixedWidth(self.fontMetrics().horizontalAdvance("m") * _WIDTH_EMS)
