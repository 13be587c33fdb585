"""A whole run on a tiny model, in this process."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch

from chatapp.core.errors import AppError, ErrorKind
from chatapp.core.examples import PreparedExamples
from chatapp.core.training import RunSpec, Split, StopReason, TrainingSettings
from chatapp.protocol.finetune import Evaluated, GoOn, Pause, StageBegun
from chatapp.workers.trainer import optimizer, run
from chatapp.workers.trainer.checkpoint import Progress, save_checkpoint
from chatapp.workers.trainer.control import Control
from chatapp.workers.trainer.journal import Journal
from chatapp.workers.trainer.optimizer import Optimizer
from tests.trainer.runs import examples, here, losses, make_run, validation_losses
from tests.trainer.tiny import tiny

QUICK = TrainingSettings(rank=4, batch=6, learning_rate=1e-2, warmup=0.0, epochs=8, seed=3)
PATIENT = TrainingSettings(
    rank=4, batch=6, learning_rate=0.1, schedule="constant", epochs=40, evaluate_every=2, patience=3, alpha=64.0
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny("llama", layers=2).write(tmp_path_factory.mktemp("model") / "model.gguf")


def lines_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def test_a_run_learns_tells_what_it_does_and_leaves_its_files(model: Path, tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", model, QUICK)
    (folder / ".merged-f16.gguf.new").write_bytes(b"left by a kill")
    events, trained = here(folder)
    stages = [event.stage.value for event in events if isinstance(event, StageBegun)]
    assert stages == ["reading_model", "measuring", "training", "testing", "exporting"]
    assert list(losses(events)) == list(range(1, 25))
    assert list(validation_losses(events)) == [0, *range(3, 25, 3)]
    assert trained.stopped is StopReason.DONE
    assert (trained.n_steps, trained.mode, trained.device) == (24, "dense", "cpu")
    assert trained.before.validation is not None
    assert trained.after.validation is not None
    assert trained.after.validation < trained.before.validation - 0.5
    assert trained.before.test is not None
    assert trained.after.test is not None
    assert (trained.before.unseen, trained.after.unseen) == (None, None)
    evaluations = validation_losses(events)
    assert evaluations[0] == trained.before.validation
    assert evaluations[trained.best_step] == trained.after.validation
    assert min(loss for step, loss in evaluations.items() if loss is not None and step) == trained.after.validation
    assert {"adapter.gguf", "sample.gguf", "checkpoint.pt", "reference.npy", "log.jsonl"} <= {
        path.name for path in folder.iterdir()
    }
    assert not [path for path in folder.iterdir() if path.name.endswith(".new")]
    assert trained.peak_bytes > 50 << 20


def test_the_log_has_the_keys_of_the_terminal(model: Path, tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", model, QUICK)
    events, _ = here(folder)
    lines = lines_of(folder)
    steps = [line for line in lines if line["type"] == "step"]
    assert {"type", "step", "epoch", "loss", "lr", "grad_norm", "tokens_per_second", "eta_s"} <= steps[0].keys()
    evaluations = [line for line in lines if line["type"] == "eval"]
    assert {"type", "step", "train_loss", "val_loss"} <= evaluations[0].keys()
    assert [line["loss"] for line in steps] == list(losses(events).values())
    told = [event.train_loss for event in events if isinstance(event, Evaluated)]
    assert [line["train_loss"] for line in evaluations] == told
    assert told[0] is None
    each = [line["loss"] for line in steps[:3]]
    assert told[1] == pytest.approx(np.mean(each), rel=0.1)
    assert min(each) < told[1] < max(each)  # type: ignore[operator]


@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_a_run_that_was_ended_goes_on_with_the_losses_of_a_whole_one(
    dropout: float, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = TrainingSettings(rank=4, batch=5, learning_rate=1e-2, steps=12, evaluate_every=4, dropout=dropout)
    whole, trained = here(make_run(tmp_path / "whole", model, settings))
    folder = make_run(tmp_path / "ended", model, settings)
    step = Optimizer.step

    def ends_at(*arguments: Any) -> Any:
        if arguments[1] in ending:
            ending.remove(arguments[1])
            raise KeyboardInterrupt
        return step(*arguments)

    ending = [2, 6, 7, 12]
    monkeypatch.setattr(Optimizer, "step", ends_at)
    monkeypatch.setattr(run, "CHECKPOINT_SECONDS", 0.0)
    for _ in range(4):
        with pytest.raises(KeyboardInterrupt):
            here(folder)
        with (folder / "log.jsonl").open("a") as stream:
            stream.write('{"type": "sample", "step": 0}\n{"type": "st')
    events, again = here(folder)
    assert list(losses(events)) == [12]
    steps = [line for line in lines_of(folder) if line["type"] == "step"]
    assert [line["loss"] for line in steps] == list(losses(whole).values())
    assert again.after == trained.after
    assert again.best_step == trained.best_step
    assert (folder / "adapter.gguf").read_bytes() == (tmp_path / "whole" / "adapter.gguf").read_bytes()
    assert sum(line["type"] == "sample" for line in lines_of(folder)) == 4


def test_steps_after_the_last_checkpoint_are_done_again(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = TrainingSettings(rank=4, batch=5, steps=8, evaluate_every=4)
    whole, _ = here(make_run(tmp_path / "whole", model, settings))
    folder = make_run(tmp_path / "ended", model, settings)
    step = Optimizer.step

    def ends(*arguments: Any) -> Any:
        if arguments[1] == 7:
            raise KeyboardInterrupt
        return step(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(Optimizer, "step", ends)
        with pytest.raises(KeyboardInterrupt):
            here(folder)
    assert [line["step"] for line in lines_of(folder) if line["type"] == "step"] == [1, 2, 3, 4, 5, 6]
    events, _ = here(folder)
    assert list(losses(events)) == [5, 6, 7, 8]
    steps = [line for line in lines_of(folder) if line["type"] == "step"]
    assert [line["loss"] for line in steps] == list(losses(whole).values())


def test_training_ends_when_validation_has_not_fallen_and_the_best_is_kept(model: Path, tmp_path: Path) -> None:
    events, trained = here(make_run(tmp_path / "run", model, PATIENT))
    evaluations = {step: loss for step, loss in validation_losses(events).items() if step and loss is not None}
    assert trained.stopped is StopReason.PATIENCE
    assert trained.n_steps < 120
    best = min(evaluations, key=lambda step: evaluations[step])
    assert (trained.best_step, trained.after.validation) == (best, evaluations[best])
    assert trained.n_steps == best + 3 * 2
    flags = [event.step for event in events if isinstance(event, Evaluated) and event.best]
    assert flags[-1] == best


class KilledAt(Control):
    """Ends the process, as it were, at the wait of that number."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._left = number

    def wait(self) -> None:
        self._left -= 1
        if not self._left:
            raise KeyboardInterrupt


