"""Other settings for the chosen token: sliders, what is true of the answer, and the way to draw on with them."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QPushButton, QSlider, QVBoxLayout, QWidget

from chatapp.core.errors import ErrorInfo
from chatapp.core.options import options_of
from chatapp.core.sampling import SamplingSettings
from chatapp.ui.language import Translated, error_advice, error_message, option_text
from chatapp.ui.widgets.build import named, shown
from chatapp.ui.widgets.option_fields import OptionField, make_field

_STEPS = 200
_MOST_TEMPERATURE, _MOST_K = 2.0, 1000  # at the right end; the number beside takes more
_FIELD_EMS = 7
_NAMES = ("temperature", "top_k", "top_p", "min_p")


class WhatIf(Translated, QWidget):
    """Off until it is switched on. Knows nothing of where answers come from."""

    changed = Signal(object)
    """SamplingSettings to be tried; None: switched off"""
    resample_requested = Signal(object)
    """SamplingSettings: write on from the chosen token with them"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._own: SamplingSettings | None = None
        self._tried = SamplingSettings()
        self.switch = QCheckBox()
        self.fields: dict[str, OptionField] = {}
        self.sliders: dict[str, QSlider] = {}
        self._labels: dict[str, QLabel] = {}
        self._body = shown(QWidget(), False)
        grid = QGridLayout()
        grid.setColumnStretch(1, 1)
        grid.setVerticalSpacing(4)
        for row, (name, about) in enumerate((n, a) for n, a in options_of(self._tried) if n in _NAMES):
            label, slider = QLabel(), _Slider(Qt.Orientation.Horizontal)
            entry = make_field(about, getattr(self._tried, name))
            entry.widget.setFixedWidth(self.fontMetrics().horizontalAdvance("m") * _FIELD_EMS)
            slider.setRange(0, _STEPS)
            slider.valueChanged.connect(lambda at, name=name: self._set(name, _value_at(name, at)))
            entry.changed.connect(partial(self._set, name))
            for column, widget in enumerate((label, slider, entry.widget)):
                grid.addWidget(widget, row, column)
            self.fields[name], self.sliders[name], self._labels[name] = entry, slider, label
        self.state = named(QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText), "muted")
        self.back, self.resample = QPushButton(), QPushButton()
        body = QVBoxLayout(self._body)
        body.setContentsMargins(0, 0, 0, 0)
        body.addLayout(grid)
        for widget in (self.state, self.resample, self.back):
            body.addWidget(widget)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self.switch)
        rows.addWidget(self._body)
        self.switch.toggled.connect(self._on_switched)
        self.back.clicked.connect(self._go_back)
        self.resample.clicked.connect(lambda: self.resample_requested.emit(replace(self._tried, seed=None)))
        self._show_values()
        self.retranslate()

    @property
    def tried(self) -> SamplingSettings | None:
        """None while it is switched off."""
        return self._tried if self.switch.isChecked() else None

    def set_own(self, sampling: SamplingSettings | None) -> None:
        """What the reply was drawn with, None where that is not known: the sliders begin there; says nothing."""
        if sampling != self._own:
            self._own = sampling
            self._tried = sampling or SamplingSettings()
            self._show_values()

    def forget_answer(self) -> None:
        """What was said is of another token."""
        self.state.setText("…" if self.switch.isChecked() else "")

    def show_waiting(self, fraction: float) -> None:
        """fraction: how much is evaluated again, from 0 to 1."""
        self.state.setText(self.tr("Evaluating the text before this token again… {part:.0%}").format(part=fraction))

    def show_answer(self, *, replayed: bool, differs: bool) -> None:
        """replayed: its logits were computed again; differs: they are not those of the time."""
        if differs:
            text = self.tr("Computed again, and not as it was recorded: what stands before it may have changed.")
        elif replayed:
            text = self.tr("Computed again: its logits were no longer kept.")
        else:
            text = self.tr("From the logits of that step.")
        if self._tried.xtc_probability > 0.0 or self._tried.mirostat != "0":
            text += " " + self.tr("XTC and mirostat, which draw by themselves, are left out.")
        self.state.setText(text)

    def show_problem(self, info: ErrorInfo) -> None:
        self.state.setText(f"{error_message(info)} {error_advice(info)}")

    def retranslate(self) -> None:
        self.switch.setText(self.tr("What if … other settings for this token"))
        self.back.setText(self.tr("Back to the reply's own settings"))
        self.resample.setText(self.tr("Write on from here with these settings"))
        for name, about in options_of(self._tried):
            if name in _NAMES:
                self._labels[name].setText(option_text(about.label))
                self._labels[name].setToolTip(option_text(about.help))
                self.sliders[name].setAccessibleName(option_text(about.label))
                self.fields[name].retranslate()

    def _on_switched(self, on: bool) -> None:
        self._body.setVisible(on)
        self.state.setText("")
        self.changed.emit(self._tried if on else None)

    def _go_back(self) -> None:
        self._tried = self._own or SamplingSettings()
        self._show_values()
        self.changed.emit(self._tried)

    def _set(self, name: str, value: Any) -> None:
        tried = replace(self._tried, **{name: value})
        if tried != self._tried:
            self._tried = tried
            self._show_values(but=name)
            self.changed.emit(tried)

    def _show_values(self, but: str = "") -> None:
        """but: the one that a hand is on keeps its slider's place."""
        for name in _NAMES:
            value = getattr(self._tried, name)
            self.fields[name].set_value(value)
            slider = self.sliders[name]
            if not (name == but and slider.hasFocus()):
                slider.blockSignals(True)
                slider.setValue(_place_of(name, value))
                slider.blockSignals(False)
        self.back.setEnabled(self._own is not None and self._tried != self._own)


class _Slider(QSlider):
    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # the wheel scrolls the page


def _value_at(name: str, place: int) -> float | int:
    part = place / _STEPS
    if name == "temperature":
        return round(part * _MOST_TEMPERATURE, 2)
    if name == "top_k":  # even steps of its logarithm; 0: off
        return round(math.exp(part * math.log(_MOST_K))) if place else 0
    return round(part, 2)


def _place_of(name: str, value: float) -> int:
    if name == "temperature":
        part = value / _MOST_TEMPERATURE
    elif name == "top_k":
        part = math.log(max(1, value)) / math.log(_MOST_K)
        return 0 if not value else min(_STEPS, max(1, round(part * _STEPS)))
    else:
        part = value
    return min(_STEPS, round(part * _STEPS))
