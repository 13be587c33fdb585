"""Fine-tune: trains a LoRA adapter for a model on examples, and shows how it goes."""

from __future__ import annotations

from functools import partial

from chatapp.core.options import QT_TRANSLATE_NOOP
from chatapp.ui.actions import Action
from chatapp.ui.tabs.base import AppContext, Page, TabSpec
from chatapp.ui.tabs.finetune.earlier_presenter import EarlierPresenter
from chatapp.ui.tabs.finetune.run_presenter import RunPresenter
from chatapp.ui.tabs.finetune.setup_presenter import SetupPresenter
from chatapp.ui.tabs.finetune.view import EARLIER, RUN, SETUP, FinetuneView
from chatapp.ui.widgets.component_card import ComponentCard

_RUN_KEYS = ("Ctrl+Return", "Ctrl+Enter")  # the second is the one of the number pad


def _build(context: AppContext) -> Page:
    view = FinetuneView(context.theme, ComponentCard(context.component))
    setup = SetupPresenter(view.setup, context)
    run = RunPresenter(view.run, context)
    run.shown.connect(partial(view.setCurrentIndex, RUN))
    EarlierPresenter(view.earlier, run, context)
    if context.finetune.is_running:
        view.setCurrentIndex(RUN)
    preview = view.setup.report.preview
    actions = (
        Action(
            title=QT_TRANSLATE_NOOP("actions", "Start training"),
            keys=_RUN_KEYS,
            run=partial(view.on_page, SETUP, setup.start),
        ),
        Action(title=QT_TRANSLATE_NOOP("actions", "Pause training or go on"), keys=("Ctrl+P",), run=run.toggle_pause),
        Action(
            title=QT_TRANSLATE_NOOP("actions", "Stop training and keep the best"), keys=(), run=context.finetune.stop
        ),
        Action(
            title=QT_TRANSLATE_NOOP("actions", "Resume the run on show"),
            keys=("Ctrl+R",),
            run=partial(view.on_page, RUN, run.resume),
        ),
        Action(title=QT_TRANSLATE_NOOP("actions", "Example before"), keys=("Alt+Left",), run=partial(preview.step, -1)),
        Action(title=QT_TRANSLATE_NOOP("actions", "Next example"), keys=("Alt+Right",), run=partial(preview.step, 1)),
        Action(title=QT_TRANSLATE_NOOP("actions", "A new run"), keys=(), run=partial(view.go_to, SETUP)),
        Action(title=QT_TRANSLATE_NOOP("actions", "The run on show"), keys=(), run=partial(view.go_to, RUN)),
        Action(title=QT_TRANSLATE_NOOP("actions", "Earlier runs"), keys=("Ctrl+O",), run=partial(view.go_to, EARLIER)),
    )
    return Page(widget=view, take_focus=view.take_focus, actions=actions)


TAB = TabSpec(key="finetune", title=QT_TRANSLATE_NOOP("tabs", "Fine-tune"), icon="finetune", build=_build, late=True)
