"""What a run will need, and the button that starts it. Knows no service."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from chatapp.core.data_report import TrainingEstimate
from chatapp.core.models import size_text
from chatapp.ui.language import Translated
from chatapp.ui.tabs.finetune.run_words import time_text
from chatapp.ui.widgets.build import named, shown


class EstimateCard(Translated, QFrame):
    start_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("group")
        self._estimate: TrainingEstimate | None = None
        self._why = ""
        self.needs = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.warning = shown(named(QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText), "cardTitle"), False)
        self.start_button = named(QPushButton(), "primary")
        self.start_button.clicked.connect(self.start_requested)
        texts = QVBoxLayout()
        texts.setSpacing(4)
        texts.addWidget(self.needs)
        texts.addWidget(self.warning)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 12, 16, 12)
        row.setSpacing(16)
        row.addLayout(texts, 1)
        row.addWidget(self.start_button, 0, Qt.AlignmentFlag.AlignVCenter)
        self.retranslate()

    def show_estimate(self, estimate: TrainingEstimate | None, why: str = "", *, ready: bool) -> None:
        """why: what stands there where there is no estimate; ready: whether a run can be started."""
        self._estimate, self._why = estimate, why
        self.start_button.setEnabled(ready)
        self.retranslate()

    @property
    def is_short(self) -> bool:
        """Whether more memory is needed than is free."""
        return self._estimate is not None and self._estimate.memory_bytes > self._estimate.free_bytes > 0

    def retranslate(self) -> None:
        self.start_button.setText(self.tr("Start training"))
        self.start_button.setToolTip(self.tr("Ctrl+Enter"))
        self.needs.setText(self._why if self._estimate is None else self._words(self._estimate))
        self.warning.setVisible(self.is_short)
        self.warning.setText(
            self.tr(
                "Memory is short: the run may be ended by the system. Choose a smaller batch, shorter examples or "
                "packed memory, or unload the chat's model at the top of the window."
            )
        )

    def _words(self, estimate: TrainingEstimate) -> str:
        text = self.tr("Memory: about {needed} of {free} that are free ({mode}).")
        parts = [text.format(
            needed=size_text(estimate.memory_bytes), free=size_text(estimate.free_bytes), mode=self._mode(estimate)
        )]  # fmt: skip
        if estimate.seconds > 0:
            text = self.tr("{steps:,} steps, about {time}.")
            parts.append(text.format(steps=estimate.n_steps, time=time_text(estimate.seconds)))
        else:
            parts.append(self.tr("{steps:,} steps.").format(steps=estimate.n_steps))
        return " ".join(parts)

    def _mode(self, estimate: TrainingEstimate) -> str:
        return self.tr("weights packed") if estimate.mode == "packed" else self.tr("weights unpacked")
