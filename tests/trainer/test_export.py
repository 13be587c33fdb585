"""What is exported is what was trained: in llama.cpp, merged into the model, and in PEFT's files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from chatapp.core.adapter_file import checked_adapter
from chatapp.core.model_file import checked_model
from chatapp.core.training import Losses, RunSpec, TrainingSettings
from chatapp.workers.trainer.base import BaseModel, read_base
from chatapp.workers.trainer.export import write_adapter, write_merged
from chatapp.workers.trainer.peft_export import write_peft
from chatapp.workers.trainer.weights import DenseWeight
from tests.gguf_files import STRING
from tests.trainer.test_architectures import logits_of
from tests.trainer.tiny import divergences, engine_logits, tiny

IDS = list(range(5, 55))
SETTINGS = TrainingSettings(rank=4, alpha=6.0)


@pytest.fixture(params=["llama", "gemma3", "phi3", "qwen2"])
def trained(request: pytest.FixtureRequest, tmp_path: Path) -> BaseModel:
    """A model whose adapters have random values."""
    file = tiny(request.param, tied=request.param != "phi3", bias=request.param == "qwen2")
    path = file.write(tmp_path / "model.gguf")
    base = read_base(str(path), SETTINGS, packed=False, device=torch.device("cpu"))
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for layer in base.layers.values():
            layer.lora_b.copy_(0.1 * torch.randn(layer.lora_b.shape, generator=generator))
    return base


def test_llama_cpp_computes_the_adapter_as_the_trainer_does(trained: BaseModel, tmp_path: Path) -> None:
    adapter = tmp_path / "adapter.gguf"
    write_adapter(adapter, trained, trained.parameters(), SETTINGS.alpha)
    checked_adapter(str(adapter), checked_model(trained.path))
    expected = logits_of(trained, IDS)
    assert divergences(expected, engine_logits(Path(trained.path), IDS, adapter)).max() < 1e-6
    assert divergences(expected, engine_logits(Path(trained.path), IDS)).mean() > 0.01


def test_a_merged_model_needs_no_adapter_and_keeps_everything_else(trained: BaseModel, tmp_path: Path) -> None:
    path = tmp_path / "merged.gguf"
    write_merged(path, trained, trained.parameters(), SETTINGS.alpha / SETTINGS.rank)
    checked_model(str(path))
    assert divergences(logits_of(trained, IDS), engine_logits(path, IDS)).max() < 1e-4  # F16
    before, after = gguf.GGUFReader(trained.path), gguf.GGUFReader(path)
    changed = {f"{name}.weight" for name in trained.layers}
    assert [tensor.name for tensor in after.tensors] == [tensor.name for tensor in before.tensors]
    for old, new in zip(before.tensors, after.tensors, strict=True):
        if old.name in changed:
            assert new.tensor_type is gguf.GGMLQuantizationType.F16
        else:
            assert np.array_equal(old.data, new.data)
    for key, field in before.fields.items():
        if not key.startswith("GGUF."):
            expected = 1 if key == "general.file_type" else field.contents()
            assert after.fields[key].contents() == expected, key


def test_peft_files_have_its_names_and_the_card_tells_where_it_is_from(trained: BaseModel, tmp_path: Path) -> None:
    data = tmp_path / "examples.npz"
    data.write_bytes(b"x")
    spec = RunSpec(model=trained.path, data="/some/where/mine.jsonl", settings=SETTINGS)
    before, after = Losses(validation=2.0, test=3.0), Losses(validation=1.0, test=1.5)
    write_peft(tmp_path, trained, trained.parameters(), spec, before=before, after=after, data=data)
    config = json.loads((tmp_path / "adapter_config.json").read_text())
    assert (config["peft_type"], config["r"], config["lora_alpha"]) == ("LORA", 4, 6.0)
    tensors = load_file(tmp_path / "adapter_model.safetensors")
    assert len(tensors) == len(trained.parameters())
    for name, module in trained.modules.items():
        layer = trained.layers[name]
        assert torch.equal(tensors[f"base_model.model.model.{module}.lora_A.weight"], layer.lora_a)
        assert torch.equal(tensors[f"base_model.model.model.{module}.lora_B.weight"], layer.lora_b)
        assert module.rpartition(".")[2] in config["target_modules"]
    card = (tmp_path / "README.md").read_text()
    assert f"tiny {trained.plan.name}" in card
    assert "licence of the base model: mit" in card
    assert "mine.jsonl" in card
    assert "/some/where" not in card
    assert "| test | 3.0000 | 1.5000 |" in card
    assert "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881" in card  # of "x"


def weighted(base: BaseModel) -> list[tuple[str, Any]]:
    return [(name, module) for name, module in base.body.named_modules() if hasattr(module, "weight")]


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")  # PEFT asks for it
def test_peft_reads_them_and_computes_the_same(tmp_path: Path) -> None:
    import transformers
    from peft import PeftModel

    file = tiny("llama", tied=False)
    file.set("general.name", STRING, "tiny")
    base = read_base(str(file.write(tmp_path / "m.gguf")), SETTINGS, packed=False, device=torch.device("cpu"))
    model = transformers.LlamaForCausalLM(transformers.LlamaConfig(**base.plan.config)).eval()
    modules = [("lm_head", base.head), *((f"model.{name}", one.weight) for name, one in weighted(base))]
    state = {f"{name}.weight": one.values if isinstance(one, DenseWeight) else one for name, one in modules}
    model.load_state_dict(state)
    with torch.no_grad():
        for layer in base.layers.values():
            layer.lora_b.normal_(std=0.1, generator=torch.Generator().manual_seed(1))
    spec = RunSpec(model=base.path, data="", settings=SETTINGS)
    data = tmp_path / "m.gguf"
    write_peft(tmp_path, base, base.parameters(), spec, before=Losses(), after=Losses(), data=data)
    with torch.no_grad():
        found = PeftModel.from_pretrained(model, tmp_path)(torch.tensor([IDS])).logits[0].numpy()
    assert divergences(logits_of(base, IDS), found).max() < 1e-9
