"""What is shown outside the window, by the desktop's own programs."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices


def open_folder(folder: Path) -> None:
    """Shows a folder in the file manager; makes it where it is missing."""
    with suppress(OSError):
        folder.mkdir(mode=0o700, exist_ok=True)
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