def test_a_kill_in_the_wait_after_the_last_evaluation_does_not_lose_the_early_end(model: Path, tmp_path: Path) -> None:
    settings = replace(PATIENT, patience=1)
    _, whole = here(make_run(tmp_path / "whole", model, settings))
    assert whole.stopped is StopReason.PATIENCE
    folder = make_run(tmp_path / "run", model, settings)
    with pytest.raises(KeyboardInterrupt):
        here(folder, KilledAt(1 + whole.n_steps // settings.evaluate_every))
    _, again = here(folder)
    assert (again.stopped, again.n_steps) == (StopReason.PATIENCE, whole.n_steps)


def test_an_evaluation_whose_samples_are_missing_is_told_again(model: Path, tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", model, replace(QUICK, evaluate_every=3, steps=6))
    spec = msgspec.json.decode((folder / "run.json").read_bytes(), type=RunSpec)
    (folder / "run.json").write_bytes(msgspec.json.encode(replace(spec, samples=("one", "two"))))
    evaluated = []
    for wait, prompt in ((2, "one"), (1, "two"), (1, "")):  # the second is of step 3 again, the third of step 6
        with pytest.raises(KeyboardInterrupt):
            here(folder, KilledAt(wait))
        evaluated.append([line["step"] for line in lines_of(folder) if line["type"] == "eval"])
        with (folder / "log.jsonl").open("a") as stream:
            stream.write(json.dumps({"type": "sample", "step": 3, "prompt": prompt}) + "\n")
    assert evaluated == [[0, 3], [0, 3], [0, 3, 6]]
    events, _ = here(folder, KilledAt(0))
    again = next(event for event in events if isinstance(event, Evaluated))
    line = [line for line in lines_of(folder) if line["type"] == "eval"][-1]
    assert (again.step, again.val_loss, again.best) == (6, line["val_loss"], line["best"])
    assert Path(again.adapter).is_file()


def test_a_run_that_goes_on_computes_as_before_and_keeps_count(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_run(tmp_path / "run", model, replace(QUICK, evaluate_every=3, steps=6))
    with pytest.raises(KeyboardInterrupt):
        here(folder, KilledAt(2))
    kept = torch.load(folder / "checkpoint.pt", weights_only=True)
    assert (kept["mode"], kept["half"]) == ("dense", False)
    torch.save(kept | {"peak_bytes": 1 << 50, "half": True}, folder / "checkpoint.pt")
    monkeypatch.setattr(run, "chosen_mode", lambda *_: "packed")
    _, trained = here(folder)
    assert (trained.mode, trained.peak_bytes) == ("dense", 1 << 50)
    kept = torch.load(folder / "checkpoint.pt", weights_only=True)
    assert kept["half"]
    assert trained.tokens_per_second == kept["n_tokens"] / kept["step_seconds"]
    assert 0 < kept["step_seconds"] < kept["seconds"]


@pytest.mark.skipif(sys.platform != "linux", reason="there is /dev/full")
@pytest.mark.parametrize("name", ["checkpoint.pt", "adapter_model.safetensors", "adapter.gguf"])
def test_a_full_disk_is_a_sentence(name: str, model: Path, tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", model, replace(QUICK, steps=1), exports=("gguf", "peft"))
    (folder / f".{name}.new").symlink_to("/dev/full")
    with pytest.raises(AppError, match="No space left"):
        here(folder)


@pytest.mark.skipif(sys.platform != "linux", reason="there is such a limit")
def test_a_disk_that_fills_up_within_a_checkpoint_is_an_os_error(tmp_path: Path) -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(OSError, match="too large"):
            save_checkpoint(tmp_path / "checkpoint.pt", Progress(weights=[torch.ones(100_000)]))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not list(tmp_path.iterdir())


def test_of_pause_and_go_on_in_a_wait_only_the_last_counts() -> None:
    control, paused = Control(), []

    def on_pause() -> None:
        paused.append(1)
        control.put(GoOn(request_id=1))

    control.put(Pause(request_id=1))
    control.put(GoOn(request_id=1))
    control.wait()
    control.heed(on_pause)
    assert not paused
    control.put(GoOn(request_id=1))
    control.put(Pause(request_id=1))
    control.wait()
    control.heed(on_pause)
    assert len(paused) == 1


def test_a_line_of_the_log_ends_where_its_bytes_say(tmp_path: Path) -> None:
    line = '{"type": "sample", "step": 1, "text": "one\u2028two\x85three"}\n'
    path = tmp_path / "log.jsonl"
    path.write_text(f"{line}{line.replace('1', '2')}{line[:20]}", "utf-8")
    Journal(path).cut_after(1)
    assert path.read_text("utf-8") == line


def test_a_rate_that_is_too_high_ends_with_a_way_out_and_the_best_adapter(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_run(tmp_path / "run", model, TrainingSettings(rank=4, batch=6, epochs=10, evaluate_every=2))
    rate = optimizer.learning_rate
    monkeypatch.setattr(optimizer, "learning_rate", lambda step, *rest: rate(step, *rest) if step < 5 else 1e38)
    with pytest.raises(AppError) as caught:
        here(folder)
    assert caught.value.info.kind is ErrorKind.BAD_INPUT
    assert "is no longer a number (nan)" in caught.value.info.message
    assert "Lower the learning rate" in caught.value.info.advice
    assert (folder / "adapter.gguf").is_file()
    kept = torch.load(folder / "checkpoint.pt", weights_only=True)
    assert kept["best_step"] == 4
    assert all(bool(part.isfinite().all()) for part in kept["best"])


def test_without_a_validation_part_the_last_weights_are_the_best(model: Path, tmp_path: Path) -> None:
    data = examples()
    data.splits[:] = Split.TRAIN
    data.splits[:2] = Split.UNSEEN
    events, trained = here(make_run(tmp_path / "run", model, TrainingSettings(rank=4, steps=5, evaluate_every=2), data))
    assert set(validation_losses(events).values()) == {None}
    assert trained.best_step == 5
    assert trained.before.validation is None
    assert trained.before.unseen is not None
    reference = np.load(tmp_path / "run" / "reference.npy")
    assert reference.shape == (0, 260)


def test_minutes_end_a_run(model: Path, tmp_path: Path) -> None:
    settings = TrainingSettings(rank=4, steps=100_000, minutes=0.005)
    events, trained = here(make_run(tmp_path / "run", model, settings))
    assert trained.stopped is StopReason.MINUTES
    assert 0.3 <= trained.seconds < 3
    assert max(validation_losses(events)) == trained.n_steps


def test_the_reference_is_the_exported_models_distribution_of_the_first_tokens(model: Path, tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", model, QUICK)
    _, trained = here(folder)
    rows = np.load(folder / "reference.npy")
    data = PreparedExamples.load(folder / "examples.npz")
    targets = [
        int(token)
        for place in np.flatnonzero(data.splits == Split.TEST)
        for token, flag in zip(data.example(place)[0][1:], data.example(place)[1][1:], strict=True)
        if flag
    ]
    assert rows.shape == (len(targets), 260)
    assert rows.dtype == np.float32
    assert -rows[np.arange(len(targets)), targets].mean() == pytest.approx(trained.after.test, rel=1e-5)


def test_folders_that_hold_no_run_are_told_as_such(model: Path, tmp_path: Path) -> None:
    with pytest.raises(AppError, match="can't be read") as caught:
        here(tmp_path)
    assert caught.value.info.kind is ErrorKind.STORAGE
    folder = make_run(tmp_path / "run", model, QUICK)
    (folder / "checkpoint.pt").write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(AppError, match="can't be read"):
        here(folder)
    data = examples()
    data.splits[:] = Split.VALIDATION
    with pytest.raises(AppError, match="no example with a token to learn"):
        here(make_run(tmp_path / "none", model, QUICK, data))


def test_a_device_that_is_not_there_is_refused(model: Path, tmp_path: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a card here")
    with pytest.raises(AppError, match="no device cuda"):
        here(make_run(tmp_path / "run", model, TrainingSettings(device="cuda")))


def test_a_lack_of_memory_is_told_with_what_to_change(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def step(*_: Any) -> None:
        raise RuntimeError("[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory: you tried")

    monkeypatch.setattr(Optimizer, "step", step)
    with pytest.raises(AppError, match="not enough memory"):
        here(make_run(tmp_path / "run", model, QUICK))
