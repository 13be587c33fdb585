"""The softmax page: a text, a temperature, and what the model makes of the next token. Knows no service."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent, QTextCursor
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QProgressBar, QScrollArea, QVBoxLayout, QWidget

from chatapp.core.errors import ErrorInfo, ErrorKind
from chatapp.core.softmax import Softmax
from chatapp.core.token_record import Candidate
from chatapp.ui.language import Translated
from chatapp.ui.tabs.lab.step_view import StepView
from chatapp.ui.tabs.lab.temperature import TemperatureField
from chatapp.ui.widgets.build import named, shown
from chatapp.ui.widgets.column import centred
from chatapp.ui.widgets.error_card import ErrorCard
from chatapp.ui.widgets.exact_text import exact_text
from chatapp.ui.widgets.rich_text import Typesetting

_FIRST_TEXT = "The capital of France is"
_LINES = 2


class SoftmaxPage(Translated, QScrollArea):
    text_changed = Signal()
    temperature_changed = Signal()
    retry_requested = Signal()
    came_into_view = Signal()
    """or what it says has to be said anew"""

    def __init__(self, typesetting: Typesetting, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = typesetting.theme
        self._card: ErrorCard | None = None
        self._intro, self._limits = named(QLabel(wordWrap=True), "muted"), named(QLabel(wordWrap=True), "muted")
        self.prompt = named(QPlainTextEdit(_FIRST_TEXT, tabChangesFocus=True), "detail")
        self.prompt.textChanged.connect(self.text_changed)
        self.note = shown(named(QLabel(wordWrap=True), "muted"), False)
        self._progress = shown(QProgressBar(textVisible=False), False)
        self.temperature = TemperatureField()
        self.temperature.changed.connect(lambda _value: self.temperature_changed.emit())
        self.step = shown(StepView(typesetting), False)
        self.step.table.token_wanted.connect(self._append)
        self._column = QWidget()
        self._rows = QVBoxLayout(self._column)
        self._rows.setContentsMargins(0, 16, 0, 18)
        self._rows.setSpacing(10)
        for widget in (self._intro, self.prompt, self.note, self._progress, self.temperature, self._limits):
            self._rows.addWidget(widget)
        self._rows.addWidget(self.step, 1)
        self._rows.addStretch()
        page = named(QWidget(), "page")
        page.setLayout(centred(self._column, 28))
        self.setWidget(page)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._theme.changed.connect(self._fit)
        self._fit()
        self.retranslate()

    def text(self) -> str:
        return exact_text(self.prompt.document())

    def take_focus(self) -> None:
        self.prompt.setFocus()

    def show_step(self, step: Softmax) -> None:
        self.show_error(None)
        self.step.show_step(step)
        self.step.show()

    def show_nothing(self) -> None:
        """There is no text, so there is no next token."""
        self.show_error(None)
        self.step.hide()
        self._say(self.tr("Write something above: this page shows what the model thinks comes next."))

    def show_waiting(self, text: str, fraction: float | None = None) -> None:
        """That the answer is not there yet, and why; what was shown before stays."""
        self.show_error(None)
        self._say(text)
        self._progress.setVisible(fraction is not None)
        self._progress.setValue(round(100 * (fraction or 0.0)))

    def show_error(self, info: ErrorInfo | None) -> None:
        """A card in place of the numbers; None takes it away, and every other note."""
        self._say("")
        card, self._card = self._card, None
        if card is not None:
            card.hide()
            card.deleteLater()
        if info is not None:
            self.step.hide()
            self._card = ErrorCard(info, can_retry=info.kind is not ErrorKind.NO_MODEL)
            self._card.retry_requested.connect(self.retry_requested)
            self._rows.insertWidget(2, self._card)

    def retranslate(self) -> None:
        self._intro.setText(
            self.tr(
                "For the token after this text the model gives each token of its vocabulary a logit z; softmax makes "
                "probabilities of them. Enter on a token appends it to the text."
            )
        )
        self.prompt.setAccessibleName(self.tr("Text"))
        self._limits.setText(
            self.tr("As T → 0 all probability goes to the likeliest token; as T → ∞ all tokens become equally likely.")
        )
        self._progress.setAccessibleName(self.tr("How much of the text has been read"))
        if not self.note.isHidden():
            self.came_into_view.emit()

    def _say(self, text: str) -> None:
        self._progress.hide()
        self.note.setText(text)
        self.note.setVisible(bool(text))

    def _append(self, candidate: Candidate) -> None:
        """As if it had been typed."""
        try:
            text = candidate.data.decode("utf-8")
        except UnicodeDecodeError:
            text = ""
        if not text:
            self._say(self.tr("This token can't be appended: it ends the text or is only a part of a character."))
            return
        cursor = self.prompt.textCursor()
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertText(text)
        self.prompt.setTextCursor(cursor)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.came_into_view.emit()

    def _fit(self) -> None:
        self._column.setMaximumWidth(round(self._theme.column_width() * 1.5))
        self.prompt.setFixedHeight(self.fontMetrics().lineSpacing() * _LINES + 12)
