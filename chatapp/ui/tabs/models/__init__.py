"""Models: the library, adding a file, loading one."""

from __future__ import annotations

from chatapp.core.options import QT_TRANSLATE_NOOP
from chatapp.ui.tabs.base import AppContext, Page, TabSpec
from chatapp.ui.tabs.models.adapter_presenter import AdapterPresenter
from chatapp.ui.tabs.models.presenter import ModelsPresenter
from chatapp.ui.tabs.models.view import ModelsView


def _build(context: AppContext) -> Page:
    view = ModelsView(context.theme)
    ModelsPresenter(view, context.library, context.model_choice, context.inference)
    AdapterPresenter(view.adapters, context.adapters)
    return Page(widget=view, take_focus=view.take_focus)


TAB = TabSpec(key="models", title=QT_TRANSLATE_NOOP("tabs", "Models"), icon="models", build=_build)
