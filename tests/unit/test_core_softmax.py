"""A step written out, from what the worker tells of it."""

from __future__ import annotations

import numpy as np
import pytest

from chatapp.core.softmax import softmax_of
from chatapp.core.token_record import Alternatives, Candidate, TokenRecord


@pytest.mark.parametrize("temperature", [0.05, 0.7, 1.0, 5.0])
def test_every_column_is_that_of_the_formula(temperature: float) -> None:
    logits = np.random.default_rng(1).normal(3.0, 4.0, 1000).astype(np.float32).astype(np.float64)
    order = np.argsort(-logits)[:20]
    p, scaled = (np.exp((logits - logits.max()) / t) for t in (1.0, temperature))
    log_total = float(logits.max() + np.log(p.sum()))
    p, total, scaled = p / p.sum(), scaled.sum(), scaled / scaled.sum()
    top = tuple(
        Candidate(id=int(at), data=b"", logprob=float(logits[at]) - log_total, p_sampled=float(scaled[at]))
        for at in order
    )
    record = TokenRecord(
        logprob=top[0].logprob, entropy=2.0, rank=0, p_sampled=top[0].p_sampled,
        alternatives=Alternatives.of(top, log_total), others_p=float(1 - p[order].sum()),
        others_p_sampled=float(1 - scaled[order].sum()), log_total=log_total,
    )  # fmt: skip
    step = softmax_of(record, 1.5, temperature)
    assert (step.entropy, step.entropy_scaled, step.temperature) == (2.0, 1.5, temperature)
    assert step.total == pytest.approx(total)
    for row, at in zip(step.rows, order, strict=True):
        assert row.logit == pytest.approx(logits[at])
        assert row.scaled == pytest.approx(logits[at] / temperature)
        assert row.weight == pytest.approx(np.exp((logits[at] - logits.max()) / temperature))
        assert row.weight / step.total == pytest.approx(row.p_scaled)
        assert row.p == pytest.approx(p[at])
