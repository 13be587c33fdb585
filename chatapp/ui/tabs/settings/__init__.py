"""Settings: a form made from the options' own descriptions."""

from __future__ import annotations

from chatapp.core.options import QT_TRANSLATE_NOOP
from chatapp.ui.tabs.base import AppContext, Page, TabSpec
from chatapp.ui.tabs.settings.presenter import SettingsPresenter
from chatapp.ui.tabs.settings.view import SettingsView


def _build(context: AppContext) -> Page:
    view = SettingsView(context.theme, context.preferences.settings)
    SettingsPresenter(view, context)
    return Page(widget=view, take_focus=view.take_focus, actions=view.page_actions())


TAB = TabSpec(key="settings", title=QT_TRANSLATE_NOOP("tabs", "Settings"), icon="settings", build=_build)
