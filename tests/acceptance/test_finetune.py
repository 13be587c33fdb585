"""A LoRA adapter trained by `chatapp finetune` on the very GGUF file, and what the engine makes of it.

Short: SmolLM2, a few steps on a part of the sample set. --long: both models, once through all of it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

from chatapp.core.chat import ChatMessage, Role
from chatapp.core.examples import PreparedExamples, TokenizedExample, TrainingText
from chatapp.core.model_file import checked_header, checked_model
from chatapp.core.models import AdapterSpec, LoadSpec
from chatapp.core.training import Split
from chatapp.protocol.engine import ExamplesScored
from chatapp.workers.client import EngineClient
from tests.expansion import expand

DATASETS = Path(__file__).parents[2] / "assets" / "datasets"
SAMPLES, UNSEEN = DATASETS / "reminders.jsonl", DATASETS / "reminders.unseen.jsonl"
EXPORTS = ("gguf", "peft", "merged")
QUESTION = "Remind me to call Anna on Friday at 3 pm."
# of the command: PyTorch and llama.cpp each compute with one thread, as other tests do
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive"}


@dataclass(frozen=True)
class Run:
    """What the command printed, and its end."""

    model: Path
    adapter: Path
    lines: list[dict[str, Any]]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["type"] == kind]

    @property
    def done(self) -> dict[str, Any]:
        (done,) = self.of("done")
        return done


def finetune(model: Path, folder: Path, *options: str) -> Run:
    adapter = folder / "adapter.gguf"
    words = ["--model", str(model), "--out", str(adapter), "--data-dir", str(folder / "data"), "--json", *options]
    outcome = subprocess.run(
        [sys.executable, "-m", "chatapp", "finetune", *words],
        capture_output=True, text=True, check=False, timeout=3600, env={**os.environ, **ENVIRONMENT},
    )  # fmt: skip
    assert outcome.returncode == 0, outcome.stderr[-2000:] + outcome.stdout[-2000:]
    return Run(model, adapter, [json.loads(line) for line in outcome.stdout.splitlines()])


def part_of(path: Path, folder: Path, n: int) -> Path:
    part = folder / path.name
    part.write_text("".join(path.read_text(encoding="utf-8").splitlines(keepends=True)[:n]), encoding="utf-8")
    return part


@pytest.fixture(scope="module", params=["starter_model", "gemma_model"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    long, folder = bool(request.config.getoption("--long")), tmp_path_factory.mktemp("run")
    if not long and request.param == "gemma_model":
        pytest.skip("--long trains the second model as well")
    model: Path = request.getfixturevalue(request.param)
    seed = str(request.config.getoption("--seed"))
    if long:
        size = ["--data", str(SAMPLES), "--unseen", str(UNSEEN), "--epochs", "1"]
    else:
        data, unseen = part_of(SAMPLES, folder, 60), part_of(UNSEEN, folder, 8)
        size = ["--data", str(data), "--unseen", str(unseen), "--steps", "8", "--lr", "0.002"]
    return finetune(model, folder, *size, "--seed", seed, "--sample", QUESTION, "--export", *EXPORTS)


@pytest.fixture(scope="module")
def engine(run: Run) -> Iterator[EngineClient]:
    with EngineClient() as client:
        client.load(LoadSpec(path=str(run.model), n_ctx=1024, n_threads=1))
        yield client


def held_out(client: EngineClient) -> tuple[TokenizedExample, ...]:
    """The second file: nothing of it was trained on."""
    texts = []
    for line in UNSEEN.read_text(encoding="utf-8").splitlines()[:8]:
        messages = json.loads(line)["messages"]
        texts.append(
            TrainingText(messages=tuple(ChatMessage(role=Role(m["role"]), text=m["content"]) for m in messages))
        )
    return client.tokenize(texts).examples


def scores(client: EngineClient, examples: Sequence[TokenizedExample], reference: str = "") -> ExamplesScored:
    *_, scored = client.score_examples(tuple(examples), reference)
    assert isinstance(scored, ExamplesScored)
    return scored


def loss(client: EngineClient, examples: Sequence[TokenizedExample]) -> float:
    scored = scores(client, examples)
    return sum(scored.nll) / sum(scored.n_counted)


def test_the_held_out_loss_falls_by_at_least_half(run: Run) -> None:
    done = run.done
    assert done["test_loss"] <= done["test_loss_before"] / 2
    assert done["unseen_loss"] < done["unseen_loss_before"]
    print(f"\n{run.model.name}: test {done['test_loss_before']:.3f} -> {done['test_loss']:.3f}, unseen wordings "
          f"{done['unseen_loss_before']:.3f} -> {done['unseen_loss']:.3f}, engine {done['engine_test_loss']:.3f}, "
          f"{done['seconds']:.0f} s")  # fmt: skip


def test_engine_and_trainer_agree_within_one_per_cent(run: Run) -> None:
    done = run.done
    assert done["test_loss"] > 0.2  # less than that, and what quantised kernels round would be all of it
    assert abs(done["engine_test_loss"] - done["test_loss"]) <= 0.01 * done["test_loss"]
    assert done["parity"]["ok"]


def test_switched_off_the_model_is_what_it_was(run: Run, engine: EngineClient) -> None:
    examples = held_out(engine)
    on = (AdapterSpec(path=str(run.adapter)),)
    off = loss(engine, examples)
    engine.use_adapters(on)
    with_it = loss(engine, examples)
    engine.use_adapters(())
    assert loss(engine, examples) == off
    assert with_it < off
    engine.use_adapters(on)
    assert loss(engine, examples) == with_it
    engine.use_adapters(())


def test_the_losses_are_those_of_the_data_file(run: Run, engine: EngineClient) -> None:
    """Of the second file, tokenised and scored here once more."""
    n = 8 if run.done["n_steps"] == 8 else 50
    texts = []
    for line in UNSEEN.read_text(encoding="utf-8").splitlines()[:n]:
        messages = json.loads(line)["messages"]
        texts.append(
            TrainingText(messages=tuple(ChatMessage(role=Role(m["role"]), text=m["content"]) for m in messages))
        )
    examples = engine.tokenize(texts).examples
    assert loss(engine, examples) == pytest.approx(run.done["unseen_loss_before"], rel=0.01)
    engine.use_adapters((AdapterSpec(path=str(run.adapter)),))
    assert loss(engine, examples) == pytest.approx(run.done["unseen_loss"], rel=0.01)
    engine.use_adapters(())


def test_what_the_terminal_prints_is_the_contract(run: Run) -> None:
    steps, done = run.of("step"), run.done
    assert [line["step"] for line in steps] == list(range(1, done["n_steps"] + 1))
    for line in steps:
        assert {"step", "epoch", "loss", "lr", "grad_norm", "tokens_per_second", "eta_s"} <= line.keys()
        assert np.isfinite(line["loss"])
    evaluations = run.of("eval")
    assert {"step", "train_loss", "val_loss"} <= evaluations[-1].keys()
    assert evaluations[-1]["val_loss"] < evaluations[0]["val_loss"]
    samples = run.of("sample")
    assert {line["prompt"] for line in samples} == {QUESTION}
    assert '"task"' in samples[-1]["text"]
    assert '"task"' not in samples[0]["text"]
    assert {"loss_relative", "kl_mean", "kl_max", "ok"} <= done["parity"].keys()
    assert Path(done["adapter"]) == run.adapter


def test_what_else_is_exported(run: Run) -> None:
    """The whole model, quantised, has learnt the same; PEFT's tensors are the adapter's."""
    files = {Path(name).name: Path(name) for name in run.done["files"]}
    with EngineClient() as merged, EngineClient() as base:
        for client, path in ((merged, files["merged.gguf"]), (base, run.model)):
            client.load(LoadSpec(path=str(path), n_ctx=1024, n_threads=1))
        examples = held_out(base)
        assert loss(merged, examples) < loss(base, examples) / 2
    assert checked_model(str(files["merged.gguf"])).facts().quantization == "Q8_0"
    tensors = safetensors.numpy.load_file(files["adapter_model.safetensors"])
    assert len(tensors) == len(checked_header(str(run.adapter)).tensors)
    assert json.loads(files["adapter_config.json"].read_text())["r"] == 16
    assert "loss" in files["README.md"].read_text(encoding="utf-8")


def test_on_an_f32_expansion_the_engine_is_the_trainer(
    request: pytest.FixtureRequest, starter_model: Path, tmp_path: Path, long_run: bool
) -> None:
    """KL(trainer || engine) per token, with an adapter trained on the expansion and keys and values in F32 as well."""
    for name in ("starter_model", "gemma_model") if long_run else ("starter_model",):
        model = expand(request.getfixturevalue(name), tmp_path / f"{name}.gguf")
        data = part_of(SAMPLES, tmp_path, 24)
        run = finetune(model, tmp_path, "--data", str(data), "--steps", "3", "--lr", "0.002")
        (folder,) = (tmp_path / "data" / "runs").iterdir()
        examples = PreparedExamples.load(folder / "examples.npz")
        tested = [
            TokenizedExample(ids=ids.astype("<i4").tobytes(), counted=counted.tobytes())
            for ids, counted in map(examples.example, np.flatnonzero(examples.splits == Split.TEST))
        ]
        with EngineClient() as client:
            client.load(LoadSpec(path=str(model), n_ctx=1024, n_threads=1, kv_type="f32"))
            client.use_adapters((AdapterSpec(path=str(run.adapter)),))
            scored = scores(client, tested, str(folder / "reference.npy"))
        found = sum(scored.nll) / sum(scored.n_counted)
        told = (found, run.done["test_loss"], scored.kl_mean, scored.kl_max, scored.n_compared)
        print(f"\n{name}: loss %.9f, trainer %.9f, KL mean %.2g, max %.2g of %d tokens" % told)
        assert scored.n_compared > 20
        assert scored.kl_max < 1e-6
        assert found == pytest.approx(run.done["test_loss"], rel=1e-5)
        shutil.rmtree(folder)
