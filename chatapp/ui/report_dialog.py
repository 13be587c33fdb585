"""Crash reports, to be read and copied."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from chatapp.ui.language import Translated
from chatapp.ui.widgets.build import named

_WIDTH_EMS, _HEIGHT_EMS = 60, 40


class ReportDialog(Translated, QDialog):
    """show_folder: shows where the reports are kept."""

    def __init__(self, text: str, show_folder: Callable[[], None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._note = named(QLabel(wordWrap=True), "muted")
        self.text = QPlainTextEdit(text, readOnly=True)
        self.text.setTabChangesFocus(True)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self._copy = self._buttons.addButton("", QDialogButtonBox.ButtonRole.ActionRole)
        self._copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(text))
        self._folder = self._buttons.addButton("", QDialogButtonBox.ButtonRole.ActionRole)
        self._folder.clicked.connect(show_folder)
        self._buttons.rejected.connect(self.reject)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(20, 18, 20, 14)
        rows.setSpacing(14)
        for widget in (self._note, self.text, self._buttons):
            rows.addWidget(widget)
        em = self.fontMetrics().horizontalAdvance("m")
        self.resize(_WIDTH_EMS * em, _HEIGHT_EMS * em)
        self.retranslate()

    def retranslate(self) -> None:
        self.setWindowTitle(self.tr("Crash report"))
        self._note.setText(
            self.tr(
                "It has versions, settings, the places in the program and the last lines of the log, and none of "
                "your texts. It stays on this computer unless you pass it on."
            )
        )
        self.text.setAccessibleName(self.windowTitle())
        self._copy.setText(self.tr("Copy"))
        self._folder.setText(self.tr("Open folder"))
        self._buttons.button(QDialogButtonBox.StandardButton.Close).setText(self.tr("Close"))
