"""The models tab's parts in their places. Knows no service."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from chatapp.core.errors import ErrorInfo
from chatapp.core.models import LibraryModel
from chatapp.ui.language import Translated
from chatapp.ui.tabs.models.adapter_part import AdapterPart
from chatapp.ui.tabs.models.table import ModelTable
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.build import named, shown
from chatapp.ui.widgets.column import centred
from chatapp.ui.widgets.error_card import ErrorCard

_MARGIN = 28  # pixels


class ModelsView(Translated, QScrollArea):
    add_requested = Signal(object)
    """Path of a file"""
    load_requested = Signal(object)
    """LibraryModel"""
    verify_requested = Signal(object)
    """LibraryModel"""
    remove_requested = Signal(object)
    """LibraryModel"""
    cancel_requested = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._card: ErrorCard | None = None
        self.table = ModelTable()
        self.tree = self._make_tree()
        self.adapters = AdapterPart()
        self._heading = QLabel()
        self._explanation = named(QLabel(wordWrap=True), "muted")
        self._empty = named(QLabel(wordWrap=True, alignment=Qt.AlignmentFlag.AlignCenter), "muted")
        self.add_button = named(QPushButton(), "primary")
        self.load_button = QPushButton()
        self.verify_button = QPushButton()
        self.remove_button = QPushButton()
        self._reading = False
        self.add_button.clicked.connect(self._choose_file)
        self.load_button.clicked.connect(self._on_load)
        self.verify_button.clicked.connect(self._on_verify)
        self.remove_button.clicked.connect(self._on_remove)
        self._progress_row = shown(QWidget(), False)
        self._progress_label = QLabel()
        self._progress = QProgressBar(textVisible=False, maximum=1000)
        self.cancel_button = QPushButton()
        self.cancel_button.clicked.connect(self.cancel_requested)
        self._lay_out()
        self._update_buttons()
        theme.changed.connect(self.retranslate)
        self.retranslate()

    def take_focus(self) -> None:
        (self.tree if self.tree.isVisible() else self.add_button).setFocus()

    def set_models(self, models: Sequence[LibraryModel]) -> None:
        chosen = self._chosen()
        self.table.set_models(models)
        rows = [row for row, model in enumerate(models) if chosen is not None and model.path == chosen.path]
        if models:
            self.tree.setCurrentIndex(self.table.index(rows[0] if rows else 0, 0))
        self._empty.setVisible(not models)
        self.tree.setVisible(bool(models))
        self._update_buttons()

    def set_progress(self, path: str, fraction: float, *, done: bool) -> None:
        self._progress_row.setVisible(not done)
        self._progress_label.setText(self.tr("Reading {name}").format(name=Path(path).name))
        self._progress.setValue(round(fraction * 1000))
        self._reading = not done
        self._update_buttons()

    def set_verified(self, path: str, unchanged: bool) -> None:
        self.table.set_verified(path, unchanged)

    def show_error(self, info: ErrorInfo) -> None:
        self.clear_error()
        self._card = ErrorCard(info, can_dismiss=True)
        self._card.dismissed.connect(self.clear_error)
        self._column.insertWidget(2, self._card)

    def clear_error(self) -> None:
        card, self._card = self._card, None
        if card is not None:
            card.hide()
            card.deleteLater()

    def retranslate(self) -> None:
        self._middle.setMaximumWidth(round(self._theme.column_width() * 1.3))
        self._heading.setText(self.tr("Models"))
        font = self.font()
        font.setPointSizeF(font.pointSizeF() * 1.4)
        font.setBold(True)
        self._heading.setFont(font)
        self._explanation.setText(
            self.tr("GGUF files on this computer. Add one with the button or drop it here; the file stays where it is.")
        )
        self._empty.setText(self.tr("No model is here yet. Add a GGUF file to begin."))
        self.add_button.setText(self.tr("Add a model…"))
        self.load_button.setText(self.tr("Use this model"))
        self.verify_button.setText(self.tr("Verify"))
        self.verify_button.setToolTip(
            self.tr("Compares the file with the size and the SHA-256 it had when it was added")
        )
        self.remove_button.setText(self.tr("Remove"))
        self.remove_button.setToolTip(self.tr("The file itself stays where it is"))
        self.cancel_button.setText(self.tr("Cancel"))
        self.tree.setAccessibleName(self.tr("Models"))
        self._progress.setAccessibleName(self.tr("How much of the file has been read"))
        self.table.retranslate()
        self._fit_buttons()

    def _make_tree(self) -> QTreeView:
        tree = QTreeView()
        tree.setModel(self.table)
        tree.setRootIsDecorated(False)
        tree.setUniformRowHeights(True)
        tree.setAllColumnsShowFocus(False)  # else Fusion frames the whole row
        header = tree.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(60)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        tree.activated.connect(lambda _index: self._on_load())
        tree.selectionModel().currentChanged.connect(lambda _now, _before: self._update_buttons())
        return tree

    def _lay_out(self) -> None:
        progress = QHBoxLayout(self._progress_row)
        progress.setContentsMargins(0, 0, 0, 0)
        progress.addWidget(self._progress_label)
        progress.addWidget(self._progress, 1)
        progress.addWidget(self.cancel_button)
        self._buttons = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        of_chosen = QHBoxLayout()
        for button in (self.load_button, self.verify_button, self.remove_button):
            of_chosen.addWidget(button)
        self._buttons.addWidget(self.add_button)
        self._buttons.addLayout(of_chosen)
        self._buttons.addStretch()
        self._middle = QWidget()
        page = named(QWidget(), "page")
        page.setLayout(centred(self._middle, _MARGIN))
        self._column = QVBoxLayout(self._middle)
        self._column.setContentsMargins(0, 24, 0, 24)
        self._column.setSpacing(12)
        self._column.addWidget(self._heading)
        self._column.addWidget(self._explanation)
        self._column.addLayout(self._buttons)
        self._column.addWidget(self._progress_row)
        self._column.addWidget(self.tree, 1)
        self._column.addWidget(self._empty, 1)
        self._column.addWidget(self.adapters)
        self.setWidget(page)
        self.viewport().setAcceptDrops(True)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def _chosen(self) -> LibraryModel | None:
        return self.table.at(self.tree.currentIndex().row())

    def set_used(self, path: str) -> None:
        """Marks the model in use; "" for none."""
        self.table.set_used(path)
        self._update_buttons()

    def _update_buttons(self) -> None:
        chosen = self._chosen()
        self.load_button.setEnabled(chosen is not None and chosen.path != self.table.used)
        self.remove_button.setEnabled(chosen is not None)
        self.verify_button.setEnabled(chosen is not None and not self._reading)
        self.add_button.setEnabled(not self._reading)

    def _choose_file(self) -> None:
        files = self.tr("GGUF models (*.gguf);;All files (*)")
        name, _ = QFileDialog.getOpenFileName(self, self.tr("Add a model"), str(Path.home()), files)
        if name:
            self.add_requested.emit(Path(name))

    def _on_load(self) -> None:
        model = self._chosen()
        if model is not None:
            self.load_requested.emit(model)

    def _on_verify(self) -> None:
        model = self._chosen()
        if model is not None:
            self.verify_requested.emit(model)

    def _on_remove(self) -> None:
        model = self._chosen()
        if model is not None:
            self.remove_requested.emit(model)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_buttons()

    def _fit_buttons(self) -> None:
        """Where a row has no room for all, adding stands above what is done with the chosen model."""
        buttons = (self.add_button, self.load_button, self.verify_button, self.remove_button)
        wide = sum(button.sizeHint().width() + self._buttons.spacing() for button in buttons)
        has_room = wide <= min(self.viewport().width() - 2 * _MARGIN, self._middle.maximumWidth())
        self._buttons.setDirection(QBoxLayout.Direction.LeftToRight if has_room else QBoxLayout.Direction.TopToBottom)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        for url in event.mimeData().urls():
            if url.isLocalFile():
                self.add_requested.emit(Path(url.toLocalFile()))
        event.acceptProposedAction()
