from __future__ import annotations

import socket
from pathlib import Path

from chatapp.core.display import has_display


def test_nothing_set_means_no_display() -> None:
    assert not has_display({}, platform="linux")


def test_a_platform_chosen_by_hand_and_other_systems_count_as_a_display() -> None:
    assert has_display({"QT_QPA_PLATFORM": "offscreen"}, platform="linux")
    assert has_display({}, platform="darwin")


def test_a_dead_display_is_none() -> None:
    assert not has_display({"DISPLAY": ":4711"}, platform="linux")
    assert not has_display({"DISPLAY": "nonsense"}, platform="linux")
    assert not has_display({"WAYLAND_DISPLAY": "wayland-9", "XDG_RUNTIME_DIR": "/nowhere"}, platform="linux")


def test_a_listening_wayland_socket_is_a_display(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "w-0"))
        server.listen()
        assert has_display({"WAYLAND_DISPLAY": "w-0", "XDG_RUNTIME_DIR": str(tmp_path)}, platform="linux")
