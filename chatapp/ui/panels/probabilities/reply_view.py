"""What is known of a reply as a whole, or of a range of its tokens: figures, course, the most surprising tokens."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QListWidget, QListWidgetItem, QToolButton, QVBoxLayout, QWidget

from chatapp.ui.language import Translated
from chatapp.ui.panels.probabilities.candidate_table import token_text
from chatapp.ui.panels.probabilities.heat_text import HeatToken
from chatapp.ui.panels.probabilities.measure import percent
from chatapp.ui.panels.probabilities.timeline import Timeline
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.build import named, shown

_SURPRISES = 12
_SURPRISE_LINES = 3
_FIGURES_MS = 500
_PLACE = Qt.ItemDataRole.UserRole


class ReplyView(Translated, QWidget):
    place_chosen = Signal(object)
    """int: the place of a token"""
    range_chosen = Signal(object)
    """(first, last) places, None: the whole reply again"""
    export_requested = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tokens: list[HeatToken] = []
        self.figures = named(QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText), "muted")
        self.whole = shown(named(QToolButton(), "quiet"), False)
        self.whole.setText("✕")
        self.export = named(QToolButton(), "quiet")
        self.timeline = Timeline(theme)
        self._label = named(QLabel(), "heading")
        self.surprises = QListWidget()
        self._fit()
        self._timer = QTimer(self, singleShot=True, interval=_FIGURES_MS)  # nobody reads faster
        self._timer.timeout.connect(self._show)
        self._lay_out()
        self.timeline.place_chosen.connect(self.place_chosen)
        self.timeline.range_chosen.connect(self._on_range)
        self.whole.clicked.connect(self.timeline.clear_range)
        self.export.clicked.connect(self.export_requested)
        self.surprises.itemActivated.connect(self._on_surprise)
        self.surprises.itemClicked.connect(self._on_surprise)
        theme.changed.connect(self._fit)
        self.retranslate()

    @property
    def tokens(self) -> Sequence[HeatToken]:
        return self._tokens

    def has_figures(self) -> bool:
        return self.timeline.course.figures() is not None

    def set_tokens(self, tokens: Sequence[HeatToken]) -> None:
        """Of another reply."""
        self._tokens = list(tokens)
        self.timeline.set_tokens(tokens)
        self.surprises.clear()
        self._timer.stop()
        self._show()

    def append_tokens(self, tokens: Sequence[HeatToken]) -> None:
        """More of the same reply, while it is written."""
        was_empty = not self.has_figures()
        self._tokens += tokens
        self.timeline.append_tokens(tokens)
        if was_empty:
            self._show()
        elif not self._timer.isActive():
            self._timer.start()

    def retranslate(self) -> None:
        self._label.setText(self.tr("Most surprising"))
        self.surprises.setAccessibleName(self._label.text())
        self.whole.setToolTip(self.tr("The figures of the whole reply again (Esc in the chart)"))
        self.whole.setAccessibleName(self.tr("Whole reply"))
        self.export.setText(self.tr("Export…"))
        self.export.setToolTip(self.tr("Save the records of this reply as a file (JSON, CSV)"))
        self._show()

    def _lay_out(self) -> None:
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(8)
        above, below = QHBoxLayout(), QHBoxLayout()
        above.addWidget(self.figures, 1)
        above.addWidget(self.whole, 0, Qt.AlignmentFlag.AlignTop)
        below.addWidget(self._label, 1)
        below.addWidget(self.export)
        rows.addLayout(above)
        rows.addWidget(self.timeline)
        rows.addLayout(below)
        rows.addWidget(self.surprises)

    def _fit(self) -> None:
        self.surprises.setFixedHeight(self.fontMetrics().lineSpacing() * 2 * _SURPRISE_LINES)

    def _on_range(self, places: tuple[int, int] | None) -> None:
        self._show()
        self.range_chosen.emit(places)

    def _on_surprise(self, item: QListWidgetItem) -> None:
        self.place_chosen.emit(item.data(_PLACE))

    def _show(self) -> None:
        part = self.timeline.brushed
        first, last = part or (0, None)
        self.whole.setVisible(part is not None)
        figures = self.timeline.course.figures(first, last)
        if part is None:
            about = self.tr("{count:,} tokens").format(count=0 if figures is None else figures.n_tokens)
        else:
            about = self.tr("Tokens {first:,} to {last:,}").format(first=part[0] + 1, last=part[1] + 1)
        if figures is not None:
            numbers = self.tr("perplexity {perplexity:.2f} · mean entropy {entropy:.2f} nat")
            about += " · " + numbers.format(perplexity=figures.perplexity, entropy=figures.mean_entropy)
        self.figures.setText(about)
        self._show_surprises(self.timeline.course.most_surprising(_SURPRISES, first, last))

    def _show_surprises(self, places: list[int]) -> None:
        """A list that stays as it was keeps its chosen row."""
        if places == [self.surprises.item(row).data(_PLACE) for row in range(self.surprises.count())]:
            return
        self.surprises.clear()
        for place in places:
            token = self._tokens[place]
            if token.record is not None:
                item = QListWidgetItem(f"{percent(token.record.p)}  {token_text(token.text.encode())}")
                item.setData(_PLACE, place)
                self.surprises.addItem(item)
