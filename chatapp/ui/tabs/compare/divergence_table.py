"""Where each two lanes part, as a table; a row leads to the place."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from chatapp.core.comparison import Comparison
from chatapp.ui.language import Translated
from chatapp.ui.tabs.compare.divergence_model import DivergenceModel
from chatapp.ui.widgets.build import named
from chatapp.ui.widgets.table_view import Index, TableView


class DivergencePage(Translated, QWidget):
    chosen = Signal(int, int, int)
    """a, b: places of two lanes; place: of the first token that differs, from 0; where one begins the other that is
    behind the shorter's last token"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = DivergenceModel(self)
        self.table = TableView(self.model, "pairs")
        self.table.activated.connect(self._on_chosen)
        self.table.clicked.connect(self._on_chosen)
        self.note = named(QLabel(wordWrap=True), "muted")
        self.setFocusProxy(self.table)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(16, 6, 16, 6)
        rows.addWidget(self.table, 1)
        rows.addWidget(self.note)
        self.retranslate()

    def set_comparison(self, comparison: Comparison) -> None:
        self.model.set_comparison(comparison)
        self._say()

    def retranslate(self) -> None:
        self.table.setAccessibleName(self.tr("Where two lanes part; Enter shows the place, Ctrl+C copies the rows"))
        self.model.retranslate()
        self._say()

    def _say(self) -> None:
        if self.model.pairs:
            self.note.setText(self.tr("Click a row, or press Enter, to see the place in the lanes."))
        else:
            self.note.setText(self.tr("Two lanes are needed to see where they part."))

    def _on_chosen(self, index: Index) -> None:
        pair = self.model.pairs[self.table.source_row(index)]
        if pair.place is not None:
            self.chosen.emit(pair.a, pair.b, pair.place)
