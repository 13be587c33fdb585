"""Compare: one prompt, continued in several lanes that differ in how tokens are drawn."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from chatapp.core.comparison import Comparison
from chatapp.core.options import QT_TRANSLATE_NOOP
from chatapp.ui.actions import Action
from chatapp.ui.tabs.base import AppContext, Page, TabSpec
from chatapp.ui.tabs.compare.keep_presenter import KeepPresenter
from chatapp.ui.tabs.compare.presenter import ComparePresenter
from chatapp.ui.tabs.compare.sweep_presenter import SweepPresenter
from chatapp.ui.tabs.compare.view import CompareView

_RUN_KEYS = ("Ctrl+Return", "Ctrl+Enter")  # the second is the one of the number pad


def _build(context: AppContext) -> Page:
    view = CompareView(context.typesetting)
    lanes = ComparePresenter(view.lanes, view.foot, context)
    sweep = SweepPresenter(view.sweep, context.sweep, context)
    row, together = view.lanes.row, view.lanes.together

    def either(of_lanes: Callable[[], None], of_sweep: Callable[[], None]) -> Callable[[], None]:
        return lambda: of_lanes() if view.shows_lanes else of_sweep()

    def go_to(place: int) -> None:
        view.setCurrentIndex(place)
        view.take_focus()

    def show_opened(comparison: Comparison) -> None:
        if comparison.is_sweep:
            view.sweep.form.show_sweep(comparison)
        go_to(int(comparison.is_sweep))

    keep = KeepPresenter(view.lanes, lanes, context)
    keep.open_requested.connect(lambda _id, comparison: show_opened(comparison))
    earlier = view.lanes.earlier_button.click
    run, stop = either(lanes.run, sweep.run), either(lanes.stop, context.sweep.cancel)
    resume = either(lanes.resume, sweep.resume)
    actions = (
        Action(title=QT_TRANSLATE_NOOP("actions", "Run all lanes"), keys=_RUN_KEYS, run=run),
        Action(title=QT_TRANSLATE_NOOP("actions", "Stop all lanes"), keys=(), run=stop),
        Action(title=QT_TRANSLATE_NOOP("actions", "Resume the lanes"), keys=("Ctrl+R",), run=resume),
        Action(title=QT_TRANSLATE_NOOP("actions", "Add a lane"), keys=("Ctrl+L",), run=lanes.add),
        Action(title=QT_TRANSLATE_NOOP("actions", "Next lane"), keys=("F6",), run=partial(row.step, 1)),
        Action(title=QT_TRANSLATE_NOOP("actions", "Lane before"), keys=("Shift+F6",), run=partial(row.step, -1)),
        Action(title=QT_TRANSLATE_NOOP("actions", "Scroll together"), keys=(), run=together.toggle),
        Action(title=QT_TRANSLATE_NOOP("actions", "Earlier comparisons"), keys=("Ctrl+O",), run=earlier),
        Action(title=QT_TRANSLATE_NOOP("actions", "Export the comparison"), keys=("Ctrl+S",), run=keep.export),
        Action(title=QT_TRANSLATE_NOOP("actions", "The lanes"), keys=(), run=partial(go_to, 0)),
        Action(title=QT_TRANSLATE_NOOP("actions", "A sweep of temperatures"), keys=(), run=partial(go_to, 1)),
    )
    return Page(widget=view, take_focus=view.take_focus, actions=actions)


TAB = TabSpec(key="compare", title=QT_TRANSLATE_NOOP("tabs", "Compare"), icon="compare", build=_build, late=True)
