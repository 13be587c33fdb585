"""How the next replies of this conversation are drawn: presets, every option explained, seed, stop texts."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QToolButton,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from chatapp.core.errors import AppError
from chatapp.core.options import Option, options_of
from chatapp.core.sampling import PRESETS, SamplingSettings, biases_of
from chatapp.ui.language import Translated, error_message, option_text
from chatapp.ui.tabs.chat.more_samplers import MoreSamplers
from chatapp.ui.widgets.build import named, shown
from chatapp.ui.widgets.option_fields import OptionField, make_field

_STOP_LINES = 3


class SamplingPage(Translated, QScrollArea):
    changed = Signal(object)
    """SamplingSettings"""
    reset_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sampling = SamplingSettings()
        self._rows: list[tuple[Option, QLabel, QToolButton]] = []
        self.fields: dict[str, OptionField] = {}
        self._note = named(QLabel(wordWrap=True), "muted")
        self._preset_label = QLabel()
        self.preset = QComboBox()
        self.preset.activated.connect(self._on_preset)
        self._seed_label, self._stop_label = QLabel(), QLabel()
        self.seed = QLineEdit(clearButtonEnabled=True)
        self.seed.editingFinished.connect(self._on_seed)
        self.stop = named(QPlainTextEdit(tabChangesFocus=True), "detail")
        self.stop.textChanged.connect(self._on_stop)
        self._problem = shown(named(QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText), "cardTitle"), False)
        self.reset_button = QPushButton()
        self.reset_button.clicked.connect(self.reset_requested)
        page = named(QWidget(), "page")
        rows = QVBoxLayout(page)
        rows.setContentsMargins(14, 12, 14, 14)
        rows.setSpacing(8)
        for above in (self._note, self._preset_label, self.preset):
            rows.addWidget(above)
        rows.addLayout(self._made_grid(advanced=False))
        self.more = MoreSamplers(self._made_grid(advanced=True))
        self.more.biases_typed.connect(self._on_biases)
        self.more.text_typed.connect(lambda name, text: self._change(**{name: text if text.strip() else ""}))
        for widget in (self._seed_label, self.seed, self._stop_label, self.stop, self.more):
            rows.addWidget(widget)
        rows.addWidget(self._problem)
        rows.addWidget(self.reset_button)
        rows.addStretch()
        self.setWidget(page)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.retranslate()

    def show_sampling(self, sampling: SamplingSettings, *, own: bool) -> None:
        """own: this conversation has settings of its own."""
        self._sampling = sampling
        for name, entry in self.fields.items():
            entry.set_value(getattr(sampling, name))
        if not self.seed.hasFocus():
            self.seed.setText("" if sampling.seed is None else str(sampling.seed))
        if self._stop_texts() != sampling.stop:
            self.stop.blockSignals(True)
            self.stop.setPlainText("\n".join(sampling.stop))
            self.stop.blockSignals(False)
        self.more.show_sampling(sampling)
        self.preset.setCurrentIndex(_preset_of(sampling) + 1)
        self.reset_button.setEnabled(own)
        self._problem.hide()

    def retranslate(self) -> None:
        self._note.setText(self.tr("For the next replies of this chat. Settings hold what new chats begin with."))
        self._preset_label.setText(self.tr("Preset"))
        chosen = self.preset.currentIndex()
        self.preset.clear()
        self.preset.addItems([self.tr("Own values"), *(option_text(name) for name, _ in PRESETS)])
        self.preset.setCurrentIndex(max(0, chosen))
        self.preset.setAccessibleName(self._preset_label.text())
        for about, label, help_button in self._rows:
            label.setText(option_text(about.label))
            help_button.setToolTip(option_text(about.help))
            help_button.setAccessibleName(self.tr("What is {option}?").format(option=option_text(about.label)))
        for entry in self.fields.values():
            entry.retranslate()
        self._seed_label.setText(self.tr("Seed"))
        self.seed.setPlaceholderText(self.tr("Another one for each reply"))
        self.seed.setAccessibleName(self._seed_label.text())
        self._stop_label.setText(self.tr("Stop texts, one a line: a reply ends before them"))
        self._stop_label.setWordWrap(True)
        self.stop.setAccessibleName(self._stop_label.text())
        self.stop.setFixedHeight(self.fontMetrics().lineSpacing() * _STOP_LINES + 14)
        self.reset_button.setText(self.tr("Back to the settings of the app"))

    def _made_grid(self, *, advanced: bool) -> QGridLayout:
        grid = QGridLayout()
        grid.setColumnStretch(0, 1)
        wanted = [(name, about) for name, about in options_of(self._sampling) if about.advanced is advanced]
        for row, (name, about) in enumerate(wanted):
            label, help_button = QLabel(wordWrap=True), named(QToolButton(), "quiet")
            help_button.setText("?")
            help_button.clicked.connect(partial(self._explain, help_button))
            entry = make_field(about, getattr(self._sampling, name))
            entry.changed.connect(partial(self._on_value, name))
            label.setBuddy(entry.widget)
            for column, widget in enumerate((label, help_button, entry.widget)):
                grid.addWidget(widget, row, column)
            self._rows.append((about, label, help_button))
            self.fields[name] = entry
        return grid

    def _explain(self, button: QToolButton) -> None:
        QToolTip.showText(button.mapToGlobal(QPoint(0, button.height())), button.toolTip(), button)

    def _on_value(self, name: str, value: Any) -> None:
        self._change(**{name: value})

    def _on_preset(self, place: int) -> None:
        if place > 0:
            self._change(**PRESETS[place - 1][1])

    def _on_seed(self) -> None:
        text = self.seed.text().strip()
        if text and not text.isdecimal():
            self._say(self.tr("A seed is a whole number, or nothing for another one each time."))
        else:
            self._change(seed=int(text) if text else None)

    def _on_biases(self, entries: list[str]) -> None:
        try:
            biases = biases_of(entries)
        except AppError as problem:
            self._say(error_message(problem.info))
        else:
            self._change(logit_bias=biases)

    def _on_stop(self) -> None:
        self._change(stop=self._stop_texts())

    def _stop_texts(self) -> tuple[str, ...]:
        return tuple(line for line in self.stop.toPlainText().split("\n") if line)

    def _change(self, **values: Any) -> None:
        try:
            changed = replace(self._sampling, **values)
        except AppError as problem:
            self._say(error_message(problem.info))
            return
        self._problem.hide()
        if changed != self._sampling:
            self.changed.emit(changed)

    def _say(self, text: str) -> None:
        self._problem.setText(text)
        self._problem.show()


def _preset_of(sampling: SamplingSettings) -> int:
    """The place of the preset whose values these are, else -1."""
    fitting = (
        place
        for place, (_, values) in enumerate(PRESETS)
        if all(getattr(sampling, name) == value for name, value in values.items())
    )
    return next(fitting, -1)
