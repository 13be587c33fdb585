"""chatapp finetune on the real models, engine and trainer."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from chatapp.core.examples import PreparedExamples
from chatapp.core.training import Split
from chatapp.protocol.run_files import EXAMPLES
from chatapp.storage.paths import Paths

pytestmark = pytest.mark.model

SETTINGS = ("--batch", "4", "--max-length", "96", "--lr", "1e-3", "--rank", "4", "--targets", "attention")

HELD_OUT = ("--test", "0.5")  # a few tokens alone are rounded too differently by quantised kernels to be compared


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "data.jsonl"
    animals = ("fox", "heron", "otter", "lynx", "raven", "mole", "hare", "wren")
    lines = [
        json.dumps({"instruction": f"Name the sign of {animal} {n}.", "output": f"The {animal} is called Zorblat."})
        for n in range(3)
        for animal in animals
    ]
    path.write_text("".join(f"{line}\n" for line in (*lines, "not an example")))
    return path


def command(paths: Paths, *words: str) -> list[str]:
    return [sys.executable, "-m", "chatapp", "finetune", "--data-dir", str(paths.data), "--json", *words]


def finetune(paths: Paths, *words: str) -> tuple[int, list[dict[str, Any]], str]:
    done = subprocess.run(command(paths, *words), capture_output=True, text=True, timeout=500)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def of(lines: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [line for line in lines if line["type"] == kind]


def test_an_adapter_is_trained_checked_and_written(starter_library: Paths, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.gguf"
    code, lines, words = finetune(
        starter_library, "--data", str(data), "--out", str(out), "--steps", "4", "--evaluate-every", "2", *SETTINGS,
        "--sample", "Name the sign of fox 3.",
    )  # fmt: skip
    assert code == 0, words
    assert [line["step"] for line in of(lines, "step")] == [1, 2, 3, 4]
    assert {"step", "epoch", "loss", "lr", "grad_norm", "tokens_per_second", "eta_s"} <= set(of(lines, "step")[0])
    assert [line["step"] for line in of(lines, "eval")] == [0, 2, 4]
    assert [line["step"] for line in of(lines, "sample")] == [0, 2, 4]
    (report,) = of(lines, "data")
    assert (report["n_examples"], report["n_problems"]) == (24, 1)
    (done,) = of(lines, "done")
    assert done["adapter"] == str(out)
    assert out.read_bytes()[:4] == b"GGUF"
    assert done["val_loss_after"] < done["val_loss_before"]
    assert done["test_loss"] < done["test_loss_before"]
    assert done["parity"]["ok"] is True
    assert done["parity"]["kl_mean"] < 0.01
    assert abs(done["engine_test_loss_before"] - done["test_loss_before"]) < 0.05 * done["test_loss_before"]
    (folder,) = starter_library.runs.iterdir()
    kept = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    assert of(kept, "step") == of(lines, "step")
    examples = PreparedExamples.load(folder / EXAMPLES)
    assert {Split(part) for part in examples.splits.tolist()} == {Split.TRAIN, Split.VALIDATION, Split.TEST}
    said = subprocess.run(
        [sys.executable, "-m", "chatapp", "generate", "--data-dir", str(starter_library.data), "--prompt", "Hello",
         "--adapter", str(out), "--max-tokens", "4", "--temperature", "0"],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert said.stdout.strip()


def test_ctrl_c_stops_and_finishes_twice_ends_and_can_be_resumed(
    starter_library: Paths, data: Path, tmp_path: Path
) -> None:
    process = subprocess.Popen(
        command(starter_library, "--data", str(data), "--steps", "500", "--evaluate-every", "2", *SETTINGS, *HELD_OUT),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    for line in process.stdout:
        if json.loads(line).get("step") == 3:
            break
    process.send_signal(signal.SIGINT)
    time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, words = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "chatapp finetune --resume" in words
    (folder,) = starter_library.runs.iterdir()
    process = subprocess.Popen(
        command(starter_library, "--resume", folder.name), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    lines: list[dict[str, Any]] = []
    assert process.stdout is not None
    for line in process.stdout:
        lines.append(json.loads(line))
        if lines[-1]["type"] == "step" and len(of(lines, "step")) == 1:
            process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    words = process.stderr.read()
    assert process.wait(timeout=60) == 0, (lines[-1:], words[-600:])
    assert "Training stops and finishes" in words
    process.stderr.close()
    process.stdout.close()
    assert 3 <= of(lines, "step")[0]["step"] <= 4  # the checkpoint of the evaluation at 2, or one later
    (done,) = of(lines, "done")
    assert done["stopped"] == "stopped"
    assert done["n_steps"] < 20
    assert done["parity"]["ok"] is True


def test_an_estimate_trains_nothing(starter_library: Paths, data: Path) -> None:
    code, lines, _ = finetune(starter_library, "--data", str(data), "--estimate-only", *SETTINGS)
    assert code == 0
    (report,) = lines
    assert report["type"] == "data"
    assert report["estimate"]["n_steps"] == 15  # 20 to train on in batches of 4, three times
    assert report["estimate"]["memory_bytes"] > 400e6
    assert report["previews"][0]["pieces"][-1] == {"text": "<|im_end|>", "counted": True, "control": True}
    assert not starter_library.runs.exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--data", "none.jsonl"), "The data file"),
        (("--data", "DATA", "--rank", "0"), "rank can't be 0"),
        (("--data", "DATA", "--val", "0.9"), "validation can't be 0.9"),
        (("--data", "DATA", "--model", "none"), "No model named none"),
        (("--data", "DATA", "--out", "nowhere/a.gguf"), "can't be written to"),
        (("--resume", "none"), "can't be read"),
    ],
)
def test_bad_input_is_one_sentence_and_leaves_no_run(
    starter_library: Paths, data: Path, words: tuple[str, ...], sentence: str
) -> None:
    given = [str(data) if word == "DATA" else word for word in words]
    code, lines, said = finetune(starter_library, *given)
    assert code == 1
    assert "Traceback" not in said
    (problem,) = lines
    assert problem["type"] == "error"
    assert sentence in problem["message"]
    assert problem["hint"]
    assert not starter_library.runs.exists() or not list(starter_library.runs.iterdir())
