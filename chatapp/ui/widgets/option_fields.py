"""The control for one option: a choice, a switch, a whole number or a decimal number."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QObject, Signal, SignalInstance
from PySide6.QtGui import QValidator, QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QSpinBox, QWidget

from chatapp.core.options import Option
from chatapp.ui.language import option_text

_INT32 = 2**31 - 1
_FINE = 0.01  # an option that reaches below is of many magnitudes
_FINE_DECIMALS = 12
_TEXT_MARGIN = 6  # pixels; a style sheet's padding does not reach the text of a spin box


class OptionField(Protocol):
    """`changed` carries the new value and is silent while `set_value` runs."""

    changed: SignalInstance

    @property
    def widget(self) -> QWidget: ...

    def set_value(self, value: object) -> None: ...

    def retranslate(self) -> None: ...


def make_field(about: Option, value: object) -> OptionField:
    """The control that fits the option's description and its value's type."""
    entry: OptionField
    if about.choices:
        entry = ChoiceField(about)
    elif isinstance(value, bool):
        entry = SwitchField(about)
    elif isinstance(value, int):
        entry = WholeField(about)
    else:
        entry = DecimalField(about)
    entry.set_value(value)
    return entry


class ChoiceField(QObject):
    changed = Signal(object)

    def __init__(self, about: Option) -> None:
        super().__init__()
        self._about = about
        self._box = _Combo()
        for name, label in about.choices:
            self._box.addItem(label, name)
        self._box.activated.connect(lambda _row: self.changed.emit(self._box.currentData()))

    @property
    def widget(self) -> QWidget:
        return self._box

    def set_value(self, value: object) -> None:
        self._box.setCurrentIndex(self._box.findData(value))

    def retranslate(self) -> None:
        for row, (_, label) in enumerate(self._about.choices):
            self._box.setItemText(row, option_text(label))
        self._box.setAccessibleName(option_text(self._about.label))


class SwitchField(QObject):
    changed = Signal(object)

    def __init__(self, about: Option) -> None:
        super().__init__()
        self._about = about
        self._box = QCheckBox()
        self._box.clicked.connect(lambda checked: self.changed.emit(checked))

    @property
    def widget(self) -> QWidget:
        return self._box

    def set_value(self, value: object) -> None:
        self._box.setChecked(value is True)

    def retranslate(self) -> None:
        self._box.setAccessibleName(option_text(self._about.label))


class WholeField(QObject):
    changed = Signal(object)

    def __init__(self, about: Option) -> None:
        super().__init__()
        self._about = about
        self._box = _Spin()
        self._box.setKeyboardTracking(False)
        self._box.setGroupSeparatorShown(True)
        self._box.setRange(int(about.minimum or 0), min(_INT32, int(about.maximum or _INT32)))
        self._box.setSingleStep(int(about.step))
        self._box.valueChanged.connect(lambda value: self.changed.emit(value))

    @property
    def widget(self) -> QWidget:
        return self._box

    def set_value(self, value: object) -> None:
        self._box.blockSignals(True)
        self._box.setValue(int(str(value)))
        self._box.blockSignals(False)

    def retranslate(self) -> None:
        self._box.setAccessibleName(option_text(self._about.label))
        if self._about.minimum_label:
            self._box.setSpecialValueText(option_text(self._about.minimum_label))


class DecimalField(QObject):
    changed = Signal(object)

    def __init__(self, about: Option) -> None:
        super().__init__()
        self._about = about
        is_fine = about.minimum is not None and 0.0 < about.minimum < _FINE
        self._decimals = _FINE_DECIMALS if is_fine else 2
        self._box = _FineSpin() if is_fine else _DecimalSpin()
        self._box.setKeyboardTracking(False)
        self._box.setDecimals(self._decimals)
        self._box.setRange(about.minimum or 0.0, about.maximum or 1.0)
        self._box.setSingleStep(about.step)
        self._box.valueChanged.connect(lambda value: self.changed.emit(round(value, self._decimals)))

    @property
    def widget(self) -> QWidget:
        return self._box

    def set_value(self, value: object) -> None:
        self._box.blockSignals(True)
        self._box.setValue(float(str(value)))
        self._box.blockSignals(False)

    def retranslate(self) -> None:
        self._box.setAccessibleName(option_text(self._about.label))
        if self._about.minimum_label:
            self._box.setSpecialValueText(option_text(self._about.minimum_label))


class _Combo(QComboBox):
    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # the wheel scrolls the page and changes no setting by accident


class _Spin(QSpinBox):
    def __init__(self) -> None:
        super().__init__()
        self.lineEdit().setTextMargins(_TEXT_MARGIN, 0, 0, 0)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class _DecimalSpin(QDoubleSpinBox):
    def __init__(self) -> None:
        super().__init__()
        self.lineEdit().setTextMargins(_TEXT_MARGIN, 0, 0, 0)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class _FineSpin(_DecimalSpin):
    """Written as 0.0002 or 2e-05, and stepped 1, 2, 5, 10, ..."""

    def textFromValue(self, value: float) -> str:
        return f"{value:.6g}"

    def valueFromText(self, text: str) -> float:
        try:
            return float(text)
        except ValueError:
            return self.value()

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        try:
            fits = self.minimum() <= float(text) <= self.maximum()
        except ValueError:
            fits = False
        return (QValidator.State.Acceptable if fits else QValidator.State.Intermediate), text, position

    def stepBy(self, steps: int) -> None:
        scale = [part * 10.0**power for power in range(-_FINE_DECIMALS, 4) for part in (1, 2, 5)]
        above = [value for value in scale if value > self.value() * 1.001]
        below = [value for value in reversed(scale) if value < self.value() * 0.999]
        beyond = (above if steps > 0 else below)[: abs(steps)]
        if beyond:
            self.setValue(beyond[-1])
