"""A component of one tiny package, from a wheel in a folder: pip installs it in a moment and needs no network."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from chatapp.core.components import FINETUNE, Component
from chatapp.storage.components import ComponentStore
from chatapp.storage.paths import Paths

TINY = replace(FINETUNE, packages=("tinypart",), modules=("tinypart",), download_bytes=1000, disk_bytes=1000)


class TinyStore(ComponentStore):
    """Knows another list of pins."""

    def __init__(self, paths: Paths, listed: str = "tinypart==1.0\n") -> None:
        super().__init__(paths)
        self._list = paths.data / "pins.txt"
        self._list.write_text(listed, encoding="utf-8")

    def pin_list(self, component: Component) -> Path:
        return self._list


def offer_wheel(folder: Path, monkeypatch: pytest.MonkeyPatch, code: str = "") -> None:
    """Only what is in `folder` can be installed: tinypart 1.0, whose module is `code`."""
    info = "tinypart-1.0.dist-info"
    files = {
        "tinypart/__init__.py": code,
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: tinypart\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},,\n" for name in (*files, f"{info}/RECORD"))
    with zipfile.ZipFile(folder / "tinypart-1.0-py3-none-any.whl", "w") as wheel:
        for name, text in {**files, f"{info}/RECORD": record}.items():
            wheel.writestr(name, text)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
