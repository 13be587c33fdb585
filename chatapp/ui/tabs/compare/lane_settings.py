"""The controls of one lane's sampling, and the line that sums them up."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from chatapp.core.errors import AppError
from chatapp.core.options import Option, options_of
from chatapp.core.sampling import SamplingSettings
from chatapp.ui.language import Translated, error_message, option_text
from chatapp.ui.widgets.build import named, shown
from chatapp.ui.widgets.option_fields import OptionField, make_field

SHOWN = (
    "temperature", "top_k", "top_p", "min_p", "repeat_penalty", "presence_penalty", "frequency_penalty"
)  # fmt: skip
_ALWAYS = {"temperature": "T", "top_k": "top-k", "top_p": "top-p", "min_p": "min-p"}
_USUAL = SamplingSettings()
_FIELD_EMS = 7
_UNBROKEN = str.maketrans({" ": "\u00a0", "-": "\u2011"})


def summary(sampling: SamplingSettings) -> str:
    """The options that nearly all set, and the others where they are not as usual; without the seed.
    A line ends between them only."""
    parts = [f"{sign} {getattr(sampling, name):g}" for name, sign in _ALWAYS.items()]
    for name, about in options_of(sampling):
        value = getattr(sampling, name)
        if name not in _ALWAYS and name != "max_tokens" and value != getattr(_USUAL, name):
            parts.append(f"{option_text(about.label)} {value if isinstance(value, str) else f'{value:g}'}")
    return " · ".join(part.translate(_UNBROKEN) for part in parts)


class LaneSettings(Translated, QWidget):
    changed = Signal(object)
    """SamplingSettings"""

    def __init__(self, sampling: SamplingSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sampling = sampling
        self._used: int | None = None
        self._labels: list[tuple[Option, QLabel]] = []
        self.fields: dict[str, OptionField] = {}
        grid = QGridLayout()
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        about_all = dict(options_of(sampling))
        for row, name in enumerate(SHOWN):
            label, entry = QLabel(wordWrap=True), make_field(about_all[name], getattr(sampling, name))
            entry.changed.connect(partial(self._on_value, name))
            label.setBuddy(entry.widget)
            entry.widget.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            entry.widget.setMinimumWidth(self.fontMetrics().horizontalAdvance("m") * _FIELD_EMS)
            grid.addWidget(label, row, 0)
            grid.addWidget(entry.widget, row, 1)
            self._labels.append((about_all[name], label))
            self.fields[name] = entry
        self._seed_label, self.seed = QLabel(), QLineEdit(clearButtonEnabled=True)
        self.seed.editingFinished.connect(self._on_seed)
        self._problem = shown(named(QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText), "cardTitle"), False)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 8, 0)
        rows.addLayout(grid)
        rows.addWidget(self._seed_label)
        rows.addWidget(self.seed)
        rows.addWidget(self._problem)
        rows.addStretch()
        self._show_seed()
        self.retranslate()

    @property
    def sampling(self) -> SamplingSettings:
        return self._sampling

    def show_used_seed(self, seed: int | None) -> None:
        """The one that was drawn where none is set."""
        self._used = seed
        self.retranslate()

    def retranslate(self) -> None:
        for about, label in self._labels:
            label.setText(option_text(about.label))
            label.setToolTip(option_text(about.help))
            self.fields[SHOWN[self._labels.index((about, label))]].widget.setToolTip(label.toolTip())
        for entry in self.fields.values():
            entry.retranslate()
        self._seed_label.setText(self.tr("Seed"))
        self.seed.setAccessibleName(self._seed_label.text())
        self.seed.setToolTip(self.tr("The same seed draws the same tokens again; empty: another one for each run"))
        self.seed.setPlaceholderText(
            self.tr("Random") if self._used is None else self.tr("Random, now {seed}").format(seed=self._used)
        )

    def _show_seed(self) -> None:
        self.seed.setText("" if self._sampling.seed is None else str(self._sampling.seed))

    def _on_value(self, name: str, value: Any) -> None:
        self._change(**{name: value})

    def _on_seed(self) -> None:
        text = self.seed.text().strip()
        if text and not (text.isascii() and text.isdecimal()):
            self._say(self.tr("A seed is a whole number, or nothing for another one each time."))
        else:
            self._change(seed=int(text) if text else None)

    def _change(self, **values: Any) -> None:
        try:
            changed = replace(self._sampling, **values)
        except AppError as problem:
            self._say(error_message(problem.info))
            return
        self._problem.hide()
        if changed != self._sampling:
            self._sampling = changed
            self.changed.emit(changed)

    def _say(self, text: str) -> None:
        self._problem.setText(text)
        self._problem.show()
