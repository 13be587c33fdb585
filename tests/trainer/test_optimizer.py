"""Steps of AdamW, and the rate they are done with."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from chatapp.core.training import TrainingSettings
from chatapp.workers.trainer.base import BaseModel, read_base
from chatapp.workers.trainer.batches import batch_of
from chatapp.workers.trainer.forward import Forward
from chatapp.workers.trainer.optimizer import CLIPPED_AT, Optimizer
from chatapp.workers.trainer.schedule import learning_rate
from tests.trainer.runs import examples
from tests.trainer.tiny import tiny


def rates(schedule: str, warmup: float, n_steps: int = 10) -> list[float]:
    settings = TrainingSettings(schedule=schedule, warmup=warmup, learning_rate=1.0)
    return [learning_rate(step, n_steps, settings) for step in range(1, n_steps + 1)]


def test_the_rate_rises_and_follows_its_schedule() -> None:
    assert rates("constant", 0.0) == [1.0] * 10
    assert rates("constant", 0.2) == [0.5] + [1.0] * 9
    assert rates("linear", 0.0) == pytest.approx([1 - 0.1 * done for done in range(10)])
    cosine = rates("cosine", 0.2)
    assert cosine[:3] == [0.5, 1.0, 1.0]
    assert cosine[6] == pytest.approx(0.5)
    assert cosine == sorted(cosine[:1]) + sorted(cosine[1:], reverse=True)
    assert cosine[-1] > 0


def fresh(folder: Path) -> BaseModel:
    path = tiny("llama").write(folder / "model.gguf")
    return read_base(str(path), TrainingSettings(rank=4), packed=False, device=torch.device("cpu"))


def test_batches_of_a_step_count_by_their_tokens(tmp_path: Path) -> None:
    """Two batches of unlike length make the step that one batch of all makes."""
    data, found = examples(), []
    settings = TrainingSettings(rank=4, weight_decay=0.1, warmup=0.0)
    for parts in ([(1,), (2,), (3,)],), ([(1,)], [(2,), (3,)]):
        base = fresh(tmp_path)
        optimizer, forward = Optimizer(base, settings, 10), Forward(base, half=False)
        batches = [batch_of(data, rows) for rows in parts]
        done = [optimizer.step(number, batches, forward) for number in (1, 2)]
        found.append((done, [part.detach().clone() for part in base.parameters()]))
    for one, other in zip(found[0][0], found[1][0], strict=True):
        assert (one.n_tokens, one.n_counted) == (other.n_tokens, other.n_counted)
        assert one.loss == pytest.approx(other.loss, rel=1e-6)
        assert one.grad_norm == pytest.approx(other.grad_norm, rel=1e-4)
    torch.testing.assert_close(found[0][1], found[1][1], rtol=1e-3, atol=1e-5)


def test_the_gradient_is_clipped_and_its_norm_told_as_it_was(tmp_path: Path) -> None:
    base = fresh(tmp_path)
    for layer in base.layers.values():
        torch.nn.init.normal_(layer.lora_b)
    done = Optimizer(base, TrainingSettings(rank=4), 10).step(
        1, [batch_of(examples(), [(1,)])], Forward(base, half=False)
    )
    norm = sum(float((part.grad**2).sum()) for part in base.parameters() if part.grad is not None) ** 0.5
    assert done.grad_norm > 2 * CLIPPED_AT
    assert norm == pytest.approx(CLIPPED_AT, rel=1e-3)


def test_a_step_whose_loss_is_no_number_changes_nothing(tmp_path: Path) -> None:
    base = fresh(tmp_path)
    with torch.no_grad():
        base.body.layers[1].input_layernorm.weight[0] = float("nan")
    before = [part.detach().clone() for part in base.parameters()]
    done = Optimizer(base, TrainingSettings(rank=4), 10).step(
        1, [batch_of(examples(), [(1,)])], Forward(base, half=False)
    )
    assert done.loss != done.loss
    assert all(torch.equal(one, other) for one, other in zip(before, base.parameters(), strict=True))
