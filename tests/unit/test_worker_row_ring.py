"""The kept rows of logits: how many there are, and which of them were computed again."""

from __future__ import annotations

import numpy as np
import pytest

from chatapp.core.distribution import Distribution
from chatapp.workers.engine.llama.row_ring import RowRing

N_VOCAB = 1000


def of(logits: np.ndarray) -> Distribution:  # type: ignore[type-arg]
    distribution = Distribution(N_VOCAB)
    distribution.shift(logits.astype(np.float32))
    return distribution


@pytest.mark.parametrize(("spread", "count"), [(0.1, 10), (1e4, 49)])
def test_exact_values_count_too(spread: float, count: int) -> None:
    """A flat row has all of its values kept exactly, 8 bytes each beside the 2, a steep one next to none."""
    ring = RowRing(N_VOCAB, most_bytes=100_000)
    for key in range(100):
        ring.keep(key, of(np.linspace(0.0, spread, N_VOCAB)))
    assert len(ring) == count
    assert ring.row(99) is not None
    assert ring.row(99 - count) is None
    ring.keep(100, of(np.zeros(N_VOCAB)))
    assert sum(row.n_bytes for row in ring._rows.values()) == ring._n_bytes <= 100_000


def test_a_row_larger_than_all_is_the_only_one() -> None:
    ring = RowRing(N_VOCAB, most_bytes=1)
    for key in (1, 2, 2):
        ring.keep(key, of(np.zeros(N_VOCAB)))
    assert len(ring) == 1
    assert ring.row(2) is not None


def test_a_replys_own_row_takes_the_place_of_a_replayed_one() -> None:
    ring = RowRing(N_VOCAB)
    rows = [np.random.default_rng(at).normal(0.0, 5.0, N_VOCAB) for at in range(3)]

    def kept() -> tuple[int, bool]:
        found = ring.row(7)
        assert found is not None
        return [np.allclose(found[0], row, atol=3e-2) for row in rows].index(True), found[1]

    ring.keep(7, of(rows[0]), replayed=True)
    assert kept() == (0, True)
    ring.keep_exact(7, rows[1].astype(np.float32))
    assert kept() == (1, True)
    ring.keep(7, of(rows[2]))
    assert kept() == (2, False)
    ring.keep(7, of(rows[0]), replayed=True)
    assert kept() == (2, False)
