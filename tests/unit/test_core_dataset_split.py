"""The parts of the data: drawn by the seed, groups whole, shares kept, none empty that need not be."""

from __future__ import annotations

import random

import pytest

from chatapp.core.dataset_split import split
from chatapp.core.training import Split


def groups(*sizes: int) -> list[bytes]:
    return [f"group {number}".encode() for number, size in enumerate(sizes) for _ in range(size)]


def counts(parts: list[Split]) -> list[int]:
    return [parts.count(part) for part in (Split.TRAIN, Split.VALIDATION, Split.TEST)]


def test_shares_are_kept_and_the_seed_decides() -> None:
    of = groups(*[1] * 1000)
    first = split(of, validation=0.1, test=0.2, seed=1)
    assert counts(first) == [700, 100, 200]
    assert split(of, validation=0.1, test=0.2, seed=1) == first
    assert split(of, validation=0.1, test=0.2, seed=2) != first
    assert counts(split(of, validation=0.0, test=0.0, seed=1)) == [1000, 0, 0]


def test_a_group_is_never_divided() -> None:
    rng = random.Random(3)
    for seed in range(100):
        of = groups(*[rng.randint(1, 9) for _ in range(rng.randint(1, 40))])
        rng.shuffle(of)
        parts = split(of, validation=0.2, test=0.1, seed=seed)
        assert len(set(zip(of, parts, strict=True))) == len(set(of))
        assert Split.TRAIN in parts
        if len(set(of)) >= 3:
            assert min(counts(parts)) >= 1


@pytest.mark.parametrize(("sizes", "expected"), [((1,), [1, 0, 0]), ((4, 4), [8, 0, 0]), ((1, 1, 1), [1, 1, 1])])
def test_small_sets(sizes: tuple[int, ...], expected: list[int]) -> None:
    assert counts(split(groups(*sizes), validation=0.1, test=0.1, seed=1)) == expected


def test_half_and_half_still_leaves_something_to_train_on() -> None:
    assert counts(split(groups(*[1] * 10), validation=0.5, test=0.5, seed=1)) == [1, 4, 5]


def test_an_example_that_is_added_moves_few_of_the_others() -> None:
    of = groups(*[1] * 200)
    before = split(of, validation=0.1, test=0.1, seed=1)
    after = split([*of, b"new"], validation=0.1, test=0.1, seed=1)
    assert sum(a != b for a, b in zip(before, after, strict=False)) <= 2
