"""The exact prompt behind a reply: every token in its bounds, the template's words apart from people's."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QProgressBar, QTextEdit, QVBoxLayout, QWidget

from chatapp.core.errors import ErrorInfo
from chatapp.core.generation import Token
from chatapp.core.prompt_token import PromptToken
from chatapp.core.token_record import TokenRecord, perplexity
from chatapp.protocol.engine import PromptShown
from chatapp.ui.language import Translated
from chatapp.ui.panels.probabilities.legend import Legend
from chatapp.ui.panels.probabilities.measure import LEVELS, Measure, letters_on, level, ramp, value_text
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.build import named, shown
from chatapp.ui.widgets.error_card import ErrorCard

_MOST_TOKENS = 20_000  # drawn; the numbers count all


class PromptDialog(Translated, QDialog):
    """Opens empty and says that it waits; `show_prompt` or `show_error` fills it. Its tokens can be scored: they then
    have the colours of their surprisal."""

    score_requested = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._shown: PromptShown | None = None
        self._card: ErrorCard | None = None
        self._failed = False
        self._scored: list[Token] = []
        self._note: Callable[[], str] = str  # said anew in another language
        self.summary = QLabel(wordWrap=True)
        self._legend = named(QLabel(wordWrap=True), "muted")
        self.text = QTextEdit(readOnly=True)
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._ramp, self._progress = shown(Legend(), False), shown(QProgressBar(textVisible=False), False)
        self._ramp.show_measure(Measure.SURPRISAL)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.score_button = self._buttons.addButton("", QDialogButtonBox.ButtonRole.ActionRole)
        self.score_button.clicked.connect(self.score_requested)
        self._copy = self._buttons.addButton("", QDialogButtonBox.ButtonRole.ActionRole)
        self._copy.clicked.connect(self._on_copy)
        self._buttons.rejected.connect(self.reject)
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(18, 16, 18, 14)
        self._rows.setSpacing(10)
        for widget in (self.summary, self._legend, self._ramp, self.text, self._progress, self._buttons):
            self._rows.addWidget(widget)
        em = self.fontMetrics().horizontalAdvance("m")
        self.resize(46 * em, 34 * em)
        theme.changed.connect(self._draw)
        self.retranslate()

    def show_prompt(self, shown: PromptShown) -> None:
        self._shown = shown
        self._draw()
        self.retranslate()

    def show_scoring(self, waits: bool) -> None:
        """It has begun, or waits for the replies being written."""
        self._drop_card()
        self._scored = []
        self._note = self._waits_note if waits else str
        self._progress.setValue(0)
        self._progress.show()
        self._ramp.hide()
        self.retranslate()

    def show_progress(self, fraction: float) -> None:
        self._progress.setValue(round(100 * fraction))

    def add_scores(self, tokens: Sequence[Token]) -> None:
        self._scored += tokens

    def show_scores(self) -> None:
        """The colours of all that was added."""
        self.stop_scoring()
        known = [token.record for token in self._scored if token.record is not None]
        if self._shown is None or [token.id for token in self._scored] != [token.id for token in self._shown.tokens]:
            self._scored, self._note = [], self._other_model_note
        else:
            value = perplexity(-sum(record.logprob for record in known), len(known))
            self._note = lambda: self.tr("Perplexity {value:.2f}.").format(value=value)
        self._ramp.setVisible(bool(self._scored))
        self._draw()
        self.retranslate()

    def stop_scoring(self) -> None:
        self._progress.hide()
        self._note = str
        self.retranslate()

    def show_error(self, info: ErrorInfo) -> None:
        self._failed = self._shown is None
        self._drop_card()
        self._card = ErrorCard(info)
        self._rows.insertWidget(0, self._card)
        self.retranslate()

    def retranslate(self) -> None:
        self.setWindowTitle(self.tr("Exact prompt"))
        self.summary.setText(self._summary_text())
        self.summary.setVisible(not self._failed)
        self._legend.setText(
            self.tr("Each token has its own shade. The template's words are coloured; ↵ is a line break, ␣ a space.")
            if self._ramp.isHidden()
            else self.tr("Each token has the colour of its surprisal; point at one for the number.")
        )
        self.score_button.setText(self.tr("Score these tokens"))
        self.score_button.setToolTip(self.tr("Colours each by its surprisal: how many bits it told the model"))
        self.score_button.setEnabled(self._shown is not None and self._progress.isHidden())
        self._progress.setAccessibleName(self.tr("How many tokens have been scored"))
        self._copy.setText(self.tr("Copy"))
        self._copy.setEnabled(self._shown is not None)
        self._buttons.button(QDialogButtonBox.StandardButton.Close).setText(self.tr("Close"))
        self.text.setAccessibleName(self.windowTitle())

    def _waits_note(self) -> str:
        return self.tr("The tokens are scored after the reply being written.")

    def _other_model_note(self) -> str:
        return self.tr("Another model is in use now, with other tokens: open the exact prompt again.")

    def _summary_text(self) -> str:
        if self._shown is None:
            return self.tr("Asking the model process… while a reply is written, this waits for its end.")
        texts = [
            self.tr("{count:,} tokens of {limit:,}, exactly as the model is given them.").format(
                count=len(self._shown.tokens), limit=self._shown.n_ctx
            )
        ]
        if self._shown.left_out:
            texts.append(
                self.tr("The context is full: the oldest messages left out: {count}.").format(
                    count=self._shown.left_out
                )
            )
        return " ".join(filter(None, (*texts, self._note())))

    def _drop_card(self) -> None:
        card, self._card = self._card, None
        if card is not None:
            card.hide()
            card.deleteLater()

    def _draw(self) -> None:
        if self._shown is None:
            return
        document = self.text.document()
        document.clear()
        cursor = QTextCursor(document)
        cursor.beginEditBlock()
        for number, token in enumerate(self._shown.tokens[:_MOST_TOKENS]):
            record = self._scored[number].record if number < len(self._scored) else None
            form = self._format(token, odd=number % 2 == 1)
            cursor.insertText(_readable(token), form if record is None else _colored(form, record))
        cursor.endEditBlock()

    def _format(self, token: PromptToken, *, odd: bool) -> QTextCharFormat:
        colors = self._theme.colors
        form = QTextCharFormat()
        form.setForeground(QColor(colors.accent if token.message is None else colors.text))
        form.setBackground(QColor(colors.hover if odd else colors.surface))
        form.setFontWeight(600 if token.control else 400)
        return form

    def _on_copy(self) -> None:
        if self._shown is not None:
            QGuiApplication.clipboard().setText("".join(token.text for token in self._shown.tokens))


def _colored(form: QTextCharFormat, record: TokenRecord) -> QTextCharFormat:
    color = ramp(level(Measure.SURPRISAL, record) / (LEVELS - 1))
    form.setBackground(color)
    form.setForeground(letters_on(color))
    form.setToolTip(f"{value_text(Measure.SURPRISAL, record)} · {value_text(Measure.PROBABILITY, record)}")
    return form


def _readable(token: PromptToken) -> str:
    """Spaces and line breaks made visible; bytes of an unfinished character as they are."""
    if not token.text:
        return "".join(f"⟨{byte:02X}⟩" for byte in token.data) or "·"
    if token.text.strip(" \n\t") == "":
        return token.text.replace(" ", "␣").replace("\t", "⇥").replace("\n", "↵\n")
    return token.text.replace("\n", "↵\n")
