"""From a GGUF to a model in PyTorch: transformers' classes, filled with the file's own weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from torch import Tensor, nn

from chatapp.core.ggml_types import GGML_TYPES
from chatapp.core.gguf import GgufHeader
from chatapp.core.model_file import checked_model
from chatapp.core.training import TrainingSettings
from chatapp.workers.trainer.architectures import ModelPlan, plan_of, refused
from chatapp.workers.trainer.dequantize import can_dequantize, dequantize
from chatapp.workers.trainer.lora import FrozenEmbedding, FrozenLinear, LoraLinear
from chatapp.workers.trainer.weights import PackedWeight, Weight

_ADAPTED = {"attention": ("attention",), "all": ("attention", "mlp")}


class GgufWeights:
    """The tensors of a file, read when they are asked for; those of packed matrices stay in the file's pages."""

    def __init__(self, path: str, header: GgufHeader) -> None:
        self._path = path
        self._header = header
        self._file = np.memmap(Path(path), dtype=np.uint8, mode="c")  # c: PyTorch wants what could be written
        self.left = set(header.tensors)

    def __contains__(self, name: str) -> bool:
        return name in self._header.tensors

    def kind(self, name: str) -> int:
        return self._header.tensors[name].kind

    def data(self, name: str) -> Tensor:
        """uint8 (rows, bytes of a row); a vector is one row."""
        tensor = self._header.tensors.get(name)
        if tensor is None:
            raise refused(self._path, f"the tensor {name} is missing")
        if not can_dequantize(tensor.kind):
            raise refused(self._path, f"the tensor {name} is of the type {GGML_TYPES[tensor.kind].name}")
        self.left.discard(name)
        raw = self._file[tensor.offset : tensor.offset + tensor.n_bytes]
        rows = tensor.shape[1] if len(tensor.shape) > 1 else 1
        return torch.from_numpy(raw).reshape(rows, -1)

    def values(self, name: str) -> Tensor:
        """float32 (rows, values), or (values,) of a vector"""
        found = dequantize(self.data(name), self.kind(name))
        return found if len(self._header.tensors[name].shape) > 1 else found[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseModel:
    """body: transformers' model without its head. layers: the adapted ones, by the name of the GGUF tensor without
    ".weight". modules: what they are called in transformers' model."""

    path: str
    header: GgufHeader
    plan: ModelPlan
    body: Any
    head: Weight
    layers: dict[str, LoraLinear]
    modules: dict[str, str]
    device: torch.device

    def parameters(self) -> list[nn.Parameter]:
        """What is trained, in a fixed order."""
        return [part for layer in self.layers.values() for part in (layer.lora_a, layer.lora_b)]


def read_base(path: str, settings: TrainingSettings, *, packed: bool, device: torch.device) -> BaseModel:
    """The model of a GGUF with fresh adapters. Raises AppError."""
    header = checked_model(path)
    plan = plan_of(path, header)
    weights = GgufWeights(path, header)
    body = _skeleton(plan, path)
    _fill_rotation(body, plan, weights)
    reader = _Reader(weights, plan, packed=packed, device=device)
    layers, modules = _fill_layers(body, plan, reader, settings)
    embedding = reader.matrix("token_embd")
    head = reader.matrix("output") if "output.weight" in weights else embedding
    scale = plan.parameters.n_embd**0.5 if plan.architecture.norm_offset else 1.0
    body.embed_tokens = FrozenEmbedding(embedding, scale)
    reader.norm(body.norm, "output_norm.weight")
    if weights.left:
        raise refused(path, f"the trainer has no use for the tensor {min(weights.left)}")
    if packed:
        body.activation_checkpointing_enable({"use_reentrant": False})
    body.to(device)
    return BaseModel(
        path=path, header=header, plan=plan, body=body, head=head, layers=layers, modules=modules, device=device
    )


def _skeleton(plan: ModelPlan, path: str) -> Any:
    """transformers' model without any numbers."""
    family = plan.architecture.family
    try:
        config = getattr(transformers, f"{family}Config")(**plan.config)
        config._attn_implementation = plan.architecture.kernel
        with torch.device("meta"):
            body = getattr(transformers, f"{family}Model")(config)
    except ValueError as problem:  # numbers that transformers does not take
        raise refused(path, str(problem)) from problem
    body.rotary_emb = type(body.rotary_emb)(config)
    body.requires_grad_(False)
    return body


def _fill_rotation(body: Any, plan: ModelPlan, weights: GgufWeights) -> None:
    """Frequencies are divided by what the file says: transformers knows nothing of rope_freqs.weight."""
    divisor: Tensor | float = plan.rope_divisor
    if "rope_freqs.weight" in weights:
        divisor = divisor * weights.values("rope_freqs.weight")
    name = "full_attention_inv_freq" if hasattr(body.rotary_emb, "full_attention_inv_freq") else "inv_freq"
    getattr(body.rotary_emb, name).div_(divisor)


class _Reader:
    """Makes modules of a file's tensors."""

    def __init__(self, weights: GgufWeights, plan: ModelPlan, *, packed: bool, device: torch.device) -> None:
        self._weights, self._plan, self._packed, self.device = weights, plan, packed, device

    def matrix(self, name: str) -> Weight:
        name = f"{name}.weight"
        data = self._ordered(self._weights.data(name), name)
        kind = self._weights.kind(name)
        n_in = data.shape[1] // GGML_TYPES[kind].block_bytes * GGML_TYPES[kind].per_block
        packed = PackedWeight(data.to(self.device), kind, n_in)
        return packed if self._packed else packed.dense()

    def bias(self, name: str) -> Tensor | None:
        name = f"{name}.bias"
        if name not in self._weights:
            return None
        return self._ordered(self._weights.values(name), name).to(self.device)

    def norm(self, module: nn.Module, name: str) -> None:
        values = self._weights.values(name) - self._plan.architecture.norm_offset
        module.weight = nn.Parameter(values.to(self.device), requires_grad=False)

    def _ordered(self, rows: Tensor, name: str) -> Tensor:
        """Rows of queries and keys as transformers rotates them: halves of a head apart, where Meta has pairs."""
        heads = permuted_heads(self._plan, name)
        return rows[order_of_rows(len(rows), heads)] if heads else rows


def permuted_heads(plan: ModelPlan, name: str) -> int:
    """The number of heads in that tensor where its rows are permuted, else 0."""
    if not plan.architecture.permuted:
        return 0
    return {"attn_q": plan.parameters.heads, "attn_k": plan.parameters.heads_kv}.get(name.split(".")[-2], 0)


def order_of_rows(n_rows: int, heads: int) -> Tensor:
    """int64 (n_rows,): which row of the file is at each place here. The inverse of LlamaModel.permute in llama.cpp's
    conversion."""
    return torch.arange(n_rows).reshape(heads, -1, 2).transpose(1, 2).reshape(-1)


def _fill_layers(
    body: Any, plan: ModelPlan, reader: _Reader, settings: TrainingSettings
) -> tuple[dict[str, LoraLinear], dict[str, str]]:
    generator = torch.Generator().manual_seed(settings.seed)
    layers: dict[str, LoraLinear] = {}
    modules: dict[str, str] = {}
    architecture = plan.architecture
    for number, layer in enumerate(body.layers):
        block = f"blk.{number}."
        for group, names in (("attention", architecture.attention), ("mlp", architecture.mlp)):
            for ours, theirs in names.items():
                name, weight, bias = f"{block}{ours}", reader.matrix(f"{block}{ours}"), reader.bias(f"{block}{ours}")
                if group not in _ADAPTED[settings.targets]:
                    _put(layer, theirs, FrozenLinear(weight, bias))
                    continue
                layers[name] = LoraLinear(
                    weight,
                    bias,
                    rank=settings.rank,
                    alpha=settings.alpha,
                    dropout=settings.dropout,
                    generator=generator,
                    device=reader.device,
                )
                modules[name] = f"layers.{number}.{theirs}"
                _put(layer, theirs, layers[name])
        for ours, theirs in architecture.norms.items():
            reader.norm(layer.get_submodule(theirs), f"{block}{ours}.weight")
    return layers, modules


def _put(layer: nn.Module, name: str, module: nn.Module) -> None:
    parent, _, own = name.rpartition(".")
    setattr(layer.get_submodule(parent), own, module)
