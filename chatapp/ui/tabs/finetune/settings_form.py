"""The hyper-parameters of a run: the usual ones, the others behind a fold, each explained. Knows no service."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QToolButton, QToolTip, QVBoxLayout, QWidget

from chatapp.core.options import Option, options_of
from chatapp.core.training import TrainingSettings
from chatapp.ui.language import Translated, option_text
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.build import named, shown
from chatapp.ui.widgets.option_fields import OptionField, make_field

_FIELD_EMS = 15


class SettingsForm(Translated, QWidget):
    changed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._settings = TrainingSettings()
        self._rows: list[tuple[Option, QLabel, QToolButton]] = []
        self.fields: dict[str, OptionField] = {}
        self.fold = named(QToolButton(), "quiet")
        self.fold.setCheckable(True)
        self.fold.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        usual, others = self._made_grid(advanced=False), self._made_grid(advanced=True)
        self._more = shown(QWidget(), False)
        self.fold.toggled.connect(self._on_folded)
        self.reset_button = QPushButton()
        self.reset_button.clicked.connect(lambda: self.show_settings(TrainingSettings()))
        more = QVBoxLayout(self._more)
        more.setContentsMargins(0, 0, 0, 0)
        more.addLayout(others)
        below = QHBoxLayout()
        below.addWidget(self.fold)
        below.addStretch()
        below.addWidget(self.reset_button)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(8)
        rows.addLayout(usual)
        rows.addLayout(below)
        rows.addWidget(self._more)
        theme.changed.connect(self._fit)
        self._fit()
        self.retranslate()

    @property
    def settings(self) -> TrainingSettings:
        return self._settings

    def show_settings(self, settings: TrainingSettings) -> None:
        for name, entry in self.fields.items():
            entry.set_value(getattr(settings, name))
        if settings != self._settings:
            self._settings = settings
            self.retranslate()
            self.changed.emit()

    def retranslate(self) -> None:
        for about, label, help_button in self._rows:
            label.setText(option_text(about.label))
            help_button.setToolTip(option_text(about.help))
            help_button.setAccessibleName(self.tr("What is {option}?").format(option=option_text(about.label)))
        for entry in self.fields.values():
            entry.retranslate()
        usual = TrainingSettings()
        names = [name for name, about in options_of(usual) if about.advanced]
        changed = sum(getattr(self._settings, name) != getattr(usual, name) for name in names)
        many = self.tr("Advanced ({count} changed)").format(count=changed)
        self.fold.setText(many if changed else self.tr("Advanced"))
        self.reset_button.setText(self.tr("Back to the defaults"))
        self.reset_button.setEnabled(self._settings != usual)

    def _made_grid(self, *, advanced: bool) -> QGridLayout:
        grid = QGridLayout()
        grid.setColumnStretch(0, 1)
        wanted = [(name, about) for name, about in options_of(self._settings) if about.advanced is advanced]
        for row, (name, about) in enumerate(wanted):
            label, help_button = QLabel(wordWrap=True), named(QToolButton(), "quiet")
            help_button.setText("?")
            help_button.clicked.connect(partial(self._explain, help_button))
            entry = make_field(about, getattr(self._settings, name))
            entry.changed.connect(partial(self._on_value, name))
            label.setBuddy(entry.widget)
            for column, widget in enumerate((label, help_button, entry.widget)):
                grid.addWidget(widget, row, column)
            self._rows.append((about, label, help_button))
            self.fields[name] = entry
        return grid

    def _explain(self, button: QToolButton) -> None:
        QToolTip.showText(button.mapToGlobal(QPoint(0, button.height())), button.toolTip(), button)

    def _on_value(self, name: str, value: object) -> None:
        if isinstance(getattr(self._settings, name), float) and isinstance(value, int):
            value = float(value)
        self._settings = replace(self._settings, **{name: value})  # type: ignore[arg-type]
        self.retranslate()
        self.changed.emit()

    def _on_folded(self, is_open: bool) -> None:
        self._more.setVisible(is_open)
        self._fit()

    def _fit(self) -> None:
        self.fold.setIcon(self._theme.icon("chevron" if self.fold.isChecked() else "folded"))
        for entry in self.fields.values():
            entry.widget.setFixedWidth(self.fontMetrics().horizontalAdvance("m") * _FIELD_EMS)
