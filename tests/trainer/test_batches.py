"""The order of examples, and rows of several of them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch

from chatapp.core.examples import PreparedExamples
from chatapp.core.training import Split, TrainingSettings
from chatapp.core.training_rows import rows_of
from chatapp.workers.trainer.base import read_base
from chatapp.workers.trainer.batches import TrainingOrder, batch_of, measured_batches, members
from chatapp.workers.trainer.forward import Forward
from tests.gguf_files import UINT32
from tests.trainer.runs import examples
from tests.trainer.tiny import tiny


def ids_of(order: TrainingOrder, step: int) -> list[list[int]]:
    return [batch.ids.flatten().tolist() for batch in order.batches(step)]


def test_the_order_follows_from_the_seed_and_each_epoch_has_another() -> None:
    data = examples(24)
    settings = TrainingSettings(batch=6, epochs=3, seed=4)
    order, again = TrainingOrder(data, settings), TrainingOrder(data, settings)
    assert order.n_steps == 9  # 18 examples
    steps = [ids_of(order, step) for step in range(1, 10)]
    assert steps == [ids_of(again, step) for step in range(1, 10)]
    assert steps[5] == ids_of(TrainingOrder(data, settings), 6)  # without those before
    assert steps[:3] != steps[3:6]
    assert ids_of(TrainingOrder(data, TrainingSettings(batch=6, epochs=3, seed=5)), 1) != steps[0]


@pytest.mark.parametrize("packing", [False, True])
def test_an_epoch_goes_through_every_example_once(packing: bool) -> None:
    data = examples(40)
    order = TrainingOrder(data, TrainingSettings(batch=3, accumulate=2, epochs=1, packing=packing, max_length=100))
    seen: Counter[int] = Counter()
    for step in range(1, order.n_steps + 1):
        seen.update(int(token) for batch in order.batches(step) for token in batch.targets)
    expected: Counter[int] = Counter()
    for place in members(data, Split.TRAIN):
        ids, counted = data.example(place)
        expected.update(int(token) for token in ids[1:][counted[1:]])
    assert seen == expected
    assert order.epochs(order.n_steps) == 1


def test_steps_are_counted_by_epochs_or_given() -> None:
    data = examples(24)  # 18 to train on
    assert TrainingOrder(data, TrainingSettings(batch=4, epochs=1)).n_steps == 5
    assert TrainingOrder(data, TrainingSettings(batch=4, accumulate=2, epochs=2)).n_steps == 5
    assert TrainingOrder(data, TrainingSettings(batch=4, epochs=0.25)).n_steps == 1
    many = TrainingOrder(data, TrainingSettings(batch=4, steps=40))
    assert many.n_steps == 40
    assert many.epochs(40) == 160 / 18


def test_rows_are_packed_within_the_limit_and_hold_everything() -> None:
    random = np.random.default_rng(1)
    lengths = {number: int(length) for number, length in enumerate(random.integers(5, 120, 300))}
    lengths[7] = 130  # longer than a row may be
    rows = rows_of(lengths, TrainingSettings(packing=True, max_length=100))
    assert sorted(place for row in rows for place in row) == list(range(300))
    filled = [sum(lengths[place] for place in row) for row in rows]
    assert all(total <= 100 or len(row) == 1 for total, row in zip(filled, rows, strict=True))
    assert len(rows) <= 1.1 * sum(lengths.values()) / 100


@pytest.mark.parametrize("architecture", ["llama", "gemma2", "gemma3", "phi3"])
def test_a_packed_row_has_the_loss_of_its_examples_alone(architecture: str, tmp_path: Path) -> None:
    file = tiny(architecture, tied=architecture != "phi3")
    if architecture.startswith("gemma"):
        file.set(f"{architecture}.attention.sliding_window", UINT32, 8)
        if architecture == "gemma3":
            file.set("gemma3.attention.sliding_window_pattern", UINT32, 2)
    base = read_base(str(file.write(tmp_path / "m.gguf")), TrainingSettings(), packed=False, device=torch.device("cpu"))
    forward, data = Forward(base, half=False), examples()
    with torch.no_grad():
        alone = [float(forward.loss(batch_of(data, [(place,)]))) for place in range(5)]
        side_by_side = float(forward.loss(batch_of(data, [(place,) for place in range(5)])))
        together = float(forward.loss(batch_of(data, [(0, 1, 2), (3, 4)])))
    assert side_by_side == pytest.approx(sum(alone), rel=1e-6)
    assert together == pytest.approx(sum(alone), rel=1e-6)


def test_measuring_sees_every_counted_token_of_its_part_once() -> None:
    data = examples(30)
    seen = [token for _, batch in measured_batches(data, Split.TEST, 4) for token in batch.targets.tolist()]
    expected = [int(t) for place in members(data, Split.TEST) for t in counted_tokens(data, place)]
    assert sorted(seen) == sorted(expected)
    shares = [share for share, _ in measured_batches(data, Split.TRAIN, 4)]
    assert shares[0] == 0
    assert shares == sorted(shares)


def counted_tokens(data: PreparedExamples, place: int) -> list[int]:
    ids, counted = data.example(place)
    return [int(token) for token, flag in zip(ids[1:], counted[1:], strict=True) if flag]
