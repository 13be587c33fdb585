"""The settings form: a group per section, a row per option, each with its explanation."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from chatapp.core.options import QT_TRANSLATE_NOOP, Option, options_of
from chatapp.storage.settings import Settings
from chatapp.ui.actions import Action
from chatapp.ui.language import Translated, option_text
from chatapp.ui.tabs.settings.records_group import RecordsGroup
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.build import is_own_escape, named, shown
from chatapp.ui.widgets.column import centred
from chatapp.ui.widgets.option_fields import OptionField, make_field

SECTIONS = {
    "appearance": QT_TRANSLATE_NOOP("options", "Appearance"),
    "chat": QT_TRANSLATE_NOOP("options", "Chat"),
    "engine": QT_TRANSLATE_NOOP("options", "Engine"),
    "sampling": QT_TRANSLATE_NOOP("options", "Sampling"),
}
_FIELD_EMS = 14


class _Search(QLineEdit):
    """Esc forgets what was looked for; in an empty line it does what it does elsewhere."""

    def event(self, event: QEvent) -> bool:
        if is_own_escape(event) and self.text():
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        else:
            super().keyPressEvent(event)


class SettingsView(Translated, QScrollArea):
    option_changed = Signal(object, object, object)
    """section, name, value"""
    reset_requested = Signal()
    logs_requested = Signal()

    def __init__(self, theme: Theme, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._headings: dict[str, QLabel] = {}
        self._rows: list[tuple[str, Option, QLabel, QLabel, OptionField]] = []
        self.fields: dict[tuple[str, str], OptionField] = {}
        self._title = QLabel()
        self.reset_button = QPushButton()
        self.reset_button.clicked.connect(self.reset_requested)
        self.logs_button = QPushButton()
        self.logs_button.clicked.connect(self.logs_requested)
        self._note = named(QLabel(wordWrap=True), "muted")
        self.search = _Search(clearButtonEnabled=True)
        self.search.textChanged.connect(lambda _text: self._filter())
        self._nothing = shown(named(QLabel(), "muted"), False)
        self._groups: dict[str, QFrame] = {}
        self._column = QWidget()
        column = QVBoxLayout(self._column)
        column.setContentsMargins(0, 24, 0, 24)
        column.setSpacing(12)
        top = QHBoxLayout()
        top.addWidget(self._title)
        top.addStretch()
        top.addWidget(self.logs_button)
        top.addWidget(self.reset_button)
        column.addLayout(top)
        for widget in (self._note, self.search, self._nothing):
            column.addWidget(widget)
        for section in SECTIONS:
            self._headings[section] = named(QLabel(margin=4), "heading")
            self._groups[section] = self._make_group(section, getattr(settings, section))
            column.addWidget(self._headings[section])
            column.addWidget(self._groups[section])
        self._records_heading = named(QLabel(margin=4), "heading")
        self.records = RecordsGroup()
        column.addWidget(self._records_heading)
        column.addWidget(self.records)
        column.addStretch()
        page = named(QWidget(), "page")
        page.setLayout(centred(self._column, 28))
        self.setWidget(page)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        theme.changed.connect(self._fit_column)
        self._fit_column()
        self.retranslate()

    def page_actions(self) -> list[Action]:
        """Finding an option."""
        return [Action(title=QT_TRANSLATE_NOOP("actions", "Find a setting"), keys=("Ctrl+F",), run=self._find)]

    def take_focus(self) -> None:
        shown_fields = (entry.widget for entry in self.fields.values() if not entry.widget.isHidden())
        next(shown_fields, self.search).setFocus()

    def show_settings(self, settings: Settings) -> None:
        for (section, name), entry in self.fields.items():
            entry.set_value(getattr(getattr(settings, section), name))

    def retranslate(self) -> None:
        self._title.setText(self.tr("Settings"))
        self._fit_title()
        self._note.setText(self.tr("Changes apply immediately. Engine settings apply the next time a model is loaded."))
        self.reset_button.setText(self.tr("Reset all"))
        self.reset_button.setToolTip(self.tr("Set every option back to its default"))
        self.logs_button.setText(self.tr("Open the log folder"))
        self.logs_button.setToolTip(self.tr("Where chatapp notes what it does, without any of your texts"))
        for section, heading in self._headings.items():
            heading.setText(option_text(SECTIONS[section]))
        for _section, about, label, explanation, entry in self._rows:
            label.setText(option_text(about.label))
            explanation.setText(option_text(about.help))
            entry.retranslate()
        self._records_heading.setText(self.tr("Token records"))
        self.records.retranslate()  # before they are searched
        self.search.setPlaceholderText(self.tr("Find a setting"))
        self.search.setAccessibleName(self.search.placeholderText())
        self._nothing.setText(self.tr("No setting has these words."))
        self._filter()

    def _find(self) -> None:
        self.ensureWidgetVisible(self.search)
        self.search.setFocus()
        self.search.selectAll()

    def _filter(self) -> None:
        """Shows the options in whose texts every word looked for occurs, and no empty group."""
        words = self.search.text().casefold().split()
        found: set[str] = set()
        for section, _about, label, explanation, entry in self._rows:
            text = f"{self._headings[section].text()} {label.text()} {explanation.text()}".casefold()
            fits = all(word in text for word in words)
            for widget in (label, explanation, entry.widget):
                widget.setVisible(fits)
            if fits:
                found.add(section)
        for section, group in self._groups.items():
            group.setVisible(section in found)
            self._headings[section].setVisible(section in found)
        text = f"{self._records_heading.text()} {self.records.words()}".casefold()
        fits = all(word in text for word in words)
        for widget in (self._records_heading, self.records):
            widget.setVisible(fits)
        self._nothing.setVisible(not found and not fits)

    def _make_group(self, section: str, values: Any) -> QFrame:
        group = named(QFrame(), "group")
        grid = QGridLayout(group)
        grid.setContentsMargins(16, 12, 16, 12)
        grid.setHorizontalSpacing(20)
        grid.setVerticalSpacing(14)
        grid.setColumnStretch(0, 1)
        for row, (name, about) in enumerate(options_of(values)):
            label, explanation = QLabel(), named(QLabel(wordWrap=True), "muted")
            entry = make_field(about, getattr(values, name))
            entry.changed.connect(partial(self.option_changed.emit, section, name))
            texts = QVBoxLayout()
            texts.setSpacing(2)
            texts.addWidget(label)
            texts.addWidget(explanation)
            grid.addLayout(texts, row, 0)
            grid.addWidget(entry.widget, row, 1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            label.setBuddy(entry.widget)
            self._rows.append((section, about, label, explanation, entry))
            self.fields[section, name] = entry
        return group

    def _fit_column(self) -> None:
        self._column.setMaximumWidth(self._theme.column_width())
        for entry in self.fields.values():
            entry.widget.setFixedWidth(self.fontMetrics().horizontalAdvance("m") * _FIELD_EMS)
        self._fit_title()

    def _fit_title(self) -> None:
        font = self.font()
        font.setPointSizeF(font.pointSizeF() * 1.4)
        font.setBold(True)
        self._title.setFont(font)
