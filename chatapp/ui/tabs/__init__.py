"""The table of contents: the tabs of the rail, in order. Adding one is a folder beside this file and a line here."""

from __future__ import annotations

from chatapp.ui.tabs import chat, compare, finetune, lab, models, settings
from chatapp.ui.tabs.base import TabSpec

TABS: tuple[TabSpec, ...] = (chat.TAB, compare.TAB, finetune.TAB, lab.TAB, models.TAB, settings.TAB)
