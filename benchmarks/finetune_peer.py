"""The peer of benchmarks/finetune.py: a plain PEFT and transformers loop in float32, on the weights of the same GGUF.

Usage: python -m benchmarks.finetune_peer RUN [--first ADAPTER.gguf]
RUN is a run's folder: the settings of its run.json and the training part of its examples.npz, all of which is each
step's batch, so there is no order to differ in. A constant learning rate is kept to, and the gradient is clipped at 1.
--first: A begins as it is in this adapter. Prints JSON lines: for each step its loss, tokens and seconds, then the most
memory the process held before the first step and in all.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import time
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"

import gguf
import msgspec
import numpy as np
import torch
from gguf.quants import dequantize
from peft import LoraConfig, get_peft_model
from transformers import AutoConfig, AutoModelForCausalLM

from chatapp.core.examples import PreparedExamples
from chatapp.core.training import RunSpec, Split, TrainingSettings

ATTENTION = ("q_proj", "k_proj", "v_proj", "o_proj")
MLP = ("gate_proj", "up_proj", "down_proj")
ARCHITECTURES = {"llama": gguf.MODEL_ARCH.LLAMA, "gemma3_text": gguf.MODEL_ARCH.GEMMA3}
IGNORED = -100


def read_model(path: Path) -> Any:
    """transformers' class and its own reading of the header; the weights straight into it, so that reading them takes
    less memory than training does."""
    config = AutoConfig.from_pretrained(path.parent, gguf_file=path.name)
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    tensors = {tensor.name: tensor for tensor in gguf.GGUFReader(path).tensors}
    names = gguf.get_tensor_name_map(ARCHITECTURES[config.model_type], config.num_hidden_layers)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            tensor = tensors[names.get_name(name, try_suffixes=(".weight", ".bias"))]
            values = torch.from_numpy(np.require(dequantize(tensor.data, tensor.tensor_type), requirements="W"))
            parameter.copy_(as_transformers(name, values.reshape(parameter.shape), config))
    model.config.use_cache = False
    return model


def as_transformers(name: str, values: torch.Tensor, config: Any) -> torch.Tensor:
    """What llama.cpp's converter did is undone: llama's rows of q and k are permuted, 1 is added to Gemma's norms."""
    if config.model_type == "gemma3_text":
        return values - 1 if "norm" in name else values
    if "q_proj" in name or "k_proj" in name:
        heads = config.num_attention_heads if "q_proj" in name else config.num_key_value_heads
        halves = values.reshape(heads, values.shape[0] // heads // 2, 2, values.shape[1])
        return halves.swapaxes(1, 2).reshape(values.shape)
    return values


def with_adapter(model: Any, settings: TrainingSettings, first: Path | None) -> Any:
    targets = ATTENTION if settings.targets == "attention" else ATTENTION + MLP
    adapted = get_peft_model(
        model,
        LoraConfig(
            r=settings.rank,
            lora_alpha=settings.alpha,
            lora_dropout=settings.dropout,
            target_modules=list(targets),
            task_type="CAUSAL_LM",
        ),
    )
    if first is not None:
        begin_as(adapted, first)
    return adapted.train()


def begin_as(model: Any, adapter: Path) -> None:
    kept = {tensor.name: tensor.data for tensor in gguf.GGUFReader(adapter).tensors}
    names = gguf.get_tensor_name_map(ARCHITECTURES[model.config.model_type], model.config.num_hidden_layers)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if ".lora_A." in name:
                of = names.get_name(name.removeprefix("base_model.model.").partition(".lora_A.")[0])
                parameter.copy_(torch.from_numpy(np.array(kept[f"{of}.weight.lora_a"])).reshape(parameter.shape))


def batch_of(examples: PreparedExamples) -> dict[str, torch.Tensor]:
    """The whole training part, padded at its right."""
    rows = [examples.example(place) for place in np.flatnonzero(examples.splits == Split.TRAIN)]
    longest = max(len(ids) for ids, _ in rows)
    ids, labels, mask = (np.full((len(rows), longest), fill, np.int64) for fill in (0, IGNORED, 0))
    for row, (own_ids, counted) in enumerate(rows):
        ids[row, : len(own_ids)], mask[row, : len(own_ids)] = own_ids, 1
        labels[row, : len(own_ids)] = np.where(counted, own_ids, IGNORED)
    return {name: torch.from_numpy(x) for name, x in (("input_ids", ids), ("labels", labels), ("attention_mask", mask))}


def train(model: Any, batch: dict[str, torch.Tensor], settings: TrainingSettings) -> None:
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=settings.learning_rate, weight_decay=settings.weight_decay)
    n_tokens = int(batch["attention_mask"].sum())
    for step in range(1, settings.steps + 1):
        start = time.perf_counter()
        loss = model(**batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        seconds = time.perf_counter() - start
        say(step=step, loss=float(loss.detach()), tokens=n_tokens, seconds=seconds)


def say(**values: float) -> None:
    print(json.dumps(values), flush=True)


def peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--first", type=Path)
    arguments = parser.parse_args()
    spec = msgspec.json.decode((arguments.run / "run.json").read_bytes(), type=RunSpec)
    settings = spec.settings
    batch = batch_of(PreparedExamples.load(arguments.run / "examples.npz"))
    assert len(batch["input_ids"]) == settings.batch
    assert (settings.accumulate, settings.schedule, settings.warmup) == (1, "constant", 0)
    torch.manual_seed(settings.seed)
    model = with_adapter(read_model(Path(spec.model)), settings, arguments.first)
    before = peak_bytes()
    train(model, batch, settings)
    say(loading_bytes=before, peak_bytes=peak_bytes())


if __name__ == "__main__":
    main()
