"""Settings: a form made from the options' own descriptions."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from chatapp.core.options import QT_TRANSLATE_NOOP
from chatapp.ui.tabs.base import AppContext, TabSpec
from chatapp.ui.tabs.settings.presenter import SettingsPresenter
from chatapp.ui.tabs.settings.view import SettingsView


def _build(context: AppContext) -> QWidget:
    view = SettingsView(context.theme, context.preferences.settings)
    SettingsPresenter(view, context.preferences)
    return view


TAB = TabSpec(key="settings", title=QT_TRANSLATE_NOOP("tabs", "Settings"), icon="settings", build=_build)
