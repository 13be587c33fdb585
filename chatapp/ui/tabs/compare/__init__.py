"""Compare: one prompt, continued in several lanes that differ in how tokens are drawn."""

from __future__ import annotations

from functools import partial

from chatapp.core.options import QT_TRANSLATE_NOOP
from chatapp.ui.actions import Action
from chatapp.ui.tabs.base import AppContext, Page, TabSpec
from chatapp.ui.tabs.compare.lanes_page import LanesPage
from chatapp.ui.tabs.compare.presenter import ComparePresenter

_RUN_KEYS = ("Ctrl+Return", "Ctrl+Enter")  # the second is the one of the number pad


def _build(context: AppContext) -> Page:
    page = LanesPage(context.theme)
    presenter = ComparePresenter(page, context)
    row = page.row
    actions = (
        Action(title=QT_TRANSLATE_NOOP("actions", "Run all lanes"), keys=_RUN_KEYS, run=presenter.run),
        Action(title=QT_TRANSLATE_NOOP("actions", "Stop all lanes"), keys=(), run=presenter.stop),
        Action(title=QT_TRANSLATE_NOOP("actions", "Resume the lanes"), keys=("Ctrl+R",), run=presenter.resume),
        Action(title=QT_TRANSLATE_NOOP("actions", "Add a lane"), keys=("Ctrl+L",), run=presenter.add),
        Action(title=QT_TRANSLATE_NOOP("actions", "Next lane"), keys=("F6",), run=partial(row.step, 1)),
        Action(title=QT_TRANSLATE_NOOP("actions", "Lane before"), keys=("Shift+F6",), run=partial(row.step, -1)),
        Action(title=QT_TRANSLATE_NOOP("actions", "Scroll together"), keys=(), run=page.together.toggle),
    )
    return Page(widget=page, take_focus=page.take_focus, actions=actions)


TAB = TabSpec(key="compare", title=QT_TRANSLATE_NOOP("tabs", "Compare"), icon="compare", build=_build)
