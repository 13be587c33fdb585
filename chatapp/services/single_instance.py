"""One window per data folder: a second start brings the first window to the front and ends."""

from __future__ import annotations

import hashlib

from PySide6.QtCore import QLockFile, QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from chatapp.storage.paths import Paths

_CONNECT_MS = 1000


class SingleInstance(QObject):
    """The lock is the truth (a crash leaves none behind); the local socket only carries the wish to be seen."""

    raise_requested = Signal()

    def __init__(self, paths: Paths) -> None:
        super().__init__()
        digest = hashlib.sha256(str(paths.data.resolve()).encode("utf-8", "surrogatepass")).hexdigest()
        self._name = f"chatapp-{digest[:24]}"
        self._lock = QLockFile(str(paths.instance_lock))
        self._lock.setStaleLockTime(0)  # a lock of a living process never goes stale
        self._server = QLocalServer(self)
        self._server.newConnection.connect(self._on_connection)

    def acquire(self) -> bool:
        """True where this is the only instance; it then listens for others."""
        if not self._lock.tryLock(0):
            return False
        QLocalServer.removeServer(self._name)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.listen(self._name)
        return True

    def ask_other_to_show(self) -> bool:
        """True where the other instance took the wish."""
        socket = QLocalSocket()
        socket.connectToServer(self._name)
        return socket.waitForConnected(_CONNECT_MS)

    def release(self) -> None:
        self._server.close()
        self._lock.unlock()

    def _on_connection(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.disconnectFromServer()
            socket.deleteLater()
            self.raise_requested.emit()
