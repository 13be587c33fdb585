"""Done when: screens in light/dark, en/zh, 1024x700 and 2560x1440 looked at. A person looks at the pictures that
`make screenshots` makes; here a machine looks for what it can see: text that does not fit, controls that overlap or
leave the window."""

from __future__ import annotations

from itertools import combinations
from typing import cast

import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.core.sampling import SamplingSettings
from chatapp.services.engine_status import EngineState
from chatapp.storage.paths import Paths
from chatapp.ui.tabs import TABS
from chatapp.ui.tabs.chat.view import ChatView
from chatapp.ui.tabs.compare.view import CompareView
from chatapp.ui.tabs.lab.view import LabView
from chatapp.ui.widgets.elided_button import ElidedButton

pytestmark = pytest.mark.model

SIZES = ((800, 600), (1024, 700), (2560, 1440))


@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_is_clipped_or_covered(
    qapp: QApplication, qtbot: QtBot, starter_library: Paths, language: str, theme: str
) -> None:
    app = App(qapp, starter_library)
    app.window.show()
    app.begin()
    try:
        preferences = app.context.preferences
        preferences.set_option("appearance", "theme", theme)
        preferences.set_option("appearance", "language", language)
        preferences.set_option("sampling", "max_tokens", 40)
        qtbot.waitUntil(lambda: app.context.inference.status.state is EngineState.READY, timeout=60_000)
        chat, lab = cast(ChatView, app.window.page("chat")), cast(LabView, app.window.page("lab"))
        compare = cast(CompareView, app.window.page("compare"))
        compare.lanes.prompt.limit.widget.setValue(40)  # type: ignore[attr-defined]
        problems = _problems_on_all_pages(app, qtbot)
        chat.prompt.set_text("Hello 你好")
        chat.prompt.button.click()
        qtbot.waitUntil(lambda: app.context.conversations.writing, timeout=5000)
        qtbot.waitUntil(lambda: not app.context.conversations.writing, timeout=60_000)
        lab.score.box.setPlainText("The sky is blue. 天空是蓝色的。")
        lab.score.score_button.click()
        qtbot.waitUntil(lambda: lab.score.cancel_button.isHidden(), timeout=60_000)
        lab.score.heat.choose(3)
        compare.lanes.row.set_samplings([SamplingSettings(temperature=0.3 * n, seed=n) for n in range(4)])
        compare.lanes.prompt.box.setPlainText("The sky is blue. 天空是蓝色的。")
        compare.lanes.prompt.run_button.click()
        qtbot.waitUntil(lambda: not app.context.comparison.is_running, timeout=120_000)
        compare.lanes.foot_button.setChecked(True)
        problems += _problems_on_all_pages(app, qtbot)
        app.context.model_choice.use("/no/such/model.gguf")
        qtbot.waitUntil(lambda: bool(app.window._cards), timeout=10_000)
        problems += _problems_on_all_pages(app, qtbot)
        preferences.set_option("appearance", "zoom", 150)
        problems += _problems_on_all_pages(app, qtbot)
        assert not problems, "\n".join(problems)
    finally:
        app.context.language.use("en")
        app.context.theme.apply("light", 100)
        app.close()
        app.window.close()


def _problems_on_all_pages(app: App, qtbot: QtBot) -> list[str]:
    found: list[str] = []
    for width, height in SIZES:
        app.window.resize(width, height)
        for place, tab in enumerate(TABS):
            app.window.rail.choose(place)
            page = app.window.page(tab.key)
            for part in range(page.count()) if isinstance(page, LabView | CompareView) else (0,):
                if isinstance(page, LabView | CompareView):
                    page.setCurrentIndex(part)
                found += [f"{tab.key} {part} {width}: {problem}" for problem in _lasting_problems(app, qtbot)]
    app.window.rail.choose(0)
    return found


def _lasting_problems(app: App, qtbot: QtBot) -> list[str]:
    """Formulas are drawn beside and make room for themselves when they come."""
    found: list[str] = []
    for _ in range(6):
        qtbot.wait(80)
        found = _problems(app.window)
        if not found:
            break
    return found


def _problems(window: QWidget) -> list[str]:
    widgets = [w for kind in (QLabel, QAbstractButton) for w in window.findChildren(kind) if w.isVisible()]
    found = []
    for widget in widgets:
        name = f"{type(widget).__name__} {widget.text()[:40]!r}"  # type: ignore[attr-defined]
        if _cut(widget):
            found.append(f"{name} is cut: {widget.size().toTuple()} needs {widget.sizeHint().toTuple()}")
    pairs = combinations([w for w in widgets if w.visibleRegion().boundingRect().isValid()], 2)
    for a, b in pairs:
        if not a.isAncestorOf(b) and not b.isAncestorOf(a) and _place(a).intersects(_place(b)):
            found.append(
                f"{a.objectName()} {a.accessibleName()[:30]} covers {b.objectName()} {b.accessibleName()[:30]}"
            )
    return found


def _cut(widget: QWidget) -> bool:
    needed = widget.sizeHint()
    if isinstance(widget, ElidedButton):  # it says all in its tool tip
        return widget.whole_text() not in widget.toolTip() or widget.height() < needed.height()
    if isinstance(widget, QLabel) and widget.wordWrap():
        return widget.height() < widget.heightForWidth(widget.width())
    return widget.width() < needed.width() or widget.height() < needed.height()


def _place(widget: QWidget) -> QRect:
    """What of it can be seen, in the window's coordinates."""
    seen = widget.visibleRegion().boundingRect()
    return QRect(widget.mapTo(widget.window(), seen.topLeft()), seen.size())
