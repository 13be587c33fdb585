"""The window: rail, top bar, the tab on show, status bar."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from chatapp.core.errors import ErrorInfo, ErrorKind
from chatapp.services.inference import EngineStatus
from chatapp.ui.model_picker import ModelPicker
from chatapp.ui.rail import Rail
from chatapp.ui.status_bar import StatusBar
from chatapp.ui.tabs.base import AppContext, TabPage, TabSpec
from chatapp.ui.widgets.build import named, shown
from chatapp.ui.widgets.error_card import ErrorCard

_ZOOM_STEP, _ZOOM_LEAST, _ZOOM_MOST = 10, 50, 200
_ABOUT_MODELS = (ErrorKind.NO_MODEL, ErrorKind.MODEL_FILE, ErrorKind.MODEL_LOAD)


class MainWindow(QMainWindow):
    """`on_close` is called once, before the window closes."""

    def __init__(self, context: AppContext, tabs: Sequence[TabSpec], on_close: Callable[[], None]) -> None:
        super().__init__()
        self._context = context
        self._tabs = tabs
        self._on_close = on_close
        self._cards: list[ErrorCard] = []
        self._applied: tuple[str, int] | None = None
        self.rail = Rail(tabs, context.theme)
        self.pages = QStackedWidget()
        self._pages = {tab.key: tab.build(context) for tab in tabs}
        for page in self._pages.values():
            self.pages.addWidget(page)
        self.picker = ModelPicker(context.theme, context.inference, context.library, context.model_choice)
        self.status = StatusBar(context.inference, context.conversations)
        self._banner_area = shown(QWidget(), False)
        self._banners = QVBoxLayout(self._banner_area)
        self._banners.setContentsMargins(14, 10, 14, 10)
        self._lay_out()
        self.rail.chosen.connect(self._on_tab)
        context.notifier.posted.connect(self.show_card)
        context.inference.status_changed.connect(self._on_status)
        context.preferences.changed.connect(lambda _settings: self._apply_appearance())
        self._add_shortcuts()
        self._apply_appearance()
        self.setWindowTitle("chatapp")
        self.setWindowIcon(context.theme.icon("app"))
        self.resize(1180, 780)
        self.setMinimumSize(800, 540)
        self._on_tab(0)

    def page(self, key: str) -> QWidget:
        """The page of the tab named `key`."""
        return self._pages[key]

    def show_card(self, info: ErrorInfo) -> None:
        """Trouble that belongs to no place on the page; the same trouble is shown once."""
        if any(card.info == info for card in self._cards):
            return
        card = ErrorCard(info, can_dismiss=True)
        card.dismissed.connect(lambda: self._dismiss(card))
        self._cards.append(card)
        self._banners.addWidget(card)
        self._banner_area.show()

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

    def _add_shortcuts(self) -> None:
        wishes: tuple[tuple[str, Callable[[], None]], ...] = (
            ("Ctrl+=", lambda: self._zoom_by(_ZOOM_STEP)),
            ("Ctrl++", lambda: self._zoom_by(_ZOOM_STEP)),
            ("Ctrl+-", lambda: self._zoom_by(-_ZOOM_STEP)),
            ("Ctrl+0", lambda: self._context.preferences.set_option("appearance", "zoom", 100)),
            ("Ctrl+,", lambda: self.rail.choose(len(self._tabs) - 1)),
            ("Ctrl+Q", self._quit),
            ("Esc", self._context.conversations.stop),
            ("Ctrl+N", self._new_chat),
            ("Ctrl+Shift+O", self._new_chat),
        )
        for keys, wish in wishes:
            QShortcut(QKeySequence(keys), self).activated.connect(wish)

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
        page = self._pages[self._tabs[place].key]
        self.pages.setCurrentWidget(page)
        cast(TabPage, page).take_focus()

    def _on_status(self, status: EngineStatus) -> None:
        """A model that is there makes cards about its absence untrue."""
        if status.model is not None:
            for card in [card for card in self._cards if card.info.kind in _ABOUT_MODELS]:
                self._dismiss(card)

    def _dismiss(self, card: ErrorCard) -> None:
        self._cards.remove(card)
        self._banner_area.setVisible(bool(self._cards))
        card.hide()
        card.deleteLater()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow():
            self._context.library.refresh()  # a terminal may have added a model meanwhile

    def closeEvent(self, event: QCloseEvent) -> None:
        self._on_close()
        super().closeEvent(event)
