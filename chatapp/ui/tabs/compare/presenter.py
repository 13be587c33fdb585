"""Between the lanes on show and the service that has them written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer

from chatapp.core.checks import checked_text
from chatapp.core.comparison import MOST_LANES, Comparison, LaneResult, LaneState
from chatapp.core.errors import AppError, ErrorInfo, ErrorKind
from chatapp.core.sampling import SamplingSettings
from chatapp.services.comparison import LaneChanged, LaneTokens
from chatapp.storage.settings import Settings
from chatapp.ui.tabs.base import AppContext
from chatapp.ui.tabs.compare.foot import ComparisonFoot
from chatapp.ui.tabs.compare.lane_column import LaneColumn
from chatapp.ui.tabs.compare.lanes_page import LanesPage
from chatapp.ui.tabs.compare.pace import Pace
from chatapp.ui.tabs.compare.presets import duel, ladder, seeds

PROBS = 20
_RATE_MS = 500
_FIRST_TEMPERATURE = 1.2  # of the second lane at the start: another one than most settings have


class ComparePresenter(QObject):
    """Lives as long as its page. The columns that were run come first, in the order of the service's lanes."""

    def __init__(self, page: LanesPage, foot: ComparisonFoot, context: AppContext) -> None:
        super().__init__(page)
        self._page, self._foot = page, foot
        self._service = service = context.comparison
        self._inference = context.inference
        self._chats = context.lane_chats
        self._placed: list[LaneColumn] = []  # by the place of their lane
        self._ignores_shown = False
        self._marks = ""
        self._paces: dict[LaneColumn, Pace] = {}
        self._all = Pace()
        self._note = self._first_note  # said anew in another language
        self._timer = QTimer(self, interval=_RATE_MS)
        self._timer.timeout.connect(self._show_rates)
        base = context.preferences.settings.sampling
        page.row.set_samplings([base, replace(base, temperature=_FIRST_TEMPERATURE)])
        self._connect_page()
        service.shown.connect(self._on_shown)
        service.waits.connect(self._on_waits)
        service.read.connect(self._on_read)
        service.grew.connect(self._on_grew)
        service.lane_changed.connect(self._on_lane_changed)
        service.ended.connect(self._on_ended)
        service.failed.connect(self._on_failed)
        context.inference.status_changed.connect(lambda _status: self._show_state())
        context.preferences.changed.connect(self._on_settings)
        self._on_settings(context.preferences.settings)
        self._say()
        self._show_state()

    def run(self) -> None:
        """All lanes anew, as they are set."""
        page = self._page
        if not page.prompt.can_run:
            return
        prompt = page.prompt.prompt
        try:
            for text in (prompt.text, prompt.system):
                checked_text(text)
        except AppError as problem:
            page.show_error(problem.info)
            return
        samplings = [self._wanted(column) for column in page.columns]
        self._begin(page.columns)
        for column, sampling in zip(page.columns, samplings, strict=True):
            column.close_settings()
            column.show_lane(LaneResult(sampling=sampling))
        with self._quietly():
            self._service.start(prompt, samplings, PROBS)
        self._show_state()

    def stop(self) -> None:
        self._service.cancel()

    def resume(self) -> None:
        if self._can_resume():
            self._begin(self._placed)
            self._service.resume(PROBS)
            self._show_state()

    def say(self, note: Callable[[], str]) -> None:
        """Above the lanes, until there is something newer to be told."""
        self._set_note(note)

    def add(self) -> None:
        """One more like the last; it is written at once where the others are of the same prompt."""
        self._put_in(self._page.columns[-1])

    def _connect_page(self) -> None:
        page, row = self._page, self._page.row
        page.prompt.run_requested.connect(self.run)
        page.prompt.stop_requested.connect(self.stop)
        page.prompt.resume_requested.connect(self.resume)
        page.prompt.changed.connect(self._show_state)
        page.add_requested.connect(self.add)
        page.ladder_requested.connect(lambda: self._use(ladder(self._base())))
        page.seeds_requested.connect(lambda count: self._use(seeds(self._base(), count)))
        page.duel_requested.connect(lambda: self._use(duel(self._base())))
        page.retranslated.connect(self._say)
        row.sampling_changed.connect(self._show_state)
        row.duplicate_requested.connect(self._put_in)
        row.remove_requested.connect(self._on_remove)
        row.stop_requested.connect(self._on_stop_lane)
        row.send_requested.connect(self._on_send_lane)

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        """What the service shows within is what was asked of it."""
        self._ignores_shown = True
        try:
            yield
        finally:
            self._ignores_shown = False

    def _begin(self, columns: Sequence[LaneColumn]) -> None:
        self._placed = list(columns)
        self._paces = {}
        self._all = Pace()
        self._page.show_error(None)
        self._set_note(self._begun_note)

    def _base(self) -> SamplingSettings:
        return self._page.columns[0].sampling

    def _wanted(self, column: LaneColumn) -> SamplingSettings:
        return replace(column.sampling, max_tokens=self._page.prompt.max_tokens)

    def _use(self, samplings: Sequence[SamplingSettings]) -> None:
        if not self._service.is_running:
            self._placed = []
            self._page.row.set_samplings(samplings)
            self._show_state()
            self._foot.set_comparison(replace(self._service.comparison, lanes=()))

    def _put_in(self, like: LaneColumn) -> None:
        row = self._page.row
        if len(row.columns) >= MOST_LANES:
            return
        if not self._is_current():
            row.add(like.sampling, behind=None if self._placed else like)
            self._show_state()
            return
        column = row.add(like.sampling)
        column.show_lane(LaneResult(sampling=self._wanted(column)))
        self._placed.append(column)
        if not self._service.is_running:
            self._begin(self._placed)
        with self._quietly():
            self._service.add(self._wanted(column), PROBS)
        self._show_state()

    def _on_remove(self, column: LaneColumn) -> None:
        if len(self._page.columns) == 1:
            return
        if column in self._placed:
            place = self._placed.index(column)
            del self._placed[place]
            self._paces.pop(column, None)
            with self._quietly():
                self._service.remove(place)
        self._page.row.remove(column)
        self._show_state()
        self._show_figures()

    def _on_stop_lane(self, column: LaneColumn) -> None:
        if column in self._placed:
            self._service.cancel_lane(self._placed.index(column))

    def _on_send_lane(self, column: LaneColumn) -> None:
        if column in self._placed:
            service = self._service
            self._chats.send(service.comparison_id, service.comparison, self._placed.index(column))

    def _is_current(self) -> bool:
        """Whether a lane more would be of the same comparison."""
        now = self._service.comparison
        return (
            self._goes_on() and now.prompt == self._page.prompt.prompt and len(self._placed) == len(self._page.columns)
        )

    def _goes_on(self) -> bool:
        """Whether there is one that the model in use can go on with."""
        model = self._inference.status.path
        return bool(self._placed and model) and self._service.comparison.model == model

    def _can_resume(self) -> bool:
        lanes = [column.lane for column in self._placed]
        can_go_on = any(lane is not None and lane.can_go_on for lane in lanes)
        return not self._service.is_running and self._goes_on() and can_go_on

    def _show_state(self) -> None:
        running = self._service.is_running and bool(self._placed)
        for column in self._page.columns:
            column.show_stale(column.lane is not None and not _is_as(column.lane.sampling, self._wanted(column)))
        self._page.show_running(running, can_resume=self._can_resume())
        if running and not self._timer.isActive():
            self._timer.start()
        elif not running and self._timer.isActive():
            self._timer.stop()

    def _on_shown(self, comparison: Comparison) -> None:
        """One that was opened from elsewhere."""
        if self._ignores_shown:
            return
        page = self._page
        page.row.set_samplings([lane.sampling for lane in comparison.lanes] or [self._base()])
        self._begin(page.columns if comparison.lanes else [])
        page.prompt.show_prompt(comparison.prompt)
        if comparison.lanes:
            page.prompt.show_max_tokens(comparison.lanes[0].sampling.max_tokens)
        for column, lane in zip(self._placed, comparison.lanes, strict=True):
            column.show_lane(lane)
        self._set_note(self._first_note)
        self._show_state()
        self._show_figures()

    def _on_waits(self, waits: bool) -> None:
        self._set_note(self._waits_note if waits else self._begun_note)

    def _on_read(self, fraction: float) -> None:
        self._set_note(lambda: self.tr("Reading the prompt: {percent} %").format(percent=round(100 * fraction)))

    def _on_grew(self, grown: LaneTokens) -> None:
        column = self._placed[grown.place]
        column.append_tokens(grown.tokens)
        if not self._paces:
            self._set_note(lambda: self.tr("Writing"))
        self._paces.setdefault(column, Pace()).add(len(grown.tokens))
        self._all.add(len(grown.tokens))

    def _on_lane_changed(self, change: LaneChanged) -> None:
        if change.place < len(self._placed):
            self._placed[change.place].show_lane(change.lane)
            self._page.row.look_again()
            self._show_state()

    def _on_ended(self, comparison: Comparison) -> None:
        alone = not comparison.together and len(comparison.lanes) > 1
        count = sum(len(lane.tokens) for lane in comparison.lanes)
        self._set_note((lambda: self._end_note(count, alone=alone)) if count else self._first_note)
        self._show_state()
        self._show_figures()

    def _on_failed(self, info: ErrorInfo) -> None:
        if info.kind is not ErrorKind.CANCELLED:
            self._page.show_error(info)

    def _on_settings(self, settings: Settings) -> None:
        """Who wants lines in the chat wants them here; what is chosen here is for here."""
        self._page.prompt.use_send_key(settings.chat.send_key)
        if settings.chat.token_marks != self._marks:
            self._marks = settings.chat.token_marks
            self._page.underlines.setChecked(self._marks == "lines")

    def _show_rates(self) -> None:
        for column, pace in self._paces.items():
            if column.lane is not None and column.lane.state is LaneState.WRITING:
                column.show_rate(pace.rate)
        rate = self._all.rate
        if rate > 0:
            self._set_note(lambda: self.tr("{rate:.1f} tok/s together").format(rate=rate))
        self._page.row.look_again()
        self._show_figures()

    def _show_figures(self) -> None:
        self._foot.set_comparison(self._service.comparison)

    def _set_note(self, note: Callable[[], str]) -> None:
        self._note = note
        self._say()

    def _say(self) -> None:
        self._page.note.setText(self._note())

    def _first_note(self) -> str:
        return self.tr("Each lane goes on from the same prompt with settings of its own.")

    def _begun_note(self) -> str:
        return self.tr("Waits for the model")

    def _waits_note(self) -> str:
        return self.tr("A reply is being written in a chat; the lanes go on after it.")

    def _end_note(self, count: int, *, alone: bool) -> str:
        note = self.tr("{count:,} tokens in all.").format(count=count)
        if alone:
            note += " " + self.tr("The lanes were written one after another, since this model's cache can't be shared.")
        return note


def _is_as(run: SamplingSettings, wanted: SamplingSettings) -> bool:
    """Whether a lane was run with what is wanted; any seed is as wanted where none is named."""
    return run == wanted or (wanted.seed is None and replace(run, seed=None) == wanted)
