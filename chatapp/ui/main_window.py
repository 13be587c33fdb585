"""The window: rail, top bar, the tab on show, status bar."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QByteArray, QEvent, Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from chatapp.core.errors import ErrorInfo, ErrorKind, error
from chatapp.core.options import QT_TRANSLATE_NOOP
from chatapp.core.run_sentences import RUN_FINISHED
from chatapp.services.engine_status import EngineStatus
from chatapp.services.lane_chats import SentLane
from chatapp.storage.session import SafeMode
from chatapp.ui.actions import Action, add_shortcuts
from chatapp.ui.language import error_advice, error_message
from chatapp.ui.model_picker import ModelPicker
from chatapp.ui.notifications import Notifications
from chatapp.ui.palette import Entry, Palette
from chatapp.ui.rail import Rail
from chatapp.ui.shortcuts_dialog import ShortcutsDialog
from chatapp.ui.status_bar import StatusBar
from chatapp.ui.tabs.base import AppContext, Page, TabSpec
from chatapp.ui.widgets.build import named, shown
from chatapp.ui.widgets.error_card import ErrorCard

_ZOOM_STEP, _ZOOM_LEAST, _ZOOM_MOST = 10, 50, 200
_ABOUT_MODELS = (ErrorKind.NO_MODEL, ErrorKind.MODEL_FILE, ErrorKind.MODEL_LOAD)


class MainWindow(QMainWindow):
    """`on_close` is called once, before the window closes, unless `may_close` says no."""

    def __init__(self, context: AppContext, tabs: Sequence[TabSpec], on_close: Callable[[], None]) -> None:
        super().__init__()
        self._context = context
        self._tabs = tabs
        self._on_close = on_close
        self.may_close: Callable[[], bool] = lambda: True
        self._cards: list[ErrorCard] = []
        self._applied: tuple[str, int] | None = None
        self._keeps_place = False
        self.rail = Rail(tabs, context.theme)
        self.pages = QStackedWidget()
        self._pages: dict[str, Page] = {}
        for tab in tabs:
            self.pages.addWidget(QWidget())  # its place
            if not tab.late:
                self._page(tab)
        self._actions = self._own_actions()
        add_shortcuts(self._actions, self)
        self.picker = ModelPicker(
            context.theme, context.inference, context.library, context.model_choice, context.adapters
        )
        self.status = StatusBar(context.inference, context.conversations)
        self._banner_area = shown(QWidget(), False)
        self._banners = QVBoxLayout(self._banner_area)
        self._banners.setContentsMargins(14, 10, 14, 10)
        self._lay_out()
        self.rail.chosen.connect(self._on_tab)
        context.notifier.posted.connect(self.show_card)
        context.inference.status_changed.connect(self._on_status)
        context.adapters.used.connect(lambda _adapter: self.rail.choose(0))
        context.lane_chats.sent.connect(self._on_lane_sent)
        context.preferences.changed.connect(lambda _settings: self._apply_appearance())
        self._notifications = Notifications(self, context.replies, context.preferences, self.come_to_front)
        context.finetune.finished.connect(lambda _result: self._on_run_ended(error(RUN_FINISHED).info))
        context.finetune.failed.connect(self._on_run_ended)
        self._apply_appearance()
        self.setWindowTitle("chatapp")
        self.setWindowIcon(context.theme.icon("app"))
        self.resize(1180, 780)
        self.setMinimumSize(800, 540)
        if context.session.safe_mode is SafeMode.OFF:
            self.restore_place()
        self._on_tab(0)

    def page(self, key: str) -> QWidget:
        """The page of the tab named `key`."""
        return self._page(next(tab for tab in self._tabs if tab.key == key)).widget

    def _page(self, tab: TabSpec) -> Page:
        """Built where it was not yet."""
        page = self._pages.get(tab.key)
        if page is None:
            page = self._pages[tab.key] = tab.build(self._context)
            place = self._tabs.index(tab)
            self.pages.insertWidget(place, page.widget)
            if (empty := self.pages.widget(place + 1)) is not None:
                self.pages.removeWidget(empty)
                empty.deleteLater()
            add_shortcuts(page.actions, page.widget)
        return page

    def restore_place(self) -> None:
        """Where the window was left."""
        self._keeps_place = True
        self.restoreGeometry(QByteArray.fromBase64(self._context.preferences.settings.window.geometry.encode()))

    def show_card(self, info: ErrorInfo, actions: Sequence[Action] = ()) -> None:
        """Trouble that belongs to no place on the page; the same trouble is shown once. actions: its buttons."""
        if any(card.info == info for card in self._cards):
            return
        card = ErrorCard(info, can_dismiss=True, actions=actions)
        card.dismissed.connect(lambda: self._dismiss(card))
        self._cards.append(card)
        self._banners.addWidget(card)
        self._banner_area.show()

    def dismiss_card(self, info: ErrorInfo) -> None:
        for card in [card for card in self._cards if card.info == info]:
            self._dismiss(card)

    def come_to_front(self) -> None:
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def _lay_out(self) -> None:
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.picker)
        column.addWidget(self._banner_area)
        column.addWidget(self.pages, 1)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.rail)
        row.addLayout(column, 1)
        central = named(QWidget(), "page")
        outer = QVBoxLayout(central)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addLayout(row, 1)
        outer.addWidget(self.status)
        self.setCentralWidget(central)

    def _own_actions(self) -> list[Action]:
        zoom = self._zoom_by
        context = self._context
        listed: tuple[tuple[str, tuple[str, ...], Callable[[], None]], ...] = (
            (QT_TRANSLATE_NOOP("actions", "New chat"), ("Ctrl+N", "Ctrl+Shift+O"), self._new_chat),
            (QT_TRANSLATE_NOOP("actions", "Stop the reply"), ("Esc",), context.conversations.stop),
            (QT_TRANSLATE_NOOP("actions", "Go to a chat, a model or a command"), ("Ctrl+K",), self._open_palette),
            (QT_TRANSLATE_NOOP("actions", "Larger text"), ("Ctrl+=", "Ctrl++"), lambda: zoom(_ZOOM_STEP)),
            (QT_TRANSLATE_NOOP("actions", "Smaller text"), ("Ctrl+-",), lambda: zoom(-_ZOOM_STEP)),
            (
                QT_TRANSLATE_NOOP("actions", "Text of the usual size"),
                ("Ctrl+0",),
                lambda: context.preferences.set_option("appearance", "zoom", 100),
            ),
            (QT_TRANSLATE_NOOP("actions", "All shortcuts"), ("F1",), self._open_shortcuts),
            (QT_TRANSLATE_NOOP("actions", "Quit"), ("Ctrl+Q",), self._quit),
        )
        tabs = (self._tab_action(place) for place in range(len(self._tabs)))
        return [*(Action(title=title, keys=keys, run=run) for title, keys, run in listed), *tabs]

    def _tab_action(self, place: int) -> Action:
        tab = self._tabs[place]
        keys = (self.rail.keys_of(place), *(("Ctrl+,",) if tab.key == "settings" else ()))
        return Action(title=tab.title, context="tabs", keys=keys, run=partial(self.rail.choose, place))

    def _open_shortcuts(self) -> None:
        groups = [("", self._actions), *((tab.title, self._page(tab).actions) for tab in self._tabs)]
        ShortcutsDialog(groups, self._context.preferences.settings.chat.send_key, self).open()

    def _open_palette(self) -> None:
        context = self._context
        entries = [self._entry(action, action.run) for action in self._actions]
        for place, tab in enumerate(self._tabs):
            actions = self._page(tab).actions
            entries += [self._entry(action, partial(self._run_on, place, action)) for action in actions]
        entries += [
            Entry(conversation.title, self.tr("chat"), partial(self._open_chat, conversation.id))
            for conversation in context.shelf.conversations
        ]
        entries += [
            Entry(model.name, self.tr("model"), partial(context.model_choice.use, model.path))
            for model in context.library.models
            if Path(model.path).is_file()
        ]
        Palette(entries, self).open_above()

    def _entry(self, action: Action, run: Callable[[], None]) -> Entry:
        return Entry(action.text(), " · ".join(filter(None, (self.tr("command"), action.keys_text()))), run)

    def _run_on(self, place: int, action: Action) -> None:
        self.rail.choose(place)
        action.run()

    def _open_chat(self, conversation_id: str) -> None:
        self.rail.choose(0)
        self._context.conversations.open(conversation_id)

    def _on_lane_sent(self, sent: SentLane) -> None:
        self.rail.choose(0)
        self._context.conversations.open(sent.conversation_id, sent.message_id)

    def _new_chat(self) -> None:
        self.rail.choose(0)
        self._context.conversations.new()

    def _quit(self) -> None:
        self.close()

    def _zoom_by(self, step: int) -> None:
        zoom = self._context.preferences.settings.appearance.zoom + step
        zoom = min(_ZOOM_MOST, max(_ZOOM_LEAST, zoom))
        self._context.preferences.set_option("appearance", "zoom", zoom)

    def _apply_appearance(self) -> None:
        appearance = self._context.preferences.settings.appearance
        self._context.language.use(appearance.language)
        wanted = (appearance.theme, appearance.zoom)
        if self._applied != wanted:
            self._applied = wanted
            self._context.theme.apply(*wanted)

    def _on_tab(self, place: int) -> None:
        page = self._page(self._tabs[place])
        self.pages.setCurrentWidget(page.widget)
        page.take_focus()

    def _on_status(self, status: EngineStatus) -> None:
        """A model that is there makes cards about its absence untrue."""
        if status.model is not None:
            for card in [card for card in self._cards if card.info.kind in _ABOUT_MODELS]:
                self._dismiss(card)

    def _on_run_ended(self, info: ErrorInfo) -> None:
        """Of training; its own page shows it, where that is on show."""
        self._notifications.say(error_message(info), error_advice(info))
        page = self._pages.get("finetune")
        if page is None or not page.widget.isVisible():
            self.show_card(info)

    def _dismiss(self, card: ErrorCard) -> None:
        self._cards.remove(card)
        self._banner_area.setVisible(bool(self._cards))
        card.hide()
        card.deleteLater()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow():
            self._context.library.refresh()  # a terminal may have added a model meanwhile
            self._context.adapters.refresh()

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self.may_close():
            event.ignore()
            return
        preferences = self._context.preferences
        if self._keeps_place:
            geometry = bytes(self.saveGeometry().toBase64().data()).decode("ascii")
            preferences.set_window(replace(preferences.settings.window, geometry=geometry))
        self._on_close()
        super().closeEvent(event)
