from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from chatapp.core.display import has_display, missing_library


def test_nothing_set_means_no_display() -> None:
    assert not has_display({}, platform="linux")


def test_a_platform_chosen_by_hand_and_other_systems_count_as_a_display() -> None:
    assert has_display({"QT_QPA_PLATFORM": "offscreen"}, platform="linux")
    assert has_display({}, platform="darwin")


def test_an_x11_or_wayland_chosen_by_hand_must_answer_too() -> None:
    assert not has_display({"QT_QPA_PLATFORM": "xcb"}, platform="linux")
    assert not has_display({"QT_QPA_PLATFORM": "wayland;xcb"}, platform="linux")


def test_what_the_x11_plugin_lacks_is_told_by_the_loader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert missing_library({}, platform="linux") == ""
    plugins = tmp_path / "PySide6" / "Qt" / "plugins" / "platforms"
    plugins.mkdir(parents=True)
    (tmp_path / "PySide6" / "__init__.py").touch()
    (plugins / "libqxcb.so").write_bytes(b"no library")
    for name in [name for name in sys.modules if name.split(".")[0] == "PySide6"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "libqxcb.so" in missing_library({}, platform="linux")
    assert missing_library({"QT_QPA_PLATFORM": "offscreen"}, platform="linux") == ""


def test_a_dead_display_is_none() -> None:
    assert not has_display({"DISPLAY": ":4711"}, platform="linux")
    assert not has_display({"DISPLAY": "nonsense"}, platform="linux")
    assert not has_display({"WAYLAND_DISPLAY": "wayland-9", "XDG_RUNTIME_DIR": "/nowhere"}, platform="linux")


def test_a_listening_wayland_socket_is_a_display(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "w-0"))
        server.listen()
        assert has_display({"WAYLAND_DISPLAY": "w-0", "XDG_RUNTIME_DIR": str(tmp_path)}, platform="linux")
