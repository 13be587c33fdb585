"""A new run: what it is made of at the left, what was found in the data at the right. Knows no service."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QCheckBox, QLabel, QProgressBar, QScrollArea, QVBoxLayout, QWidget

from chatapp.core.errors import ErrorInfo
from chatapp.core.training import RunSpec
from chatapp.ui.language import Translated
from chatapp.ui.tabs.finetune.data_part import DataPart
from chatapp.ui.tabs.finetune.estimate_card import EstimateCard
from chatapp.ui.tabs.finetune.report_view import ReportView
from chatapp.ui.tabs.finetune.settings_form import SettingsForm
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.build import named, shown
from chatapp.ui.widgets.column import centred
from chatapp.ui.widgets.error_card import ErrorCard

_FORM_EMS, _SIDE_BY_SIDE_EMS, _WIDEST_EMS = 32, 66, 124
_MARGIN = 28


class SetupPage(Translated, QScrollArea):
    start_requested = Signal()
    file_dropped = Signal(object)
    """str: its path"""
    retry_requested = Signal()

    def __init__(self, theme: Theme, component_card: QWidget | None = None, parent: QWidget | None = None) -> None:
        """component_card: what is shown where the training component is missing; hides itself where it is not."""
        super().__init__(parent)
        self._card: ErrorCard | None = None
        self.data, self.form = DataPart(), SettingsForm(theme)
        self._form_heading = named(QLabel(), "heading")
        self.merged = QCheckBox()
        self.estimate, self.report = EstimateCard(), ReportView(theme)
        self.progress = shown(QProgressBar(textVisible=False, maximum=1000), False)
        self.empty = named(QLabel(wordWrap=True, margin=24, alignment=Qt.AlignmentFlag.AlignCenter), "muted")
        self._middle, self._left, self._right = QWidget(), QWidget(), QWidget()
        self._component_card = component_card
        self._lay_out()
        self.estimate.start_requested.connect(self.start_requested)
        self.setAcceptDrops(True)
        theme.changed.connect(self._fit)
        self.retranslate()

    def take_focus(self) -> None:
        self.data.choose_button.setFocus()

    def spec(self) -> RunSpec:
        return RunSpec(
            model=self.data.model_path,
            data=self.data.data,
            unseen=self.data.unseen,
            settings=self.form.settings,
            samples=self.data.prompts(),
            exports=("gguf", "peft", "merged") if self.merged.isChecked() else ("gguf", "peft"),
        )

    def show_error(self, info: ErrorInfo | None, *, can_retry: bool = False) -> None:
        """A card above the report; None takes it away."""
        card, self._card = self._card, None
        if card is not None:
            card.hide()
            card.deleteLater()
        if info is not None:
            self._card = ErrorCard(info, can_dismiss=True, can_retry=can_retry)
            self._card.dismissed.connect(lambda: self.show_error(None))
            self._card.retry_requested.connect(self.retry_requested)
            self._rows.insertWidget(self._rows.indexOf(self.progress), self._card)

    def retranslate(self) -> None:
        self._form_heading.setText(self.tr("Training"))
        self.merged.setText(self.tr("Also write the whole model"))
        self.merged.setToolTip(
            self.tr(
                "A GGUF of the model with the adapter in it, for programs that take no adapters; as large as the model"
            )
        )
        self.progress.setAccessibleName(self.tr("The data is looked at"))
        self.empty.setText(
            self.tr(
                "Drop a data set here, or choose one at the left: chats as JSONL (messages, ShareGPT, Alpaca or prompt "
                "and completion), CSV, or plain text. What the model will see is shown here before anything is trained."
            )
        )

    def _lay_out(self) -> None:
        left = QVBoxLayout(self._left)
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(10)
        left.addWidget(self.data)
        left.addWidget(self._form_heading)
        left.addWidget(self.form)
        left.addWidget(self.merged)
        left.addStretch(1)
        self._rows = QVBoxLayout(self._right)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(12)
        if self._component_card is not None:
            self._rows.addWidget(self._component_card)
        self._rows.addWidget(self.estimate)
        self._rows.addWidget(self.progress)
        self._rows.addWidget(self.report)
        self._rows.addWidget(self.empty)
        self._rows.addStretch(1)
        self._parts = QBoxLayout(QBoxLayout.Direction.LeftToRight, self._middle)
        self._parts.setContentsMargins(0, 16, 0, 14)
        self._parts.setSpacing(28)
        self._parts.addWidget(self._left)
        self._parts.addWidget(self._right, 1)
        page = named(QWidget(), "page")
        page.setLayout(centred(self._middle, _MARGIN))
        self.setWidget(page)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        em = self.fontMetrics().horizontalAdvance("m")
        beside = self.width() >= _SIDE_BY_SIDE_EMS * em
        self._parts.setDirection(QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom)
        self._left.setMaximumWidth(em * _FORM_EMS if beside else (1 << 24) - 1)
        self._left.setMinimumWidth(em * _FORM_EMS if beside else 0)
        self._middle.setMaximumWidth(em * _WIDEST_EMS)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """The first file is the data."""
        event.acceptProposedAction()
        for url in event.mimeData().urls():
            if url.isLocalFile():
                self.file_dropped.emit(str(Path(url.toLocalFile())))
                return
