"""Two versions of a message, word by word."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from chatapp.core.chat import Versions
from chatapp.ui.language import Translated
from chatapp.ui.widgets.rich_text import Typesetting
from chatapp.ui.widgets.word_diff import WordDiff


class DiffDialog(Translated, QDialog):
    """text_of: the text of a version by its id; names: of the versions, () for their numbers."""

    def __init__(
        self,
        typesetting: Typesetting,
        versions: Versions,
        text_of: Callable[[str], str],
        parent: QWidget | None = None,
        names: Sequence[str] = (),
    ) -> None:
        super().__init__(parent)
        self._versions = versions
        self._text_of = text_of
        self.old, self.new = QComboBox(), QComboBox()
        for box in (self.old, self.new):
            box.addItems(names or [str(number + 1) for number in range(len(versions.ids))])
        self.old.setCurrentIndex(versions.place - 1 if versions.place else 1)
        self.new.setCurrentIndex(versions.place)
        for box in (self.old, self.new):
            box.currentIndexChanged.connect(self._compare)
        self._old_label, self._new_label = QLabel(), QLabel()
        self.diff = WordDiff(typesetting)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self._buttons.rejected.connect(self.reject)
        top = QHBoxLayout()
        for widget in (self._old_label, self.old, self._new_label, self.new):
            top.addWidget(widget)
        top.addStretch()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(18, 16, 18, 14)
        rows.addLayout(top)
        for below in (self.diff, self._buttons):
            rows.addWidget(below)
        em = self.fontMetrics().horizontalAdvance("m")
        self.resize(46 * em, 34 * em)
        self.retranslate()
        self._compare()

    def retranslate(self) -> None:
        self.setWindowTitle(self.tr("Compare versions"))
        self._old_label.setText(self.tr("From version"))
        self._new_label.setText(self.tr("to version"))
        for box, label in ((self.old, self._old_label), (self.new, self._new_label)):
            box.setAccessibleName(label.text())
        self._buttons.button(QDialogButtonBox.StandardButton.Close).setText(self.tr("Close"))

    def _compare(self) -> None:
        old, new = (self._text_of(self._versions.ids[box.currentIndex()]) for box in (self.old, self.new))
        self.diff.compare(old, new)
