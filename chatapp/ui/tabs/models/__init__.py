"""Models: the library, adding a file, loading one."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from chatapp.core.options import QT_TRANSLATE_NOOP
from chatapp.ui.tabs.base import AppContext, TabSpec
from chatapp.ui.tabs.models.presenter import ModelsPresenter
from chatapp.ui.tabs.models.view import ModelsView


def _build(context: AppContext) -> QWidget:
    view = ModelsView(context.theme)
    ModelsPresenter(view, context.library, context.model_choice, context.inference)
    return view


TAB = TabSpec(key="models", title=QT_TRANSLATE_NOOP("tabs", "Models"), icon="models", build=_build)
