"""What a run is said to need. The memory is held to the measured peak in tests/acceptance/test_training.py."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from chatapp.core.gguf import GgufHeader
from chatapp.core.model_file import checked_header
from chatapp.core.training import TrainingSettings
from chatapp.core.training_estimate import DataSize, adapter_numbers, chosen_mode, memory_bytes, training_estimate
from chatapp.core.training_rows import rows_of, steps_between_evaluations
from tests.gguf_files import N_FF, tiny_model

SETTINGS = TrainingSettings(rank=4, batch=4, epochs=2)
DATA = DataSize(lengths=(20,) * 40, counted=400, measured=200, measured_counted=100, validation=0.5)


@pytest.fixture
def header(tmp_path: Path) -> GgufHeader:
    return checked_header(str(tiny_model().write(tmp_path / "model.gguf")))


def estimate(header: GgufHeader, settings: TrainingSettings, data: DataSize = DATA, *, flops: float = 1e9) -> float:
    found = training_estimate(header, settings, data, free_bytes=8 << 30, flops_per_second=flops)
    return found.seconds


def test_trained_numbers_are_those_of_a_and_b(header: GgufHeader) -> None:
    shapes = [(32, 32), (32, 16), (32, 16), (32, 32)]
    mlp = [(32, N_FF), (32, N_FF), (N_FF, 32)]
    assert adapter_numbers(header, SETTINGS) == 4 * sum(a + b for a, b in shapes + mlp)
    assert adapter_numbers(header, replace(SETTINGS, targets="attention")) == 4 * sum(a + b for a, b in shapes)


def test_memory_grows_with_what_is_computed_at_once(header: GgufHeader) -> None:
    base = memory_bytes(header, SETTINGS, 100, packed=False)
    assert memory_bytes(header, replace(SETTINGS, batch=8), 100, packed=False) > base
    assert memory_bytes(header, SETTINGS, 200, packed=False) > base
    assert memory_bytes(header, replace(SETTINGS, rank=64), 100, packed=False) > base


def test_auto_takes_dense_where_it_fits(header: GgufHeader) -> None:
    needed = memory_bytes(header, SETTINGS, 100, packed=False)
    assert chosen_mode(header, SETTINGS, 100, 2 * needed) == "dense"
    assert chosen_mode(header, SETTINGS, 100, needed) == "packed"  # nothing would be left
    assert chosen_mode(header, replace(SETTINGS, memory="dense"), 100, 1) == "dense"


def test_steps_and_time_follow_from_data_and_settings(header: GgufHeader) -> None:
    found = training_estimate(header, SETTINGS, DATA, free_bytes=8 << 30, flops_per_second=0.0)
    assert (found.n_steps, found.seconds, found.mode, found.free_bytes) == (20, 0.0, "dense", 8 << 30)
    assert estimate(header, SETTINGS, flops=2e9) == pytest.approx(estimate(header, SETTINGS) / 2)
    assert estimate(header, replace(SETTINGS, minutes=0.5), flops=1.0) == 30.0
    assert estimate(header, replace(SETTINGS, minutes=0.5), flops=1e15) == estimate(header, SETTINGS, flops=1e15)
    assert estimate(header, replace(SETTINGS, epochs=4)) > 1.6 * estimate(header, SETTINGS)
    assert estimate(header, replace(SETTINGS, memory="packed")) > 1.1 * estimate(header, SETTINGS)
    uneven = replace(DATA, lengths=(10, 30) * 20)  # as many tokens, more of them padding
    assert estimate(header, SETTINGS, uneven) > 1.1 * estimate(header, SETTINGS)
    packing = replace(SETTINGS, packing=True, max_length=40)
    assert estimate(header, packing, uneven) < estimate(header, SETTINGS, uneven)


def test_rows_and_evaluations_are_counted() -> None:
    assert rows_of({3: 5, 7: 5}, SETTINGS) == [(3,), (7,)]
    assert rows_of({3: 5, 7: 6, 8: 4}, replace(SETTINGS, packing=True, max_length=10)) == [(7, 8), (3,)]
    assert steps_between_evaluations(95, SETTINGS) == 10
    assert steps_between_evaluations(3, SETTINGS) == 1
    assert steps_between_evaluations(95, replace(SETTINGS, evaluate_every=7)) == 7
