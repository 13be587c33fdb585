"""Between the settings form and the preferences."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject

from chatapp.services.preferences import Preferences
from chatapp.storage.paths import Paths
from chatapp.ui.desktop import open_folder
from chatapp.ui.tabs.settings.view import SettingsView


class SettingsPresenter(QObject):
    """Lives as long as its view."""

    def __init__(self, view: SettingsView, preferences: Preferences, paths: Paths) -> None:
        super().__init__(view)
        view.option_changed.connect(preferences.set_option)
        view.reset_requested.connect(preferences.reset)
        view.logs_requested.connect(partial(open_folder, paths.logs))
        preferences.changed.connect(view.show_settings)
