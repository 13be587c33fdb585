"""The course of a training run: read from a log, smoothed, judged, exported."""

from __future__ import annotations

import csv
import json
import math
import struct

import numpy as np
import pytest

from chatapp.core.run_course import Evaluation, RunCourse, SampleReply, best_step, over_fits_from
from chatapp.core.run_export import card_of, csv_of, tensorboard_of
from chatapp.core.tensorboard import crc32c, events_of
from chatapp.core.training import Losses, Parity, RunResult, RunSpec, StopReason, TrainedAdapter


def step_line(step: int, loss: float = 1.0, **more: object) -> bytes:
    values = {"type": "step", "step": step, "epoch": 0.1, "loss": loss, "lr": 2e-4, "grad_norm": 1.0, **more}
    return json.dumps(values).encode() + b"\n"


def eval_line(step: int, val_loss: float | None) -> bytes:
    return json.dumps({"type": "eval", "step": step, "train_loss": 1.0, "val_loss": val_loss}).encode() + b"\n"


def course_of(*lines: bytes) -> RunCourse:
    course = RunCourse()
    course.read(b"".join(lines))
    return course


def evaluations(*losses: float | None) -> list[Evaluation]:
    return [Evaluation(step=10 * place, val_loss=loss) for place, loss in enumerate(losses)]


def result(*, ok: bool = True) -> RunResult:
    trained = TrainedAdapter(
        adapter="/r/adapter.gguf", n_steps=40, best_step=20, stopped=StopReason.DONE,
        before=Losses(validation=2.0), after=Losses(validation=1.0), seconds=5.0, tokens_per_second=100.0,
        peak_bytes=1, mode="dense", device="cpu",
    )  # fmt: skip
    parity = Parity(
        trainer_loss=1.0, engine_loss=1.0, loss_relative=0.0, kl_mean=1e-4, kl_max=1e-3, n_tokens=9, ok=ok
    )  # fmt: skip
    return RunResult(trained=trained, parity=parity)


def test_a_log_is_read() -> None:
    sample = json.dumps({"type": "sample", "step": 1, "prompt": "p", "text": "t"}).encode() + b"\n"
    course = course_of(eval_line(0, 3.0), step_line(1, 2.5, n_steps=9), step_line(2, 2.0), sample, eval_line(2, 1.5))
    assert course.values("step").tolist() == [1.0, 2.0]
    assert course.values("loss").tolist() == [2.5, 2.0]
    assert course.n_steps == 9
    assert course.samples == [SampleReply(step=1, prompt="p", text="t")]
    steps, losses = course.validation()
    assert (steps.tolist(), losses.tolist()) == ([0.0, 2.0], [3.0, 1.5])


@pytest.mark.parametrize(
    "line",
    [
        b'{"type": "step", "step": 3, "lo',  # torn
        b"\x00\xff\xfe not json\n",
        b"[1, 2]\n",
        b'{"type": "step"}\n',
        b'{"type": "step", "step": "3"}\n',
        b'{"type": "step", "step": true}\n',
        b'{"type": "step", "step": 1e400}\n',
        b'{"type": "step", "step": -1}\n',
        b'{"type": ["step"], "step": 3}\n',
        b'{"type": "eval", "step": null}\n',
        b"[" * 100_000 + b"\n",
        b"\n\n",
    ],
)
def test_a_damaged_line_costs_only_itself(line: bytes) -> None:
    course = course_of(step_line(1), line, step_line(2)) if line.endswith(b"\n") else course_of(step_line(1), line)
    assert course.values("step").tolist() == ([1.0, 2.0] if line.endswith(b"\n") else [1.0])
    assert course.evaluations == []


def test_values_that_are_no_numbers_leave_a_gap() -> None:
    course = course_of(step_line(1, 2.0), b'{"type": "step", "step": 2, "loss": "?", "lr": NaN}\n', step_line(3, 2.0))
    assert math.isnan(course.values("loss")[1])
    assert math.isnan(course.values("lr")[1])
    assert np.isfinite(course.values("smoothed")).all()


def test_the_smoothed_loss_begins_at_the_first_and_follows_slowly() -> None:
    course = course_of(step_line(1, 4.0), step_line(2, 0.0))
    first, second = course.values("smoothed")
    assert first == pytest.approx(4.0)
    assert second == pytest.approx((0.9 * 0.1 * 4.0) / (1 - 0.9**2))
    assert course_of(*(step_line(n, 3.0) for n in range(1, 50))).values("smoothed") == pytest.approx([3.0] * 49)


