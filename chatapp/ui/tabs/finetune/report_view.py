"""What was found in the data, before anything is trained. Knows no service."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from chatapp.core.data_report import DataReport, LineProblem
from chatapp.core.training import Split
from chatapp.ui.language import Translated, error_message
from chatapp.ui.tabs.finetune.histogram import LengthHistogram
from chatapp.ui.tabs.finetune.preview import ExamplePreview
from chatapp.ui.tabs.finetune.run_words import SPLITS, in_words
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.build import named, shown
from chatapp.ui.widgets.flow import FlowLayout

_MOST_PROBLEMS = 8


class ReportView(Translated, QWidget):
    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._report: DataReport | None = None
        self._limit = 0
        self._sum = QLabel(wordWrap=True)
        self.parts = [QLabel(textFormat=Qt.TextFormat.PlainText) for _ in Split]
        self.notes = named(QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText), "muted")
        self.problems = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.problems.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._problem_box = shown(named(QFrame(), "card"), False)
        self._histogram_title = named(QLabel(), "heading")
        self.histogram = LengthHistogram(theme)
        self._preview_title = named(QLabel(), "heading")
        self.preview = ExamplePreview(theme)
        self._lay_out()
        self.retranslate()

    def show_report(self, report: DataReport | None, limit: int = 0) -> None:
        """limit: the longest example allowed, in tokens; None hides all."""
        self._report, self._limit = report, limit
        if report is not None:
            self.preview.show_previews(report.previews)
        self.retranslate()

    def retranslate(self) -> None:
        self._histogram_title.setText(self.tr("Lengths"))
        self._preview_title.setText(self.tr("What the model gets to see"))
        report = self._report
        self.setVisible(report is not None)
        if report is None:
            return
        text = self.tr("{examples:,} examples ({format}) of {tokens:,} tokens; {counted:,} of them are learnt.")
        self._sum.setText(
            text.format(
                examples=report.n_examples, format=report.format, tokens=report.n_tokens, counted=report.n_counted
            )
        )
        for split, label in zip(Split, self.parts, strict=True):
            self._show_part(label, split, report.counts[split.value])
        self.notes.setText("\n".join(self._notes(report)))
        self.notes.setVisible(bool(self.notes.text()))
        self._problem_box.setVisible(report.n_problems > 0)
        self.problems.setText("\n".join(self._problem_lines(report.n_problems, report.problems)))
        self.histogram.show_bars(report.histogram, self._limit)

    def _show_part(self, label: QLabel, split: Split, count: int) -> None:
        name = in_words(SPLITS[split])
        locked = split is Split.TEST and count > 0
        text = self.tr("{part}: {count:,} (locked until the end)") if locked else self.tr("{part}: {count:,}")
        label.setText(text.format(part=name, count=count))
        label.setVisible(split is not Split.UNSEEN or count > 0)
        if locked:
            label.setToolTip(self.tr("Nothing is decided by the test part; it is measured once, when the run ends."))

    def _notes(self, report: DataReport) -> Sequence[str]:
        notes = []
        if report.n_duplicates:
            notes.append(self.tr("Examples that occur again: {count:,}; all of a kind are in the same part.").format(
                count=report.n_duplicates
            ))  # fmt: skip
        if report.n_truncated:
            text = self.tr("Longer than {limit:,} tokens and cut off: {count:,}; the longest has {most:,}.")
            notes.append(text.format(count=report.n_truncated, limit=self._limit, most=report.longest))
        if report.n_unanswered:
            text = self.tr("Left out, since nothing of them would be learnt: {count:,}.")
            notes.append(text.format(count=report.n_unanswered))
        return notes

    def _problem_lines(self, count: int, problems: Sequence[LineProblem]) -> Sequence[str]:
        lines = [self.tr("Lines that are left out: {count:,}").format(count=count)]
        line_text = self.tr("Line {line:,}: {problem}")
        shown_ones = problems[:_MOST_PROBLEMS]
        lines += [line_text.format(line=entry.line, problem=error_message(entry.problem)) for entry in shown_ones]
        if count > len(shown_ones):
            lines.append(self.tr("… and {count:,} more").format(count=count - len(shown_ones)))
        return lines

    def _lay_out(self) -> None:
        parts = FlowLayout(spacing=8)
        for label in self.parts:
            named(label, "notice")
            parts.addWidget(label)
        box = QHBoxLayout(self._problem_box)
        box.setContentsMargins(14, 10, 14, 10)
        box.addWidget(self.problems)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(10)
        rows.addWidget(self._sum)
        rows.addLayout(parts)
        rows.addWidget(self.notes)
        rows.addWidget(self._problem_box)
        rows.addWidget(self._histogram_title)
        rows.addWidget(self.histogram)
        rows.addWidget(self._preview_title)
        rows.addWidget(self.preview)
