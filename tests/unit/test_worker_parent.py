"""A worker whose parent died while it was starting ends at once, but not where another process may be between them."""

from __future__ import annotations

import os
import sys

import pytest

from chatapp.workers.parent import PARENT_VARIABLE, die_with_parent


@pytest.mark.parametrize(("platform", "ends"), [("darwin", [0]), ("win32", [])])
def test_another_parent_than_was_told(platform: str, ends: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[int] = []
    monkeypatch.setattr(os, "_exit", found.append)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv(PARENT_VARIABLE, str(os.getpid()))
    die_with_parent()
    assert found == ends
    assert PARENT_VARIABLE not in os.environ
