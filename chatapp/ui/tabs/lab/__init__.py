"""Lab: what the model makes of any text, number by number."""

from __future__ import annotations

from chatapp.core.options import QT_TRANSLATE_NOOP
from chatapp.ui.actions import Action
from chatapp.ui.tabs.base import AppContext, Page, TabSpec
from chatapp.ui.tabs.lab.score_presenter import ScorePresenter
from chatapp.ui.tabs.lab.softmax_presenter import SoftmaxPresenter
from chatapp.ui.tabs.lab.view import LabView

_SCORE_KEYS = ("Ctrl+Return", "Ctrl+Enter")  # the second is the one of the number pad


def _build(context: AppContext) -> Page:
    view = LabView(context.typesetting)
    SoftmaxPresenter(view.softmax, context)
    scores = ScorePresenter(view.score, context)

    def score() -> None:
        view.go_to(view.score)
        scores.score()

    actions = (
        Action(title=QT_TRANSLATE_NOOP("actions", "Softmax of a text"), keys=(), run=lambda: view.go_to(view.softmax)),
        Action(title=QT_TRANSLATE_NOOP("actions", "Score a text"), keys=(), run=lambda: view.go_to(view.score)),
        Action(title=QT_TRANSLATE_NOOP("actions", "Score the text in the box"), keys=_SCORE_KEYS, run=score),
    )
    return Page(widget=view, take_focus=view.take_focus, actions=actions)


TAB = TabSpec(key="lab", title=QT_TRANSLATE_NOOP("tabs", "Lab"), icon="lab", build=_build)
