"""One lane: its settings, its text as it is written, and how it stands. Knows no service."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from chatapp.core.comparison import LaneResult, LaneState
from chatapp.core.course import Course
from chatapp.core.generation import Token
from chatapp.core.sampling import SamplingSettings
from chatapp.ui.language import Translated, error_advice
from chatapp.ui.panels.probabilities.heat_text import HeatText, HeatToken, as_shown
from chatapp.ui.panels.probabilities.measure import TokenLook
from chatapp.ui.tabs.compare.chip import Chip
from chatapp.ui.tabs.compare.lane_settings import LaneSettings, summary
from chatapp.ui.tabs.compare.lane_words import figures_text, state_text
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.build import named, plain_tip, shown

_LEAST_EMS, _LEAST_LINES, _HEAD_LINES, _FOOT_LINES = 17, 5, 2, 2
_NEAR_END = 4  # pixels


class LaneColumn(Translated, QFrame):
    sampling_changed = Signal()
    duplicate_requested = Signal()
    remove_requested = Signal()
    stop_requested = Signal()
    send_requested = Signal()
    """to a chat"""
    token_chosen = Signal(object)
    """int: its place"""
    token_hovered = Signal(object)
    """int or None"""
    scrolled = Signal()
    """by a person"""

    def __init__(self, theme: Theme, sampling: SamplingSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("group")
        self._theme = theme
        self._place = 0
        self._lane: LaneResult | None = None
        self._course = Course()
        self._stale = False
        self._rate = 0.0
        self._n_tokens = 0  # with bytes
        self._moves_itself = False
        self._follows = True
        self._chip, self._title = Chip(), named(QLabel(), "heading")
        self.settings_button = named(QToolButton(), "quiet")
        self.settings_button.setCheckable(True)
        self.stop_button = shown(named(QToolButton(), "quiet"), False)
        self.send_button = shown(named(QToolButton(), "quiet"), False)
        self.duplicate_button, self.remove_button = named(QToolButton(), "quiet"), named(QToolButton(), "quiet")
        self.summary = named(QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText), "muted")
        self.settings = LaneSettings(sampling)
        self.heat = HeatText(theme)
        self.empty = named(QLabel(wordWrap=True), "muted")
        self.area = QScrollArea(widgetResizable=True)
        self._settings_area = QScrollArea(widgetResizable=True)
        self._middle = QStackedWidget()
        self.state = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.figures = named(QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText), "muted")
        self._lay_out()
        self._connect()
        self._fit()
        self.retranslate()

    @property
    def sampling(self) -> SamplingSettings:
        return self.settings.sampling

    @property
    def lane(self) -> LaneResult | None:
        """What was told of it last; its tokens are those of the text."""
        return self._lane

    @property
    def count(self) -> int:
        """of its tokens"""
        return len(self.heat.tokens())

    @property
    def tab_order(self) -> list[QWidget]:
        return [
            *self._buttons,
            *(entry.widget for entry in self.settings.fields.values()),
            self.settings.seed,
            self.heat,
        ]

    @property
    def _buttons(self) -> tuple[QToolButton, ...]:
        """Of the first two only one is on show."""
        two = self.stop_button, self.send_button
        return (*two, self.settings_button, self.duplicate_button, self.remove_button)

    def show_place(self, place: int, *, can_remove: bool, can_duplicate: bool) -> None:
        """Its number among the lanes, counted from 0."""
        self._place = place
        self.remove_button.setEnabled(can_remove)
        self.duplicate_button.setEnabled(can_duplicate)
        self.retranslate()

    def show_lane(self, lane: LaneResult | None) -> None:
        """Its state; the text where it is another one than is shown. None: it was never run."""
        is_same = lane is not None and len(lane.tokens) == self.count
        self._lane = lane
        self._n_tokens = 0 if lane is None else sum(bool(token.data) for token in lane.tokens)
        if lane is None or (lane.state is LaneState.WAITING and not lane.tokens):
            self._set_tokens([])
        elif not is_same or (lane.state is LaneState.ENDED and lane.text != self.heat.text()):
            tokens = _heat_tokens(lane.tokens)
            self._set_tokens((as_shown(tokens, lane.text) if lane.state is LaneState.ENDED else None) or tokens)
        if lane is not None and lane.usage is not None:
            self._rate = lane.usage.tokens_per_second
        self.settings.show_used_seed(None if lane is None else lane.sampling.seed)
        self._show()

    def append_tokens(self, tokens: Sequence[Token]) -> None:
        added = _heat_tokens(tokens)
        self._n_tokens += sum(bool(token.data) for token in tokens)
        self.heat.append_tokens(added)
        self._course.append(token.record for token in added)
        self._show_foot()
        if self.count == len(added):
            self._show()

    def show_rate(self, rate: float) -> None:
        """Tokens a second, while it is written."""
        self._rate = rate
        self._show_foot()

    def show_stale(self, stale: bool) -> None:
        """Whether what stands here was not written with what is set now."""
        if stale != self._stale:
            self._stale = stale
            self._show()

    def show_look(self, look: TokenLook) -> None:
        self.heat.show_as(look.measure, underlines=look.underlines)

    def close_settings(self) -> None:
        self.settings_button.setChecked(False)

    def choose(self, place: int | None) -> None:
        """Marks that token, none where the text is shorter; tells nobody."""
        self.heat.blockSignals(True)
        self.heat.choose(place if place is not None and place < self.count else None)
        self.heat.blockSignals(False)

    def mark(self, place: int | None) -> None:
        """Draws a line below that token."""
        self.heat.mark_range((place, place) if place is not None and place < self.count else None)

    def scroll_to(self, place: int) -> None:
        """So that this token can be seen; looking for it may first lay out more of the text."""
        QTimer.singleShot(0, self, lambda: self._scroll_to(place))

    @property
    def top_place(self) -> int | None:
        """The first token of the line at the upper edge."""
        return self.heat.place_at_height(self.area.verticalScrollBar().value())

    def set_top_place(self, place: int) -> None:
        """Scrolls so that this token's line, or the last, is the first to be seen."""
        if self.count:
            self._move(self.heat.rect_of(min(place, self.count - 1)).top())

    def retranslate(self) -> None:
        number = self._place + 1
        self._chip.show_place(self._place)
        self._title.setText(self.tr("Lane {number}").format(number=number))
        self.setAccessibleName(self._title.text())
        for button, icon, text in (
            (self.settings_button, "settings", self.tr("Settings of lane {number}")),
            (self.stop_button, "stop", self.tr("Stop lane {number}; the others go on")),
            (self.send_button, "chat", self.tr("Send lane {number} to a chat")),
            (self.duplicate_button, "copy", self.tr("Duplicate lane {number}")),
            (self.remove_button, "bin", self.tr("Remove lane {number}")),
        ):
            button.setIcon(self._theme.icon(icon))
            button.setIconSize(self._theme.icon_size(16))
            button.setToolTip(text.format(number=number))
            button.setAccessibleName(button.toolTip())
        self.heat.setAccessibleName(self.tr("Text of lane {number}; arrow keys walk its tokens").format(number=number))
        self._show()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(2)
        head.addWidget(self._chip)
        head.addSpacing(4)
        head.addWidget(self._title, 1)
        for button in self._buttons:
            head.addWidget(button)
        page = QWidget()
        page_rows = QVBoxLayout(page)
        page_rows.setContentsMargins(0, 0, 8, 0)
        page_rows.addWidget(self.empty)
        page_rows.addWidget(self.heat)
        page_rows.addStretch()
        for area, inner in ((self.area, page), (self._settings_area, self.settings)):
            area.setWidget(inner)
            area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            inner.setAutoFillBackground(False)
            area.viewport().setAutoFillBackground(False)
            self._middle.addWidget(area)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(10, 8, 4, 8)
        rows.setSpacing(6)
        rows.addLayout(head)
        for widget, stretch in ((self.summary, 0), (self._middle, 1), (self.state, 0), (self.figures, 0)):
            rows.addWidget(widget, stretch)

    def _connect(self) -> None:
        self.settings_button.toggled.connect(self._on_settings_toggled)
        self.settings.changed.connect(self._on_sampling)
        self.duplicate_button.clicked.connect(self.duplicate_requested)
        self.remove_button.clicked.connect(self.remove_requested)
        self.stop_button.clicked.connect(self.stop_requested)
        self.send_button.clicked.connect(self.send_requested)
        self.heat.token_chosen.connect(self.token_chosen)
        self.heat.token_hovered.connect(self.token_hovered)
        bar = self.area.verticalScrollBar()
        bar.valueChanged.connect(self._on_scrolled)
        bar.rangeChanged.connect(lambda _least, most: self._move(most) if self._follows_now() else None)
        self._theme.changed.connect(self._fit)

    def _on_settings_toggled(self, opened: bool) -> None:
        self._middle.setCurrentIndex(int(opened))
        if opened and self.settings_button.hasFocus():
            self.settings.fields["temperature"].widget.setFocus()

    def _on_sampling(self) -> None:
        self._show()
        self.sampling_changed.emit()

    def _set_tokens(self, tokens: Sequence[HeatToken]) -> None:
        self.heat.set_tokens(tokens)
        self._course = Course(token.record for token in tokens)
        self._rate, self._follows = 0.0, True

    def _show(self) -> None:
        lane = self._lane
        seed = self.sampling.seed if self.sampling.seed is not None or lane is None else lane.sampling.seed
        words = self.tr("random seed") if seed is None else self.tr("seed {seed}").format(seed=seed)
        words = words.replace(" ", "\u00a0")
        self.summary.setText(f"{summary(self.sampling)} · {words}")
        self.empty.setText("" if lane is not None else self.tr("Nothing written yet."))
        self.empty.setVisible(self.count == 0)
        self.heat.setVisible(self.count > 0)
        active = lane is not None and lane.state in (LaneState.WAITING, LaneState.WRITING)
        self.stop_button.setVisible(active)
        self._show_send(lane, written=lane is not None and not active)
        stale = self._stale and lane is not None and not active
        self.state.setText(self.tr("Changed, not run yet") if stale else state_text(lane) if lane else "")
        problem = lane.error if lane is not None else None
        self.state.setToolTip(plain_tip(error_advice(problem)) if problem is not None else "")
        wanted = (
            "cardTitle"
            if lane is not None and lane.state is LaneState.FAILED and not stale
            else "notice"
            if stale
            else ""
        )
        if self.state.objectName() != wanted:
            self.state.setObjectName(wanted)
            self.state.style().unpolish(self.state)
            self.state.style().polish(self.state)
        self._show_foot()

    def _show_send(self, lane: LaneResult | None, *, written: bool) -> None:
        can_be_sent = lane is not None and lane.can_be_sent
        self.send_button.setVisible(written)
        self.send_button.setEnabled(can_be_sent)
        tip = self.send_button.accessibleName()
        if not can_be_sent and lane is not None:
            failed = lane.state is LaneState.FAILED
            tip = (
                self.tr("A lane that failed can't be sent to a chat") if failed else self.tr("There is no text to send")
            )
        self.send_button.setToolTip(tip)
        self.send_button.setAccessibleDescription("" if can_be_sent else tip)

    def _show_foot(self) -> None:
        self.figures.setText(figures_text(self._n_tokens, self._course.figures(), self._rate))

    def _follows_now(self) -> bool:
        return self._follows and self._lane is not None and self._lane.state is LaneState.WRITING

    def _on_scrolled(self, value: int) -> None:
        if not self._moves_itself:
            self._follows = value >= self.area.verticalScrollBar().maximum() - _NEAR_END
            self.scrolled.emit()

    def _move(self, value: int) -> None:
        self._moves_itself = True
        self.area.verticalScrollBar().setValue(value)
        self._moves_itself = False

    def _scroll_to(self, place: int) -> None:
        if place < self.count:
            where = self.heat.rect_of(place).translated(self.heat.pos())
            self._moves_itself = True
            self.area.ensureVisible(where.x(), where.center().y(), 0, where.height() * 2)
            self._moves_itself = False

    def _fit(self) -> None:
        em, line = self.fontMetrics().horizontalAdvance("m"), self.fontMetrics().lineSpacing()
        self.setMinimumWidth(em * _LEAST_EMS)
        self.setMaximumWidth(self._theme.column_width())
        for label, lines in ((self.summary, _HEAD_LINES), (self.figures, _FOOT_LINES)):
            label.setMinimumHeight(self.fontMetrics().size(0, "\n".join("x" * lines)).height())
        for label in (self.summary, self.figures):
            label.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._middle.setMinimumHeight(line * _LEAST_LINES)
        self.retranslate()


def _heat_tokens(tokens: Sequence[Token]) -> list[HeatToken]:
    return [HeatToken(token.id, token.text, token.record) for token in tokens]
