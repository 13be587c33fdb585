"""How a run ended: losses before and after, the trainer beside the engine, what was written. Knows no service."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QMenu, QPushButton, QVBoxLayout, QWidget

from chatapp.core.models import size_text
from chatapp.core.run_export import perplexity
from chatapp.core.training import Parity, RunResult, Split, TrainedAdapter
from chatapp.ui.language import Translated
from chatapp.ui.tabs.finetune.run_words import ENDS, SPLITS, file_name, in_words, time_text
from chatapp.ui.widgets.build import named, shown

EXPORTS = ("peft", "card", "picture", "csv", "tensorboard")
_PARTS = ((Split.VALIDATION, "validation"), (Split.TEST, "test"), (Split.UNSEEN, "unseen"))
_UNKNOWN = "–"


class ResultView(Translated, QFrame):
    export_requested = Signal(object)
    """str: one of EXPORTS"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("group")
        self._result: RunResult | None = None
        self._title = named(QLabel(wordWrap=True), "heading")
        self.grid = QGridLayout()
        self._cells: list[QLabel] = []
        self.parity = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.warning = shown(named(QFrame(), "card"), False)
        self._warning_title = named(QLabel(wordWrap=True), "cardTitle")
        self._warning_hint = QLabel(wordWrap=True)
        self._files = named(QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText), "muted")
        self._written = shown(named(QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText), "muted"), False)
        self._path = ""
        self._files.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.use_button, self.folder_button = named(QPushButton(), "primary"), QPushButton()
        self.export_button, self.export_menu = QPushButton(), QMenu(self)
        self.export_button.setMenu(self.export_menu)
        self._lay_out()
        self.retranslate()

    def show_result(self, result: RunResult | None) -> None:
        if result is not self._result:
            self._result, self._path = result, ""
            self.retranslate()

    def show_written(self, path: str) -> None:
        """Where an export is."""
        self._path = path
        self.retranslate()

    def retranslate(self) -> None:
        self.use_button.setText(self.tr("Use in chat"))
        self.folder_button.setText(self.tr("Show folder"))
        self.export_button.setText(self.tr("Export"))
        self._fill_menu()
        self._written.setText(self.tr("Written to {path}").format(path=self._path))
        self._written.setVisible(bool(self._path))
        self._warning_title.setText(self.tr("The engine does not give what was trained."))
        self._warning_hint.setText(
            self.tr(
                "With this adapter llama.cpp and the trainer differ by more than rounding explains. Do not rely on it: "
                "report it with the run's folder, and use another model meanwhile."
            )
        )
        result = self._result
        self.setVisible(result is not None)
        if result is None:
            return
        self._title.setText(self._ended(result.trained))
        self._fill_grid(result)
        parity = result.parity
        self.warning.setVisible(parity is not None and not parity.ok)
        self.parity.setVisible(parity is not None)
        self.parity.setText("" if parity is None else self._parity_words(parity))
        self._files.setText(self.tr("Files: {names}").format(names=", ".join(map(file_name, result.files)) or _UNKNOWN))

    def _ended(self, trained: TrainedAdapter) -> str:
        text = self.tr(
            "Finished after {steps:,} steps in {time}: {why}. The adapter is that of step {best:,}. "
            "{speed:,.0f} tokens/s, at most {memory} of memory."
        )
        return text.format(
            steps=trained.n_steps,
            time=time_text(trained.seconds),
            why=in_words(ENDS[trained.stopped]),
            best=trained.best_step,
            speed=trained.tokens_per_second,
            memory=size_text(trained.peak_bytes),
        )

    def _parity_words(self, parity: Parity) -> str:
        text = self.tr(
            "Trainer beside the engine, over {count:,} tokens: loss {trainer:.4f} and {engine:.4f} ({apart:.2%} "
            "apart), KL {mean:.1e} nats on average, {most:.1e} at most."
        )
        return text.format(
            count=parity.n_tokens,
            trainer=parity.trainer_loss,
            engine=parity.engine_loss,
            apart=parity.loss_relative,
            mean=parity.kl_mean,
            most=parity.kl_max,
        )

    def _fill_grid(self, result: RunResult) -> None:
        for cell in self._cells:
            self.grid.removeWidget(cell)
            cell.hide()
            cell.deleteLater()
        self._cells.clear()
        headings = (
            self.tr("Held out"),
            self.tr("Loss before"),
            self.tr("Loss after"),
            self.tr("Perplexity before"),
            self.tr("Perplexity after"),
            self.tr("Engine before"),
            self.tr("Engine after"),
        )
        rows: list[tuple[str, ...]] = [headings]
        for split, name in _PARTS:
            before, after = getattr(result.trained.before, name), getattr(result.trained.after, name)
            engines = (getattr(result.engine_before, name), getattr(result.engine, name))
            if before is not None or after is not None:
                values = (before, after, perplexity(before), perplexity(after), *engines)
                rows.append((in_words(SPLITS[split]), *map(_text, values)))
        for row, texts in enumerate(rows):
            for column, text in enumerate(texts):
                cell = QLabel(text, textFormat=Qt.TextFormat.PlainText)
                if row == 0:
                    named(cell, "muted")
                    cell.setWordWrap(True)
                elif column == 2:
                    named(cell, "heading")
                cell.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
                side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
                cell.setAlignment(side | Qt.AlignmentFlag.AlignVCenter)
                self.grid.addWidget(cell, row, column)
                self._cells.append(cell)

    def _fill_menu(self) -> None:
        self.export_menu.clear()
        labels = (
            self.tr("Adapter for PEFT…"),
            self.tr("Card of the adapter (Markdown)…"),
            self.tr("Chart as PNG or SVG…"),
            self.tr("Log as CSV…"),
            self.tr("Events for TensorBoard…"),
        )
        for name, label in zip(EXPORTS, labels, strict=True):
            action = self.export_menu.addAction(label)
            action.triggered.connect(lambda _on=False, name=name: self.export_requested.emit(name))

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        for button in (self.use_button, self.folder_button, self.export_button):
            buttons.addWidget(button)
        buttons.addStretch()
        card = QVBoxLayout(self.warning)
        card.setContentsMargins(14, 10, 14, 10)
        card.addWidget(self._warning_title)
        card.addWidget(self._warning_hint)
        self.grid.setHorizontalSpacing(18)
        self.grid.setVerticalSpacing(6)
        table = QHBoxLayout()
        table.addLayout(self.grid)
        table.addStretch()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(16, 12, 16, 12)
        rows.setSpacing(10)
        rows.addWidget(self._title)
        rows.addWidget(self.warning)
        rows.addLayout(table)
        rows.addWidget(self.parity)
        rows.addWidget(self._files)
        rows.addLayout(buttons)
        rows.addWidget(self._written)


def _text(value: float | None) -> str:
    return _UNKNOWN if value is None else f"{value:,.3f}"
