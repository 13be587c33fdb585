"""One step as softmax makes it: the formula with the numbers of the chosen token in it, the table, the curves."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QCheckBox, QLabel, QVBoxLayout, QWidget

from chatapp.core.softmax import Softmax
from chatapp.ui.language import Translated
from chatapp.ui.tabs.lab.curves import Curves
from chatapp.ui.tabs.lab.logit_table import LogitTable, number
from chatapp.ui.widgets.build import named
from chatapp.ui.widgets.rich_text import FormulaView, Typesetting

_FORMULA = r"p_i = \frac{e^{z_i/T}}{\sum_j e^{z_j/T}} = \frac{e^{(z_i - z_{\max})/T}}{Z}"
_FORMULA_TEXT = "p(i) = exp(z(i) / T) / Σ exp(z(j) / T) = exp((z(i) − z max) / T) / Z"
_PAUSE_MS = 120
_SIDE_BY_SIDE_EMS = 56
_LEAST_TABLE_LINES, _LEAST_TABLE_EMS = 12, 27


class StepView(Translated, QWidget):
    def __init__(self, typesetting: Typesetting, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = typesetting.theme
        self._step: Softmax | None = None
        self.table = LogitTable()
        self.formula, self.numbers = FormulaView(typesetting), NumbersFormula(typesetting)
        self.curves = Curves(self._theme)
        self.logarithmic = QCheckBox()
        self.figures = named(QLabel(wordWrap=True), "muted")
        right = QVBoxLayout()
        right.setSpacing(8)
        for widget in (self.formula, self.numbers, self.figures):
            right.addWidget(widget)
        right.addWidget(self.curves, 1)
        right.addWidget(self.logarithmic)
        self._parts = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._parts.setContentsMargins(0, 0, 0, 0)
        self._parts.setSpacing(18)
        self._parts.addWidget(self.table, 11)
        self._parts.addLayout(right, 9)
        self.table.place_chosen.connect(lambda _row: self._show_chosen())
        self.curves.place_chosen.connect(self.table.choose)
        self.logarithmic.toggled.connect(lambda on: self.curves.use_scale(logarithmic=on))
        self._theme.changed.connect(self._fit)
        self._fit()
        self.retranslate()

    def show_step(self, step: Softmax) -> None:
        if self._step is None:  # nothing is typeset before somebody looks
            self.formula.set_formula(_FORMULA, _FORMULA_TEXT)
        self._step = step
        self.table.show_step(step)
        self._show_figures()
        self.curves.show_step(step, self.table.chosen)
        self._show_chosen()

    def retranslate(self) -> None:
        self.logarithmic.setText(self.tr("Logarithmic"))
        self._show_figures()

    def _show_figures(self) -> None:
        if (step := self._step) is not None:
            entropies = self.tr("Entropy: {before:.3f} nat at T = 1, {after:.3f} nat at T = {temperature:g}.")
            others = self.tr("All others together: {before} and {after}.")
            self.figures.setText(
                entropies.format(before=step.entropy, after=step.entropy_scaled, temperature=step.temperature)
                + "\n"
                + others.format(before=number(step.others), after=number(step.others_scaled))
            )

    def _show_chosen(self) -> None:
        step, place = self._step, self.table.chosen
        self.curves.choose(place)
        if step is None or place is None:
            return
        row, t = step.rows[place], f"{step.temperature:g}"
        weight, total, p = number(row.weight), number(step.total), number(row.p_scaled)
        exponent = f"({row.logit:.3f} - {_bracketed(step.largest)})/{t}"
        latex = rf"p = \frac{{e^{{{exponent}}}}}{{Z}} = \frac{{W}}{{Z}} = P"
        for sign, value in (("Z", total), ("W", weight), ("P", p)):
            latex = latex.replace(sign, _latex(value))
        self.numbers.show_numbers(latex, f"p = exp({exponent}) / {total} = {weight} / {total} = {p}")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Where it is too narrow for both the curves stand below the table."""
        em, line = self.fontMetrics().horizontalAdvance("m"), self.fontMetrics().lineSpacing()
        beside = self.width() >= _SIDE_BY_SIDE_EMS * em
        self._parts.setDirection(QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom)
        self.table.setMinimumSize(_LEAST_TABLE_EMS * em, _LEAST_TABLE_LINES * line)


class NumbersFormula(FormulaView):
    """Drawn again after a pause; until then the picture before stands there."""

    def __init__(self, typesetting: Typesetting, parent: QWidget | None = None) -> None:
        super().__init__(typesetting, parent)
        self._wanted = ("", "")
        self._timer = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._timer.timeout.connect(lambda: self.set_formula(*self._wanted))

    def show_numbers(self, latex: str, text: str) -> None:
        self._wanted = (latex, text)
        if self.pixmap().isNull():
            self.setText(text)
        self._timer.start()

    def draw(self) -> bool:
        return False if self.drawn() is None and not self.pixmap().isNull() else super().draw()


def _bracketed(value: float) -> str:
    return f"{value:.3f}" if value >= 0 else f"({value:.3f})"


def _latex(text: str) -> str:
    """1.2e-05 -> 1.2 \\cdot 10^{-5}"""
    digits, has_exponent, exponent = text.partition("e")
    return rf"{digits} \cdot 10^{{{int(exponent)}}}" if has_exponent else digits
