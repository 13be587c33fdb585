"""Which of the user's own chats are trained on. Knows no service."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QDate, QDateTime, Qt, QTime, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDateEdit,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from chatapp.core.errors import ErrorInfo
from chatapp.storage.own_chats import Choice, ChosenChats, Liked
from chatapp.ui.language import Translated, error_advice, error_message
from chatapp.ui.widgets.build import named

_WIDTH_EMS = 46
_FOLDER_LINES = 5
_MOST_MESSAGES = 1000


class OwnChatsDialog(Translated, QDialog):
    """Is deleted when it closes."""

    choice_changed = Signal(object)
    """Choice"""
    accepted_choice = Signal(object)
    """Choice"""

    def __init__(self, folders: Sequence[str], parent: QWidget | None = None) -> None:
        """folders: their names; "" stands for chats in none."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._folders = ["", *folders]
        self._note = named(QLabel(wordWrap=True), "muted")
        self.all_folders = QCheckBox()
        self.all_folders.setChecked(True)
        self.folders = QListWidget()
        for folder in self._folders:
            item = QListWidgetItem(folder)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked)
            self.folders.addItem(item)
        self.since_on = QCheckBox()
        self.since = QDateEdit(QDate.currentDate().addMonths(-1))
        self.since.setCalendarPopup(True)
        self.least = QSpinBox(minimum=2, maximum=_MOST_MESSAGES, value=2)
        self.liked = QComboBox()
        self.count = QLabel(wordWrap=True)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.use_button = named(self._buttons.addButton("", QDialogButtonBox.ButtonRole.AcceptRole), "primary")
        self.use_button.setEnabled(False)
        self._labels = [QLabel() for _ in range(2)]
        self._lay_out()
        self._connect()
        self.retranslate()

    @property
    def choice(self) -> Choice:
        chosen = frozenset(
            folder
            for row, folder in enumerate(self._folders)
            if (item := self.folders.item(row)) is not None and item.checkState() == Qt.CheckState.Checked
        )
        start = QDateTime(self.since.date(), QTime(0, 0)).toSecsSinceEpoch()
        return Choice(
            folders=None if self.all_folders.isChecked() else chosen,
            since=float(start) if self.since_on.isChecked() else 0.0,
            least_messages=self.least.value(),
            liked=self.liked.currentData() or Liked.ANY,
        )

    def show_count(self, found: ChosenChats) -> None:
        text = self.tr("{chats:,} chats, {examples:,} examples, {replies:,} replies to learn from.")
        none = self.tr("No chat fits.")
        many = text.format(chats=found.n_chats, examples=found.n_examples, replies=found.n_replies)
        self.count.setText(many if found.n_examples else none)
        self.use_button.setEnabled(found.n_examples > 0)

    def show_error(self, info: ErrorInfo) -> None:
        """Of a count or of writing; the same can be tried again."""
        self.use_button.setEnabled(True)
        self.count.setText(f"{error_message(info)} {error_advice(info)}")

    def retranslate(self) -> None:
        self.setWindowTitle(self.tr("Train on my chats"))
        self._note.setText(
            self.tr(
                "The branch on show of each chat is used, with its system prompt. Replies that were interrupted or "
                "rated bad are left out, with their questions. The chats stay on this computer."
            )
        )
        self.all_folders.setText(self.tr("Chats of all folders"))
        self.folders.setAccessibleName(self.tr("Folders"))
        if (none := self.folders.item(0)) is not None:
            none.setText(self.tr("(in no folder)"))
        self.since_on.setText(self.tr("Only those changed since"))
        self.since.setAccessibleName(self.since_on.text())
        for label, text in zip(self._labels, (self.tr("At least this many messages"), self.tr("Ratings")), strict=True):
            label.setText(text)
        self.least.setAccessibleName(self._labels[0].text())
        chosen = max(0, self.liked.currentIndex())
        self.liked.blockSignals(True)
        self.liked.clear()
        self.liked.addItem(self.tr("Rated or not"), Liked.ANY)
        self.liked.addItem(self.tr("Only chats with a reply rated good"), Liked.CHATS)
        self.liked.addItem(self.tr("Only replies rated good, each with its question"), Liked.REPLIES)
        self.liked.setCurrentIndex(chosen)
        self.liked.blockSignals(False)
        self.liked.setAccessibleName(self._labels[1].text())
        self.use_button.setText(self.tr("Use these"))
        self._buttons.button(QDialogButtonBox.StandardButton.Cancel).setText(self.tr("Cancel"))

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.addRow(self.since_on, self.since)
        form.addRow(self._labels[0], self.least)
        form.addRow(self._labels[1], self.liked)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(18, 16, 18, 14)
        rows.setSpacing(10)
        rows.addWidget(self._note)
        rows.addWidget(self.all_folders)
        rows.addWidget(self.folders)
        rows.addLayout(form)
        rows.addWidget(self.count)
        rows.addStretch(1)
        rows.addWidget(self._buttons)
        self.folders.setEnabled(False)
        self.since.setEnabled(False)
        self.folders.setFixedHeight(self.fontMetrics().lineSpacing() * _FOLDER_LINES * 2)
        self.folders.setVisible(len(self._folders) > 1)
        self.all_folders.setVisible(len(self._folders) > 1)
        self.setMinimumWidth(self.fontMetrics().horizontalAdvance("m") * _WIDTH_EMS)

    def _connect(self) -> None:
        self.all_folders.toggled.connect(lambda on: self.folders.setEnabled(not on))
        self.since_on.toggled.connect(self.since.setEnabled)
        for changed in (
            self.all_folders.toggled,
            self.folders.itemChanged,
            self.since_on.toggled,
            self.since.dateChanged,
            self.least.valueChanged,
            self.liked.currentIndexChanged,
        ):
            changed.connect(self._on_changed)
        self._buttons.accepted.connect(self._on_accepted)
        self._buttons.rejected.connect(self.reject)

    def _on_changed(self, _value: object = None) -> None:
        self.use_button.setEnabled(False)
        self.choice_changed.emit(self.choice)

    def _on_accepted(self) -> None:
        self.use_button.setEnabled(False)
        self.accepted_choice.emit(self.choice)
