"""A lane that can't go on fails alone; one whose logits are no numbers takes the others along."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chatapp.core.errors import AppError, error
from chatapp.core.models import LoadSpec
from chatapp.core.sampling import SamplingSettings
from chatapp.core.sampling_sentences import GRAMMAR_DEAD_END, LOGITS_BROKEN
from chatapp.protocol.engine import Compare, Compared, LaneFailed, LaneFinished, RawPrompt, TokensEmitted
from chatapp.workers.engine.cancel import CancelFlag
from chatapp.workers.engine.llama.engine import LlamaEngine
from chatapp.workers.engine.llama.sampler import SamplerChain
from tests.lane_requests import starts

pytestmark = pytest.mark.model
GREEDY = SamplingSettings(temperature=0.0, seed=1, max_tokens=8)
FAILING = replace(GREEDY, top_k=7)


@pytest.fixture(scope="module")
def llama(starter_model: Path) -> Iterator[LlamaEngine]:
    engine = LlamaEngine(CancelFlag())
    engine.load(LoadSpec(path=str(starter_model), n_ctx=512, n_threads=1), lambda _fraction: None)
    yield engine
    engine._unload()


def fail_at(monkeypatch: pytest.MonkeyPatch, problem: AppError, count: int) -> None:
    """The chain with FAILING's settings can draw `count` tokens."""
    draw, drawn = SamplerChain.draw, list[int]()

    def failing(chain: SamplerChain, logits: Any) -> int:
        if chain._top_k == FAILING.top_k:
            if len(drawn) == count:
                raise problem
            drawn.append(1)
        return draw(chain, logits)

    monkeypatch.setattr(SamplerChain, "draw", failing)


def events_of(llama: LlamaEngine) -> Iterator[object]:
    lanes = tuple(starts(GREEDY, FAILING, GREEDY))
    return llama.compare(Compare(request_id=1, prompt=RawPrompt(text="Once upon a time"), lanes=lanes, probs=2))


def test_it_fails_alone_and_keeps_what_it_wrote(llama: LlamaEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = {event.lane: event.text for event in events_of(llama) if isinstance(event, LaneFinished)}
    fail_at(monkeypatch, error(GRAMMAR_DEAD_END), 3)
    events = list(events_of(llama))
    failed = [event for event in events if isinstance(event, LaneFailed)]
    assert [(event.lane, event.error.text) for event in failed] == [(1, GRAMMAR_DEAD_END.text)]
    assert {event.lane: event.text for event in events if isinstance(event, LaneFinished)} == {0: whole[0], 2: whole[2]}
    assert isinstance(events[-1], Compared)
    counts = dict.fromkeys(range(3), 0)
    for event in events:
        if isinstance(event, TokensEmitted):
            assert all(token.record is not None for token in event.tokens)
            counts[event.lane] += len(event.tokens)
    assert counts[1] == 3
    assert events[-1].n_tokens == sum(counts.values())


def test_broken_logits_end_all_and_the_next_begin_anew(llama: LlamaEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = {event.lane: event.text for event in events_of(llama) if isinstance(event, LaneFinished)}
    with monkeypatch.context() as patched:
        fail_at(patched, error(LOGITS_BROKEN), 2)
        found: list[object] = []
        with pytest.raises(AppError):
            found.extend(events_of(llama))
    assert {event.lane: event.text for event in events_of(llama) if isinstance(event, LaneFinished)} == whole
