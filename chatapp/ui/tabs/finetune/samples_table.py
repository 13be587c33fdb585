"""How the sample prompts were answered at each evaluation, the newest at the top. Knows no service."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from chatapp.core.run_course import SampleReply
from chatapp.ui.language import Translated
from chatapp.ui.widgets.build import plain_tip

_LONGEST = 320  # characters of a reply in its cell; all of it in its tool tip
_LONGEST_PROMPT = 60


class SamplesTable(Translated, QTableWidget):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._samples: list[SampleReply] = []
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setWordWrap(True)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.verticalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.retranslate()

    def show_samples(self, samples: Sequence[SampleReply]) -> None:
        if list(samples) != self._samples:
            self._samples = list(samples)
            self._fill()

    def retranslate(self) -> None:
        self.setAccessibleName(self.tr("Replies to the sample prompts, the newest at the top"))
        self._fill()

    def _fill(self) -> None:
        prompts = list(dict.fromkeys(sample.prompt for sample in self._samples))
        steps = sorted({sample.step for sample in self._samples}, reverse=True)
        self.setRowCount(len(steps))
        self.setColumnCount(len(prompts))
        before, after = self.tr("before"), self.tr("step {step:,}")
        self.setVerticalHeaderLabels([after.format(step=step) if step else before for step in steps])
        for column, prompt in enumerate(prompts):
            header = QTableWidgetItem(_cut(" ".join(prompt.split()), _LONGEST_PROMPT))
            header.setToolTip(plain_tip(prompt))
            header.setTextAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
            self.setHorizontalHeaderItem(column, header)
        for sample in self._samples:
            item = QTableWidgetItem(_cut(sample.text.strip() or "–", _LONGEST))
            item.setToolTip(plain_tip(sample.text))
            item.setTextAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
            self.setItem(steps.index(sample.step), prompts.index(sample.prompt), item)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}…"
