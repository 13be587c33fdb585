"""Lab: what the model makes of any text, number by number."""

from __future__ import annotations

from chatapp.core.options import QT_TRANSLATE_NOOP
from chatapp.ui.tabs.base import AppContext, Page, TabSpec
from chatapp.ui.tabs.lab.softmax_presenter import SoftmaxPresenter
from chatapp.ui.tabs.lab.view import LabView


def _build(context: AppContext) -> Page:
    view = LabView(context.typesetting)
    SoftmaxPresenter(view.softmax, context)
    return Page(widget=view, take_focus=view.take_focus)


TAB = TabSpec(key="lab", title=QT_TRANSLATE_NOOP("tabs", "Lab"), icon="lab", build=_build)
