"""The samplers few people need, folded away: their options, logit biases, a grammar or a JSON schema for the reply."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QLineEdit, QPlainTextEdit, QToolButton, QVBoxLayout, QWidget

from chatapp.core.options import options_of
from chatapp.core.sampling import LogitBias, SamplingSettings
from chatapp.ui.language import Translated
from chatapp.ui.widgets.build import named, shown

_TEXT_LINES = 4
_EXAMPLES = {"grammar": 'root ::= "yes" | "no"', "json_schema": '{"type": "object"}'}  # the same in every language
_TEXTS = tuple(_EXAMPLES)


class MoreSamplers(Translated, QWidget):
    biases_typed = Signal(object)
    """list[str], each meant to be ID=X"""
    text_typed = Signal(object, object)
    """grammar or json_schema, and its text"""

    def __init__(self, options: QGridLayout, parent: QWidget | None = None) -> None:
        """options: the rows of the options themselves."""
        super().__init__(parent)
        self._in_use = 0
        self.toggle = named(QToolButton(), "quiet")
        self.toggle.setCheckable(True)
        self.toggle.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.toggle.toggled.connect(self._on_toggled)
        self._labels = {name: QLabel(wordWrap=True) for name in ("logit_bias", *_TEXTS)}
        self.biases = QLineEdit(clearButtonEnabled=True)
        self.biases.editingFinished.connect(lambda: self.biases_typed.emit(_entries(self.biases.text())))
        self.texts = {name: named(QPlainTextEdit(tabChangesFocus=True), "detail") for name in _TEXTS}
        self._body = shown(QWidget(), False)
        below = QVBoxLayout(self._body)
        below.setContentsMargins(0, 0, 0, 0)
        below.addLayout(options)
        below.addWidget(self._labels["logit_bias"])
        below.addWidget(self.biases)
        for name, edit in self.texts.items():
            edit.textChanged.connect(partial(self._on_text, name))
            below.addWidget(self._labels[name])
            below.addWidget(edit)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self.toggle, alignment=Qt.AlignmentFlag.AlignLeft)
        rows.addWidget(self._body)
        self.retranslate()

    def show_sampling(self, sampling: SamplingSettings) -> None:
        """What is being typed stays."""
        usual = SamplingSettings()
        names = [name for name, about in options_of(usual) if about.advanced]
        self._in_use = sum(
            getattr(sampling, name) != getattr(usual, name) for name in (*names, "logit_bias", "grammar", "json_schema")
        )
        if not self.biases.hasFocus():
            self.biases.setText(", ".join(map(_written, sampling.logit_bias)))
        for name, edit in self.texts.items():
            if edit.toPlainText() != getattr(sampling, name):
                edit.blockSignals(True)
                edit.setPlainText(getattr(sampling, name))
                edit.blockSignals(False)
        self._name_toggle()

    def retranslate(self) -> None:
        self._name_toggle()
        self.toggle.setToolTip(self.tr("Show or hide the samplers that few people need"))
        self._labels["logit_bias"].setText(self.tr("Logit biases: ids of tokens and what is added to their logits"))
        self.biases.setPlaceholderText("123=-5, 77=2")
        self._labels["grammar"].setText(self.tr("Grammar (GBNF) that the reply keeps to"))
        self._labels["json_schema"].setText(self.tr("JSON schema that the reply conforms to"))
        self.biases.setAccessibleName(self._labels["logit_bias"].text())
        for name, edit in self.texts.items():
            edit.setAccessibleName(self._labels[name].text())
            edit.setPlaceholderText(_EXAMPLES[name])
            edit.setFixedHeight(self.fontMetrics().lineSpacing() * _TEXT_LINES + 14)

    def _name_toggle(self) -> None:
        text = self.tr("More samplers")
        if self._in_use:
            text = self.tr("More samplers ({count} in use)").format(count=self._in_use)
        self.toggle.setText(f"{'▾' if self.toggle.isChecked() else '▸'} {text}")
        self.toggle.setAccessibleName(text)

    def _on_toggled(self, is_open: bool) -> None:
        self._body.setVisible(is_open)
        self._name_toggle()

    def _on_text(self, name: str) -> None:
        self.text_typed.emit(name, self.texts[name].toPlainText())


def _entries(text: str) -> list[str]:
    return [entry for part in text.split(",") if (entry := part.strip())]


def _written(entry: LogitBias) -> str:
    return f"{entry.token}={entry.bias:g}"
