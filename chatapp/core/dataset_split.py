"""Which part of the data an example is in: drawn by a seed, so that nothing that is tested was seen in training."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from chatapp.core.training import Split

_LEAST_GROUPS = 3  # from so many on each part that is asked for has one


def split(groups: Sequence[bytes], *, validation: float, test: float, seed: int) -> list[Split]:
    """The part of each example. All of a group are in the same; the order of groups is that of a hash of seed and
    group, so an example that is added moves few of the others."""
    members: dict[bytes, list[int]] = {}
    for place, group in enumerate(groups):
        members.setdefault(group, []).append(place)
    order = sorted(members, key=lambda group: hashlib.blake2b(group, key=seed.to_bytes(8, "little")).digest())
    wanted = {Split.TEST: test, Split.VALIDATION: validation}
    room = {part: _room(share, len(groups), len(members)) for part, share in wanted.items()}
    chosen: dict[bytes, Split] = {}
    for group in order[:-1]:  # the last one is trained on in any case
        size = len(members[group])
        part = next((part for part, left in room.items() if size <= left), Split.TRAIN)
        if part is not Split.TRAIN:
            room[part] -= size
        chosen[group] = part
    _fill_empty(chosen, order, members, [part for part, share in wanted.items() if share > 0])
    return [chosen.get(group, Split.TRAIN) for group in groups]


def _room(share: float, n_examples: int, n_groups: int) -> int:
    least = 1 if share > 0 and n_groups >= _LEAST_GROUPS else 0
    return max(least, round(share * n_examples))


def _fill_empty(
    chosen: dict[bytes, Split], order: Sequence[bytes], members: dict[bytes, list[int]], parts: Sequence[Split]
) -> None:
    """Where every group was too large for a part, it gets the smallest that is trained on."""
    if len(order) < _LEAST_GROUPS:
        return
    for part in parts:
        trained = [group for group in order[:-1] if chosen[group] is Split.TRAIN]
        if part not in chosen.values() and trained:
            chosen[min(trained, key=lambda group: len(members[group]))] = part
