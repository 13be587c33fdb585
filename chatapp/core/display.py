"""Is there a display on which a window could be shown? Asked before Qt is, since Qt ends the process if not."""

from __future__ import annotations

import socket
import sys
from collections.abc import Mapping
from pathlib import Path

_SECONDS = 2.0


def has_display(environment: Mapping[str, str], platform: str = sys.platform) -> bool:
    """True where Qt will find a display, as far as can be told without Qt."""
    if environment.get("QT_QPA_PLATFORM"):
        return True  # chosen by hand, such as offscreen
    if platform in ("darwin", "win32"):
        return True
    wayland, x11 = environment.get("WAYLAND_DISPLAY"), environment.get("DISPLAY")
    if wayland:
        path = Path(environment.get("XDG_RUNTIME_DIR", ""), wayland)
        if _answers(socket.AF_UNIX, str(path)):
            return True
    return bool(x11) and _x11_answers(str(x11))


def _x11_answers(display: str) -> bool:
    host, _, rest = display.rpartition(":")
    number = rest.partition(".")[0]
    if not number.isdigit():
        return False
    if host in ("", "unix"):
        path = f"/tmp/.X11-unix/X{number}"
        return _answers(socket.AF_UNIX, path) or _answers(socket.AF_UNIX, f"\0{path}")
    return _answers(socket.AF_INET, (host, 6000 + int(number)))


def _answers(family: socket.AddressFamily, address: str | tuple[str, int]) -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as connection:
        connection.settimeout(_SECONDS)
        try:
            connection.connect(address)
        except (OSError, ValueError):
            return False
    return True
