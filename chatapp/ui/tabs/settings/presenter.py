"""Between the settings form and the preferences."""

from __future__ import annotations

from PySide6.QtCore import QObject

from chatapp.services.preferences import Preferences
from chatapp.ui.tabs.settings.view import SettingsView


class SettingsPresenter(QObject):
    """Lives as long as its view."""

    def __init__(self, view: SettingsView, preferences: Preferences) -> None:
        super().__init__(view)
        view.option_changed.connect(preferences.set_option)
        view.reset_requested.connect(preferences.reset)
        preferences.changed.connect(view.show_settings)
