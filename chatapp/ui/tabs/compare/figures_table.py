"""The lanes' figures as a table, and below it what is told of all of them together."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from chatapp.core.comparison import Comparison
from chatapp.core.lanes import tokens_per_second
from chatapp.services.background import Background
from chatapp.ui.language import Translated
from chatapp.ui.tabs.compare.figure_counter import FigureCounter
from chatapp.ui.tabs.compare.figures_model import FiguresModel
from chatapp.ui.widgets.build import named, plain_tip
from chatapp.ui.widgets.table_view import TableView


class FiguresPage(Translated, QWidget):
    """Shows lanes at once, their figures as soon as they are counted."""

    def __init__(self, background: Background, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = FiguresModel(self)
        self.table = TableView(self.model, "candidates")
        self.together = named(QLabel(wordWrap=True), "muted")
        self._counter = FigureCounter(background, self)
        self._counter.counted.connect(self._show)
        self._comparison: Comparison | None = None
        self.setFocusProxy(self.table)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(16, 6, 16, 6)
        rows.addWidget(self.table, 1)
        rows.addWidget(self.together)
        self.retranslate()

    def set_comparison(self, comparison: Comparison) -> None:
        self._comparison = comparison
        self._counter.count(comparison)
        self._show()

    def retranslate(self) -> None:
        self.table.setAccessibleName(self.tr("Figures of the lanes; Ctrl+C copies them"))
        self.together.setToolTip(
            plain_tip(
                self.tr(
                    "Self-BLEU is the mean over the lanes of BLEU-4 of each against all others, counted over tokens. "
                    "100 means that all are the same, 0 that they have no token in common."
                )
            )
        )
        self.model.retranslate()
        self._say()

    def _show(self) -> None:
        if self._comparison is not None:
            lanes = self._comparison.lanes
            figures = [self._counter.figures(place, lane) for place, lane in enumerate(lanes)]
            self.model.set_comparison(self._comparison, figures)
            self._say()

    def _say(self) -> None:
        speed = None if self._comparison is None else tokens_per_second(self._comparison)
        bleu = self._counter.last.self_bleu
        text = self.tr("All lanes: self-BLEU {bleu} of 100, {speed} tokens per second in all")
        bleu_text, speed_text = ("–" if value is None else f"{value:.1f}" for value in (bleu, speed))
        self.together.setText(text.format(bleu=bleu_text, speed=speed_text))
