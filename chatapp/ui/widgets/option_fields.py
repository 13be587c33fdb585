"""The control for one option: a choice, a whole number or a decimal number."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QObject, Signal, SignalInstance
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QSpinBox, QWidget

from chatapp.core.options import Option
from chatapp.ui.language import option_text

_INT32 = 2**31 - 1
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
        self._box = _DecimalSpin()
        self._box.setKeyboardTracking(False)
        self._box.setDecimals(2)
        self._box.setRange(about.minimum or 0.0, about.maximum or 1.0)
        self._box.setSingleStep(about.step)
        self._box.valueChanged.connect(lambda value: self.changed.emit(round(value, 2)))

    @property
    def widget(self) -> QWidget:
        return self._box

    def set_value(self, value: object) -> None:
        self._box.blockSignals(True)
        self._box.setValue(float(str(value)))
        self._box.blockSignals(False)

    def retranslate(self) -> None:
        self._box.setAccessibleName(option_text(self._about.label))


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
