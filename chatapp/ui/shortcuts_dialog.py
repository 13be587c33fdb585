"""All keys, made from the actions themselves."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from chatapp.ui.actions import Action
from chatapp.ui.language import Translated
from chatapp.ui.widgets.build import named


class ShortcutsDialog(Translated, QDialog):
    """groups: the title of a tab ("" for what works everywhere) and what can be done there; send_key: see
    ChatSettings."""

    def __init__(
        self, groups: Sequence[tuple[str, Sequence[Action]]], send_key: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._groups = groups
        self._send_key = send_key
        self.form = QFormLayout()
        self.form.setHorizontalSpacing(28)
        page = named(QWidget(), "page")
        page.setLayout(self.form)
        self._area = area = QScrollArea(widgetResizable=True)
        area.setWidget(page)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self._buttons.rejected.connect(self.reject)
        rows = QVBoxLayout(self)
        rows.addWidget(area)
        rows.addWidget(self._buttons)
        em = self.fontMetrics().horizontalAdvance("m")
        self.resize(40 * em, 40 * em)
        self.retranslate()

    def retranslate(self) -> None:
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        self._area.setAccessibleName(self.windowTitle())
        self._buttons.button(QDialogButtonBox.StandardButton.Close).setText(self.tr("Close"))
        while self.form.rowCount():
            self.form.removeRow(0)
        self._add_heading(self.tr("Writing"))
        for keys, text in self._keys_of_the_box():
            self._add_row(keys, text)
        for title, actions in self._groups:
            if with_keys := [action for action in actions if action.keys]:
                self._add_heading(QCoreApplication.translate("tabs", title) if title else self.tr("Everywhere"))
                for action in with_keys:
                    self._add_row(action.keys_text(), action.text())

    def _keys_of_the_box(self) -> Sequence[tuple[str, str]]:
        """What PromptEdit and the lines to search in do by themselves."""
        enter = self._send_key == "enter"
        return (
            ("Enter" if enter else "Ctrl+Enter", self.tr("Send; Settings can make it another key")),
            ("Shift+Enter" if enter else "Enter / Shift+Enter", self.tr("New line")),
            ("↑", self.tr("In an empty box: edit the last question")),
            ("Esc", self.tr("Leave a search, an editor or a dialog")),
        )

    def _add_heading(self, text: str) -> None:
        self.form.addRow(named(QLabel(text, margin=6), "heading"))

    def _add_row(self, keys: str, text: str) -> None:
        label = QLabel(text)
        label.setAccessibleName(f"{keys}: {text}")
        self.form.addRow(named(QLabel(keys), "muted"), label)
