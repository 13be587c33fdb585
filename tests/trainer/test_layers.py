"""The layers' own arithmetic, beside the plain way to write it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from chatapp.core.ggml_types import GGML_TYPES
from chatapp.core.training import TrainingSettings
from chatapp.workers.trainer import loss
from chatapp.workers.trainer.base import BaseModel, read_base
from chatapp.workers.trainer.batches import batch_of
from chatapp.workers.trainer.dequantize import dequantize
from chatapp.workers.trainer.forward import Forward
from chatapp.workers.trainer.lora import LoraLinear
from chatapp.workers.trainer.weights import DenseWeight, PackedWeight, Weight
from tests.trainer.runs import examples
from tests.trainer.tiny import tiny

Q4_0 = 2


def packed_weight(n_out: int, n_in: int, seed: int = 1) -> PackedWeight:
    random = np.random.default_rng(seed)
    blocks = random.integers(0, 256, (n_out, n_in // 32, GGML_TYPES[Q4_0].block_bytes), dtype=np.uint8)
    scales = (random.random((n_out, n_in // 32, 1)) * 0.1).astype("<f2")
    blocks[:, :, :2] = scales.view(np.uint8)
    return PackedWeight(torch.from_numpy(blocks.reshape(n_out, -1)), Q4_0, n_in)


def test_a_packed_product_and_its_gradient_are_those_of_the_dense_one() -> None:
    weight = packed_weight(40, 64)
    dense = DenseWeight(dequantize(weight.data, Q4_0))
    gradients = []
    for one in (weight, dense):
        x = torch.randn(7, 64, generator=torch.Generator().manual_seed(1)).requires_grad_()
        y = one.apply(x)
        (y * torch.arange(40.0)).sum().backward()
        gradients.append((y.detach(), x.grad))
    torch.testing.assert_close(gradients[0], gradients[1])


def test_nothing_unpacked_is_kept_for_the_gradient() -> None:
    weight = packed_weight(40, 64)
    kept: list[torch.Tensor] = []

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        kept.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        weight.apply(torch.ones(3, 64, requires_grad=True))
    assert kept == []


def test_an_adapter_adds_its_scaled_product() -> None:
    layer = LoraLinear(
        DenseWeight(torch.randn(5, 8)),
        torch.randn(5),
        rank=2,
        alpha=6.0,
        dropout=0.0,
        generator=torch.Generator().manual_seed(3),
        device=torch.device("cpu"),
    )
    x = torch.randn(2, 3, 8)
    plain = functional.linear(x, layer.weight.values, layer.bias)
    torch.testing.assert_close(layer(x), plain)
    with torch.no_grad():
        layer.lora_b.copy_(torch.randn(5, 2))
    torch.testing.assert_close(layer(x), plain + 3.0 * x @ layer.lora_a.T @ layer.lora_b.T)
    assert float(layer.lora_a.detach().abs().max()) <= 8**-0.5


def test_dropout_touches_the_adapter_in_training_only() -> None:
    layer = LoraLinear(
        DenseWeight(torch.zeros(4, 64)),
        None,
        rank=64,
        alpha=64.0,
        dropout=0.5,
        generator=torch.Generator().manual_seed(3),
        device=torch.device("cpu"),
    )
    with torch.no_grad():
        layer.lora_a.copy_(torch.eye(64))
        layer.lora_b.fill_(1.0)
    x = torch.ones(1, 64)
    assert torch.equal(layer.eval()(x), torch.full((1, 4), 64.0))
    dropped = layer.train()(x)
    assert torch.equal(dropped, dropped[:, :1].expand(1, 4))
    assert 20 < float(dropped[0, 0].detach()) < 110
    assert float(dropped[0, 0].detach()) % 2 == 0  # those that are left count twice


@pytest.mark.parametrize("softcap", [0.0, 3.0])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("at_once", [1, 7, 100])
def test_the_loss_in_parts_of_the_vocabulary_is_the_whole_one(
    softcap: float, packed: bool, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    head: Weight = packed_weight(90, 64)
    values = torch.cat([rows for _, rows in head.blocks(90)])
    if not packed:
        head = DenseWeight(values)
    monkeypatch.setattr(loss, "LOGIT_BYTES", 4 * 20 * at_once)
    monkeypatch.setattr("chatapp.workers.trainer.weights.ROWS_BYTES", 4 * 64 * 13)
    hidden = torch.randn(20, 64, generator=torch.Generator().manual_seed(1)).requires_grad_()
    targets = torch.arange(20) * 4
    found = loss.summed_loss(hidden, targets, head, softcap)
    (found / 3).backward()
    gradient, hidden.grad = hidden.grad, None
    logits = hidden.double() @ values.double().T
    if softcap:
        logits = torch.tanh(logits / softcap) * softcap
    expected = functional.cross_entropy(logits, targets, reduction="sum")
    (expected / 3).backward()
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-5)
    torch.testing.assert_close(gradient, hidden.grad, rtol=1e-4, atol=1e-5)


def gradients(base: BaseModel, *, half: bool = False) -> list[torch.Tensor]:
    """Of one batch, with values of B that are not 0."""
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for layer in base.layers.values():
            layer.lora_b.copy_(0.02 * torch.randn(layer.lora_b.shape, generator=generator))
    base.body.train()
    data = examples()
    batch = batch_of(data, [(1,), (2,), (3,)])
    (Forward(base, half=half).loss(batch) / len(batch.targets)).backward()
    found = []
    for part in base.parameters():
        assert part.grad is not None
        found.append(part.grad)
    return found


def test_packed_memory_with_checkpoints_trains_with_the_gradients_of_dense(tmp_path: Path) -> None:
    path = str(tiny("gemma3").write(tmp_path / "model.gguf"))
    device = torch.device("cpu")
    found = [gradients(read_base(path, TrainingSettings(), packed=packed, device=device)) for packed in (True, False)]
    torch.testing.assert_close(found[0], found[1], rtol=1e-4, atol=1e-6)
    assert all(float(one.abs().max()) > 0 for one in found[0])


@pytest.mark.parametrize("packed", [False, True])
def test_half_precision_gives_about_the_same_gradients(packed: bool, tmp_path: Path) -> None:
    """As on a graphics card; the processor can do it too, only slowly."""
    path = str(tiny("llama", tied=False).write(tmp_path / "model.gguf"))
    base = read_base(path, TrainingSettings(), packed=packed, device=torch.device("cpu"))
    whole = [one.clone() for one in gradients(base)]
    base.body.zero_grad()
    for exact, rough in zip(whole, gradients(base, half=True), strict=True):
        assert float((exact - rough).norm() / exact.norm()) < 0.1


def test_targets_are_attention_alone_or_the_mlp_too(tmp_path: Path) -> None:
    path = str(tiny("phi3", layers=1, tied=False).write(tmp_path / "model.gguf"))
    device = torch.device("cpu")
    everything = read_base(path, TrainingSettings(), packed=False, device=device)
    attention = read_base(path, TrainingSettings(targets="attention"), packed=False, device=device)
    assert list(everything.layers) == ["blk.0.attn_qkv", "blk.0.attn_output", "blk.0.ffn_up", "blk.0.ffn_down"]
    assert list(attention.layers) == ["blk.0.attn_qkv", "blk.0.attn_output"]
    assert list(everything.modules.values())[:2] == ["layers.0.self_attn.qkv_proj", "layers.0.self_attn.o_proj"]
    trained = [part for part in everything.body.parameters() if part.requires_grad]
    assert len(trained) == len(everything.parameters()) == 8
