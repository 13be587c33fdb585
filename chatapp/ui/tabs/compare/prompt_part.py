"""What is continued, and how: the prompt, the system prompt, chat or plain text, how long, and Run."""

from __future__ import annotations

from dataclasses import fields

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from chatapp.core.comparison import ComparedPrompt
from chatapp.core.options import Option
from chatapp.core.sampling import SamplingSettings
from chatapp.ui.language import Translated, option_text
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.build import named, shown
from chatapp.ui.widgets.exact_text import exact_text
from chatapp.ui.widgets.flow import FlowLayout
from chatapp.ui.widgets.option_fields import WholeField
from chatapp.ui.widgets.prompt_box import PromptEdit

USUAL_LIMIT = 128
_SYSTEM_LINES = 2
_LIMIT: Option = next(entry for entry in fields(SamplingSettings) if entry.name == "max_tokens").metadata["option"]


class PromptPart(Translated, QWidget):
    changed = Signal()
    """another prompt or limit"""
    run_requested = Signal()
    stop_requested = Signal()
    resume_requested = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._limit = USUAL_LIMIT
        self._running = self._can_resume = False
        self.box = PromptEdit()
        self._frame = named(QFrame(), "promptFrame")
        self.system_button, self.system = (
            QPushButton(),
            named(QPlainTextEdit(tabChangesFocus=True), "detail"),
        )
        self.system_button.setCheckable(True)
        self.system.hide()
        self.mode = QComboBox()
        for raw in (False, True):
            self.mode.addItem("", raw)
        self._limit_label = QLabel()
        self.limit = WholeField(_LIMIT)
        self.limit.set_value(USUAL_LIMIT)
        self.run_button, self.stop_button = named(QPushButton(), "primary"), shown(named(QPushButton(), "stop"), False)
        self.resume_button = shown(QPushButton(), False)
        self._lay_out()
        self._connect()
        self._fit()
        self.retranslate()

    @property
    def prompt(self) -> ComparedPrompt:
        raw = bool(self.mode.currentData())
        has_system = self.system_button.isChecked() and not raw
        system = exact_text(self.system.document()) if has_system else ""
        return ComparedPrompt(text=exact_text(self.box.document()), system=system, raw=raw)

    def show_prompt(self, prompt: ComparedPrompt) -> None:
        self.box.setPlainText(prompt.text)
        self.mode.setCurrentIndex(int(prompt.raw))
        self.system_button.setChecked(bool(prompt.system))
        self.system.setPlainText(prompt.system)

    @property
    def max_tokens(self) -> int:
        return self._limit

    def show_max_tokens(self, limit: int) -> None:
        self._limit = limit
        self.limit.set_value(limit)

    def use_send_key(self, name: str) -> None:
        """ "enter" or "ctrl_enter"; see ChatSettings."""
        self.box.send_key = name
        self.retranslate()

    def show_running(self, running: bool, *, can_resume: bool) -> None:
        self._running, self._can_resume = running, can_resume
        had_focus = self.run_button.hasFocus() or self.stop_button.hasFocus() or self.resume_button.hasFocus()
        self.run_button.setVisible(not running)
        self.stop_button.setVisible(running)
        self.resume_button.setVisible(can_resume and not running)
        if had_focus:
            (self.stop_button if running else self.run_button).setFocus()
        self._update()

    @property
    def can_run(self) -> bool:
        return not self._running and bool(self.prompt.text.strip())

    def retranslate(self) -> None:
        if self.box.send_key == "ctrl_enter":
            self.box.setPlaceholderText(self.tr("Prompt: Ctrl+Enter runs all lanes, Enter starts a line"))
        else:
            self.box.setPlaceholderText(self.tr("Prompt: Enter runs all lanes, Shift+Enter starts a line"))
        self.box.setAccessibleName(self.tr("Prompt"))
        self.mode.setItemText(0, self.tr("Chat"))
        self.mode.setItemText(1, self.tr("Plain text"))
        self.mode.setAccessibleName(self.tr("What the prompt is"))
        self.mode.setToolTip(
            self.tr("Chat: a message to be answered. Plain text: the beginning of a text to go on with.")
        )
        self.system_button.setText(self.tr("System prompt"))
        self.system_button.setToolTip(self.tr("Shows or hides what the model is told before the prompt"))
        self.system.setPlaceholderText(self.tr("What the model is told before the prompt"))
        self.system.setAccessibleName(self.tr("System prompt"))
        self._limit_label.setText(option_text(_LIMIT.label))
        self.limit.retranslate()
        self.limit.widget.setToolTip(option_text(_LIMIT.help))
        self.run_button.setText(self.tr("Run"))
        self.stop_button.setText(self.tr("Stop all"))
        self.stop_button.setToolTip(self.tr("End all lanes (Esc); what is written stays"))
        self.resume_button.setText(self.tr("Resume"))
        self.resume_button.setToolTip(self.tr("Go on with the lanes that were stopped, interrupted or failed (Ctrl+R)"))
        self._update()

    def _lay_out(self) -> None:
        inside = QVBoxLayout(self._frame)
        inside.setContentsMargins(14, 8, 10, 8)
        inside.addWidget(self.box)
        choices = FlowLayout()
        for widget in (self.mode, self.system_button, self._limit_label, self.limit.widget):
            choices.addWidget(widget)
        below = QHBoxLayout()
        below.addLayout(choices, 1)
        for button in (self.resume_button, self.run_button, self.stop_button):
            below.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(8)
        rows.addWidget(self._frame)
        rows.addWidget(self.system)
        rows.addLayout(below)

    def _connect(self) -> None:
        self.box.textChanged.connect(self._on_changed)
        self.box.submitted.connect(self._submit)
        self.box.focus_changed.connect(self._on_focus)
        self.system.textChanged.connect(self._on_changed)
        self.system_button.toggled.connect(self._on_system)
        self.mode.currentIndexChanged.connect(self._on_mode)
        self.limit.changed.connect(self._on_limit)
        self.run_button.clicked.connect(self._submit)
        self.stop_button.clicked.connect(self.stop_requested)
        self.resume_button.clicked.connect(self.resume_requested)
        self._theme.changed.connect(self._fit)

    def _submit(self) -> None:
        if self.can_run:
            self.run_requested.emit()

    def _on_changed(self) -> None:
        self._update()
        self.changed.emit()

    def _on_limit(self, limit: int) -> None:
        self._limit = limit
        self.changed.emit()

    def _on_system(self, wanted: bool) -> None:
        self.system.setVisible(wanted and not self.mode.currentData())
        if self.system.isVisible() and self.system_button.hasFocus():
            self.system.setFocus()
        self.changed.emit()

    def _on_mode(self) -> None:
        raw = bool(self.mode.currentData())
        self.system_button.setEnabled(not raw)
        self.system.setVisible(self.system_button.isChecked() and not raw)
        self.changed.emit()

    def _on_focus(self, focused: bool) -> None:
        self._frame.setProperty("focused", focused)
        self._frame.style().unpolish(self._frame)
        self._frame.style().polish(self._frame)

    def _update(self) -> None:
        self.run_button.setEnabled(self.can_run)
        reason = self.tr("Write a prompt first") if not self.prompt.text.strip() else ""
        self.run_button.setToolTip(reason or self.tr("Write all lanes anew (Ctrl+Enter)"))
        for button in (self.run_button, self.stop_button, self.resume_button):
            button.setAccessibleName(button.text())
        self.run_button.setAccessibleDescription(self.run_button.toolTip())

    def _fit(self) -> None:
        self.system.setFixedHeight(self.fontMetrics().lineSpacing() * _SYSTEM_LINES + 14)
