"""The window around the tabs: rail, model picker, settings, models, languages, names for everything."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QListView,
    QPlainTextEdit,
    QProgressBar,
    QTabBar,
    QTreeView,
    QWidget,
)
from pytestqt.qtbot import QtBot

from chatapp.app import App
from chatapp.services.engine_status import EngineState
from chatapp.storage.model_library import ModelLibrary
from chatapp.storage.paths import Paths
from chatapp.ui.tabs import TABS
from chatapp.ui.tabs.models.view import ModelsView
from chatapp.ui.tabs.settings.view import SettingsView
from chatapp.ui.widgets.error_card import ErrorCard
from tests.builders import gguf_bytes, write_gguf
from tests.qt.conftest import MakeApp, chat_of

CONTROLS = (QAbstractButton, QAbstractSpinBox, QComboBox, QPlainTextEdit, QProgressBar, QListView, QTreeView)


def settings_of(app: App) -> SettingsView:
    return cast(SettingsView, app.window.page("settings"))


def models_of(app: App) -> ModelsView:
    return cast(ModelsView, app.window.page("models"))


def controls(app: App) -> list[QWidget]:
    found: list[QWidget] = []
    for kind in CONTROLS:
        found += app.window.findChildren(kind)
    return [w for w in found if not w.objectName().startswith("qt_") and w.parent() is not None]


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_every_control_has_an_accessible_name(app: App, language: str) -> None:
    app.context.preferences.set_option("appearance", "language", language)
    nameless = []
    for widget in controls(app):
        text = widget.text() if isinstance(widget, QAbstractButton) else ""
        inner = isinstance(widget.parentWidget().parentWidget(), QComboBox) or isinstance(
            widget.parentWidget(), QLineEdit | QTabBar
        )  # the list a combo box drops down, the cross that clears a line
        if not (widget.accessibleName() or text) and not inner:
            nameless.append(f"{type(widget).__name__} {widget.objectName()} in {type(widget.parent()).__name__}")
    assert nameless == []


def test_the_language_changes_at_once_and_nothing_stays_english(app: App, qtbot: QtBot) -> None:
    english = _texts(app)
    app.context.preferences.set_option("appearance", "language", "zh_CN")
    qtbot.waitUntil(lambda: chat_of(app).prompt.button.text() == "发送")
    chinese = _texts(app)
    names = {"SmolLM2", "GGUF", "Top-k", "Top-p", "Min-p", "English", "简体中文", "llama", "Q4_1", "chatapp"}
    names |= {"Top-n-sigma", "Mirostat", "root ::=", '{"type"'}
    stayed = {t for t in english & chinese if any(c.isalpha() and c.isascii() for c in t)}
    assert {t for t in stayed if not any(name in t for name in names) and "scripted" not in t} == set()
    app.context.preferences.set_option("appearance", "language", "en")
    qtbot.waitUntil(lambda: _texts(app) == english)


def _texts(app: App) -> set[str]:
    found: set[str] = set()
    for kind in (QLabel, QAbstractButton):
        found |= {w.text() for w in app.window.findChildren(kind) if w.text()}  # type: ignore[attr-defined, type-var]
    found |= {w.toolTip() for w in app.window.findChildren(QWidget) if w.toolTip()}
    found |= {w.placeholderText() for w in app.window.findChildren(QPlainTextEdit)}
    return {t for t in found if t.strip()}


def test_everything_is_reached_with_the_tab_key(app: App, qtbot: QtBot) -> None:
    app.window.activateWindow()
    for place, tab in enumerate(TABS):
        app.window.rail.choose(place)
        page = app.window.page(tab.key)
        wanted = {
            w
            for w in page.findChildren(QWidget)
            if w.isVisible() and w.isEnabled() and w.focusPolicy() & Qt.FocusPolicy.TabFocus and not _inner(w)
        }
        reached: set[QWidget] = set()
        for _ in range(3 * len(wanted) + 20):
            focused = QApplication.focusWidget()
            if focused is not None:
                reached.add(focused)
            QTest.keyClick(focused or app.window, Qt.Key.Key_Tab)
        missed = [f"{type(w).__name__} {w.accessibleName()}" for w in wanted - reached]
        assert missed == [], tab.key
        assert any(button in reached for button in app.window.rail.buttons)


def _inner(widget: QWidget) -> bool:
    """Parts of a control, which the control itself stands for."""
    return widget.objectName().startswith("qt_") or isinstance(
        widget.parentWidget(), QComboBox | QAbstractSpinBox | QLineEdit | QTabBar
    )


def test_keys_work_wherever_the_focus_is(app: App, qtbot: QtBot) -> None:
    chat = chat_of(app)
    chat.prompt.set_text("slow 1000")
    chat.prompt.button.click()
    qtbot.waitUntil(lambda: app.context.conversations.writing, timeout=5000)
    app.window.rail.buttons[0].setFocus()
    QTest.keyClick(app.window.rail.buttons[0], Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not app.context.conversations.writing, timeout=2000)
    app.window.rail.choose(5)
    QTest.keyClick(app.window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    assert app.window.pages.currentWidget() is chat
    assert chat.welcome.isVisible()
    assert chat.prompt.edit.hasFocus()


def test_the_first_model_added_is_used_and_the_card_about_none_goes(
    make_app: MakeApp, qtbot: QtBot, tmp_path: Path
) -> None:
    app = make_app()
    qtbot.waitUntil(lambda: bool(app.window._cards), timeout=5000)
    models_of(app).add_requested.emit(write_gguf(tmp_path / "first.gguf"))
    qtbot.waitUntil(lambda: app.context.inference.status.state is EngineState.READY, timeout=20_000)
    assert app.window._cards == []


def test_a_model_added_in_a_terminal_is_seen_when_the_window_comes_back(
    app: App, qtbot: QtBot, paths: Paths, tmp_path: Path
) -> None:
    library = ModelLibrary(paths)
    library.add(write_gguf(tmp_path / "from-the-terminal.gguf"))
    library.close()
    QApplication.sendEvent(app.window, QEvent(QEvent.Type.ActivationChange))
    qtbot.waitUntil(lambda: models_of(app).table.rowCount() == 2, timeout=5000)


def test_the_rail_and_its_keys_choose_the_page(app: App) -> None:
    for place, tab in enumerate(TABS):
        QTest.keyClick(app.window, Qt.Key(Qt.Key.Key_1 + place), Qt.KeyboardModifier.ControlModifier)
        assert app.window.pages.currentWidget() is app.window.page(tab.key)
        assert app.window.rail.buttons[place].isChecked()
    QTest.keyClick(app.window, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(app.window, Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    assert app.window.pages.currentWidget() is app.window.page("settings")


def test_the_list_of_conversations_can_be_put_away(app: App) -> None:
    chat = chat_of(app)
    QTest.keyClick(chat.prompt.edit, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    assert not chat.conversations.isVisible()
    QTest.keyClick(chat.prompt.edit, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    assert chat.conversations.isVisible()


def test_zoom_changes_all_text_and_is_remembered(app: App, paths: Paths) -> None:
    before = QApplication.font().pointSizeF()
    for _ in range(3):
        QTest.keyClick(app.window, Qt.Key.Key_Equal, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.font().pointSizeF() == pytest.approx(before * 1.3)
    for _ in range(30):
        QTest.keyClick(app.window, Qt.Key.Key_Minus, Qt.KeyboardModifier.ControlModifier)
    assert app.context.preferences.settings.appearance.zoom == 50
    QTest.keyClick(app.window, Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.font().pointSizeF() == pytest.approx(before)
    QTest.keyClick(app.window, Qt.Key.Key_Equal, Qt.KeyboardModifier.ControlModifier)
    app.close()
    assert json.loads(paths.settings.read_text())["appearance"]["zoom"] == 110


def test_settings_take_effect_are_kept_and_reset(app: App, paths: Paths, qtbot: QtBot) -> None:
    view = settings_of(app)
    cast(QComboBox, view.fields["appearance", "theme"].widget).setCurrentIndex(2)
    cast(QComboBox, view.fields["appearance", "theme"].widget).activated.emit(2)
    assert app.context.theme.dark
    view.fields["sampling", "temperature"].widget.setValue(1.25)  # type: ignore[attr-defined]
    view.fields["sampling", "top_k"].widget.setValue(7)  # type: ignore[attr-defined]
    assert app.context.preferences.settings.sampling.temperature == 1.25
    qtbot.waitUntil(
        lambda: paths.settings.exists() and json.loads(paths.settings.read_text())["sampling"]["top_k"] == 7,
        timeout=3000,
    )
    view.reset_button.click()
    assert not app.context.theme.dark
    assert view.fields["sampling", "temperature"].widget.value() == 0.8  # type: ignore[attr-defined]


def test_engine_settings_reach_the_next_load(app: App, qtbot: QtBot, library_model: Path) -> None:
    app.context.preferences.set_option("engine", "context_length", 4096)
    app.context.preferences.set_option("engine", "threads", 3)
    app.context.model_choice.use(str(library_model))
    qtbot.waitUntil(lambda: app.context.inference.status.state is EngineState.READY, timeout=10_000)
    model = app.context.inference.status.model
    assert model is not None
    assert (model.n_ctx, model.n_threads) == (4096, 3)
    assert "4,096" in app.window.status.context.text()


def test_a_broken_settings_file_is_said_once_the_window_is_there(make_app: MakeApp, paths: Paths) -> None:
    paths.settings.write_text("{nonsense")
    app = make_app()
    assert any("settings file" in card.info.message for card in app.window._cards)


def test_a_model_is_added_by_dropping_its_file_and_used(app: App, qtbot: QtBot, tmp_path: Path) -> None:
    view = models_of(app)
    app.window.rail.choose(4)
    path = write_gguf(tmp_path / "dropped.gguf", "gemma3")
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    over = view.tree.viewport()  # as a hand lets go over the list, whoever there takes it
    QApplication.sendEvent(over, QDragEnterEvent(QPoint(5, 5), Qt.DropAction.CopyAction, mime, left, none))
    QApplication.sendEvent(over, QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, mime, left, none))
    qtbot.waitUntil(lambda: view.table.rowCount() == 2, timeout=5000)
    row = next(r for r in range(2) if view.table.index(r, 0).data() == "dropped")
    assert view.table.index(row, 1).data() == "gemma3"
    view.tree.setCurrentIndex(view.table.index(row, 0))
    view.load_button.click()
    qtbot.waitUntil(lambda: view.table.index(row, 5).data() == "In use", timeout=10_000)
    assert app.window.picker.button.text().startswith("dropped")
    view.remove_button.click()
    qtbot.waitUntil(lambda: view.table.rowCount() == 1, timeout=5000)
    assert path.is_file()


def test_a_foreign_file_is_refused_with_a_card_on_the_page(app: App, qtbot: QtBot, tmp_path: Path) -> None:
    view = models_of(app)
    app.window.rail.choose(4)
    (tmp_path / "movie.gguf").write_bytes(b"not a model")
    view.add_requested.emit(tmp_path / "movie.gguf")
    qtbot.waitUntil(lambda: bool(view.findChildren(ErrorCard)), timeout=5000)
    assert "not a GGUF file" in view.findChildren(ErrorCard)[0].info.message
    assert view.add_button.isEnabled()


def test_reading_a_large_file_can_be_cancelled(app: App, qtbot: QtBot, tmp_path: Path) -> None:
    view = models_of(app)
    app.window.rail.choose(4)
    large = tmp_path / "large.gguf"
    large.write_bytes(gguf_bytes())
    with large.open("r+b") as stream:
        stream.truncate(3_000_000_000)  # sparse
    view.add_requested.emit(large)
    qtbot.waitUntil(view._progress_row.isVisible, timeout=5000)
    qtbot.waitUntil(lambda: view._progress.value() > 0, timeout=10_000)
    view.cancel_button.click()
    qtbot.waitUntil(lambda: not view._progress_row.isVisible(), timeout=5000)
    assert view.table.rowCount() == 1
    assert not view.findChildren(ErrorCard)


def test_the_picker_lists_loads_cancels_and_unloads(app: App, qtbot: QtBot, library_model: Path) -> None:
    picker = app.window.picker
    picker._menu.aboutToShow.emit()
    (action,) = picker._menu.actions()
    assert action.text().startswith("scripted")
    picker.unload_button.click()
    assert app.context.inference.status.state is EngineState.EMPTY
    assert picker.button.text() == "Choose a model"
    action.trigger()
    qtbot.waitUntil(lambda: app.context.inference.status.state is EngineState.READY, timeout=10_000)
    app.context.model_choice.use(str(library_model.with_name("slow.gguf")))
    qtbot.waitUntil(lambda: picker.progress.isVisible() and picker.progress.value() > 0, timeout=5000)
    picker.cancel_button.click()
    qtbot.waitUntil(lambda: not picker.progress.isVisible(), timeout=3000)
    assert app.window._cards == []


def test_the_model_in_use_is_loaded_again_at_the_next_start(app: App, paths: Paths, library_model: Path) -> None:
    app.close()
    assert json.loads(paths.settings.read_text())["last_model"] == str(library_model)


def test_the_same_trouble_is_one_card_and_can_be_dismissed(app: App) -> None:
    from chatapp.core.errors import error
    from chatapp.core.sentences import REPLY_BUSY

    for _ in range(3):
        app.context.notifier.post(error(REPLY_BUSY).info)
    (card,) = app.window._cards
    card.dismissed.emit()
    assert app.window._cards == []
    assert not app.window._banner_area.isVisible()


@pytest.mark.parametrize("late", [place for place, tab in enumerate(TABS) if tab.late])
def test_a_late_page_is_built_when_it_is_first_needed(late: int, app: App) -> None:
    assert TABS[late].key not in app.window._pages
    app.window.rail.choose(late)
    assert app.window.pages.currentWidget() is app.window.page(TABS[late].key)
    assert app.window.pages.count() == len(TABS)
