"""The comparisons and sweeps of before, to be opened again or deleted. Knows no service."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMessageBox,
    QVBoxLayout,
    QWidget,
)

from chatapp.storage.comparisons import StoredComparison
from chatapp.ui.language import Translated
from chatapp.ui.tabs.compare.earlier_model import EarlierModel
from chatapp.ui.widgets.build import named, shown
from chatapp.ui.widgets.table_view import TableView

_WIDTH_EMS, _HEIGHT_EMS, _MODEL_EMS, _MARGIN = 76, 40, 23, 40
_TITLE, _MODEL = 0, 2  # their columns
_TO_LIST = (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp)


class _Filter(QLineEdit):
    left = Signal()
    """downwards"""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _TO_LIST:
            self.left.emit()
        else:
            super().keyPressEvent(event)


class EarlierDialog(Translated, QDialog):
    """Opens empty; `set_entries` fills it. Enter opens, Delete asks and removes. Is deleted when it closes."""

    open_requested = Signal(object)
    """str: the id"""
    remove_requested = Signal(object)
    """str: the id; a person has been asked"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._listed = False
        self._note: Callable[[], str] = str  # said anew in another language
        self.filter = _Filter(clearButtonEnabled=True)
        self.model = EarlierModel(self)
        self.table = TableView(self.model, "candidates")
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.table.header().setSectionResizeMode(_TITLE, QHeaderView.ResizeMode.Stretch)
        self.table.header().setSectionResizeMode(_MODEL, QHeaderView.ResizeMode.Interactive)  # names can be long
        self.empty = named(QLabel(wordWrap=True, margin=8, alignment=Qt.AlignmentFlag.AlignTop), "muted")
        self.note = shown(named(QLabel(wordWrap=True), "notice"), False)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.open_button = named(self._buttons.addButton("", QDialogButtonBox.ButtonRole.ActionRole), "primary")
        self.remove_button = self._buttons.addButton("", QDialogButtonBox.ButtonRole.ActionRole)
        self.open_button.setDefault(True)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(18, 16, 18, 14)
        rows.setSpacing(10)
        rows.addWidget(self.filter)
        rows.addWidget(self.table, 1)
        rows.addWidget(self.empty, 1)
        rows.addWidget(self.note)
        rows.addWidget(self._buttons)
        self._connect()
        self._fit()
        self.retranslate()
        self.filter.setFocus()

    @property
    def chosen(self) -> StoredComparison | None:
        index = self.table.currentIndex()
        return self.model.entries[self.table.source_row(index)] if index.isValid() else None

    def set_entries(self, entries: Sequence[StoredComparison]) -> None:
        """The newest first. What was chosen stays so, else what came after it is."""
        chosen, row = self.chosen, self.table.currentIndex().row()
        self._listed = True
        self.model.set_entries(entries)
        ids = [self.model.entries[self.table.source_row(index)].id for index in self._rows()]
        self._show(ids.index(chosen.id) if chosen is not None and chosen.id in ids else row)

    def say(self, note: Callable[[], str]) -> None:
        """Below the list, until something else is chosen."""
        self._note = note
        self.note.setText(note())
        self.note.setVisible(bool(self.note.text()))

    def retranslate(self) -> None:
        self.setWindowTitle(self.tr("Earlier comparisons"))
        self.filter.setPlaceholderText(self.tr("Show those with these words: prompt, model, date"))
        self.filter.setAccessibleName(self.filter.placeholderText())
        self.table.setAccessibleName(self.tr("Earlier comparisons; Enter opens, Delete deletes"))
        self.open_button.setText(self.tr("Open"))
        self.remove_button.setText(self.tr("Delete…"))
        self.remove_button.setToolTip(self.tr("Deletes it for good, after a question (Del)"))
        self._buttons.button(QDialogButtonBox.StandardButton.Close).setText(self.tr("Close"))
        for button in self._buttons.buttons():
            button.setAccessibleName(button.text())
        row = self.table.currentIndex().row()
        self.model.retranslate()
        self._show(row)
        self.say(self._note)

    def _connect(self) -> None:
        self.filter.textChanged.connect(self._on_typed)
        self.filter.left.connect(self.table.setFocus)
        self.table.doubleClicked.connect(lambda _index: self._open())
        self.table.selectionModel().currentChanged.connect(lambda _new, _old: self.say(str))
        self.open_button.clicked.connect(self._open)
        self.remove_button.clicked.connect(self._remove)
        self._buttons.rejected.connect(self.reject)

    def _fit(self) -> None:
        em = self.fontMetrics().horizontalAdvance("m")
        room = (self.parentWidget() or self.screen()).size()
        self.table.header().resizeSection(_MODEL, _MODEL_EMS * em)
        self.resize(min(_WIDTH_EMS * em, room.width() - _MARGIN), min(_HEIGHT_EMS * em, room.height() - _MARGIN))

    def _rows(self) -> list[QModelIndex]:
        return [self.table.rows.index(row, 0) for row in range(self.table.rows.rowCount())]

    def _show(self, row: int) -> None:
        """What there is, with the row at that place chosen, or the nearest."""
        count = self.table.rows.rowCount()
        self.table.setVisible(count > 0)
        self.empty.setVisible(count == 0)
        if count:
            self.table.setCurrentIndex(self.table.rows.index(min(max(row, 0), count - 1), 0))
        elif self.model.has_any:
            self.empty.setText(self.tr("No comparison has these words."))
        else:
            self.empty.setText(self.tr("What you run here is kept and will be listed.") if self._listed else "")
        if count == 0 and not self.filter.hasFocus():
            self.filter.setFocus()
        for button in (self.open_button, self.remove_button):
            button.setEnabled(count > 0)

    def _on_typed(self, text: str) -> None:
        self.model.set_filter(text)
        self._show(0)

    def _open(self) -> None:
        if self.chosen is not None:
            self.open_requested.emit(self.chosen.id)

    def _remove(self) -> None:
        chosen = self.chosen
        if chosen is None:
            return
        box = QMessageBox(QMessageBox.Icon.Question, self.tr("Delete"), "", parent=self)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(self.tr("Delete “{title}” and its lanes for good?").format(title=chosen.title or "–"))
        yes = box.addButton(self.tr("Delete"), QMessageBox.ButtonRole.DestructiveRole)
        no = box.addButton(self.tr("Keep"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(no)
        box.setEscapeButton(no)
        box.exec()
        if box.clickedButton() is yes:
            self.remove_requested.emit(chosen.id)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete and self.table.hasFocus():
            self._remove()
        else:
            super().keyPressEvent(event)
