"""Between the settings form and the preferences."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject

from chatapp.ui.desktop import open_folder
from chatapp.ui.tabs.base import AppContext
from chatapp.ui.tabs.settings.view import SettingsView


class SettingsPresenter(QObject):
    """Lives as long as its view."""

    def __init__(self, view: SettingsView, context: AppContext) -> None:
        super().__init__(view)
        preferences, records = context.preferences, context.records
        view.option_changed.connect(preferences.set_option)
        view.reset_requested.connect(preferences.reset)
        view.logs_requested.connect(partial(open_folder, context.paths.logs))
        preferences.changed.connect(view.show_settings)
        view.records.size_wanted.connect(records.measure)
        view.records.purge_requested.connect(records.purge)
        records.measured.connect(view.records.show_size)
        context.replies.ended.connect(lambda _message: records.measure() if view.records.isVisible() else None)
