"""A card for a component: what it is for and made of, and the button that installs, cancels or removes it."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from chatapp.core.components import ComponentState, ComponentStatus, InstallProgress, InstallStage
from chatapp.core.models import size_text
from chatapp.services.components import ComponentService, ComponentView
from chatapp.ui.language import Translated
from chatapp.ui.widgets.build import named, shown
from chatapp.ui.widgets.error_card import ErrorCard

_PARTS = 1000


class ComponentCard(Translated, QFrame):
    """Follows the service; shows the parts that have a meaning at the moment, and itself once there is something to
    install or to remove: not where this installation brings it all along."""

    def __init__(self, service: ComponentService, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("group")
        self._service = service
        self._title = named(QLabel(), "heading")
        self._purpose, self._packages, self._state = (QLabel(wordWrap=True) for _ in range(3))
        self._packages.setObjectName("muted")
        self._progress = shown(QProgressBar(textVisible=False, maximum=_PARTS), False)
        self.install, self.cancel, self.remove = QPushButton(), QPushButton(), QPushButton()
        self.install.setObjectName("primary")
        for button, act in (
            (self.install, service.install),
            (self.cancel, service.cancel),
            (self.remove, service.remove),
        ):
            button.clicked.connect(act)
        self._problem: ErrorCard | None = None
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(14, 12, 14, 12)
        for label in (self._title, self._purpose, self._packages, self._state):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._layout.addWidget(label)
        self._layout.addWidget(self._progress)
        buttons = QHBoxLayout()
        for button in (self.install, self.cancel, self.remove):
            buttons.addWidget(button)
        buttons.addStretch()
        self._layout.addLayout(buttons)
        service.changed.connect(self._on_changed)
        self.retranslate()

    def retranslate(self) -> None:
        self.cancel.setText(self.tr("Cancel"))
        self.remove.setText(self.tr("Remove"))
        self._on_changed(self._service.view)

    def _on_changed(self, view: ComponentView) -> None:
        status, progress = view.status, view.progress
        is_idle = status is not None and progress is None and not view.is_removing
        self._title.setText(QCoreApplication.translate("components", view.component.label))
        self._purpose.setText(QCoreApplication.translate("components", view.component.purpose))
        self._packages.setText(self._made_of(status) if status else "")
        self._state.setText(self._state_text(view))
        self._progress.setVisible(progress is not None)
        self._progress.setValue(round(_PARTS * progress.fraction) if progress else 0)
        self._progress.setAccessibleName(self._state.text())
        state = status.state if status else ComponentState.MISSING
        is_there = state in (ComponentState.INSTALLED, ComponentState.INCLUDED)
        self._show_problem(view)
        self.install.setText(self.tr("Update") if state is ComponentState.OUTDATED else self.tr("Install"))
        self.install.setVisible(is_idle and not is_there and view.problem is None)
        self.cancel.setVisible(progress is not None)
        self.remove.setVisible(is_idle and state in (ComponentState.INSTALLED, ComponentState.OUTDATED))
        self.setAccessibleName(f"{self._title.text()}: {self._state.text()}")
        self.setVisible(status is not None and state is not ComponentState.INCLUDED)

    def _show_problem(self, view: ComponentView) -> None:
        if self._problem is not None and self._problem.info is not view.problem:
            self._problem.deleteLater()
            self._problem.hide()
            self._problem = None
        if view.problem is not None and self._problem is None:
            self._problem = ErrorCard(view.problem, can_retry=True)
            self._problem.retry_requested.connect(self._service.retry)
            self._layout.addWidget(self._problem)

    def _made_of(self, status: ComponentStatus) -> str:
        packages = ", ".join(f"{name} {version}" for name, version in status.packages)
        if status.state.is_usable:
            return self.tr("{packages}; {disk} on the disk").format(
                packages=packages, disk=size_text(status.size_bytes)
            )
        return self.tr("{packages} and what they need; about {download} to download, {disk} on the disk").format(
            packages=packages,
            download=size_text(status.component.download_bytes),
            disk=size_text(status.component.disk_bytes),
        )

    def _state_text(self, view: ComponentView) -> str:
        if view.progress is not None:
            return self._progress_text(view.progress)
        if view.is_removing:
            return self.tr("Removing …")
        match view.status.state if view.status else None:
            case None | ComponentState.INCLUDED:
                return ""
            case ComponentState.MISSING | ComponentState.UNFINISHED:
                return self.tr("Not installed")
            case ComponentState.OUTDATED:
                return self.tr("Installed, by an older version of chatapp")
            case ComponentState.INSTALLED:
                return self.tr("Installed")

    def _progress_text(self, progress: InstallProgress) -> str:
        match progress.stage:
            case InstallStage.PREPARING:
                return self.tr("Preparing …")
            case InstallStage.DOWNLOADING:
                size = size_text(progress.done_bytes)
                return self.tr("Downloading {package} … ({size})").format(package=progress.package, size=size)
            case InstallStage.UNPACKING:
                return self.tr("Unpacking …")
            case InstallStage.CHECKING:
                return self.tr("Trying it out …")
