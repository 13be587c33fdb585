"""A component as the window sees it: whether it is there; installed, cancelled and removed off the main thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Qt, Signal

from chatapp.core.components import Component, ComponentStatus, InstallProgress
from chatapp.core.errors import ErrorInfo, ErrorKind
from chatapp.services.background import Background
from chatapp.storage.component_install import Installation
from chatapp.storage.components import ComponentStore


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentView:
    """What a card shows. status None: not looked at yet; progress: of the installation at work; is_removing: its folder
    is being deleted; problem: how the last attempt failed."""

    component: Component
    status: ComponentStatus | None = None
    progress: InstallProgress | None = None
    is_removing: bool = False
    problem: ErrorInfo | None = None

    @property
    def is_usable(self) -> bool:
        return self.status is not None and self.status.state.is_usable and self.progress is None


class ComponentService(QObject):
    changed = Signal(object)
    """ComponentView"""
    _progressed = Signal(object)

    def __init__(self, store: ComponentStore, component: Component) -> None:
        super().__init__()
        self._store = store
        self._work = Background("component")
        self._installation: Installation | None = None
        self._wanted: Callable[[], None] = self.install
        self.view = ComponentView(component=component)
        self._progressed.connect(self._on_progressed, Qt.ConnectionType.QueuedConnection)  # comes from the thread

    def refresh(self) -> None:
        """Looks at the disk, where what a dead process left half done is removed."""

        def look() -> ComponentStatus:
            self._store.clear_unfinished(self.view.component)
            return self._store.status(self.view.component)

        if self._installation is None:
            self._work.run(look, self._on_looked, self._on_failed)

    def install(self) -> None:
        """Unless it is being installed already."""
        if self._installation is not None or self.view.is_removing:
            return
        self._wanted = self.install
        installation = self._installation = Installation(self._store, self.view.component)

        def work() -> ComponentStatus:
            for progress in installation.run():
                self._progressed.emit((installation, progress))
            return self._store.status(self.view.component)

        self._begin(work)

    def cancel(self) -> None:
        """What is half there is removed, then the view has no progress any more."""
        if self._installation is not None:
            self._installation.cancel()

    def remove(self) -> None:
        """Its folder goes."""

        def work() -> ComponentStatus:
            self._store.remove(self.view.component)
            return self._store.status(self.view.component)

        if self._installation is None and not self.view.is_removing:
            self._wanted = self.remove
            self._set(replace(self.view, is_removing=True))
            self._begin(work)

    def retry(self) -> None:
        """What was asked for last, again."""
        self._wanted()

    def close(self) -> None:
        """An installation at work is cancelled and waited for: it leaves nothing behind."""
        self.cancel()
        self._work.close(finish=False)

    def _begin(self, work: Callable[[], ComponentStatus]) -> None:
        self._set(replace(self.view, problem=None))
        self._work.run(work, self._on_looked, self._on_failed)

    def _on_progressed(self, told: tuple[Installation, InstallProgress]) -> None:
        installation, progress = told
        if installation is self._installation:
            self._set(replace(self.view, progress=progress))

    def _on_looked(self, status: ComponentStatus) -> None:
        self._installation = None
        self._set(ComponentView(component=self.view.component, status=status))

    def _on_failed(self, info: ErrorInfo) -> None:
        self._installation = None
        problem = None if info.kind is ErrorKind.CANCELLED else info
        status = self._store.status(self.view.component)
        self._set(ComponentView(component=self.view.component, status=status, problem=problem))

    def _set(self, view: ComponentView) -> None:
        self.view = view
        self.changed.emit(view)
