"""The mark of a running session, and what the next start reads from it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from chatapp.storage.paths import Paths
from chatapp.storage.session import SafeMode, Session


def begun(paths: Paths, *, wants_safe_mode: bool = False) -> Session:
    session = Session(paths)
    session.begin(wants_safe_mode=wants_safe_mode)
    return session


def test_a_proper_end_leaves_no_mark(paths: Paths) -> None:
    assert not Session(paths).last.running
    session = begun(paths)
    assert Session(paths).last.running
    session.end()
    assert not Session(paths).last.running


def test_two_dirty_starts_in_a_row_lead_to_safe_mode_until_a_usable_one_ends(paths: Paths) -> None:
    assert [begun(paths).safe_mode for _ in range(4)] == [
        SafeMode.OFF,
        SafeMode.OFF,
        SafeMode.AFTER_CRASHES,
        SafeMode.AFTER_CRASHES,
    ]
    session = begun(paths)
    session.end()  # closed before there was anything to see: proves nothing
    session = begun(paths)
    assert session.safe_mode is SafeMode.AFTER_CRASHES
    session.become_usable()
    session.end()
    assert begun(paths).safe_mode is SafeMode.OFF


def test_a_settled_session_was_no_dirty_start_however_it_ends(paths: Paths) -> None:
    begun(paths)
    begun(paths).settle()
    assert begun(paths).safe_mode is SafeMode.OFF  # the settled one
    assert begun(paths).safe_mode is SafeMode.OFF  # one dirty start
    assert begun(paths).safe_mode is SafeMode.AFTER_CRASHES


def test_safe_mode_can_be_chosen_and_left(paths: Paths) -> None:
    session = begun(paths, wants_safe_mode=True)
    assert session.safe_mode is SafeMode.CHOSEN
    session.leave_safe_mode()
    assert session.safe_mode is SafeMode.OFF


def test_the_model_that_crashed_is_remembered_by_all_sessions(paths: Paths) -> None:
    begun(paths).set_crashed_model("/models/ä 模型.gguf")
    assert begun(paths).crashed_model == "/models/ä 模型.gguf"
    begun(paths).set_crashed_model("")
    assert Session(paths).crashed_model == ""


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b'{"running": 1}', b'{"dirty_starts": "2"}', b"[" * 100_000])
def test_a_damaged_mark_tells_nothing_and_hinders_nobody(paths: Paths, content: bytes) -> None:
    paths.session.write_bytes(content)
    session = begun(paths)
    assert session.safe_mode is SafeMode.OFF
    assert Session(paths).last.running


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_a_folder_or_pipe_in_its_place_hinders_nobody(paths: Paths, make: Callable[[Path], None]) -> None:
    make(paths.session)
    session = begun(paths)
    session.become_usable()
    session.end()
