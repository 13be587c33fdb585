"""All that is known of the tokens of one reply, and of the one chosen. Knows no service."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from chatapp.core.token_record import ReplyFigures, TokenRecord, figures_of, most_surprising
from chatapp.ui.language import Translated, option_text
from chatapp.ui.panels.probabilities.candidates import Candidates, token_text
from chatapp.ui.panels.probabilities.heat_text import HeatToken
from chatapp.ui.panels.probabilities.legend import Legend
from chatapp.ui.panels.probabilities.measure import Measure, TokenLook, percent
from chatapp.ui.panels.probabilities.timeline import Timeline
from chatapp.ui.panels.probabilities.what_if import WhatIf
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.build import named

_SURPRISES = 12
_SURPRISE_LINES = 4
_FIGURES_MS = 500


class ProbabilityPanel(Translated, QWidget):
    look_changed = Signal(object)
    """TokenLook"""
    place_chosen = Signal(object)
    """int: the place of a token"""
    branch_requested = Signal(object)
    """Candidate, for the chosen token"""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tokens: list[HeatToken] = []
        self._chosen: int | None = None
        self.coloured = QCheckBox()
        self.measures = QComboBox()
        for measure in Measure:
            self.measures.addItem("", measure)
        self.underlines = QCheckBox()
        self.legend = Legend()
        self.figures = named(QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText), "muted")
        self.timeline = Timeline(theme)
        self._surprises_label = named(QLabel(), "heading")
        self.surprises = QListWidget()
        self._token_label = named(QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText), "heading")
        self.candidates = Candidates(theme)
        self.logarithmic, self.details = QCheckBox(), QCheckBox()
        self.what_if = WhatIf()
        self._empty = named(QLabel(wordWrap=True), "muted")
        self._timer = QTimer(self, singleShot=True, interval=_FIGURES_MS)  # they are counted over all tokens
        self._timer.timeout.connect(self._show_reply)
        self._lay_out()
        self._connect()
        self.retranslate()
        self.set_tokens(())

    def show_look(self, look: TokenLook) -> None:
        """What the coloured replies look like; says nothing."""
        for widget in (self.coloured, self.measures, self.underlines):
            widget.blockSignals(True)
        self.coloured.setChecked(look.coloured)
        self.measures.setCurrentIndex(self.measures.findData(look.measure))
        self.underlines.setChecked(look.underlines)
        for widget in (self.coloured, self.measures, self.underlines):
            widget.blockSignals(False)
        self.legend.show_measure(look.measure)

    @property
    def chosen(self) -> int | None:
        """The place of the token whose alternatives are on show."""
        return self._chosen

    def set_tokens(self, tokens: Sequence[HeatToken]) -> None:
        """The tokens of another reply; none is chosen."""
        self._tokens = list(tokens)
        self._chosen = None
        self.timeline.set_records([token.record for token in tokens])
        self.candidates.show_record(None)
        self._show_state()

    def append_tokens(self, tokens: Sequence[HeatToken]) -> None:
        """More of the same reply, while it is written."""
        was_empty = not self._tokens
        self._tokens += tokens
        self.timeline.append_records([token.record for token in tokens])
        if was_empty:
            self._show_state()
        elif not self._timer.isActive():
            self._timer.start()

    def choose(self, place: int | None) -> None:
        """Shows that token; says nothing."""
        self._chosen = place
        self.timeline.choose(place)
        token = self._tokens[place] if place is not None else None
        self.candidates.show_record(
            token.record if token is not None else None, token.id if token is not None else None
        )
        self._show_state()

    def show_what_if(self, record: TokenRecord | None) -> None:
        """The chosen token's distribution with other settings; None: the one it was drawn from."""
        token = self._tokens[self._chosen] if self._chosen is not None else None
        if token is not None:
            self.candidates.show_record(record or token.record, token.id, is_what_if=record is not None)

    def retranslate(self) -> None:
        self.coloured.setText(self.tr("Colour the replies"))
        self.underlines.setText(self.tr("Lines instead of colours"))
        for place, measure in enumerate(Measure):
            self.measures.setItemText(place, option_text(measure.value.capitalize()))
        self.measures.setAccessibleName(self.tr("What the colours show"))
        self._surprises_label.setText(self.tr("Most surprising"))
        self.surprises.setAccessibleName(self._surprises_label.text())
        self.logarithmic.setText(self.tr("Logarithmic"))
        self.details.setText(self.tr("Details"))
        self._empty.setText(
            self.tr("Nothing is recorded for this reply. Replies written from now on show how likely each word was.")
        )
        self._show_state()

    def _lay_out(self) -> None:
        rows = QVBoxLayout(self)
        rows.setContentsMargins(14, 12, 14, 14)
        rows.setSpacing(8)
        first, last = QHBoxLayout(), QHBoxLayout()
        first.addWidget(self.coloured, 1)
        first.addWidget(self.measures)
        last.addWidget(self.logarithmic)
        last.addWidget(self.details)
        last.addStretch()
        rows.addLayout(first)
        rows.addWidget(self.underlines)
        for widget in (self.legend, self._empty, self.figures, self.timeline, self._surprises_label, self.surprises):
            rows.addWidget(widget)
        rows.addWidget(self._token_label)
        rows.addWidget(self.candidates, 1)
        rows.addLayout(last)
        rows.addWidget(self.what_if)
        self.surprises.setMaximumHeight(self.fontMetrics().lineSpacing() * 2 * _SURPRISE_LINES)

    def _connect(self) -> None:
        self.coloured.toggled.connect(lambda _on: self._on_look())
        self.underlines.toggled.connect(lambda _on: self._on_look())
        self.measures.activated.connect(lambda _place: self._on_measure())
        self.timeline.place_chosen.connect(self.place_chosen)
        self.surprises.itemActivated.connect(self._on_surprise)
        self.surprises.itemClicked.connect(self._on_surprise)
        self.candidates.branch_requested.connect(self.branch_requested)
        self.logarithmic.toggled.connect(lambda on: self.candidates.use_scale(logarithmic=on))
        self.details.toggled.connect(lambda on: self.candidates.show_columns(details=on))

    def _on_measure(self) -> None:
        """Who chooses what the colours show wants to see them."""
        self.coloured.blockSignals(True)
        self.coloured.setChecked(True)
        self.coloured.blockSignals(False)
        self._on_look()

    def _on_look(self) -> None:
        look = TokenLook(
            coloured=self.coloured.isChecked(),
            measure=Measure(self.measures.currentData()),
            underlines=self.underlines.isChecked(),
        )
        self.legend.show_measure(look.measure)
        self.look_changed.emit(look)

    def _on_surprise(self, item: QListWidgetItem) -> None:
        self.place_chosen.emit(item.data(Qt.ItemDataRole.UserRole))

    def _show_state(self) -> None:
        self._show_reply()
        has_token = self._chosen is not None and self._tokens[self._chosen].record is not None
        for part in (self.candidates, self.logarithmic, self.details, self.what_if):
            part.setVisible(has_token)
        self._show_token()

    def _show_reply(self) -> None:
        records = [token.record for token in self._tokens]
        figures = figures_of(records)
        self._empty.setVisible(figures is None)
        for widget in (self.figures, self.timeline, self._surprises_label, self.surprises):
            widget.setVisible(figures is not None)
        self._show_figures(figures)
        self._show_surprises(most_surprising(records, _SURPRISES))

    def _show_figures(self, figures: ReplyFigures | None) -> None:
        if figures is not None:
            self.figures.setText(
                self.tr("{count:,} tokens · perplexity {perplexity:.2f} · mean entropy {entropy:.2f} nat").format(
                    count=figures.n_tokens, perplexity=figures.perplexity, entropy=figures.mean_entropy
                )
            )

    def _show_surprises(self, places: Sequence[int]) -> None:
        self.surprises.clear()
        for place in places:
            token = self._tokens[place]
            if token.record is not None:
                item = QListWidgetItem(f"{percent(token.record.p)}  {token_text(token.text.encode())}")
                item.setData(Qt.ItemDataRole.UserRole, place)
                self.surprises.addItem(item)

    def _show_token(self) -> None:
        token = self._tokens[self._chosen] if self._chosen is not None else None
        if token is None or token.record is None:
            self._token_label.setText("" if not self._tokens else self.tr("Choose a token in the text."))
            return
        record = token.record
        self._token_label.setText(
            self.tr(
                "{token}  p {p} · sampled {sampled} · {bits:.2f} bit · rank {rank:,} · entropy {entropy:.2f} nat"
            ).format(
                token=token_text(token.text.encode()),
                p=percent(record.p),
                sampled=percent(record.p_sampled),
                bits=record.surprisal,
                rank=record.rank + 1,
                entropy=record.entropy,
            )
        )
