"""The lanes' figures as a table, and below it what is told of all of them together."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from chatapp.core.comparison import Comparison
from chatapp.core.lanes import self_bleu, text_ids, tokens_per_second
from chatapp.ui.language import Translated
from chatapp.ui.tabs.compare.figures_model import FiguresModel
from chatapp.ui.tabs.compare.table_view import TableView
from chatapp.ui.widgets.build import named, plain_tip


class FiguresPage(Translated, QWidget):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = FiguresModel(self)
        self.table = TableView(self.model, "candidates")
        self.together = named(QLabel(wordWrap=True), "muted")
        self._bleu: float | None = None
        self._speed: float | None = None
        self._counted: tuple[tuple[int, ...], ...] = ()
        self.setFocusProxy(self.table)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 6, 0, 6)
        rows.addWidget(self.table, 1)
        rows.addWidget(self.together)
        self.retranslate()

    def set_comparison(self, comparison: Comparison) -> None:
        self.model.set_comparison(comparison)
        self._speed = tokens_per_second(comparison)
        ids = tuple(text_ids(lane) for lane in comparison.lanes if lane.tokens)
        if ids != self._counted:
            self._counted, self._bleu = ids, self_bleu(ids)
        self._say()

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

    def _say(self) -> None:
        bleu = "–" if self._bleu is None else f"{self._bleu:.1f}"
        speed = "–" if self._speed is None else f"{self._speed:.1f}"
        text = self.tr("All lanes: self-BLEU {bleu} of 100, {speed} tokens per second in all")
        self.together.setText(text.format(bleu=bleu, speed=speed))
