"""The adapters below the models: a list, and what can be done with the chosen one. Knows no service."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHeaderView, QLabel, QPushButton, QTreeView, QVBoxLayout, QWidget

from chatapp.services.adapters import ListedAdapter
from chatapp.ui.language import Translated
from chatapp.ui.tabs.models.adapter_table import AdapterTable
from chatapp.ui.widgets.build import named, shown
from chatapp.ui.widgets.flow import FlowLayout
from chatapp.ui.widgets.undo_bar import UndoBar

_MOST_ROWS = 8  # that are shown without scrolling


class AdapterPart(Translated, QWidget):
    add_requested = Signal(object)
    """Path of a file"""
    switch_requested = Signal(object)
    """ListedAdapter, to be on where it is off and the other way round"""
    remove_requested = Signal(object)
    """ListedAdapter"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.table = AdapterTable()
        self.tree = QTreeView()
        self._heading = named(QLabel(), "heading")
        self._explanation = named(QLabel(wordWrap=True), "muted")
        self.add_button, self.use_button, self.remove_button = QPushButton(), QPushButton(), QPushButton()
        self.add_button.clicked.connect(self._choose_file)
        self.use_button.clicked.connect(self._on_use)
        self.remove_button.clicked.connect(self._on_remove)
        self.undo = UndoBar(
            lambda: self.tr("The adapter is in the bin, where it stays for 30 days."), lambda: self.tr("Bring it back")
        )
        self._has_model = False
        self._set_up_tree()
        buttons = FlowLayout()
        for button in (self.add_button, self.use_button, self.remove_button):
            buttons.addWidget(button)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 12, 0, 0)
        rows.setSpacing(12)
        rows.addWidget(self._heading)
        rows.addWidget(self._explanation)
        rows.addLayout(buttons)
        rows.addWidget(self.undo)
        rows.addWidget(self.tree)
        shown(self.tree, False)
        self._update()
        self.retranslate()

    def set_entries(self, entries: Sequence[ListedAdapter], *, has_model: bool) -> None:
        """has_model: whether it is known what fits."""
        chosen = self._chosen()
        self._has_model = has_model
        self.table.set_entries(entries, has_model=has_model)
        row = self.table.row_of(chosen.adapter.path) if chosen is not None else 0
        if entries:
            self.tree.setCurrentIndex(self.table.index(max(0, row), 0))
        self.tree.setVisible(bool(entries))
        self._update()

    def retranslate(self) -> None:
        self._heading.setText(self.tr("Adapters"))
        self._explanation.setText(
            self.tr(
                "LoRA adapters change what a model does without changing its file. They are kept in the data folder; "
                "those that fit the model in use can be switched on here and at the top of the window."
            )
        )
        self.add_button.setText(self.tr("Add an adapter…"))
        self.remove_button.setText(self.tr("Remove"))
        self.remove_button.setToolTip(self.tr("Puts the file in the bin, from where it can be brought back"))
        self.remove_button.setAccessibleName(self.tr("Remove the adapter"))
        self.tree.setAccessibleName(self.tr("Adapters"))
        self.table.retranslate()
        self._update()

    def _set_up_tree(self) -> None:
        self.tree.setModel(self.table)
        self.tree.setRootIsDecorated(False)
        self.tree.setUniformRowHeights(True)
        self.tree.setAllColumnsShowFocus(False)
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(60)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.tree.activated.connect(lambda _index: self._on_use())
        self.tree.selectionModel().currentChanged.connect(lambda _now, _before: self._update())

    def _chosen(self) -> ListedAdapter | None:
        return self.table.at(self.tree.currentIndex().row())

    def _update(self) -> None:
        chosen = self._chosen()
        can_use = chosen is not None and chosen.unfit is None and self._has_model
        self.use_button.setEnabled(can_use)
        is_on = chosen is not None and chosen.is_on
        self.use_button.setText(self.tr("Switch off") if is_on else self.tr("Use this adapter"))
        self.remove_button.setEnabled(chosen is not None)
        row_height = self.tree.sizeHintForRow(0) if self.table.rowCount() else 0
        rows = min(_MOST_ROWS, self.table.rowCount())
        self.tree.setFixedHeight(self.tree.header().sizeHint().height() + rows * row_height + 12)

    def _choose_file(self) -> None:
        files = self.tr("LoRA adapters (*.gguf);;All files (*)")
        name, _ = QFileDialog.getOpenFileName(self, self.tr("Add an adapter"), str(Path.home()), files)
        if name:
            self.add_requested.emit(Path(name))

    def _on_use(self) -> None:
        chosen = self._chosen()
        if chosen is not None and self.use_button.isEnabled():
            self.switch_requested.emit(chosen)

    def _on_remove(self) -> None:
        chosen = self._chosen()
        if chosen is not None:
            self.remove_requested.emit(chosen)
