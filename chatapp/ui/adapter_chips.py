"""The adapters of the model in use, in the top bar: each can be switched on and off and made weaker or stronger."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

from PySide6.QtCore import QEvent, QPoint, QSignalBlocker, Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QSizePolicy,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from chatapp.services.adapters import AdaptersService, ListedAdapter
from chatapp.services.engine_status import EngineState, EngineStatus
from chatapp.services.inference import InferenceService
from chatapp.storage.settings import MOST_SCALE
from chatapp.ui.language import Translated
from chatapp.ui.theme import Theme
from chatapp.ui.widgets.build import is_own_escape, named, plain_tip, shown

_STEP = 0.05  # of the strength
_PAGE = 5  # steps
_MOST_INLINE = 3
_NAME_EMS, _SLIDER_EMS = 11, 6


class AdapterChip(Translated, QFrame):
    """One adapter: its name with a tick, and where it is on its strength."""

    def __init__(self, entry: ListedAdapter, adapters: AdaptersService, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.entry = entry
        path = entry.adapter.path
        self.setObjectName("adapterChip")
        self.box = QCheckBox()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setMaximum(round(MOST_SCALE / _STEP))
        self.slider.setPageStep(_PAGE)
        self.number = named(QLabel(), "muted")
        self.box.toggled.connect(lambda on: adapters.set_active(path, on))
        self.slider.valueChanged.connect(lambda place: adapters.set_scale(path, round(place * _STEP, 2)))
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 2, 8, 2)
        row.setSpacing(6)
        for widget in (self.box, self.slider, self.number):
            row.addWidget(widget)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.retranslate()

    def show_entry(self, entry: ListedAdapter) -> None:
        if entry != self.entry:
            self.entry = entry
            self.retranslate()

    def retranslate(self) -> None:
        metrics, name = self.fontMetrics(), self.entry.adapter.name
        em = metrics.horizontalAdvance("m")
        with QSignalBlocker(self.box), QSignalBlocker(self.slider):
            self.box.setChecked(self.entry.is_on)
            self.slider.setValue(round(self.entry.scale / _STEP))
        self.box.setText(metrics.elidedText(name, Qt.TextElideMode.ElideRight, em * _NAME_EMS).replace("&", "&&"))
        self.box.setToolTip(plain_tip(self.tr("{name}: on or off for the next reply").format(name=name)))
        self.box.setAccessibleName(self.tr("Adapter {name}").format(name=name))
        self.slider.setFixedWidth(em * _SLIDER_EMS)
        self.slider.setAccessibleName(self.tr("Strength of {name}").format(name=name))
        self.slider.setToolTip(
            self.tr("How much of the adapter is added: 0 nothing, 1 as it was trained, 2 twice as much")
        )
        self.number.setText(f"{self.entry.scale:.2f}")
        self.number.setFixedWidth(metrics.horizontalAdvance("0.00"))
        self.slider.setVisible(self.entry.is_on)
        self.number.setVisible(self.entry.is_on)
        self.adjustSize()


class _Chips:
    """Keeps the chips of a layout those of a list; one that stays is the same widget, so that it can be dragged."""

    def __init__(self, layout: QLayout, adapters: AdaptersService) -> None:
        self._layout = layout
        self._adapters = adapters
        self.chips: list[AdapterChip] = []

    def show(self, entries: Sequence[ListedAdapter]) -> None:
        if [chip.entry.adapter.path for chip in self.chips] == [entry.adapter.path for entry in entries]:
            for chip, entry in zip(self.chips, entries, strict=True):
                chip.show_entry(entry)
            return
        for chip in self.chips:
            self._layout.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self.chips = [AdapterChip(entry, self._adapters) for entry in entries]
        for chip in self.chips:
            self._layout.addWidget(chip)


class _Box(QFrame):
    """Lies over the page below `button` until the keyboard goes elsewhere or Esc is pressed."""

    def __init__(self, parent: QWidget, button: QWidget) -> None:
        super().__init__(parent)
        self._button = button
        named(shown(self, False), "adapterBox")
        cast(QApplication, QApplication.instance()).focusChanged.connect(self._on_focus)

    def open_below(self) -> None:
        self.setParent(self.window())
        self.show()
        self.raise_()
        self.fit()

    def fit(self) -> None:
        if self.isVisible():
            self.adjustSize()
            below = self._button.mapTo(self.window(), QPoint(0, self._button.height() + 10))
            self.move(min(below.x(), self.window().width() - self.width() - 8), below.y())

    def _on_focus(self, _before: QWidget | None, now: QWidget | None) -> None:
        if now is not None and now is not self._button and not self.isAncestorOf(now):
            self.hide()

    def event(self, event: QEvent) -> bool:
        if is_own_escape(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
            self._button.setFocus()
        else:
            super().keyPressEvent(event)


class AdapterBar(Translated, QWidget):
    """As many chips as there is room for, all of them in a box below, and a button that adds a file."""

    def __init__(
        self, theme: Theme, adapters: AdaptersService, inference: InferenceService, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._adapters = adapters
        self._inference = inference
        place = QHBoxLayout()
        place.setSpacing(6)
        self._inline = _Chips(place, adapters)
        self.more_button = named(shown(QToolButton(), False), "quiet")
        self.more_button.clicked.connect(self._toggle_box)
        self._box = _Box(self, self.more_button)
        self._below = _Chips(QVBoxLayout(self._box), adapters)
        self.add_button = named(shown(QToolButton(), False), "quiet")
        self.add_button.clicked.connect(self._choose_file)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 0, 0)
        row.setSpacing(6)
        row.addLayout(place)
        row.addWidget(self.more_button)
        row.addWidget(self.add_button)
        row.addStretch()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.retranslate)
        adapters.changed.connect(lambda _listed: self._show())
        inference.status_changed.connect(self._on_status)
        self.retranslate()

    @property
    def chips(self) -> list[AdapterChip]:
        return self._inline.chips

    @property
    def boxed(self) -> list[AdapterChip]:
        """Those of the box below, which has all of them."""
        return self._below.chips

    def retranslate(self) -> None:
        self.add_button.setIcon(self._theme.icon("plus", color=self._theme.colors.muted))
        self.add_button.setIconSize(self._theme.icon_size(16))
        self.add_button.setToolTip(self.tr("Add a LoRA adapter, a .gguf file, and use it"))
        self.add_button.setAccessibleName(self.add_button.toolTip())
        self._box.setAccessibleName(self.tr("Adapters"))
        self._show()

    def _show(self) -> None:
        entries = self._adapters.fitting
        self._inline.show(entries)
        self._below.show(entries)
        if not entries:
            self._box.hide()
        self._fit()

    def _fit(self) -> None:
        """Leaves out what has no room."""
        room = self.width() - 2 * self.add_button.sizeHint().width() - 90
        left_out: list[ListedAdapter] = []
        for place, chip in enumerate(self.chips):
            room -= chip.sizeHint().width() + 6
            fits = not left_out and place < _MOST_INLINE and room >= 0
            chip.setVisible(fits)
            if not fits:
                left_out.append(chip.entry)
        self.more_button.setVisible(bool(left_out))
        on = sum(entry.is_on for entry in left_out)
        text = self.tr("{count} more, {on} on") if on else self.tr("{count} more")
        self.more_button.setText(text.format(count=len(left_out), on=on))
        self.more_button.setToolTip(self.tr("All adapters that fit the model"))
        self.more_button.setAccessibleName(f"{self.more_button.text()}: {self.more_button.toolTip()}")
        self._box.fit()

    def _toggle_box(self) -> None:
        if self._box.isVisible():
            self._box.hide()
        else:
            self._box.open_below()
            self.boxed[0].box.setFocus()

    def _choose_file(self) -> None:
        files = self.tr("LoRA adapters (*.gguf);;All files (*)")
        name, _ = QFileDialog.getOpenFileName(self, self.tr("Add an adapter"), str(Path.home()), files)
        if name:
            self._adapters.use(Path(name))

    def _on_status(self, status: EngineStatus) -> None:
        self.add_button.setVisible(status.state is not EngineState.EMPTY and status.model is not None)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()
