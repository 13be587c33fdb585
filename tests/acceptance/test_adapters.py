"""Done when: 20 bad adapters give 20 sentences and no dead worker. And: a good one changes what the model computes."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from chatapp.core.errors import AppError, ErrorKind
from chatapp.core.models import AdapterSpec, LoadSpec
from chatapp.core.sampling import SamplingSettings
from chatapp.protocol.engine import Finished, RawPrompt, TokensScored
from chatapp.storage.paths import Paths
from chatapp.workers.client import EngineClient
from tests.adapters import QUERY, WIDTH, adapter, add_pair
from tests.gguf_files import FLOAT32, INT32, STRING, UINT32, GgufFile, Tensor, tiny_model

pytestmark = pytest.mark.model

TEXT = b"The sky is blue because the air scatters light."
FIRST = QUERY.format(0)


def spoilt(name: str, kind: int, number: bytes) -> Callable[[GgufFile], None]:
    def change(file: GgufFile) -> None:
        (tensor,) = [tensor for tensor in file.tensors if tensor.name == name.encode()]
        data = number + bytes(tensor.data[: tensor.shape[0] * tensor.shape[1] * len(number) - len(number)])
        file.change(name, kind=kind, data=data)

    return change


def quantised(file: GgufFile) -> None:
    blocks = (b"\0\x7c" + bytes(32)) * (WIDTH * 4 // 32)  # the scale of each is infinite
    file.change(f"{FIRST}.lora_a", kind=8, data=blocks)


def other_shape(file: GgufFile) -> None:
    add_pair(file, "blk.1.attn_k.weight", np.random.default_rng(1), shape=(WIDTH, WIDTH))


def no_weights(file: GgufFile) -> None:
    file.tensors.clear()


def half_a_pair(file: GgufFile) -> None:
    del file.tensors[1]


def other_rank(file: GgufFile) -> None:
    file.add("blk.9.attn_q.weight.lora_a", np.zeros((4, WIDTH), np.float32))
    file.add("blk.9.attn_q.weight.lora_b", np.zeros((WIDTH, 8), np.float32))


def more_dimensions(file: GgufFile) -> None:
    file.add("blk.9.attn_q.weight.lora_a", np.zeros((2, 4, WIDTH), np.float32))
    file.add("blk.9.attn_q.weight.lora_b", np.zeros((WIDTH, 4), np.float32))


def no_rank(file: GgufFile) -> None:
    file.tensors[0] = replace(file.tensors[0], shape=(WIDTH, 0), data=b"")
    file.tensors[1] = replace(file.tensors[1], shape=(0, WIDTH), data=b"")


def no_such_tensor(file: GgufFile) -> None:
    add_pair(file, "blk.77.attn_q.weight", np.random.default_rng(1))


def stray_tensor(file: GgufFile) -> None:
    file.tensors.append(Tensor(name=b"blk.0.attn_q.bias", shape=(WIDTH,), kind=0, data=bytes(4 * WIDTH)))


def set_value(key: str, kind: int, value: str | float) -> Callable[[GgufFile], None]:
    return lambda file: file.set(key, kind, value)


BAD: dict[str, tuple[Callable[[GgufFile], None], str]] = {
    "a whole model": (set_value("general.type", STRING, "model"), "is not a LoRA adapter"),
    "no type": (lambda file: file.remove("general.type"), "is not a LoRA adapter"),
    "another kind of adapter": (set_value("adapter.type", STRING, "ia3"), "'ia3' instead of 'lora'"),
    "another architecture": (set_value("general.architecture", STRING, "gemma3"), "architecture gemma3, the model"),
    "architecture is a number": (set_value("general.architecture", UINT32, 1), "UINT32 instead of STRING"),
    "alpha of another type": (set_value("adapter.lora.alpha", INT32, 8), "INT32 instead of FLOAT32"),
    "alpha is not a number": (set_value("adapter.lora.alpha", FLOAT32, math.nan), "alpha is nan"),
    "alpha is infinite": (set_value("adapter.lora.alpha", FLOAT32, math.inf), "alpha is inf"),
    "no weights": (no_weights, "has no weights"),
    "half a pair": (half_a_pair, "lora_b is missing"),
    "a tensor the model lacks": (no_such_tensor, "no tensor blk.77.attn_q.weight"),
    "a stray tensor": (stray_tensor, "neither lora_a nor lora_b"),
    "another shape": (other_shape, "no shapes for blk.1.attn_k.weight"),
    "more dimensions": (more_dimensions, "no shapes for blk.9.attn_q.weight"),
    "two ranks": (other_rank, "ranks of blk.9.attn_q.weight are 4 and 8"),
    "rank zero": (no_rank, "are 0 and 0"),
    "whole numbers as weights": (lambda file: file.change(f"{FIRST}.lora_a", kind=26), "I32, which can't"),
    "NaN in F32": (spoilt(f"{FIRST}.lora_b", 0, b"\0\0\xc0\x7f"), "no finite numbers"),
    "infinity in F16": (spoilt(f"{FIRST}.lora_a", 1, b"\0\x7c"), "no finite numbers"),
    "NaN in BF16": (spoilt(f"{FIRST}.lora_a", 30, b"\xc0\x7f"), "no finite numbers"),
    "infinite scale in Q8_0": (quantised, "no finite numbers"),
    "cut short": (lambda file: file.change(f"{QUERY.format(3)}.lora_b", shape=(4, WIDTH * 2)), "cut short"),
}  # fmt: skip


def test_twenty_bad_adapters_are_twenty_sentences_and_the_worker_lives(starter_model: Path, tmp_path: Path) -> None:
    assert len(BAD) >= 20
    path = tmp_path / "bad.gguf"
    with EngineClient() as client:
        for name, (change, words) in BAD.items():
            file = adapter()
            change(file)
            file.write(path)
            with pytest.raises(AppError) as caught:
                client.load(LoadSpec(path=str(starter_model), n_threads=1, adapters=(AdapterSpec(path=str(path)),)))
            assert caught.value.info.kind is ErrorKind.MODEL_FILE, name
            assert words in caught.value.info.message, name
            assert client.alive(), name
        adapter().write(path)
        client.load(LoadSpec(path=str(starter_model), n_threads=1, adapters=(AdapterSpec(path=str(path)),)))


def scores(model: Path, *adapters: AdapterSpec) -> list[float]:
    """The log-probabilities of a text."""
    with EngineClient() as client:
        client.load(LoadSpec(path=str(model), n_ctx=512, n_threads=1, adapters=adapters))
        tokens = [token for event in client.score(TEXT) if isinstance(event, TokensScored) for token in event.tokens]
    return [token.record.logprob for token in tokens if token.record is not None]


def test_an_adapter_changes_the_logits_as_much_as_its_scale_says(starter_model: Path, tmp_path: Path) -> None:
    one = str(adapter(seed=1).write(tmp_path / "one.gguf"))
    two = str(adapter(range(4, 8), seed=2).write(tmp_path / "two.gguf"))
    both = adapter(seed=1)
    random = np.random.default_rng(2)
    for layer in range(4, 8):
        add_pair(both, QUERY.format(layer), random)
    together = str(both.write(tmp_path / "both.gguf"))
    doubled = adapter(seed=1)
    doubled.set("adapter.lora.alpha", FLOAT32, 16.0)
    plain = scores(starter_model)

    def distance(a: list[float], b: list[float]) -> float:
        return max(abs(x - y) for x, y in zip(a, b, strict=True))

    with_one = scores(starter_model, AdapterSpec(path=one))
    assert distance(with_one, plain) > 0.01
    assert scores(starter_model, AdapterSpec(path=one, scale=0.0)) == plain
    stacked = scores(starter_model, AdapterSpec(path=one), AdapterSpec(path=two))
    assert distance(stacked, with_one) > 0.01
    assert stacked == pytest.approx(scores(starter_model, AdapterSpec(path=together)), abs=1e-3)
    twice = scores(starter_model, AdapterSpec(path=one, scale=2.0))
    doubled_path = str(doubled.write(tmp_path / "doubled.gguf"))
    assert twice == pytest.approx(scores(starter_model, AdapterSpec(path=doubled_path)), abs=1e-3)
    assert distance(twice, with_one) > 0.01


def chatapp(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "chatapp", *arguments, "--threads", "1", "--json"]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_the_terminal_takes_adapters_and_scales(starter_library: Paths, tmp_path: Path) -> None:
    folder = tmp_path / "a:0.5"  # a path with a colon and a number behind it
    folder.mkdir()
    colon = str(adapter().write(folder / "one:2"))
    plain = str(adapter(size=0.2).write(tmp_path / "strong.gguf"))

    def nll(*options: str) -> float:
        done = chatapp("score", "--text", TEXT.decode(), *options)
        assert done.returncode == 0, done.stderr
        value: float = json.loads(done.stdout.splitlines()[-1])["nll"]
        return value

    without = nll()
    assert nll("--adapter", f"{colon}:0") == without
    assert nll("--adapter", colon) != without
    assert nll("--adapter", f"{plain}:-0.5", "--adapter", colon) not in (without, nll("--adapter", colon))
    for options, words in (
        (("--adapter", f"{plain}:nan"), "--adapter can't be"),
        (("--adapter", str(tmp_path / "missing.gguf")), "no file"),
        (("--adapter", "caf\udce9.gguf"), "not valid UTF-8"),
        (("--adapter", str(tiny_model().write(tmp_path / "model.gguf"))), "is not a LoRA adapter"),
    ):
        done = chatapp("generate", "--prompt", "Hi", *options)
        assert done.returncode == 1
        assert words in done.stderr
        assert done.stderr.count("\n") == 1


def test_every_command_that_computes_takes_an_adapter(starter_library: Paths, tmp_path: Path) -> None:
    good = str(adapter(size=0.3).write(tmp_path / "good.gguf"))
    unfit = str(adapter(architecture="gemma3").write(tmp_path / "unfit.gguf"))
    short = ("--prompt", "Hi", "--max-tokens", "2")
    for command in (
        ("generate", *short, "--seed", "1"),
        ("compare", *short, "--temperature", "0", "1"),
        ("score", "--text", "Hi there"),
    ):
        with_it = chatapp(*command, "--adapter", f"{good}:0.7")
        assert with_it.returncode == 0, with_it.stderr
        refused = chatapp(*command, "--adapter", unfit)
        assert refused.returncode == 1
        assert "does not fit the model" in refused.stderr
        assert json.loads(refused.stdout.splitlines()[-1])["kind"] == "model_file"
    for path, code, words in ((good, 0, ""), (unfit, 1, "does not fit the model")):
        talk = [sys.executable, "-m", "chatapp", "chat", "--threads", "1", "--max-tokens", "2", "--adapter", path]
        done = subprocess.run(talk, input="Hi\n", capture_output=True, text=True, timeout=120, check=False)
        assert (done.returncode, words in done.stderr) == (code, True), done.stderr


def test_a_saved_context_is_not_used_with_another_adapter(starter_model: Path, tmp_path: Path) -> None:
    one = AdapterSpec(path=str(adapter().write(tmp_path / "one.gguf")))
    state = str(tmp_path / "with-one.state")
    prompt = RawPrompt(text="The sky is blue. " * 110)

    def cached(*adapters: AdapterSpec, save: bool = False) -> int:
        with EngineClient() as client:
            client.load(LoadSpec(path=str(starter_model), n_ctx=1024, n_threads=1, adapters=adapters))
            *_, last = client.generate(prompt, SamplingSettings(max_tokens=1), state)
            assert isinstance(last, Finished)
            if save:
                client.save_state(state)
            return last.usage.cached_tokens

    assert cached(one, save=True) == 0
    assert cached(one) == 512
    assert cached() == 0
    assert cached(replace(one, scale=0.5)) == 0
