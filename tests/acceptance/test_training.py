"""Training from the real models' own files: the same distributions as llama.cpp, a loss that falls, and an adapter that
llama.cpp's own converter makes of the PEFT export to the last bit."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tarfile
import threading
import time
from contextlib import suppress
from pathlib import Path

import gguf
import numpy as np
import platformdirs
import pytest
import torch

from chatapp.core.known_names import LLAMA_CPP_PYTHON
from chatapp.core.model_file import checked_model
from chatapp.core.training import Losses, RunSpec, StopReason, TrainedAdapter, TrainingSettings
from chatapp.core.training_estimate import memory_bytes
from chatapp.protocol.finetune import Evaluated, GoOn, Trained
from chatapp.workers.trainer.base import BaseModel, read_base
from chatapp.workers.trainer.export import write_adapter
from chatapp.workers.trainer.peft_export import write_peft
from tests.trainer.runs import Trainer, examples, losses, make_run
from tests.trainer.test_architectures import logits_of
from tests.trainer.tiny import divergences, engine_logits, expanded, tokens

TEXT = "The river rises in the hills above the town, and every spring it floods the lower meadows for a week or two. "
NAMES = ("starter_model", "gemma_model")
CONVERTED = {"starter_model": "LlamaForCausalLM", "gemma_model": "Gemma3ForCausalLM"}


@pytest.fixture(params=NAMES)
def model(request: pytest.FixtureRequest) -> Path:
    found: Path = request.getfixturevalue(request.param)
    return found


def read(model: Path, *, packed: bool = False) -> BaseModel:
    return read_base(str(model), TrainingSettings(rank=8), packed=packed, device=torch.device("cpu"))


def test_the_models_distributions_are_llama_cpps(model: Path, tmp_path: Path, long_run: bool) -> None:
    """Of the unpacked weights: with the quantised file llama.cpp rounds what it multiplies by, too. Its GELU is a table
    of half floats, so Gemma's layers differ more than SmolLM2's."""
    ids = tokens(model, TEXT)[: None if long_run else 20]
    found = divergences(engine_logits(expanded(model, tmp_path / "f32.gguf"), ids), logits_of(read(model), ids))
    assert found.mean() < (1e-6 if "gemma" in model.name else 1e-9)
    assert found.max() < (1e-5 if "gemma" in model.name else 1e-9)


def test_a_few_steps_lower_the_loss_within_the_estimated_memory(
    starter_model: Path, tmp_path: Path, long_run: bool
) -> None:
    settings = TrainingSettings(rank=8, batch=4, steps=40 if long_run else 4, learning_rate=2e-3, evaluate_every=40)
    data = examples(24, longest=60, tokens=(300, 2000))
    folder = make_run(tmp_path / "run", starter_model, settings, data)
    with Trainer() as trainer:
        trainer.train(folder)
        events = trainer.until(seconds=120)
    trained = events[-1].trained  # type: ignore[union-attr]
    found = list(losses(events).values())
    assert found[-1] < found[0] - 0.2
    assert trained.after.test < trained.before.test
    longest = int(np.diff(data.offsets).max())
    expected = memory_bytes(checked_model(str(starter_model)), settings, longest, packed=False)
    assert 0.75 < trained.peak_bytes / expected < 1.25
    ids = tokens(starter_model, TEXT)[:20]
    plain, adapted = (engine_logits(starter_model, ids, path) for path in (None, folder / "adapter.gguf"))
    assert divergences(plain, adapted).mean() > 1e-3


@pytest.mark.parametrize("name", NAMES)
def test_llama_cpps_converter_makes_the_same_adapter(
    name: str, request: pytest.FixtureRequest, tmp_path: Path, long_run: bool
) -> None:
    if not long_run:
        pytest.skip("it fetches llama.cpp's sources: --long")
    model: Path = request.getfixturevalue(name)
    base = read(model)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for layer in base.layers.values():
            layer.lora_b.copy_(torch.randn(layer.lora_b.shape, generator=generator))
    ours, theirs = tmp_path / "ours.gguf", tmp_path / "theirs.gguf"
    settings = TrainingSettings(rank=8)
    write_adapter(ours, base, base.parameters(), settings.alpha)
    spec = RunSpec(model=str(model), data="", settings=settings)
    write_peft(tmp_path, base, base.parameters(), spec, before=Losses(), after=Losses(), data=ours)
    config = tmp_path / "config"
    config.mkdir()
    values = base.body.config.to_dict() | {"architectures": [CONVERTED[name]]}
    (config / "config.json").write_text(json.dumps(values))
    converter = llama_sources() / "convert_lora_to_gguf.py"
    command = [sys.executable, str(converter), str(tmp_path), "--base", str(config), "--outfile", str(theirs)]
    subprocess.run([*command, "--outtype", "f32"], check=True, env=os.environ | {"HF_HUB_OFFLINE": "1"})
    mine, other = ({tensor.name: tensor for tensor in gguf.GGUFReader(path).tensors} for path in (ours, theirs))
    assert mine.keys() == other.keys()
    for key, tensor in mine.items():
        assert tensor.tensor_type is other[key].tensor_type is gguf.GGMLQuantizationType.F32
        assert tensor.shape.tolist() == other[key].shape.tolist(), key
        assert tensor.data.tobytes() == other[key].data.tobytes(), key
    for key in ("general.architecture", "general.type", "adapter.type", "adapter.lora.alpha"):
        assert gguf.GGUFReader(ours).fields[key].contents() == gguf.GGUFReader(theirs).fields[key].contents()


def llama_sources() -> Path:
    """llama.cpp as it lies in the sources of the binding we use."""
    cache = Path(platformdirs.user_cache_dir("chatapp", appauthor=False)) / f"llama-source-{LLAMA_CPP_PYTHON}"
    name = f"llama_cpp_python-{LLAMA_CPP_PYTHON}"
    if not (cache / name).is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", "llama-cpp-python"]
        requirement = f"llama-cpp-python=={LLAMA_CPP_PYTHON}"
        subprocess.run([*pip, "-d", str(cache), requirement], check=True)
        with tarfile.open(cache / f"{name}.tar.gz") as archive:
            archive.extractall(cache, filter="data")
    return cache / name / "vendor" / "llama.cpp"


@pytest.mark.parametrize("watched", [False, True], ids=["alone", "watched"])
def test_a_killed_trainer_goes_on_as_if_nothing_had_been(
    starter_model: Path, tmp_path: Path, long_run: bool, rng: random.Random, watched: bool
) -> None:
    """kill -9 of the real worker at a random moment between its start and its end, each time of another run. watched:
    it waits at each evaluation, as for the samples of the window, and stops early."""
    n_kills, n_steps = 10 if long_run else 1, 24 if long_run or watched else 6
    settings = TrainingSettings(
        rank=8, batch=2, steps=n_steps, dropout=0.1, evaluate_every=2, seed=rng.randrange(1000),
        learning_rate=0.1 if watched else 1e-3, patience=int(watched), schedule="constant" if watched else "cosine",
    )  # fmt: skip
    data = examples(12, longest=20, tokens=(300, 2000))
    whole = make_run(tmp_path / "whole", starter_model, settings, data)
    began = time.monotonic()
    done = run_to_its_end(whole, waits=watched)
    seconds = time.monotonic() - began
    assert done.stopped is (StopReason.PATIENCE if watched else StopReason.DONE)
    assert len(logged(whole)) == done.n_steps
    for number in range(n_kills):
        killed = make_run(tmp_path / f"killed {number}", starter_model, settings, data)
        kill_after(rng.uniform(0.2, 0.95) * seconds, killed, waits=watched)
        n_kept = len(logged(killed)) if (killed / "log.jsonl").exists() else 0
        again = run_to_its_end(killed, waits=watched)
        print(f"killed after {n_kept} of {done.n_steps} steps")
        assert logged(killed) == logged(whole)
        assert (again.stopped, again.n_steps, again.after) == (done.stopped, done.n_steps, done.after)
        assert (killed / "adapter.gguf").read_bytes() == (whole / "adapter.gguf").read_bytes()


def kill_after(seconds: float, folder: Path, *, waits: bool) -> None:
    with Trainer() as trainer:
        threading.Timer(seconds, trainer.process.kill).start()
        with suppress(EOFError, BrokenPipeError):
            while True:  # a run that was faster than the first one is gone on with, at its end
                drive(trainer, folder, waits=waits)


def run_to_its_end(folder: Path, *, waits: bool) -> TrainedAdapter:
    with Trainer() as trainer:
        return drive(trainer, folder, waits=waits)


def drive(trainer: Trainer, folder: Path, *, waits: bool) -> TrainedAdapter:
    trainer.train(folder, waits=waits)
    while True:
        last = trainer.until(Evaluated, seconds=600)[-1]
        if isinstance(last, Trained):
            return last.trained
        assert isinstance(last, Evaluated), last
        if waits:
            trainer.send(GoOn(request_id=1))


def logged(folder: Path) -> list[tuple[int, float]]:
    """(step, loss) of each step in a run's log."""
    lines = (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()
    return [(line["step"], line["loss"]) for line in map(json.loads, lines) if line["type"] == "step"]
