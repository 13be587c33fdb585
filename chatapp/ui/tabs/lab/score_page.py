"""The score page: any text, each token coloured by how much it surprised the model. Knows no service."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from chatapp.core.errors import ErrorInfo
from chatapp.ui.language import Translated
from chatapp.ui.panels.probabilities.heat_text import HeatText, HeatToken
from chatapp.ui.panels.probabilities.measure import Measure, TokenLook
from chatapp.ui.panels.probabilities.panel import ProbabilityPanel
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.build import is_own_escape, named, shown
from chatapp.ui.widgets.column import centred
from chatapp.ui.widgets.error_card import ErrorCard
from chatapp.ui.widgets.exact_text import exact_text

_LINES, _LEAST_LINES, _LEAST_PANEL_LINES = 5, 6, 24
_PANEL_EMS, _SIDE_BY_SIDE_EMS, _SIDE_BY_SIDE_LINES = 24, 44, 28
_NO_LIMIT = (1 << 24) - 1  # Qt's own


class ScorePage(Translated, QScrollArea):
    text_changed = Signal()
    score_requested = Signal()
    cancel_requested = Signal()
    came_into_view = Signal()
    retranslated = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._card: ErrorCard | None = None
        self._running = False
        self._intro = named(QLabel(wordWrap=True), "muted")
        self.box = named(QPlainTextEdit(tabChangesFocus=True), "detail")
        self.score_button, self.cancel_button = named(QPushButton(), "primary"), shown(QPushButton(), False)
        self.count = named(QLabel(wordWrap=True), "muted")
        self._progress = shown(QProgressBar(textVisible=False), False)
        self.note = named(QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText), "muted")
        self.heat = HeatText(theme)
        self._area = QScrollArea(widgetResizable=True)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.panel = ProbabilityPanel(theme, drawn=False)
        self._whole, self._column = named(QWidget(), "page"), QWidget()
        self._lay_out()
        self._connect()
        self._set_running(False)
        self.show_look(TokenLook(coloured=True, measure=Measure.SURPRISAL, underlines=False))
        self._fit()
        self.retranslate()

    def text(self) -> str:
        return exact_text(self.box.document())

    def take_focus(self) -> None:
        self.box.setFocus()

    def show_look(self, look: TokenLook) -> None:
        self.heat.show_as(look.measure, underlines=look.underlines)
        self.panel.show_look(look)

    def show_begun(self, note: str) -> None:
        """What was scored before is gone. note: what is waited for."""
        self.show_error(None)
        self.heat.set_tokens(())
        self.panel.set_tokens(())
        self._set_running(True)
        self.note.setText(note)

    def show_progress(self, fraction: float) -> None:
        self._progress.setValue(round(100 * fraction))

    def append_tokens(self, tokens: Sequence[HeatToken]) -> None:
        self.heat.append_tokens(tokens)
        self.panel.append_tokens(tokens)

    def show_end(self, note: str) -> None:
        self._set_running(False)
        self.note.setText(note)

    def show_error(self, info: ErrorInfo | None) -> None:
        """A card in place of the note, also of one that tells of the end; None takes it away."""
        self.show_end("")
        card, self._card = self._card, None
        if card is not None:
            card.hide()
            card.deleteLater()
        if info is not None:
            self._card = ErrorCard(info, can_dismiss=True)
            self._card.dismissed.connect(lambda: self.show_error(None))
            self._rows.insertWidget(self._rows.indexOf(self.note), self._card)

    def retranslate(self) -> None:
        self._intro.setText(
            self.tr("How likely the model finds each token of a text, given those before it. Nothing is written.")
        )
        self.box.setPlaceholderText(self.tr("Write or paste a text"))
        self.box.setAccessibleName(self.tr("Text"))
        self.score_button.setText(self.tr("Score"))
        self.score_button.setToolTip(self.tr("Evaluate the text (Ctrl+Enter)"))
        self.cancel_button.setText(self.tr("Cancel"))
        self.heat.setAccessibleName(self.tr("The scored text; arrow keys walk its tokens"))
        self._progress.setAccessibleName(self.tr("How much of the text has been scored"))
        self.retranslated.emit()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.addWidget(self.score_button)
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.count, 1)
        self._rows = QVBoxLayout(self._column)
        self._rows.setContentsMargins(0, 16, 0, 14)
        self._rows.setSpacing(10)
        self._rows.addWidget(self._intro)
        self._rows.addWidget(self.box)
        self._rows.addLayout(buttons)
        self._rows.addWidget(self._progress)
        self._rows.addWidget(self.note)
        page = named(QWidget(), "page")
        page_rows = QVBoxLayout(page)
        page_rows.setContentsMargins(0, 0, 10, 0)
        page_rows.addWidget(self.heat)
        page_rows.addStretch()
        self._area.setWidget(page)
        self._rows.addWidget(self._area, 1)
        self._parts = QBoxLayout(QBoxLayout.Direction.LeftToRight, self._whole)
        self._parts.setContentsMargins(0, 0, 0, 0)
        self._parts.setSpacing(0)
        self._parts.addLayout(centred(self._column, 28), 1)
        self._parts.addWidget(self.panel)
        self.setWidget(self._whole)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def _connect(self) -> None:
        self.box.textChanged.connect(self._on_text)
        self.score_button.clicked.connect(self.score_requested)
        self.cancel_button.clicked.connect(self.cancel_requested)
        self.heat.token_chosen.connect(self._on_chosen)
        self.heat.details_requested.connect(self.panel.candidates.setFocus)
        self.panel.place_chosen.connect(self.heat.choose)
        self.panel.range_chosen.connect(self.heat.mark_range)
        self.panel.look_changed.connect(self.show_look)
        self._theme.changed.connect(self._fit)

    def _on_text(self) -> None:
        self._set_running(self._running)
        self.text_changed.emit()

    def _on_chosen(self, place: int) -> None:
        self.panel.choose(place)
        QTimer.singleShot(0, self, lambda: self._scroll_to(place))  # looking for it may have laid out more of the text

    def _scroll_to(self, place: int) -> None:
        if place < len(self.heat.tokens()):
            where = self.heat.rect_of(place).translated(self.heat.pos())
            self._area.ensureVisible(where.x(), where.center().y(), 0, where.height() * 2)

    def _set_running(self, running: bool) -> None:
        if running and self.cancel_button.isHidden():
            self._progress.setValue(0)
        self._running = running
        self.score_button.setEnabled(not running and not self.box.document().isEmpty())
        self.cancel_button.setVisible(running)
        self._progress.setVisible(running)

    def event(self, event: QEvent) -> bool:
        if self._running and is_own_escape(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._running and event.key() == Qt.Key.Key_Escape:
            self.cancel_requested.emit()
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.came_into_view.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Where there is little room the panel stands below the text and the page scrolls."""
        em, line = self.fontMetrics().horizontalAdvance("m"), self.fontMetrics().lineSpacing()
        self._column.setMaximumWidth(self._theme.column_width())
        self.box.setFixedHeight(line * _LINES + 12)
        self._area.setMinimumHeight(line * _LEAST_LINES)
        beside = self.width() >= _SIDE_BY_SIDE_EMS * em and self.height() >= _SIDE_BY_SIDE_LINES * line
        self._parts.setDirection(QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom)
        height = self.viewport().height()  # beside each other both scroll by themselves
        self._whole.setMinimumHeight(height if beside else 0)
        self._whole.setMaximumHeight(height if beside else _NO_LIMIT)
        self.panel.setMinimumSize(em * _PANEL_EMS if beside else 0, 0 if beside else line * _LEAST_PANEL_LINES)
        self.panel.setMaximumWidth(em * _PANEL_EMS if beside else _NO_LIMIT)
