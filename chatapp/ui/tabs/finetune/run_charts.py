"""One chart of a run, or of several beside each other, with a choice of what it shows. Knows no service."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from chatapp.core.models import size_text
from chatapp.core.options import QT_TRANSLATE_NOOP
from chatapp.core.run_course import RunCourse, best_step, over_fits_from
from chatapp.ui.language import Translated
from chatapp.ui.tabs.finetune.line_chart import Curve, LineChart, StepMark, Stroke
from chatapp.ui.theme import Theme, distinct_color
from chatapp.ui.widgets.build import named

MEASURES = {
    "loss": QT_TRANSLATE_NOOP("RunCharts", "Loss (nats per token)"),
    "lr": QT_TRANSLATE_NOOP("RunCharts", "Learning rate"),
    "grad_norm": QT_TRANSLATE_NOOP("RunCharts", "Gradient norm"),
    "tokens_per_second": QT_TRANSLATE_NOOP("RunCharts", "Tokens per second"),
    "memory_bytes": QT_TRANSLATE_NOOP("RunCharts", "Memory"),
}
_TEXTS: dict[str, Callable[[float], str]] = {
    "loss": lambda value: f"{value:.3f}",
    "lr": lambda value: f"{value:.3g}",
    "grad_norm": lambda value: f"{value:.3g}",
    "tokens_per_second": lambda value: f"{value:,.4g}",
    "memory_bytes": lambda value: size_text(round(value)),
}


class RunCharts(Translated, QWidget):
    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._courses: list[tuple[str, RunCourse]] = []
        self._compares = False
        self.measure = QComboBox()
        self.measure.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        for name in MEASURES:
            self.measure.addItem("", name)
        self.reading = named(QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True), "muted")
        self.chart = LineChart(theme)
        top = QHBoxLayout()
        top.addWidget(self.measure)
        top.addWidget(self.reading, 1)
        self.top = top
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(6)
        rows.addLayout(top)
        rows.addWidget(self.chart, 1)
        self.measure.activated.connect(lambda _row: self.draw())
        self.chart.step_chosen.connect(lambda _step: self._read())
        self.retranslate()

    def show_course(self, course: RunCourse) -> None:
        """Of one run; told again when it grew."""
        self._courses, self._compares = [("", course)], False
        self.draw()

    def show_several(self, courses: Sequence[tuple[str, RunCourse]]) -> None:
        """(name, course) of each."""
        self._courses, self._compares = list(courses), True
        self.draw()

    def draw(self) -> None:
        measure = str(self.measure.currentData())
        curves: list[Curve] = []
        for place, (name, course) in enumerate(self._courses):
            curves += self._compared(place, name, course, measure) if self._compares else self._own(course, measure)
        marks = [] if self._compares or measure != "loss" else self._marks()
        last = max((course.n_steps for _, course in self._courses), default=0)
        title = self.measure.currentText()
        self.chart.show_curves(title, curves, marks=marks, last_step=last, text_of=_TEXTS[measure])
        self._read()

    def retranslate(self) -> None:
        for row, label in enumerate(MEASURES.values()):
            self.measure.setItemText(row, self.tr(label))
        self.measure.setAccessibleName(self.tr("What the chart shows"))
        self.draw()

    def _own(self, course: RunCourse, measure: str) -> list[Curve]:
        steps = course.values("step")
        if measure != "loss":
            return [Curve(name=self.measure.currentText(), steps=steps, values=course.values(measure))]
        val_steps, val_losses = course.validation()
        curves = [
            Curve(name=self.tr("each step"), steps=steps, values=course.values("loss"), stroke=Stroke.FAINT),
            Curve(name=self.tr("smoothed"), steps=steps, values=course.values("smoothed")),
        ]
        if len(val_steps):
            name = self.tr("validation")
            curves.append(Curve(name=name, steps=val_steps, values=val_losses, stroke=Stroke.MARKED))
        return curves

    def _compared(self, place: int, name: str, course: RunCourse, measure: str) -> list[Curve]:
        color, steps = distinct_color(place), course.values("step")
        if measure != "loss":
            return [Curve(name=name, steps=steps, values=course.values(measure), color=color)]
        curves = [Curve(name=name, steps=steps, values=course.values("smoothed"), color=color)]
        val_steps, val_losses = course.validation()
        if len(val_steps):
            label = self.tr("{run}, validation").format(run=name)
            curves.append(Curve(name=label, steps=val_steps, values=val_losses, stroke=Stroke.MARKED, color=color))
        return curves

    def _marks(self) -> list[StepMark]:
        evaluations = self._courses[0][1].evaluations if self._courses else []
        rises = over_fits_from(evaluations)
        if rises is not None:
            return [
                StepMark(
                    step=rises, words=self.tr("over-fitting from here (step {step:,})").format(step=rises), warns=True
                )
            ]
        best = best_step(evaluations)
        if best is None or len(evaluations) < 2:
            return []
        return [StepMark(step=best, words=self.tr("best (step {step:,})").format(step=best))]

    def _read(self) -> None:
        hint = self.tr("Point at the chart, or walk it with ← →, to read values.")
        self.reading.setText(self.chart.reading() or (hint if self.chart.curves else ""))
