"""What the model sees of this conversation: how full the context is, of what, and the system prompt."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QBrush, QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from chatapp.core.context_use import ContextUse
from chatapp.core.errors import ErrorInfo
from chatapp.ui.language import Translated, error_message
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.build import named, shown
from chatapp.ui.widgets.exact_text import exact_text

_SAVE_MS = 400
_HEIGHT = 14


class ContextPage(Translated, QWidget):
    system_prompt_changed = Signal(object)
    """str"""
    prompt_requested = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._use: ContextUse | None = None
        self._problem: ErrorInfo | None = None
        self._system_label = QLabel()
        self.system = named(QPlainTextEdit(tabChangesFocus=True), "detail")
        self._timer = QTimer(self, singleShot=True, interval=_SAVE_MS)
        self._timer.timeout.connect(self._emit_system)
        self.system.textChanged.connect(self._timer.start)
        self._title = named(QLabel(), "heading")
        self.meter = ContextMeter(theme)
        self.text = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self._left_out = shown(named(QLabel(wordWrap=True), "notice"), False)
        self.prompt_button = QPushButton()
        self.prompt_button.clicked.connect(self.prompt_requested)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(14, 12, 14, 14)
        rows.setSpacing(8)
        for widget in (self._title, self.meter, self.text, self._left_out, self.prompt_button):
            rows.addWidget(widget)
        rows.addSpacing(10)
        rows.addWidget(self._system_label)
        rows.addWidget(self.system, 1)
        rows.addStretch()
        self.system.setMaximumHeight(self.fontMetrics().lineSpacing() * 14)
        self.retranslate()

    def show_use(self, use: ContextUse | None) -> None:
        """None: nothing is known yet."""
        self._use, self._problem = use, None
        self.retranslate()

    def show_error(self, info: ErrorInfo) -> None:
        self._use, self._problem = None, info
        self.retranslate()

    def show_system_prompt(self, text: str) -> None:
        """Unless a person has just typed another, which is told of soon."""
        if not self._timer.isActive() and exact_text(self.system.document()) != text:
            self.system.blockSignals(True)
            self.system.setPlainText(text)
            self.system.blockSignals(False)

    def flush(self) -> None:
        """Tells of a change at once."""
        if self._timer.isActive():
            self._timer.stop()
            self._emit_system()

    def retranslate(self) -> None:
        self._title.setText(self.tr("Context"))
        self._system_label.setText(self.tr("System prompt of this chat"))
        self.system.setPlaceholderText(self.tr("How the model should answer, for example: Answer in one sentence."))
        self.system.setAccessibleName(self._system_label.text())
        self.prompt_button.setText(self.tr("Exact prompt…"))
        self.text.setText(self._text())
        self.meter.set_use(self._use)
        self.meter.setAccessibleName(self.text.text())
        left_out = self._use.left_out if self._use is not None else 0
        self._left_out.setText(
            self.tr("The context is full: the oldest messages left out: {count}.").format(count=left_out)
        )
        self._left_out.setVisible(left_out > 0)

    def _text(self) -> str:
        if self._problem is not None:
            return error_message(self._problem)
        if self._use is None:
            return self.tr("Nothing is in the context yet.")
        use = self._use
        lines = [
            self.tr("{used:,} of {limit:,} tokens").format(used=use.used, limit=use.limit),
            self.tr("■ system prompt {count:,}").format(count=use.system),
            self.tr("▤ history {count:,}").format(count=use.history),
            self.tr("▨ last reply {count:,}").format(count=use.reply),
            self.tr("□ chat template {count:,}").format(count=use.template),
        ]
        return "\n".join(lines)

    def _emit_system(self) -> None:
        self.system_prompt_changed.emit(exact_text(self.system.document()))


class ContextMeter(QWidget):
    """A bar as long as the context, filled part by part; patterns tell the parts apart without colour."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._use: ContextUse | None = None
        self.setFixedHeight(_HEIGHT)
        theme.changed.connect(self.update)

    def set_use(self, use: ContextUse | None) -> None:
        self._use = use
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        colors = self._theme.colors
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(colors.border))
        painter.setBrush(QColor(colors.surface))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        if self._use is None or not self._use.limit:
            return
        left, scale = 1.0, (self.width() - 2) / max(self._use.limit, self._use.used)
        painter.setPen(Qt.PenStyle.NoPen)
        for count, style in (
            (self._use.system, Qt.BrushStyle.SolidPattern),
            (self._use.history, Qt.BrushStyle.HorPattern),
            (self._use.reply, Qt.BrushStyle.BDiagPattern),
            (self._use.template, Qt.BrushStyle.Dense6Pattern),
        ):
            part = QRectF(left, 2, count * scale, _HEIGHT - 4)
            painter.fillRect(part, QColor(colors.soft))
            painter.fillRect(part, QBrush(QColor(colors.accent), style))
            left += count * scale
