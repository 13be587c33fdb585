"""How a reply came about: model, settings, seed, times."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QDateTime, QLocale, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QLabel, QVBoxLayout, QWidget

from chatapp.core.chat import Message
from chatapp.core.options import options_of
from chatapp.core.sampling import SamplingSettings
from chatapp.ui.language import Translated, option_text
from chatapp.ui.widgets.build import named

_WIDTH_EMS = 44
_MOST_SHOWN = 500  # characters of a grammar


class DetailsDialog(Translated, QDialog):
    def __init__(self, message: Message, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._message = message
        self.form = QFormLayout()
        self.form.setHorizontalSpacing(24)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self._copy = self._buttons.addButton("", QDialogButtonBox.ButtonRole.ActionRole)
        self._copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.as_text()))
        self._buttons.rejected.connect(self.reject)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(20, 18, 20, 14)
        rows.setSpacing(14)
        rows.addLayout(self.form)
        rows.addWidget(self._buttons)
        self.setMinimumWidth(self.fontMetrics().horizontalAdvance("m") * _WIDTH_EMS)
        self.retranslate()

    def as_text(self) -> str:
        return "\n".join(f"{name}: {value}" for name, value in self._facts())

    def retranslate(self) -> None:
        self.setWindowTitle(self.tr("Details of the reply"))
        self._copy.setText(self.tr("Copy"))
        self._buttons.button(QDialogButtonBox.StandardButton.Close).setText(self.tr("Close"))
        while self.form.rowCount():
            self.form.removeRow(0)
        for name, value in self._facts():
            label = QLabel(value, textFormat=Qt.TextFormat.PlainText, wordWrap=True)
            label.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
            label.setAccessibleName(f"{name}: {value}")
            self.form.addRow(named(QLabel(name), "muted"), label)

    def _facts(self) -> list[tuple[str, str]]:
        how, locale = self._message.reply, QLocale()
        facts = [
            (self.tr("Model"), how.model or self.tr("unknown")),
            *((self.tr("Adapter"), f"{Path(used.path).stem} × {used.scale:g}") for used in how.adapters),
            (
                self.tr("Written"),
                locale.toString(
                    QDateTime.fromSecsSinceEpoch(int(self._message.created_at)), QLocale.FormatType.ShortFormat
                ),
            ),
        ]
        if how.seed is not None:
            facts.append((self.tr("Seed"), str(how.seed)))
        if how.reproducible is not None:
            again = self.tr("yes: the same seed gives the same reply in a fresh process")
            facts.append((self.tr("Reproducible"), again if how.reproducible else self.tr("not for certain")))
        if how.usage is not None:
            usage = how.usage
            read = self.tr("{count:,}, of which {kept:,} were still known").format(
                count=usage.prompt_tokens, kept=usage.cached_tokens
            )
            facts += [
                (self.tr("Prompt tokens"), read),
                (self.tr("Reply tokens"), f"{usage.completion_tokens:,}"),
                (self.tr("Tokens per second"), f"{usage.tokens_per_second:.1f}"),
                (self.tr("Reading the prompt"), f"{usage.prompt_ms / 1000:.2f} s"),
            ]
        if how.first_token_ms is not None:
            facts.append((self.tr("Time to first token"), f"{how.first_token_ms / 1000:.2f} s"))
        if how.sampling is not None:
            facts += self._sampling_facts(how.sampling)
        return facts

    def _sampling_facts(self, sampling: SamplingSettings) -> list[tuple[str, str]]:
        """Of the samplers few people know only those that were not off."""
        usual = SamplingSettings()
        facts = []
        for name, about in options_of(sampling):
            value = getattr(sampling, name)
            if not about.advanced or value != getattr(usual, name):
                label = dict(about.choices).get(value, "") if about.choices else ""
                facts.append((option_text(about.label), option_text(label) if label else f"{value:g}"))
        if sampling.stop:
            facts.append((self.tr("Stop texts"), " · ".join(map(repr, sampling.stop))))
        if sampling.logit_bias:
            biases = " · ".join(f"{entry.token}={entry.bias:g}" for entry in sampling.logit_bias)
            facts.append((self.tr("Logit biases"), biases))
        for name, text in ((self.tr("Grammar"), sampling.grammar), (self.tr("JSON schema"), sampling.json_schema)):
            if text:
                facts.append((name, text[:_MOST_SHOWN]))
        return facts
