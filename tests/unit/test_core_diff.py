from __future__ import annotations

import random

from chatapp.core.diff import Change, differences


def joined(old: str, new: str) -> tuple[str, str]:
    stretches = differences(old, new)
    return (
        "".join(s.text for s in stretches if s.change is not Change.ADDED),
        "".join(s.text for s in stretches if s.change is not Change.REMOVED),
    )


def test_only_the_words_that_changed_are_marked() -> None:
    changed = [(s.text, s.change) for s in differences("the old mill ran", "the new mill ran")]
    assert changed == [
        ("the ", Change.SAME),
        ("old ", Change.REMOVED),
        ("new ", Change.ADDED),
        ("mill ran", Change.SAME),
    ]


def test_chinese_is_compared_by_characters() -> None:
    marked = [s.text for s in differences("温度越高", "温度越低") if s.change is not Change.SAME]
    assert marked == ["高", "低"]


def test_nothing_is_lost_whatever_the_texts(rng: random.Random) -> None:
    letters = "ab 温\n\t😀\u200d,.é"
    for length in (0, 1, 5, 60, 9000):
        old, new = ("".join(rng.choice(letters) for _ in range(length)) for _ in range(2))
        assert joined(old, new) == (old, new)
