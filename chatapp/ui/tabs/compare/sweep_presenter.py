"""Between the sweep page and a comparison service of its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, QTimer

from chatapp.core.checks import checked_prompt
from chatapp.core.comparison import ComparedPrompt, Comparison, LaneResult, LaneState
from chatapp.core.errors import AppError, ErrorInfo
from chatapp.core.sweep import (
    SweepPoint,
    csv_of,
    is_whole,
    part_done,
    point_of,
    samplings_of,
    seconds_left,
    temperatures_of,
)
from chatapp.services.comparison import ComparisonService, LaneChanged, LaneTokens
from chatapp.ui.language import error_message
from chatapp.ui.panels.probabilities.pictures import Picture
from chatapp.ui.tabs.base import AppContext
from chatapp.ui.tabs.compare.sweep_page import SweepPage

_ALTERNATIVES = 1
_EVERY_MS = 400
_MINUTE = 60


class SweepPresenter(QObject):
    """Lives as long as its page. Points are counted anew only where another lane came to its end."""

    def __init__(self, page: SweepPage, service: ComparisonService, context: AppContext) -> None:
        super().__init__(page)
        self._page, self._service, self._context = page, service, context
        self._lanes: list[LaneResult] = []
        self._counts: list[int] = []
        self._points: dict[float, tuple[list[int], SweepPoint]] = {}
        self._began_at = self._began_with = 0.0
        self._reads: float | None = None
        self._waits = False
        self._note: Callable[[], str] = str  # said anew in another language
        self._timer = QTimer(self, interval=_EVERY_MS)
        self._timer.timeout.connect(self._show)
        page.run_requested.connect(self.run)
        page.cancel_requested.connect(service.cancel)
        page.resume_requested.connect(self.resume)
        page.picture_made.connect(self._on_picture)
        page.export_requested.connect(self._on_export)
        page.retranslated.connect(lambda: page.note.setText(self._note()))
        service.shown.connect(self._on_shown)
        service.waits.connect(self._on_waits)
        service.read.connect(self._on_read)
        service.grew.connect(self._on_grew)
        service.lane_changed.connect(self._on_lane)
        service.ended.connect(self._on_ended)
        service.failed.connect(self._on_failed)

    def run(self) -> None:
        """A new sweep of what stands in the form."""
        form = self._page.form
        if self._service.is_running or not form.is_ready():
            return
        self._page.show_error(None)
        try:
            prompt = ComparedPrompt(text=checked_prompt(form.text()), raw=form.raw.isChecked())
            samplings = samplings_of(
                self._context.preferences.settings.sampling,
                temperatures_of(form.temperatures.text()),
                seeds=form.seeds.value(),
                max_tokens=form.length.value(),
            )
        except AppError as problem:
            self._page.show_error(problem.info)
            return
        self._begin()
        self._service.start(prompt, samplings, _ALTERNATIVES)
        self._after_begin()

    def resume(self) -> None:
        """Goes on with what is left of the sweep on show."""
        if self._lanes and not self._service.is_running:
            self._page.show_error(None)
            self._begin()
            self._service.resume(_ALTERNATIVES)
            self._after_begin()

    def _begin(self) -> None:
        self._reads = None
        self._page.set_running(True, resumable=False)
        self._timer.start()

    def _after_begin(self) -> None:
        """It may have ended already, where there is no model."""
        self._began_at, self._began_with = time.monotonic(), part_done(self._lanes, self._counts)
        if self._service.is_running:
            self._show()

    def _on_shown(self, comparison: Comparison) -> None:
        self._lanes = list(comparison.lanes)
        self._counts = [len(lane.tokens) for lane in self._lanes]
        self._points.clear()
        self._show()

    def _on_waits(self, waits: bool) -> None:
        self._waits = waits
        self._show()

    def _on_read(self, part: float) -> None:
        self._reads = part if part < 1.0 else None

    def _on_grew(self, grown: LaneTokens) -> None:
        self._reads = None
        if grown.place < len(self._counts):
            self._counts[grown.place] += len(grown.tokens)

    def _on_lane(self, changed: LaneChanged) -> None:
        if changed.place < len(self._lanes):
            self._lanes[changed.place] = changed.lane
            self._counts[changed.place] = len(changed.lane.tokens)

    def _on_ended(self, comparison: Comparison) -> None:
        self._lanes = list(comparison.lanes)
        self._counts = [len(lane.tokens) for lane in self._lanes]
        self._timer.stop()
        self._show()
        failed = next((lane.error for lane in self._lanes if lane.state is LaneState.FAILED), None)
        if failed is not None:
            self._page.show_error(failed)

    def _on_failed(self, info: ErrorInfo) -> None:
        self._page.show_error(info)

    def _on_picture(self, picture: Picture) -> None:
        self._context.records.save_picture(picture.path, picture.data)

    def _on_export(self, path: str) -> None:
        self._context.records.save_picture(path, csv_of(self._counted()))

    def _show(self) -> None:
        done, running = self._done(), self._service.is_running
        self._page.show_points(self._counted())
        self._page.show_progress(done, len(self._lanes))
        self._page.set_running(running, resumable=bool(self._lanes) and done < len(self._lanes))
        self._note = partial(self._running_note if running else self._end_note, done)
        self._page.note.setText(self._note())

    def _done(self) -> int:
        return sum(map(is_whole, self._lanes))

    def _counted(self) -> list[SweepPoint]:
        by_temperature: dict[float, list[LaneResult]] = {}
        for lane in self._lanes:
            by_temperature.setdefault(lane.sampling.temperature, []).append(lane)
        return [self._point(temperature, by_temperature[temperature]) for temperature in sorted(by_temperature)]

    def _point(self, temperature: float, lanes: list[LaneResult]) -> SweepPoint:
        ended = [place for place, lane in enumerate(lanes) if is_whole(lane)]
        known = self._points.get(temperature)
        if known is None or known[0] != ended:
            known = self._points[temperature] = (ended, point_of(temperature, lanes))
        return known[1]

    def _running_note(self, done: int) -> str:
        if self._waits:
            return self.tr("A reply is being written; the sweep goes on after it.")
        count = self.tr("{done} of {all} lanes are written").format(done=done, all=len(self._lanes))
        if self._reads is not None:
            return self.tr("{count}; the prompt is read: {percent} %").format(
                count=count, percent=round(100 * self._reads)
            )
        left = self._time_left()
        return f"{count}." if left is None else self.tr("{count}; {time} left.").format(count=count, time=left)

    def _time_left(self) -> str | None:
        now = part_done(self._lanes, self._counts)
        seconds = seconds_left(self._began_with, now, time.monotonic() - self._began_at)
        if seconds is None:
            return None
        if seconds < _MINUTE:
            return self.tr("about {count} s").format(count=max(1, round(seconds)))
        return self.tr("about {count} min").format(count=round(seconds / _MINUTE))

    def _end_note(self, done: int) -> str:
        if not self._lanes:
            return ""
        if done == len(self._lanes):
            return self.tr("All {all} lanes are written.").format(all=done)
        failed = next((lane.error for lane in self._lanes if lane.state is LaneState.FAILED), None)
        if failed is not None:
            text = self.tr("{done} of {all} lanes are written, some failed: {reason}")
            return text.format(done=done, all=len(self._lanes), reason=error_message(failed))
        text = self.tr("Ended early: {done} of {all} lanes are written and counted.")
        return text.format(done=done, all=len(self._lanes))
