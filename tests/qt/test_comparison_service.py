"""The comparison service in the states between: giving way, stopped while it waits, another model, batches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from chatapp.core.comparison import LANES_AT_ONCE, ComparedPrompt, LaneState
from chatapp.core.errors import ErrorInfo, error
from chatapp.core.generation import FinishReason
from chatapp.core.sampling import SamplingSettings
from chatapp.core.sentences import CANCELLED, LANES_NOT_FITTING, LANES_OF_OTHER_MODEL, WORKER_DIED
from chatapp.services.comparison import ComparisonService
from chatapp.ui.theme import Theme
from tests.fakes.comparisons import Parts

PROMPT = ComparedPrompt(text="Once")


@pytest.fixture
def parts(light: Theme, qtbot: QtBot) -> Iterator[Parts]:
    parts = Parts(light)
    yield parts
    parts.background.close()


def start(parts: Parts, count: int) -> ComparisonService:
    parts.service.start(PROMPT, [SamplingSettings(seed=n) for n in range(count)], 2)
    return parts.service


def give_way(parts: Parts) -> None:
    """A reply of a chat begins; the lanes end as an engine ends them."""
    parts.replies.writing = object()
    parts.replies.started.emit(object())


def ended(parts: Parts, *texts: str) -> None:
    for lane, text in enumerate(texts):
        parts.inference.end_lane(lane, text, FinishReason.CANCELLED)
    parts.inference.end()


def states(service: ComparisonService) -> list[LaneState]:
    return [lane.state for lane in service.comparison.lanes]


def test_lanes_stopped_while_they_wait_keep_their_text(parts: Parts) -> None:
    service = start(parts, 2)
    parts.inference.write(0, "one", " two")
    parts.inference.write(1, "uno")
    give_way(parts)
    ended(parts, "one two", "uno")
    assert states(service) == [LaneState.WAITING] * 2
    service.cancel_lane(1)
    service.cancel()
    for lane, text in zip(service.comparison.lanes, ("one two", "uno"), strict=True):
        assert (lane.state, lane.finish_reason, lane.text) == (LaneState.ENDED, FinishReason.CANCELLED, text)
    kept = parts.store.kept[service.comparison_id]
    assert [lane.text for lane in kept.lanes] == ["one two", "uno"]


def test_they_go_on_by_themselves_from_what_they_have(parts: Parts) -> None:
    service = start(parts, 2)
    parts.inference.write(0, "one", " two")
    give_way(parts)
    ended(parts, "one two", "")
    parts.replies.writing = None
    parts.replies.queue_changed.emit()
    assert [len(lane.before) for lane in parts.inference.asked[-1].lanes] == [2, 0]
    assert states(service) == [LaneState.WRITING] * 2


def test_a_lane_that_a_person_stopped_does_not_go_on_after_a_reply(parts: Parts) -> None:
    service = start(parts, 2)
    parts.inference.write(0, "one")
    service.cancel_lane(0)
    give_way(parts)
    ended(parts, "one", "")
    assert states(service) == [LaneState.ENDED, LaneState.WAITING]


def test_a_request_that_had_not_begun_waits_as_well(parts: Parts) -> None:
    service = start(parts, 2)
    give_way(parts)
    parts.inference.fail(error(CANCELLED).info)
    assert states(service) == [LaneState.WAITING] * 2


def test_a_worker_that_dies_interrupts_also_what_gave_way(parts: Parts) -> None:
    service = start(parts, 2)
    parts.inference.write(0, "one")
    parts.inference.fail(error(WORKER_DIED, path="m", outcome="o").info)
    assert states(service) == [LaneState.INTERRUPTED] * 2
    assert service.comparison.lanes[0].text == "one"


def test_no_lane_goes_on_with_another_model(parts: Parts) -> None:
    service = start(parts, 2)
    parts.inference.write(0, "one")
    told: list[ErrorInfo] = []
    service.failed.connect(told.append)
    give_way(parts)
    ended(parts, "one", "")
    parts.inference.status.path = "/another.gguf"
    parts.replies.writing = None
    parts.replies.queue_changed.emit()
    assert states(service) == [LaneState.INTERRUPTED] * 2
    assert [info.text for info in told] == [LANES_OF_OTHER_MODEL.text]
    service.resume(2)
    assert len(parts.inference.asked) == 1
    parts.inference.status.path = "/model.gguf"
    service.resume(2)
    assert len(parts.inference.asked) == 2


def test_lanes_without_a_token_may_have_any_model(parts: Parts) -> None:
    service = start(parts, 2)
    parts.inference.fail(error(WORKER_DIED, path="m", outcome="o").info)
    parts.inference.status.path = "/another.gguf"
    service.resume(2)
    assert len(parts.inference.asked) == 2
    assert service.comparison.model == "/another.gguf"
    assert parts.store.kept[service.comparison_id].model == "/another.gguf"  # or a reopened one could not go on


def test_sixteen_lanes_are_asked_for_at_once_and_those_of_a_sweep_in_batches(parts: Parts) -> None:
    start(parts, 16)
    assert len(parts.inference.asked[-1].lanes) == 16
    made: Any = ComparisonService
    writes = type("Writes", (), {"write": staticmethod(lambda _what, work: work())})()
    sweep = made(parts.store, parts.inference, parts.replies, writes, sweeps=True)
    sweep.start(PROMPT, [SamplingSettings(seed=n) for n in range(20)], 1)
    assert len(parts.inference.asked[-1].lanes) == LANES_AT_ONCE
    info = error(LANES_NOT_FITTING, lanes=8, needed=9, prompt=1, n_ctx=5, fitting=3).info
    parts.inference.fail(info)
    assert len(parts.inference.asked[-1].lanes) == 3  # as many as fit
    assert sweep.is_running


def test_lanes_that_do_not_fit_are_told_so(parts: Parts) -> None:
    service = start(parts, 4)
    told: list[ErrorInfo] = []
    service.failed.connect(told.append)
    parts.inference.fail(error(LANES_NOT_FITTING, lanes=4, needed=9, prompt=1, n_ctx=5, fitting=3).info)
    assert [info.params["fitting"] for info in told] == ["3"]
    assert not service.is_running


def test_it_is_stored_that_lanes_were_written_one_after_another(parts: Parts) -> None:
    service = start(parts, 2)
    for lane in range(2):
        parts.inference.end_lane(lane, "x")
    parts.inference.end(together=False)
    assert not parts.store.kept[service.comparison_id].together


def test_a_chat_is_saved_before_lanes_fill_what_the_model_has_read(parts: Parts) -> None:
    told: list[int] = []
    parts.service.begins.connect(lambda: told.append(len(parts.inference.asked)))
    start(parts, 2)
    assert told == [0]
