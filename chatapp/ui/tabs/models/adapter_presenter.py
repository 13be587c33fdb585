"""Between the list of adapters and their service."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject

from chatapp.services.adapters import AdaptersService, ListedAdapter
from chatapp.ui.tabs.models.adapter_part import AdapterPart


class AdapterPresenter(QObject):
    """Lives as long as its part."""

    def __init__(self, part: AdapterPart, adapters: AdaptersService) -> None:
        super().__init__(part)
        self._part = part
        self._adapters = adapters
        part.add_requested.connect(adapters.add)
        part.switch_requested.connect(self._on_switch)
        part.remove_requested.connect(lambda entry: adapters.remove(entry.adapter.path))
        part.undo.undone.connect(lambda binned: adapters.restore(Path(binned)))
        adapters.changed.connect(lambda _listed: self._show())
        adapters.removed.connect(lambda binned: part.undo.offer(str(binned)))
        self._show()

    def _show(self) -> None:
        self._part.set_entries(self._adapters.listed, has_model=self._adapters.knows_model)

    def _on_switch(self, entry: ListedAdapter) -> None:
        self._adapters.set_active(entry.adapter.path, not entry.is_on)
