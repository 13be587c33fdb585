"""The temperature as a slider, in steps that are even on a logarithmic scale, and as a number."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QWidget

from chatapp.core.options import options_of
from chatapp.core.sampling import SamplingSettings
from chatapp.ui.language import Translated, option_text
from chatapp.ui.widgets.option_fields import make_field

_LEAST, _MOST = 0.05, 5.0
_STEPS = sorted({min(_MOST, round(10 ** (step / 100), 2)) for step in range(-130, 71)})  # 1 is among them
_PAGE = 12


class _Slider(QSlider):
    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # the wheel scrolls the page


class TemperatureField(Translated, QWidget):
    changed = Signal(object)
    """float"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        about = dict(options_of(SamplingSettings))["temperature"]
        self._about = replace(about, minimum=_LEAST, maximum=_MOST)
        self.value = 1.0
        self._label = QLabel()
        self.slider = _Slider(Qt.Orientation.Horizontal)
        self.slider.setMaximum(len(_STEPS) - 1)
        self.slider.setPageStep(_PAGE)
        self.number = make_field(self._about, self.value)
        self._label.setBuddy(self.slider)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(self._label)
        row.addWidget(self.slider, 1)
        row.addWidget(self.number.widget)
        self._show()
        self.slider.valueChanged.connect(lambda place: self._use(_STEPS[place]))
        self.number.changed.connect(self._use)
        self.retranslate()

    def retranslate(self) -> None:
        self._label.setText(option_text(self._about.label))
        self.slider.setAccessibleName(self._label.text())
        self.slider.setToolTip(option_text(self._about.help))
        self.number.retranslate()

    def _use(self, value: float) -> None:
        self.value = value
        self._show()
        self.changed.emit(value)

    def _show(self) -> None:
        self.number.set_value(self.value)
        self.slider.blockSignals(True)
        self.slider.setValue(min(range(len(_STEPS)), key=lambda place: abs(_STEPS[place] - self.value)))
        self.slider.blockSignals(False)
