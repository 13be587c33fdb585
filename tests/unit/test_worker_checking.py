"""When an adapter is believed: the engine near the trainer, and its old self again without it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from chatapp.core.examples import PreparedExamples, TokenizedExample
from chatapp.core.models import AdapterSpec
from chatapp.core.training import Losses, Split, StopReason, TrainedAdapter
from chatapp.protocol.engine import ExamplesScored, PromptProgress
from chatapp.workers.client import EngineClient
from chatapp.workers.finetune.checking import Checked, check, held_out, longest_checked

Loss = Callable[[bool, int], float]
"""(with the adapter, how many requests came before) -> loss of a token"""


class FakeEngine:
    def __init__(self, loss: Loss, kl: float) -> None:
        self._loss, self._kl = loss, kl
        self._adapted, self.references, self.n_asked = False, list[str](), 0

    def use_adapters(self, adapters: Sequence[AdapterSpec]) -> None:
        self._adapted = bool(adapters)

    def score_examples(
        self, examples: Sequence[TokenizedExample], reference: str = ""
    ) -> Iterator[PromptProgress | ExamplesScored]:
        self.references.append(reference)
        loss = self._loss(self._adapted, self.n_asked)
        self.n_asked += 1
        n_counted = tuple(sum(example.counted) for example in examples)
        yield PromptProgress(request_id=1, done=0, total=1)
        yield ExamplesScored(
            request_id=1, nll=tuple(n * loss for n in n_counted), n_counted=n_counted,
            kl_mean=self._kl if reference else 0.0, n_compared=4 if reference else 0,
        )  # fmt: skip


def examples_of(*splits: Split) -> PreparedExamples:
    ids = np.arange(4, dtype="<i4").tobytes()
    example = TokenizedExample(ids=ids, counted=b"\0\1\1\1")
    return PreparedExamples.of([example] * len(splits), [split.value for split in splits], range(len(splits)))


def checked(
    folder: Path, loss: Loss, *, trainer: float, kl: float = 1e-4, n_test: int = 40
) -> tuple[Checked, FakeEngine]:
    examples = examples_of(Split.TRAIN, *[Split.TEST] * n_test, Split.UNSEEN)
    losses = Losses(test=trainer, unseen=trainer)
    trained = TrainedAdapter(
        adapter="a.gguf", n_steps=1, best_step=1, stopped=StopReason.DONE, before=losses, after=losses, seconds=1.0,
        tokens_per_second=1.0, peak_bytes=1, mode="dense", device="cpu",
    )  # fmt: skip
    np.save(folder / "reference.npy", np.zeros((100, 8), dtype=np.float32))
    engine = FakeEngine(loss, kl)
    told: list[float] = []
    found = check(cast(EngineClient, engine), examples, trained, folder / "reference.npy", told.append)
    assert told == sorted(told)
    return found, engine


@pytest.mark.parametrize(
    ("adapted", "trainer", "kl", "ok"),
    [
        (1.0, 1.0, 1e-4, True),
        (1.019, 1.0, 1e-4, True),
        (1.021, 1.0, 1e-4, False),
        (0.104, 0.1, 1e-4, True),  # 4 percent, and yet next to nothing
        (0.106, 0.1, 1e-4, False),
        (1.0, 1.0, 0.02, False),
        (1.0, 1.0, math.nan, False),
        (math.nan, 1.0, 1e-4, False),
    ],
)
def test_near_in_loss_and_distribution_is_near_enough(
    tmp_path: Path, adapted: float, trainer: float, kl: float, ok: bool
) -> None:
    found, _ = checked(tmp_path, lambda has_adapter, _n: adapted if has_adapter else 3.0, trainer=trainer, kl=kl)
    assert found.parity is not None
    assert found.parity.ok is ok
    assert found.before.test == pytest.approx(3.0)


def test_an_engine_that_is_not_itself_again_is_not_believed(tmp_path: Path) -> None:
    found, _ = checked(tmp_path, lambda adapter, n: 1.0 if adapter else 3.0 + (1e-9 if n > 6 else 0.0), trainer=1.0)
    assert found.parity is not None
    assert not found.parity.ok


def test_the_reference_goes_with_as_many_examples_as_it_has_rows(tmp_path: Path) -> None:
    found, engine = checked(tmp_path, lambda adapter, _n: 1.0, trainer=1.0, n_test=80)
    assert [bool(path) for path in engine.references].count(True) == 1
    assert found.parity is not None
    assert found.parity.n_tokens == 4
    assert found.engine.unseen == pytest.approx(1.0)
    assert found.engine.validation is None


def test_what_is_held_out() -> None:
    assert held_out(examples_of(Split.TRAIN)) is None
    assert held_out(examples_of(Split.TRAIN, Split.UNSEEN)) is Split.UNSEEN
    assert held_out(examples_of(Split.VALIDATION, Split.UNSEEN)) is Split.VALIDATION
    assert held_out(examples_of(Split.VALIDATION, Split.TEST)) is Split.TEST
    assert longest_checked(examples_of(Split.TRAIN)) == 0
    assert longest_checked(examples_of(Split.TRAIN, Split.TEST)) == 4