def test_after_a_resume_the_steps_done_again_count() -> None:
    lines = [step_line(n, 5.0) for n in (1, 2, 3, 4)]
    course = course_of(*lines, eval_line(2, 2.0), eval_line(4, 1.0), step_line(3, 7.0))
    assert course.values("step").tolist() == [1.0, 2.0, 3.0]
    assert course.values("loss").tolist() == [5.0, 5.0, 7.0]
    assert [entry.step for entry in course.evaluations] == [2]


def test_an_error_counts_only_until_training_goes_on() -> None:
    failed = b'{"type": "error", "message": "No memory."}\n'
    assert course_of(step_line(1), failed).error == "No memory."
    assert course_of(step_line(1), failed, step_line(2)).error == ""


@pytest.mark.parametrize(
    ("losses", "wanted"),
    [
        ((), None),
        ((3.0, 2.0, 1.0), None),
        ((3.0, 1.0, 1.5), None),  # one evaluation says little
        ((3.0, 1.0, 1.5, 1.6), 10),
        ((3.0, 1.0, 1.002, 1.6), None),
        ((3.0, 1.0, 1.5, 0.9), None),
        ((3.0, None, 1.0, 1.1, None, 1.2), 20),
    ],
)
def test_over_fitting_is_a_rise_for_good(losses: tuple[float | None, ...], wanted: int | None) -> None:
    assert over_fits_from(evaluations(*losses)) == wanted


def test_the_best_step_has_the_lowest_validation_loss() -> None:
    assert best_step(evaluations(3.0, 1.0, 2.0)) == 10
    assert best_step(evaluations(None, None)) is None


def test_the_log_as_csv() -> None:
    course = course_of(eval_line(0, 3.0), step_line(1, 2.5), step_line(2, 2.0, memory_bytes=5), eval_line(2, 1.5))
    data = csv_of(course)
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(data.decode("utf-8-sig").splitlines()))
    assert [(row["step"], row["loss"], row["val_loss"]) for row in rows] == [
        ("0", "", "3.0"), ("1", "2.5", ""), ("2", "2.0", "1.5"),
    ]  # fmt: skip
    assert [row["memory_bytes"] for row in rows] == ["", "", "5.0"]


def test_the_card_names_losses_settings_and_the_engine() -> None:
    spec = RunSpec(model="/m/smol.gguf", data="/d/cities.jsonl")
    card = card_of(spec, result())
    assert "| validation | 2.0000 | 1.0000 | 7.3891 | 2.7183 | – |" in card
    assert "| rank | 16 |" in card
    assert "NOT" not in card
    assert "NOT the same" in card_of(spec, result(ok=False))
    assert card_of(spec, result(), "# Theirs\n").startswith("# Theirs\n\nTrainer beside llama.cpp")


def test_the_checksum_is_crc32c() -> None:
    assert crc32c(b"123456789") == 0xE3069283  # the check value of CRC-32C
    assert crc32c(b"\x00" * 32) == 0x8A9136AA  # RFC 3720, B.4
    assert crc32c(b"") == 0


def test_events_are_as_tensorflow_writes_them() -> None:
    data = events_of([("train/loss", 300, 1.5)], 1.0)
    assert data[:12] == b"\x18\x00\x00\x00\x00\x00\x00\x00\xa3\x7fK\x22"  # as every file of events begins
    assert data[12:36] == b"\x09" + struct.pack("<d", 1.0) + b"\x1a\x0dbrain.Event:2"
    second = data[40:]
    value = b"\x0a\x0atrain/loss\x15" + struct.pack("<f", 1.5)
    summary = bytes([0x0A, len(value)]) + value
    event = b"\x09" + struct.pack("<d", 1.0) + b"\x10\xac\x02" + bytes([0x2A, len(summary)]) + summary
    assert second[:8] == struct.pack("<Q", len(event))
    assert second[12:-4] == event
    masked = struct.unpack("<I", second[-4:])[0]
    rotated = (masked - 0xA282EAD8) & 0xFFFFFFFF
    assert (rotated >> 17 | rotated << 15) & 0xFFFFFFFF == crc32c(event)


def test_a_run_has_a_scalar_for_each_value_that_is_known() -> None:
    course = course_of(step_line(1), step_line(2, math.nan), eval_line(2, 1.5))
    data = tensorboard_of(course, 0.0)
    assert data.count(b"train/loss") == 1
    assert data.count(b"train/learning_rate") == 2
    assert data.count(b"validation/loss") == 1
    assert b"tokens_per_second" not in data
