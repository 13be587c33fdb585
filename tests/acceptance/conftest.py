"""The real window with the real starter model."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.services.engine_status import EngineState
from chatapp.storage.paths import Paths
from tests.acceptance.chat_hand import Start


@pytest.fixture
def start(qapp: QApplication, qtbot: QtBot, starter_library: Paths) -> Iterator[Start]:
    """A window with the model loaded, in place of the one before."""
    apps: list[App] = []

    def started() -> App:
        for earlier in apps:
            earlier.window.close()
            earlier.close()
        app = App(qapp, starter_library)
        apps.append(app)
        app.context.preferences.set_option("sampling", "max_tokens", 60)
        app.window.show()
        app.begin()
        app.window.activateWindow()
        qtbot.waitUntil(lambda: app.context.inference.status.state is EngineState.READY, timeout=30_000)
        return app

    yield started
    for app in apps:
        app.close()
        app.window.close()
    qtbot.wait(10)
