"""What a run is trained on and with: the model, the data, a second file, prompts to be answered. Knows no service."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from chatapp.core.models import LibraryModel
from chatapp.ui.language import Translated
from chatapp.ui.tabs.finetune.run_words import file_name
from chatapp.ui.widgets.build import named, plain_tip, shown
from chatapp.ui.widgets.flow import FlowLayout

_UNSEEN = ".unseen"
ENDINGS = (".jsonl", ".json", ".csv", ".txt")
N_SAMPLES = 3


class _Combo(QComboBox):
    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # the wheel scrolls the page


class DataPart(Translated, QWidget):
    changed = Signal()
    samples_changed = Signal()
    own_chats_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.data = self.unseen = self._its_unseen = ""
        self._headings = [named(QLabel(), "heading") for _ in range(3)]
        self.model = _Combo()
        self.model.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.data_label = QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True)
        self.choose_button, self.chats_button, self.sets_button = QPushButton(), QPushButton(), QPushButton()
        self.sets_menu = QMenu(self)
        self.sets_button.setMenu(self.sets_menu)
        self.unseen_label = named(QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True), "muted")
        self.unseen_button = QPushButton()
        self.clear_button = shown(named(QToolButton(), "quiet"), False)
        self.clear_button.setText("✕")
        self._samples_note = named(QLabel(wordWrap=True), "muted")
        self.samples = [QLineEdit(clearButtonEnabled=True) for _ in range(N_SAMPLES)]
        self._lay_out()
        self._connect()
        self.show_sets(())
        self.retranslate()

    @property
    def model_path(self) -> str:
        return str(self.model.currentData() or "")

    def prompts(self) -> tuple[str, ...]:
        """Those that are not empty, each once."""
        return tuple(dict.fromkeys(text for edit in self.samples if (text := edit.text().strip())))

    def show_models(self, models: Sequence[LibraryModel], chosen: str) -> None:
        """chosen: the path of one of them."""
        before = self.model_path
        self.model.blockSignals(True)
        self.model.clear()
        for model in models:
            self.model.addItem(f"{model.name} · {model.quantization}" if model.quantization else model.name, model.path)
        place = self.model.findData(chosen)
        self.model.setCurrentIndex(place if place >= 0 else 0 if models else -1)
        self.model.blockSignals(False)
        if self.model_path != before:
            self.changed.emit()

    def show_sets(self, paths: Sequence[Path]) -> None:
        """The data sets that come with the app; NAME.unseen.jsonl is the second file of NAME.jsonl."""
        sets = [path for path in paths if not path.stem.endswith(_UNSEEN)]
        self.sets_menu.clear()
        for path in sets:
            action = self.sets_menu.addAction(path.stem.replace("-", " ").replace("_", " "))
            action.triggered.connect(lambda _on=False, path=path: self._use_set(path))
        self.sets_button.setVisible(bool(sets))

    def _use_set(self, path: Path) -> None:
        unseen = path.with_suffix(f"{_UNSEEN}{path.suffix}")
        self.set_data(str(path), str(unseen) if unseen.exists() else "")

    def set_data(self, path: str, its_unseen: str = "") -> None:
        """its_unseen: a second file that comes with it, and goes with it."""
        if its_unseen or self.unseen == self._its_unseen:
            self.unseen = its_unseen
        self.data, self._its_unseen = path, its_unseen
        self._show_files()
        self.changed.emit()

    def set_unseen(self, path: str) -> None:
        """ "" for none."""
        self.unseen = path
        self._show_files()
        self.changed.emit()

    def retranslate(self) -> None:
        for heading, text in zip(
            self._headings, (self.tr("Model"), self.tr("Data"), self.tr("Sample prompts")), strict=True
        ):
            heading.setText(text)
        self.model.setAccessibleName(self.tr("Model to be trained"))
        self.choose_button.setText(self.tr("Choose a file…"))
        self.choose_button.setToolTip(self.tr("Chats or texts as .jsonl, .json, .csv or .txt; or drop a file here"))
        self.chats_button.setText(self.tr("Use my chats…"))
        self.sets_button.setText(self.tr("Sample data set"))
        self.unseen_button.setText(self.tr("Second file…"))
        self.unseen_button.setToolTip(
            self.tr("Data from elsewhere that is never trained on, measured before and after: what carries over?")
        )
        self.clear_button.setToolTip(self.tr("Without a second file"))
        self.clear_button.setAccessibleName(self.clear_button.toolTip())
        self._samples_note.setText(self.tr("Answered before training and at each evaluation, so you can see it learn."))
        for number, edit in enumerate(self.samples, 1):
            edit.setAccessibleName(self.tr("Sample prompt {number}").format(number=number))
            edit.setPlaceholderText(self.tr("A prompt (optional)"))
        self._show_files()

    def _show_files(self) -> None:
        self.data_label.setText(file_name(self.data) if self.data else self.tr("No data is chosen yet."))
        self.data_label.setToolTip(plain_tip(self.data) if self.data else "")
        text = self.tr("Second file: {name}").format(name=file_name(self.unseen))
        self.unseen_label.setText(text if self.unseen else self.tr("No second, held-out file."))
        self.unseen_label.setToolTip(plain_tip(self.unseen) if self.unseen else "")
        self.clear_button.setVisible(bool(self.unseen))

    def _lay_out(self) -> None:
        buttons = FlowLayout()
        for button in (self.choose_button, self.chats_button, self.sets_button):
            buttons.addWidget(button)
        unseen = QHBoxLayout()
        unseen.addWidget(self.unseen_label, 1)
        unseen.addWidget(self.clear_button)
        unseen.addWidget(self.unseen_button)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(8)
        rows.addWidget(self._headings[0])
        rows.addWidget(self.model)
        rows.addSpacing(4)
        rows.addWidget(self._headings[1])
        rows.addWidget(self.data_label)
        rows.addLayout(buttons)
        rows.addLayout(unseen)
        rows.addSpacing(4)
        rows.addWidget(self._headings[2])
        rows.addWidget(self._samples_note)
        for edit in self.samples:
            rows.addWidget(edit)

    def _connect(self) -> None:
        self.model.currentIndexChanged.connect(lambda _row: self.changed.emit())
        self.choose_button.clicked.connect(lambda: self._choose(self.set_data))
        self.chats_button.clicked.connect(self.own_chats_requested)
        self.unseen_button.clicked.connect(lambda: self._choose(self.set_unseen))
        self.clear_button.clicked.connect(lambda: self.set_unseen(""))
        for edit in self.samples:
            edit.editingFinished.connect(self.samples_changed)

    def _choose(self, use: object) -> None:
        assert callable(use)
        kinds = " ".join(f"*{ending}" for ending in ENDINGS)
        filters = f"{self.tr('Data sets')} ({kinds});;{self.tr('All files')} (*)"
        start = str(Path(self.data).parent) if self.data else str(Path.home())
        path, _ = QFileDialog.getOpenFileName(self, self.tr("Choose data"), start, filters)
        if path:
            use(path)
