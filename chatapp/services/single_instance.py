"""One window per data folder: a second start brings the first window to the front and ends."""

from __future__ import annotations

import hashlib
import time

from PySide6.QtCore import QLockFile, QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from chatapp.storage.files import set_aside
from chatapp.storage.paths import Paths

_CONNECT_MS = 1000
_ASKS, _BETWEEN_ASKS_S = 10, 0.1
_LOOKS, _BETWEEN_LOOKS_S = 10, 0.05  # at a lock that another instance may just be writing


class SingleInstance(QObject):
    """The lock is the truth (a crash leaves none behind); the local socket only carries the wish to be seen."""

    raise_requested = Signal()

    def __init__(self, paths: Paths) -> None:
        super().__init__()
        digest = hashlib.sha256(str(paths.data.resolve()).encode("utf-8", "surrogatepass")).hexdigest()
        self._name = f"chatapp-{digest[:24]}"
        self._path = paths.instance_lock
        self._lock = QLockFile(str(self._path))
        self._lock.setStaleLockTime(0)  # a lock of a living process never goes stale
        self._server = QLocalServer(self)
        self._server.newConnection.connect(self._on_connection)

    def acquire(self) -> bool:
        """True where this is the only instance; it then listens for others."""
        if not self._locked() and not self._may_go_without_lock():
            return False
        QLocalServer.removeServer(self._name)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.listen(self._name)
        return True

    def _locked(self) -> bool:
        if self._lock.tryLock(0):
            return True
        for _ in range(_LOOKS):
            if self._lock.error() is not QLockFile.LockError.LockFailedError or self._is_named():
                return False
            time.sleep(_BETWEEN_LOOKS_S)
            if self._lock.tryLock(0):
                return True
        # it says nobody's name: a power cut has emptied it, or it is another user's
        try:
            set_aside(self._path, "unreadable")
        except OSError:
            return False
        return self._lock.tryLock(0)

    def _is_named(self) -> bool:
        """Whether the lock says which process holds it."""
        pid, _host, _name = self._lock.getLockInfo()
        return bool(pid)

    def _may_go_without_lock(self) -> bool:
        """Where no lock can be made at all, an instance that answers is the only one that counts."""
        return not self._is_named() and not self._asked()

    def ask_other_to_show(self) -> bool:
        """True where the other instance took the wish; one that has only just begun is waited for."""
        for _ in range(_ASKS):
            if self._asked():
                return True
            time.sleep(_BETWEEN_ASKS_S)
        return False

    def _asked(self) -> bool:
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
