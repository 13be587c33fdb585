"""What a person wants done with a message."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class WishKind(Enum):
    EDIT = "edit"
    REGENERATE = "regenerate"
    CONTINUE = "continue"
    CANCEL = "cancel"
    SHOW_VERSION = "show version"
    COMPARE = "compare"
    TRY_ADAPTERS = "try adapters"
    BRANCH_OFF = "branch off"
    SHOW_PROMPT = "show prompt"
    DETAILS = "details"
    LIKE = "like"
    DISLIKE = "dislike"


@dataclass(frozen=True, slots=True)
class Wish:
    """text: the new one, where a message is edited."""

    kind: WishKind
    message_id: str
    text: str = ""
