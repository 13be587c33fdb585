"""The lanes side by side: they share the width, are scrolled together, and show the same place of all texts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QScrollArea, QWidget

from chatapp.core.comparison import MOST_LANES
from chatapp.core.sampling import SamplingSettings
from chatapp.ui.language import Translated
from chatapp.ui.panels.probabilities.measure import Measure, TokenLook
from chatapp.ui.tabs.compare.lane_column import LaneColumn
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.wrapping import Wrapping


class LaneRow(Translated, QScrollArea):
    columns_changed = Signal()
    """there are others than before"""
    sampling_changed = Signal()
    duplicate_requested = Signal(object)
    """LaneColumn"""
    remove_requested = Signal(object)
    """LaneColumn"""
    stop_requested = Signal(object)
    """LaneColumn"""
    send_requested = Signal(object)
    """LaneColumn"""
    place_looked_at = Signal(object)
    """int or None: the place that all columns show"""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._look = TokenLook(coloured=True, measure=Measure.PROBABILITY, underlines=False)
        self.scrolls_together = True
        self.columns: list[LaneColumn] = []
        self._chosen: int | None = None
        self._inner = Wrapping()
        self._inner.least_height.connect(self._on_least_height)
        self._cells = QHBoxLayout(self._inner)
        self._cells.setContentsMargins(0, 0, 0, 0)
        self._cells.setSpacing(10)
        self._cells.addStretch(1)
        self._cells.addStretch(1)
        self.setWidget(self._inner)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.retranslate()

    def set_samplings(self, samplings: Sequence[SamplingSettings]) -> None:
        """A column for each, in place of those there are."""
        for column in list(self.columns):
            self._take_out(column)
        for sampling in samplings[:MOST_LANES]:
            self._put_in(len(self.columns), sampling)
        self._choose(None)
        self._renumber()

    def add(self, sampling: SamplingSettings, behind: LaneColumn | None = None) -> LaneColumn:
        """One more, at the end or behind that one."""
        at = len(self.columns) if behind is None else self.columns.index(behind) + 1
        column = self._put_in(at, sampling)
        self._renumber()
        return column

    def remove(self, column: LaneColumn) -> None:
        had_focus = column.isAncestorOf(QApplication.focusWidget() or self)
        at = self.columns.index(column)
        self._take_out(column)
        self._renumber()
        if had_focus and self.columns:
            self.columns[min(at, len(self.columns) - 1)].remove_button.setFocus()

    def show_look(self, look: TokenLook) -> None:
        self._look = look
        for column in self.columns:
            column.show_look(look)

    @property
    def chosen(self) -> int | None:
        """The place that is marked in the columns."""
        return self._chosen

    def choose_in(self, columns: Sequence[LaneColumn], place: int) -> None:
        """Marks that place in these columns alone, or the end of one that has fewer tokens, and scrolls to it."""
        self._chosen = place
        for column in self.columns:
            last = len(column.heat.tokens()) - 1
            column.choose(min(place, last) if column in columns and last >= 0 else None)
        for column in columns:
            column.scroll_to(place)
        self.ensureWidgetVisible(columns[-1], 0, 0)
        self.ensureWidgetVisible(columns[0], 0, 0)
        self.place_looked_at.emit(place)

    def look_again(self) -> None:
        """Tells of the place that is looked at, where the texts have grown."""
        if self._chosen is not None:
            self.place_looked_at.emit(self._chosen)

    def step(self, by: int) -> None:
        """Puts the keyboard into the text of the next column or of the one before, at the same place."""
        if self.columns:
            here = next(
                (at for at, c in enumerate(self.columns) if c.isAncestorOf(QApplication.focusWidget() or self)), None
            )
            at = (0 if by > 0 else -1) if here is None else here + by
            column = self.columns[at % len(self.columns)]
            target = column.heat if column.count else column.settings_button
            target.setFocus(Qt.FocusReason.TabFocusReason)
            self.ensureWidgetVisible(column, 0, 0)

    def retranslate(self) -> None:
        self.setAccessibleName(self.tr("Lanes"))

    def _put_in(self, at: int, sampling: SamplingSettings) -> LaneColumn:
        column = LaneColumn(self._theme, sampling)
        column.show_look(self._look)
        column.sampling_changed.connect(self.sampling_changed)
        column.duplicate_requested.connect(partial(self.duplicate_requested.emit, column))
        column.remove_requested.connect(partial(self.remove_requested.emit, column))
        column.stop_requested.connect(partial(self.stop_requested.emit, column))
        column.send_requested.connect(partial(self.send_requested.emit, column))
        column.token_chosen.connect(partial(self._on_chosen, column))
        column.token_hovered.connect(self._on_hovered)
        column.scrolled.connect(partial(self._on_scrolled, column))
        self.columns.insert(at, column)
        self._cells.insertWidget(at + 1, column, 1000)
        return column

    def _take_out(self, column: LaneColumn) -> None:
        self.columns.remove(column)
        self._cells.removeWidget(column)
        column.hide()
        column.deleteLater()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The columns are as high as the row; Qt would make them as high as their wrapped words would like."""
        super().resizeEvent(event)
        self._inner.setFixedHeight(self.viewport().height())

    def _renumber(self) -> None:
        count = len(self.columns)
        for place, column in enumerate(self.columns):
            column.show_place(place, can_remove=count > 1, can_duplicate=count < MOST_LANES)
        self._order_tabs()
        self.columns_changed.emit()
        self.look_again()

    def _on_least_height(self, height: int) -> None:
        self.setMinimumHeight(height + self.horizontalScrollBar().sizeHint().height())

    def _order_tabs(self) -> None:
        order = [widget for column in self.columns for widget in column.tab_order]
        for before, widget in pairwise(order):
            self.setTabOrder(before, widget)

    def _choose(self, place: int | None) -> None:
        self._chosen = place
        for column in self.columns:
            column.choose(place)
        self.place_looked_at.emit(place)

    def _on_chosen(self, source: LaneColumn, place: int) -> None:
        self._choose(place)
        for column in self.columns:
            if column is source or self.scrolls_together:
                column.scroll_to(place)
        self.ensureWidgetVisible(source, 0, 0)

    def _on_hovered(self, place: int | None) -> None:
        for column in self.columns:
            column.mark(place)
        self.place_looked_at.emit(self._chosen if place is None else place)

    def _on_scrolled(self, source: LaneColumn) -> None:
        place = source.top_place
        if not self.scrolls_together or place is None:
            return
        for column in self.columns:
            if column is not source:
                column.set_top_place(place)
