"""How much of the disk the token records take, and the button that deletes them."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMessageBox, QPushButton, QVBoxLayout, QWidget

from chatapp.core.models import size_text
from chatapp.storage.token_store import StoredRecords
from chatapp.ui.language import Translated
from chatapp.ui.widgets.build import named


class RecordsGroup(Translated, QFrame):
    size_wanted = Signal()
    """it is seen, and what it says may be out of date"""
    purge_requested = Signal()
    """a person has confirmed it"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("group")
        self._stored: StoredRecords | None = None
        self._explanation = named(QLabel(wordWrap=True), "muted")
        self.size_label = QLabel()
        self.purge_button = QPushButton()
        self.purge_button.clicked.connect(self._ask)
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(self.size_label)
        texts.addWidget(self._explanation)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 12, 16, 12)
        row.setSpacing(20)
        row.addLayout(texts, 1)
        row.addWidget(self.purge_button, 0, Qt.AlignmentFlag.AlignVCenter)
        self.retranslate()

    def show_size(self, stored: StoredRecords) -> None:
        self._stored = stored
        self.retranslate()

    def words(self) -> str:
        """All that is written in it, for those who look for a setting."""
        return " ".join((self.size_label.text(), self._explanation.text(), self.purge_button.text()))

    def retranslate(self) -> None:
        self.size_label.setText(self._size_text())
        self._explanation.setText(
            self.tr(
                "How likely the model found the words of each reply, and what else it had in mind. Earlier replies are "
                "coloured by it."
            )
        )
        self.purge_button.setText(self.tr("Delete all records…"))
        self.purge_button.setEnabled(self._stored is not None and self._stored.n_replies > 0)

    def confirmation(self) -> QMessageBox:
        """Asks whether it is really meant."""
        box = QMessageBox(QMessageBox.Icon.Warning, self.tr("Delete all records"), "", parent=self)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setText(self.tr("Delete the token records of all replies?"))
        box.setInformativeText(
            self.tr(
                "The texts stay. The colours and the alternatives of earlier replies go, and this can't be undone. "
                "Backups made before keep theirs. The file of the chats gets smaller; where the disk has no room to "
                "write it anew, the room that became free in it is used for what comes next."
            )
        )
        delete = box.addButton(self.tr("Delete"), QMessageBox.ButtonRole.DestructiveRole)
        delete.clicked.connect(self.purge_requested)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        return box

    def _ask(self) -> None:
        self.confirmation().open()

    def _size_text(self) -> str:
        if self._stored is None or not self._stored.n_replies:
            return self.tr("On the disk: none")
        if self._stored.n_replies == 1:
            return self.tr("On the disk: {size} in 1 reply").format(size=size_text(self._stored.n_bytes))
        return self.tr("On the disk: {size} in {count:,} replies").format(
            size=size_text(self._stored.n_bytes), count=self._stored.n_replies
        )

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.size_wanted.emit()
