"""Asks where a file is to go, and which kind of file it is to be."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

_LONGEST = 60  # characters of a name


def ask_where(parent: QWidget, title: str, name: str, kinds: Sequence[tuple[str, str]]) -> str:
    """The path, with the ending of the kind that was chosen; "" where the dialog was given up.

    kinds: label and ending of each, as ("Picture", ".png"); the first is proposed, with `name` made fit for a file.
    """
    filters = [f"{label} (*{ending})" for label, ending in kinds]
    stem = "".join(c if c.isalnum() or c in " -_" else "_" for c in name).strip()[:_LONGEST] or "chat"
    path, chosen = QFileDialog.getSaveFileName(parent, title, stem + kinds[0][1], ";;".join(filters))
    if not path:
        return ""
    found = path
    for _label, ending in kinds:
        found = found.removesuffix(ending)
    found += next((ending for _label, ending in kinds if chosen.endswith(f"(*{ending})")), kinds[0][1])
    return found if found == path or not Path(found).exists() or _may_replace(parent, title, found) else ""


def _may_replace(parent: QWidget, title: str, path: str) -> bool:
    """The dialog has asked about the name without its ending only."""
    question = QCoreApplication.translate("SaveDialog", "There is a file {name} already. Replace it?")
    answer = QMessageBox.question(parent, title, question.format(name=Path(path).name))
    return answer == QMessageBox.StandardButton.Yes
