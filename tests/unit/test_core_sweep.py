"""A sweep: reading temperatures, the order of its lanes, what counts, the time left."""

from __future__ import annotations

import csv
import io

import pytest

from chatapp.core.comparison import ComparedPrompt, Comparison, LaneResult, LaneState
from chatapp.core.errors import AppError, ErrorKind
from chatapp.core.generation import FinishReason, Token
from chatapp.core.sampling import SamplingSettings
from chatapp.core.sweep import (
    MOST_TEMPERATURES,
    csv_of,
    mean_of,
    part_done,
    points_of,
    samplings_of,
    seconds_left,
    temperatures_of,
)
from tests.builders import token_record

LENGTH, STOP, CANCELLED = FinishReason.LENGTH, FinishReason.STOP, FinishReason.CANCELLED


def lane(
    temperature: float,
    ids: str,
    *,
    p: float = 0.5,
    state: LaneState = LaneState.ENDED,
    reason: FinishReason | None = LENGTH,
) -> LaneResult:
    """A token per character."""
    tokens = tuple(
        Token(lane=0, index=at, id=ord(c), text=c, data=c.encode(), record=token_record(p)) for at, c in enumerate(ids)
    )
    sampling = SamplingSettings(temperature=temperature, seed=1, max_tokens=8)
    return LaneResult(sampling=sampling, state=state, tokens=tokens, text=ids, finish_reason=reason)


def comparison(*lanes: LaneResult) -> Comparison:
    return Comparison(prompt=ComparedPrompt(text="x"), model="/m.gguf", lanes=lanes)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("0 0.5 1", (0.0, 0.5, 1.0)),
        (" 1.5,0;2 ", (0.0, 1.5, 2.0)),
        ("1，0", (0.0, 1.0)),
        ("5", (5.0,)),
        ("-0 1", (0.0, 1.0)),
        ("1e-1", (0.1,)),
    ],
)
def test_temperatures_are_read_in_order(text: str, found: tuple[float, ...]) -> None:
    assert temperatures_of(text) == found
    assert str(temperatures_of(text)[0]) != "-0.0"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0 warm 1", "warm is not"),
        ("0 -1", "-1"),
        ("5.1", "5.1"),
        ("nan", "nan"),
        ("inf", "inf"),
        ("0.5 .5", "0.5 is there twice"),
        ("  ", "0 temperatures"),
        (" ".join(str(n / 10) for n in range(MOST_TEMPERATURES + 1)), f"{MOST_TEMPERATURES + 1} temperatures"),
    ],
)
def test_what_is_no_list_of_temperatures_is_said_in_words(text: str, said: str) -> None:
    with pytest.raises(AppError) as problem:
        temperatures_of(text)
    assert problem.value.info.kind is ErrorKind.BAD_INPUT
    assert said in problem.value.info.message


def test_every_temperature_gets_its_first_seed_first() -> None:
    base = SamplingSettings(top_k=7, seed=99)
    lanes = samplings_of(base, (0.0, 1.0), seeds=3, max_tokens=5)
    assert [(s.seed, s.temperature) for s in lanes] == [(1, 0.0), (1, 1.0), (2, 0.0), (2, 1.0), (3, 0.0), (3, 1.0)]
    assert {(s.top_k, s.max_tokens) for s in lanes} == {(7, 5)}


def test_a_point_has_the_figures_of_its_lanes() -> None:
    low, high = points_of(
        comparison(
            lane(1.0, "abcdefgh", p=0.25), lane(0.0, "abababab"), lane(1.0, "ijklmnop", p=0.125), lane(0.0, "abababab")
        )
    )
    assert (low.temperature, low.n, high.temperature, high.n) == (0.0, 2, 1.0, 2)
    assert low.self_bleu == pytest.approx(100.0)
    assert high.self_bleu is not None
    assert high.self_bleu < 10
    assert low.distinct_2 is not None
    assert low.distinct_2.value == pytest.approx(2 / 7)
    assert low.distinct_2.interval == pytest.approx((2 / 7, 2 / 7))
    assert high.distinct_2 is not None
    assert high.distinct_2.value == 1.0
    assert high.perplexity is not None
    assert high.perplexity.value == pytest.approx(6.0)  # of 4 and 8
    # t of one degree of freedom is 12.706; the standard error of 4 and 8 is 2
    assert high.perplexity.interval == pytest.approx((6 - 25.412, 6 + 25.412), abs=1e-2)


def test_lanes_that_did_not_come_to_their_end_do_not_count() -> None:
    (point,) = points_of(
        comparison(
            lane(1.0, "abcd", reason=STOP),
            lane(1.0, "aaaa", reason=CANCELLED),
            lane(1.0, "aaaa", state=LaneState.WRITING, reason=None),
            lane(1.0, "aaaa", state=LaneState.FAILED, reason=None),
            lane(1.0, "aaaa", state=LaneState.INTERRUPTED, reason=None),
        )
    )
    assert (point.lanes, point.n) == (5, 1)
    assert point.distinct_1 is not None
    assert (point.distinct_1.value, point.distinct_1.interval) == (1.0, None)
    assert point.self_bleu is None


def test_a_temperature_without_lanes_at_their_end_has_a_point_without_figures() -> None:
    (point,) = points_of(comparison(lane(1.0, "", state=LaneState.WAITING, reason=None)))
    assert (point.n, point.perplexity, point.distinct_2, point.self_bleu) == (0, None, None, None)
    assert points_of(comparison()) == []


def test_what_is_not_known_is_no_part_of_a_mean() -> None:
    mean = mean_of([1.0, None, 3.0])
    assert mean is not None
    assert (mean.value, mean.n) == (2.0, 2)
    assert mean_of([None]) is None


def test_the_csv_has_a_row_per_temperature() -> None:
    text = csv_of(points_of(comparison(lane(0.5, "abab"), lane(0.5, "abcd"), lane(1.0, "", reason=CANCELLED))))
    assert text.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"))))
    assert [(row["temperature"], row["n"]) for row in rows] == [("0.5", "2"), ("1.0", "0")]
    assert float(rows[0]["distinct_1_mean"]) == pytest.approx(0.75)
    assert float(rows[0]["distinct_1_low"]) < 0.75 < float(rows[0]["distinct_1_high"])
    assert float(rows[0]["self_bleu"]) > 0
    assert (rows[1]["distinct_1_mean"], rows[1]["perplexity_low"], rows[1]["self_bleu"]) == ("", "", "")


def test_the_time_left_follows_from_what_was_done_since() -> None:
    lanes = [
        lane(0.0, "ab", reason=STOP),
        lane(0.0, "abcd", state=LaneState.WRITING, reason=None),
        lane(0.0, "", state=LaneState.WAITING, reason=None),
        lane(0.0, "", state=LaneState.FAILED, reason=None),
    ]
    assert part_done(lanes, [2, 4, 0, 0]) == pytest.approx((1 + 4 / 8 + 0 + 1) / 4)
    assert part_done([], []) == 0.0
    assert seconds_left(0.25, 0.5, 10.0) == pytest.approx(20.0)
    assert seconds_left(0.5, 0.5, 10.0) is None
    assert seconds_left(0.0, 1.0, 3.0) == 0.0
