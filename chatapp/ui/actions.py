"""What can be done from the keyboard, said once: the shortcuts, the palette and the list of keys are made from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """title is English and translated in `context`."""

    title: str
    keys: tuple[str, ...]
    run: Callable[[], None]
    context: str = "actions"

    def text(self) -> str:
        return QCoreApplication.translate(self.context, self.title)

    def keys_text(self) -> str:
        """For people, "" where it has none."""
        return " / ".join(QKeySequence(k).toString(QKeySequence.SequenceFormat.NativeText) for k in self.keys)


def add_shortcuts(actions: Sequence[Action], parent: QWidget) -> None:
    """They act while `parent` is on show."""
    for action in actions:
        for keys in action.keys:
            QShortcut(QKeySequence(keys), parent).activated.connect(action.run)
