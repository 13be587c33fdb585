"""The top bar: which model is in use, choosing another, its load with progress and cancel, giving its memory back,
its adapters."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QMenu, QProgressBar, QPushButton, QSizePolicy, QToolButton, QWidget

from chatapp.core.models import LibraryModel, size_text
from chatapp.services.adapters import AdaptersService
from chatapp.services.engine_status import EngineState, EngineStatus
from chatapp.services.inference import InferenceService
from chatapp.services.library import LibraryService
from chatapp.services.model_choice import ModelChoice
from chatapp.ui.adapter_chips import AdapterBar
from chatapp.ui.language import Translated
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.build import named, shown


class ModelPicker(Translated, QWidget):
    def __init__(
        self,
        theme: Theme,
        inference: InferenceService,
        library: LibraryService,
        choice: ModelChoice,
        adapters: AdaptersService,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("topbar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme = theme
        self._inference = inference
        self._choice = choice
        self._models: list[LibraryModel] = []
        self.button = named(QToolButton(), "picker")
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.button.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.button.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # the arrow behind the name
        self._menu = QMenu(self.button)
        self._menu.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self._menu.aboutToShow.connect(self._fill_menu)
        self.button.setMenu(self._menu)
        self.progress = shown(QProgressBar(textVisible=False, maximum=1000), False)
        self.progress.setFixedWidth(180)
        self.cancel_button = shown(QPushButton(), False)
        self.cancel_button.clicked.connect(choice.unload)
        self.unload_button = named(shown(QToolButton(), False), "quiet")
        self.unload_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.unload_button.clicked.connect(choice.unload)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 8, 14, 8)
        for widget in (self.button, self.progress, self.cancel_button, self.unload_button):
            layout.addWidget(widget)
        self.adapters = AdapterBar(theme, adapters, inference)
        layout.addWidget(self.adapters, 1)
        theme.changed.connect(self._set_icons)
        library.listed.connect(self._on_listed)
        inference.status_changed.connect(self._on_status)
        self._set_icons()
        self.retranslate()

    def retranslate(self) -> None:
        status = self._inference.status
        self.button.setText(self._title(status))
        self.button.setToolTip(self.tr("Choose the model to talk with"))
        self.button.setAccessibleName(self.tr("Model: {name}").format(name=self.button.text()))
        self.cancel_button.setText(self.tr("Cancel"))
        self.unload_button.setText(self.tr("Unload"))
        self.unload_button.setToolTip(self.tr("Unload the model and give its memory back"))
        self.unload_button.setAccessibleName(self.unload_button.toolTip())
        self.progress.setAccessibleName(self.tr("How much of the model is loaded"))

    def _title(self, status: EngineStatus) -> str:
        if not status.path:
            return self.tr("Choose a model")
        known = next((model for model in self._models if model.path == status.path), None)
        if known is None:
            return Path(status.path).stem
        return _line(known)

    def _fill_menu(self) -> None:
        self._menu.clear()
        for model in self._models:
            action = self._menu.addAction(_line(model).replace("&", "&&"))
            action.setEnabled(Path(model.path).is_file())
            action.triggered.connect(lambda _checked=False, path=model.path: self._choice.use(path))
        if not self._models:
            self._menu.addAction(self.tr("No model is in the library; add one on the Models page")).setEnabled(False)

    def _on_listed(self, models: list[LibraryModel]) -> None:
        self._models = models
        self.retranslate()

    def _on_status(self, status: EngineStatus) -> None:
        loading = status.state is EngineState.LOADING
        self.progress.setVisible(loading)
        self.progress.setValue(round(status.fraction * 1000))
        self.cancel_button.setVisible(loading)
        self.unload_button.setVisible(status.model is not None)
        self.retranslate()

    def _set_icons(self) -> None:
        self.button.setIcon(self._theme.icon("chevron"))
        self.unload_button.setIcon(self._theme.icon("eject", color=self._theme.colors.muted))
        for button in (self.button, self.unload_button):
            button.setIconSize(self._theme.icon_size(16))


def _line(model: LibraryModel) -> str:
    """Name, quantisation where the name does not tell it already, and size."""
    told = model.quantization.casefold() in model.name.casefold()
    parts = (model.name, "" if told else model.quantization, size_text(model.size_bytes))
    return " · ".join(part for part in parts if part)
