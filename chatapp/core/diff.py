"""What differs between two texts, word by word."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import Enum

# A word with the blanks behind it, a Chinese, Japanese or Korean character, or any other sign.
_WORD = re.compile(r"[぀-ヿ㐀-鿿가-힯]|\w+?(?=[぀-ヿ㐀-鿿가-힯])|\w+\s*|\s+|.", re.DOTALL)
_MOST_WORDS = 4000  # in both texts together; beyond that lines are compared, which takes time with their square


class Change(Enum):
    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Stretch:
    text: str
    change: Change


def differences(old: str, new: str) -> list[Stretch]:
    """Stretches whose SAME and REMOVED texts make up `old`, SAME and ADDED ones `new`, in order. Long texts are
    compared by lines, very long ones only as a whole."""
    before, after = _WORD.findall(old), _WORD.findall(new)
    if len(before) + len(after) > _MOST_WORDS:
        before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    if len(before) + len(after) > _MOST_WORDS:
        before, after = [old], [new]
    found: list[Stretch] = []
    for _, start, end, new_start, new_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        removed, added = "".join(before[start:end]), "".join(after[new_start:new_end])
        if removed == added:
            found.append(Stretch(removed, Change.SAME))
            continue
        found += [Stretch(removed, Change.REMOVED)] * bool(removed) + [Stretch(added, Change.ADDED)] * bool(added)
    return found
