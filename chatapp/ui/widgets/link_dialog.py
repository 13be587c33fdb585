"""Before a link from a model is opened: where it really leads."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QMessageBox, QWidget

from chatapp.ui.language import Translated

_LONGEST = 400


class LinkDialog(Translated, QMessageBox):
    """Shows the host as it goes over the wire, so that no look-alike letters and no name before an @ deceive."""

    def __init__(
        self, address: str, parent: QWidget | None = None, browse: Callable[[QUrl], object] = QDesktopServices.openUrl
    ) -> None:
        super().__init__(parent)
        self._url = QUrl(address)
        self._browse = browse
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.go = self.addButton("Open", QMessageBox.ButtonRole.AcceptRole)
        self.copy = self.addButton("Copy", QMessageBox.ButtonRole.ActionRole)
        self.cancel = self.addButton(QMessageBox.StandardButton.Cancel)
        self.setDefaultButton(QMessageBox.StandardButton.Cancel)
        self.go.clicked.connect(lambda: self._browse(self._url))
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._encoded()))
        self.retranslate()

    def destination(self) -> str:
        """The host, or the address of a mail."""
        return self._url.host(QUrl.ComponentFormattingOption.FullyEncoded) or self._url.path()

    def retranslate(self) -> None:
        self.setWindowTitle(self.tr("Open a link"))
        if self._url.scheme() == "mailto":
            self.setText(self.tr("Write a mail to {who}?").format(who=self.destination()))
        else:
            self.setText(self.tr("Open a page of {host} in the browser?").format(host=self.destination()))
        self.setInformativeText(self._encoded()[:_LONGEST])
        self.go.setText(self.tr("Open"))
        self.copy.setText(self.tr("Copy address"))

    def _encoded(self) -> str:
        return bytes(self._url.toEncoded().data()).decode("ascii", "replace")
