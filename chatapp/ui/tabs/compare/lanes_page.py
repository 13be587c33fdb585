"""One prompt, continued in several lanes side by side. Knows no service."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QLabel,
    QMenu,
    QPushButton,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from chatapp.core.comparison import MOST_LANES
from chatapp.core.errors import ErrorInfo
from chatapp.ui.language import Translated, option_text
from chatapp.ui.panels.probabilities.legend import Legend
from chatapp.ui.panels.probabilities.measure import Measure, TokenLook
from chatapp.ui.tabs.compare.lane_column import LaneColumn
from chatapp.ui.tabs.compare.lane_row import LaneRow
from chatapp.ui.tabs.compare.place_strip import PlaceStrip
from chatapp.ui.tabs.compare.presets import SEED_COUNTS
from chatapp.ui.tabs.compare.prompt_part import PromptPart
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.build import is_own_escape, named
from chatapp.ui.widgets.error_card import ErrorCard
from chatapp.ui.widgets.flow import FlowLayout
from chatapp.ui.widgets.wrapping import Wrapping

_LEGEND_EMS, _FOOT_LINES = 12, 46


class LanesPage(Translated, QScrollArea):
    add_requested = Signal()
    ladder_requested = Signal()
    seeds_requested = Signal(object)
    """int: how many"""
    duel_requested = Signal()
    earlier_requested = Signal()
    export_requested = Signal()
    look_changed = Signal(object)
    """TokenLook"""
    retranslated = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._card: ErrorCard | None = None
        self._running = False
        self.prompt = PromptPart(theme)
        self.row = LaneRow(theme)
        self.strip = PlaceStrip(theme)
        self.note = named(QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText), "muted")
        self.presets, self.add_button = QPushButton(), QPushButton()
        self._menu = QMenu(self)
        self._ladder = self._entry(self.ladder_requested.emit)
        self._seeds = [(count, self._entry(partial(self.seeds_requested.emit, count))) for count in SEED_COUNTS]
        self._duel = self._entry(self.duel_requested.emit)
        self.presets.setMenu(self._menu)
        self.together = QCheckBox()
        self.together.setChecked(True)
        self.measures = QComboBox()
        for measure in Measure:
            self.measures.addItem("", measure)
        self.underlines, self.legend = QCheckBox(), Legend()
        self.foot_button, self.earlier_button, self.export_button = QPushButton(), QPushButton(), QPushButton()
        self.foot_button.setCheckable(True)
        self._is_placed = False
        self.splitter = QSplitter(Qt.Orientation.Vertical, childrenCollapsible=False)
        self._lay_out()
        self._connect()
        self._fit()
        self.retranslate()
        self.show_look(TokenLook(coloured=True, measure=Measure.PROBABILITY, underlines=False))

    @property
    def columns(self) -> list[LaneColumn]:
        return self.row.columns

    def set_foot(self, widget: QWidget) -> None:
        """What stands below the columns; the border between can be moved."""
        old = self.splitter.widget(1)
        if old is not None:
            old.setParent(None)
        self.splitter.addWidget(widget)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setStretchFactor(1, 0)
        widget.setVisible(self.foot_button.isChecked())

    def take_focus(self) -> None:
        self.prompt.box.setFocus()

    def show_look(self, look: TokenLook) -> None:
        """What the tokens look like; says nothing."""
        for widget in (self.measures, self.underlines):
            widget.blockSignals(True)
        self.measures.setCurrentIndex(self.measures.findData(look.measure))
        self.underlines.setChecked(look.underlines)
        for widget in (self.measures, self.underlines):
            widget.blockSignals(False)
        self.legend.show_measure(look.measure)
        self.row.show_look(look)

    def show_running(self, running: bool, *, can_resume: bool) -> None:
        self._running = running
        self.prompt.show_running(running, can_resume=can_resume)
        self._menu_state()

    def show_error(self, info: ErrorInfo | None) -> None:
        """A card above the columns; None takes it away."""
        card, self._card = self._card, None
        if card is not None:
            card.hide()
            card.deleteLater()
        if info is not None:
            self._card = ErrorCard(info, can_dismiss=True)
            self._card.dismissed.connect(lambda: self.show_error(None))
            self._rows.insertWidget(self._rows.indexOf(self.note), self._card)

    @property
    def error(self) -> ErrorInfo | None:
        return None if self._card is None else self._card.info

    def mark_divergence(self, a: int, b: int, place: int) -> None:
        """Marks the token at `place` in the lanes a and b, counted from 0, and scrolls to it."""
        if max(a, b) < len(self.columns):
            self.row.choose_in([self.columns[a], self.columns[b]], place)

    def retranslate(self) -> None:
        self.foot_button.setText(self.tr("Figures"))
        self.foot_button.setToolTip(self.tr("Shows or hides what is counted of the lanes, below them"))
        self.presets.setText(self.tr("Presets"))
        self.presets.setToolTip(self.tr("Lanes that show something together, in place of these"))
        self._ladder.setText(self.tr("Temperatures from 0 to 1.5"))
        for count, entry in self._seeds:
            entry.setText(self.tr("The same settings with {count} seeds").format(count=count))
        self._duel.setText(self.tr("Top-k, top-p, min-p and the model's own distribution"))
        self.add_button.setText(self.tr("Add a lane"))
        self.together.setText(self.tr("Scroll together"))
        self.together.setToolTip(self.tr("All lanes show the same place of their texts"))
        self.underlines.setText(self.tr("Lines instead of colours"))
        self.underlines.setToolTip(self.tr("Underlines the less likely tokens"))
        for place, measure in enumerate(Measure):
            self.measures.setItemText(place, option_text(measure.value.capitalize()))
        self.measures.setAccessibleName(self.tr("What the colours show"))
        self.measures.setToolTip(self.measures.accessibleName())
        self.legend.setToolTip(self.tr("From what was expected to what was not"))
        self.earlier_button.setText(self.tr("Earlier…"))
        self.export_button.setText(self.tr("Export…"))
        for button in (self.presets, self.add_button, self.foot_button, self.earlier_button, self.export_button):
            button.setAccessibleName(button.text())
        self._menu_state()
        self.retranslated.emit()

    def _entry(self, act: Callable[[], None]) -> QAction:
        entry = QAction(self)
        entry.triggered.connect(act)
        self._menu.addAction(entry)
        return entry

    def _lay_out(self) -> None:
        tools = FlowLayout()
        for widget in (
            self.presets, self.add_button, self.earlier_button, self.export_button, self.foot_button, self.together,
            self.measures, self.underlines, self.legend,
        ):  # fmt: skip
            tools.addWidget(widget)
        upper, whole = Wrapping(), named(QWidget(), "page")
        upper.least_height.connect(upper.setMinimumHeight)
        self._rows = QVBoxLayout(upper)
        self._rows.setContentsMargins(16, 14, 16, 8)
        self._rows.setSpacing(8)
        self._rows.addWidget(self.prompt)
        self._rows.addLayout(tools)
        self._rows.addWidget(self.note)
        self._rows.addWidget(self.row, 1)
        self._rows.addWidget(self.strip)
        self.splitter.addWidget(upper)
        rows = QVBoxLayout(whole)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self.splitter)
        self.setWidget(whole)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def _connect(self) -> None:
        self.add_button.clicked.connect(self.add_requested)
        self.foot_button.toggled.connect(self._on_foot)
        self.earlier_button.clicked.connect(self.earlier_requested)
        self.export_button.clicked.connect(self.export_requested)
        self.together.toggled.connect(self._on_together)
        self.measures.activated.connect(lambda _place: self._on_look())
        self.underlines.toggled.connect(lambda _on: self._on_look())
        self.row.place_looked_at.connect(self._on_place)
        self.row.columns_changed.connect(self._menu_state)
        self._theme.changed.connect(self._fit)

    def _on_foot(self, wanted: bool) -> None:
        foot = self.splitter.widget(1)
        if foot is not None:
            foot.setVisible(wanted)

    def _on_together(self, together: bool) -> None:
        self.row.scrolls_together = together

    def _on_look(self) -> None:
        look = TokenLook(
            coloured=True, measure=Measure(self.measures.currentData()), underlines=self.underlines.isChecked()
        )
        self.show_look(look)
        self.look_changed.emit(look)

    def _on_place(self, place: int | None) -> None:
        texts = [column.heat.tokens() for column in self.columns]
        self.strip.show_place(
            place, [tokens[place] if place is not None and place < len(tokens) else None for tokens in texts]
        )

    def _menu_state(self) -> None:
        full = len(self.columns) >= MOST_LANES
        self.presets.setEnabled(not self._running)
        self.add_button.setEnabled(not full)
        most = self.tr("There are {count} lanes, more do not fit").format(count=MOST_LANES)
        self.add_button.setToolTip(most if full else self.tr("Another lane (Ctrl+L); after a run only it is written"))

        self._keep_state()

    def _keep_state(self) -> None:
        running, anything = self._running, any(column.lane is not None for column in self.columns)
        self.earlier_button.setEnabled(not running)
        self.earlier_button.setToolTip(
            self.tr("Lanes are being written: stop them first")
            if running
            else self.tr("Comparisons and sweeps that were run before, to be opened or deleted (Ctrl+O)")
        )
        self.export_button.setEnabled(anything)
        self.export_button.setToolTip(
            self.tr("The lanes and their figures as Markdown, CSV or JSON (Ctrl+S)")
            if anything
            else self.tr("Nothing has been run yet")
        )
        for button in (self.earlier_button, self.export_button):
            button.setAccessibleDescription(button.toolTip())

    def event(self, event: QEvent) -> bool:
        if self._running and is_own_escape(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._running and event.key() == Qt.Key.Key_Escape:
            self.prompt.stop_requested.emit()
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._is_placed:  # where there is little room the texts have it
            self._is_placed = True
            self.foot_button.setChecked(self.height() >= _FOOT_LINES * self.fontMetrics().lineSpacing())

    def _fit(self) -> None:
        em, line = self.fontMetrics().horizontalAdvance("m"), self.fontMetrics().lineSpacing()
        self.legend.setFixedWidth(em * _LEGEND_EMS)
        self.note.setMinimumHeight(line)
        self.legend.setFixedHeight(self.legend.sizeHint().height())
