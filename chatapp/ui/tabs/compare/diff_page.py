"""Two lanes of a comparison, word by word."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from chatapp.core.comparison import Comparison
from chatapp.ui.language import Translated
from chatapp.ui.widgets.rich_text import Typesetting
from chatapp.ui.widgets.word_diff import WordDiff


class DiffPage(Translated, QWidget):
    def __init__(self, typesetting: Typesetting, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._texts: list[str] = []
        self.old, self.new = QComboBox(), QComboBox()
        self._old_label, self._new_label = QLabel(), QLabel()
        self.diff = WordDiff(typesetting)
        self.setFocusProxy(self.old)
        top = QHBoxLayout()
        for label, box in ((self._old_label, self.old), (self._new_label, self.new)):
            top.addWidget(label)
            top.addWidget(box)
            label.setBuddy(box)
            box.currentIndexChanged.connect(self._compare)
        top.addStretch()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(16, 6, 16, 6)
        rows.addLayout(top)
        rows.addWidget(self.diff, 1)
        self.retranslate()

    def set_comparison(self, comparison: Comparison) -> None:
        """The lanes that are chosen stay so, where they are still there."""
        self._texts = [lane.text for lane in comparison.lanes]
        if self.old.count() != len(self._texts):
            self._fill()
        self._compare()

    def choose(self, a: int, b: int) -> None:
        self.old.setCurrentIndex(a)
        self.new.setCurrentIndex(b)

    def retranslate(self) -> None:
        self._old_label.setText(self.tr("From lane"))
        self._new_label.setText(self.tr("to lane"))
        for label, box in ((self._old_label, self.old), (self._new_label, self.new)):
            box.setAccessibleName(label.text())

    def _fill(self) -> None:
        count = len(self._texts)
        for box, usual in ((self.old, 0), (self.new, 1)):
            chosen = box.currentIndex()
            box.blockSignals(True)
            box.clear()
            box.addItems([str(number) for number in range(1, count + 1)])
            box.setCurrentIndex(chosen if 0 <= chosen < count else min(usual, count - 1))
            box.blockSignals(False)
            box.setEnabled(count > 1)

    def _compare(self) -> None:
        old, new = self.old.currentIndex(), self.new.currentIndex()
        if old >= 0 and new >= 0:
            self.diff.compare(self._texts[old], self._texts[new])
        else:
            self.diff.compare("", "")
