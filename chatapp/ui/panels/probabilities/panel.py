"""All that is known of the tokens of one text, and of the one chosen. Knows no service."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from chatapp.core.token_record import TokenRecord
from chatapp.ui.language import Translated, option_text
from chatapp.ui.panels.probabilities.candidate_table import token_text
from chatapp.ui.panels.probabilities.candidates import Candidates
from chatapp.ui.panels.probabilities.heat_text import HeatToken
from chatapp.ui.panels.probabilities.legend import Legend
from chatapp.ui.panels.probabilities.measure import Measure, TokenLook, percent
from chatapp.ui.panels.probabilities.reply_view import ReplyView
from chatapp.ui.panels.probabilities.what_if import WhatIf
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.build import named


class ProbabilityPanel(Translated, QScrollArea):
    look_changed = Signal(object)
    """TokenLook"""
    place_chosen = Signal(object)
    """int: the place of a token"""
    branch_requested = Signal(object)
    """Candidate, for the chosen token"""
    range_chosen = Signal(object)
    """(first, last) places that are looked at together, None: the whole reply again"""
    export_requested = Signal()
    picture_made = Signal(object)
    """Picture"""

    def __init__(self, theme: Theme, parent: QWidget | None = None, *, drawn: bool = True) -> None:
        """drawn: the tokens are those of a reply. Those of a given text are always coloured, were not sampled, and
        nothing can be written on from them."""
        super().__init__(parent)
        self._drawn = drawn
        self._chosen: int | None = None
        self.coloured = QCheckBox()
        self.measures = QComboBox()
        for measure in Measure:
            self.measures.addItem("", measure)
        self.underlines = QCheckBox()
        self.legend = Legend()
        self.reply = ReplyView(theme)
        self._token_label = named(QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText), "heading")
        self.candidates = Candidates(theme, drawn=drawn)
        self.logarithmic, self.details = QCheckBox(), QCheckBox()
        self.what_if = WhatIf()
        self._empty = named(QLabel(wordWrap=True), "muted")
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
        self._chosen = None
        self.reply.set_tokens(tokens)
        self.candidates.show_record(None)
        self._show_state()

    def append_tokens(self, tokens: Sequence[HeatToken]) -> None:
        """More of the same reply, while it is written."""
        self.reply.append_tokens(tokens)
        if self.reply.isHidden():
            self._show_state()

    def choose(self, place: int | None) -> None:
        """Shows that token; says nothing."""
        self._chosen = place
        self.reply.timeline.choose(place)
        token = self._token()
        self.candidates.show_record(
            token.record if token is not None else None, token.id if token is not None else None
        )
        self._show_state()

    def show_what_if(self, record: TokenRecord | None) -> None:
        """The chosen token's distribution with other settings; None: the one it was drawn from."""
        token = self._token()
        if token is not None:
            self.candidates.show_record(record or token.record, token.id, is_what_if=record is not None)

    def retranslate(self) -> None:
        self.coloured.setText(self.tr("Colour the replies"))
        self.underlines.setText(self.tr("Lines instead of colours"))
        for place, measure in enumerate(Measure):
            self.measures.setItemText(place, option_text(measure.value.capitalize()))
        self.measures.setAccessibleName(self.tr("What the colours show"))
        self.logarithmic.setText(self.tr("Logarithmic"))
        self.details.setText(self.tr("Details"))
        self._empty.setText(
            self.tr("Nothing is recorded for this reply. Replies written from now on show how likely each word was.")
            if self._drawn
            else self.tr("What is scored shows its perplexity, its most surprising tokens and their alternatives here.")
        )
        self._show_state()

    def _lay_out(self) -> None:
        page = named(QWidget(), "page")
        rows = QVBoxLayout(page)
        rows.setContentsMargins(14, 12, 14, 14)
        rows.setSpacing(8)
        first, last = QHBoxLayout(), QHBoxLayout()
        first.addWidget(self.coloured, 1)
        first.addWidget(self.measures, 0 if self._drawn else 1)
        self.coloured.setVisible(self._drawn)
        last.addWidget(self.logarithmic)
        last.addWidget(self.details)
        last.addStretch()
        rows.addLayout(first)
        rows.addWidget(self.underlines)
        for widget in (self.legend, self._empty, self.reply, self._token_label):
            rows.addWidget(widget)
        rows.addWidget(self.candidates, 1)
        rows.addLayout(last)
        rows.addWidget(self.what_if)
        self.setWidget(page)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        rows.addStretch()
        self.reply.export.setVisible(self._drawn)

    def _connect(self) -> None:
        self.coloured.toggled.connect(lambda _on: self._on_look())
        self.underlines.toggled.connect(lambda _on: self._on_look())
        self.measures.activated.connect(lambda _place: self._on_measure())
        self.reply.place_chosen.connect(self.place_chosen)
        self.reply.range_chosen.connect(self.range_chosen)
        self.reply.export_requested.connect(self.export_requested)
        self.candidates.branch_requested.connect(self.branch_requested)
        for drawn in (self.reply.timeline, self.candidates):
            drawn.picture_made.connect(self.picture_made)
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

    def _token(self) -> HeatToken | None:
        return self.reply.tokens[self._chosen] if self._chosen is not None else None

    def _show_state(self) -> None:
        has_figures = self.reply.has_figures()
        self._empty.setVisible(not has_figures)
        self.reply.setVisible(has_figures)
        token = self._token()
        has_token = token is not None and token.record is not None
        for part in (self.candidates, self.logarithmic, self.details):
            part.setVisible(has_token)
        self.what_if.setVisible(has_token and self._drawn)
        self._show_token()

    def _show_token(self) -> None:
        token = self._token()
        if token is None or token.record is None:
            self._token_label.setText("" if not self.reply.tokens else self.tr("Choose a token in the text."))
            return
        record = token.record
        figures = (
            self.tr("{token}  p {p} · sampled {sampled} · {bits:.2f} bit · rank {rank:,} · entropy {entropy:.2f} nat")
            if self._drawn
            else self.tr("{token}  p {p} · {bits:.2f} bit · rank {rank:,} · entropy {entropy:.2f} nat")
        )
        self._token_label.setText(
            figures.format(
                token=token_text(token.text.encode()),
                p=percent(record.p),
                sampled=percent(record.p_sampled),
                bits=record.surprisal,
                rank=record.rank + 1,
                entropy=record.entropy,
            )
        )
