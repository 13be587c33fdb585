"""Is there a display on which a window could be shown? Asked before Qt is, since Qt ends the process if not."""

from __future__ import annotations

import ctypes
import importlib.util
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

_SECONDS = 2.0


def has_display(environment: Mapping[str, str], platform: str = sys.platform) -> bool:
    """True where Qt will find a display, as far as can be told without Qt."""
    wanted = environment.get("QT_QPA_PLATFORM", "").partition(":")[0]
    if platform in ("darwin", "win32") or (wanted and not wanted.startswith(("xcb", "wayland"))):
        return True  # such as offscreen, chosen by hand
    return (not wanted.startswith("xcb") and _wayland_answers(environment)) or (
        not wanted.startswith("wayland") and _x11_answers(environment.get("DISPLAY", ""))
    )


def missing_library(environment: Mapping[str, str], platform: str = sys.platform) -> str:
    """What Qt's X11 plugin lacks, in the loader's words, "" for nothing. Qt itself would end the process over it."""
    spec = importlib.util.find_spec("PySide6")
    if platform != "linux" or environment.get("QT_QPA_PLATFORM") or _wayland_answers(environment) or not spec:
        return ""
    for folder in spec.submodule_search_locations or ():
        plugin = Path(folder, "Qt", "plugins", "platforms", "libqxcb.so")
        if plugin.is_file():
            try:
                ctypes.CDLL(str(plugin))
            except OSError as problem:
                return str(problem)
    return ""


def _wayland_answers(environment: Mapping[str, str]) -> bool:
    name = environment.get("WAYLAND_DISPLAY")
    return bool(name) and _answers(socket.AF_UNIX, str(Path(environment.get("XDG_RUNTIME_DIR", ""), str(name))))


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
