"""How much memory a model needs on a GPU, and how many layers fit. Pure: a header and numbers in, numbers out.

llama.cpp's n_gpu_layers = n puts the last n layers and their part of the KV cache on the GPU; n = n_layers + 1 puts
the output layer there as well. Weights are counted exactly and so is the KV cache, but for
fused projections, where it follows from the architecture's numbers; buffers are estimated.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from chatapp.core.gguf import GgufHeader

KV_BYTES = {"f32": 4.0, "f16": 2.0, "q8_0": 34 / 32, "q4_0": 18 / 32}  # a value; see core/ggml_types.py for the blocks
MARGIN_BYTES = 256 << 20  # left for what else is drawn and computed on the device
_BATCH = 512
_BLOCK = re.compile(r"blk\.(\d{1,4})\.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """layers: bytes of weights of each layer; output: of the output layer; kv_values: of keys and values in each layer
    for one token; row_bytes: of the widest rows of one token while computing, without and with the output layer."""

    layers: Sequence[int]
    output: int
    kv_values: Sequence[int]
    row_bytes: tuple[int, int]

    def bytes_for(self, n_gpu_layers: int, n_ctx: int, kv_type: str) -> int:
        """What n_gpu_layers need on the devices."""
        if n_gpu_layers <= 0:
            return 0
        on_gpu = min(n_gpu_layers, len(self.layers))
        with_output = n_gpu_layers > len(self.layers)
        weights = sum(self.layers[-on_gpu:]) + (self.output if with_output else 0)
        cache = sum(self.kv_values[-on_gpu:]) * n_ctx * KV_BYTES[kv_type]
        return int(weights + cache + self.row_bytes[with_output] * _BATCH)

    def layers_in(self, free_bytes: int, n_ctx: int, kv_type: str) -> int:
        """The most layers that fit, the margin left free."""
        fitting = (
            n for n in range(len(self.layers) + 1, 0, -1)
            if self.bytes_for(n, n_ctx, kv_type) + MARGIN_BYTES <= free_bytes
        )  # fmt: skip
        return next(fitting, 0)

    def context_in(self, free_bytes: int, n_gpu_layers: int, n_ctx: int, kv_type: str) -> int:
        """The longest context, halved from n_ctx, with which those layers fit; 0 where none of 512 or more does."""
        while n_ctx >= 512:
            if self.bytes_for(n_gpu_layers, n_ctx, kv_type) + MARGIN_BYTES <= free_bytes:
                return n_ctx
            n_ctx //= 2
        return 0


def needs_of(header: GgufHeader) -> Needs:
    """Read from the header's table of tensors, whose shapes hold also where an architecture's numbers vary by layer."""
    architecture = header.facts().architecture

    def number(name: str, default: int) -> int:
        value = header.values.get(f"{architecture}.{name}", default)
        return value if isinstance(value, int) and value > 0 else default

    places = [int(block[1]) for name in header.tensors if (block := _BLOCK.match(name)) is not None]
    layers, output, embedding = [0] * (max(places, default=0) + 1), 0, 0
    for name, tensor in header.tensors.items():
        block = _BLOCK.match(name)
        if block is not None:
            layers[int(block[1])] += tensor.n_bytes
        elif name == "token_embd.weight":
            embedding = tensor.n_bytes  # stays on the CPU, but is the output layer where a model has no other
        else:
            output += tensor.n_bytes
    if "output.weight" not in header.tensors:
        output += embedding
    width, n_heads = number("embedding_length", 4096), number("attention.head_count", 32)
    head = number("attention.head_count_kv", n_heads) * 2 * number("attention.key_length", max(1, width // n_heads))

    def rows(name: str) -> int:
        """Of a weight: how many values it makes for one token; 0 where there is no such weight."""
        tensor = header.tensors.get(name)
        return tensor.shape[1] if tensor is not None and len(tensor.shape) > 1 else 0

    kv_values = []
    for layer in range(len(layers)):
        key, value = rows(f"blk.{layer}.attn_k.weight"), rows(f"blk.{layer}.attn_v.weight")
        fused = f"blk.{layer}.attn_qkv.weight" in header.tensors
        kv_values.append(head if fused else key + (value or key))  # neither: a layer without attention
    widest = max(rows(f"blk.{layer}.ffn_up.weight") for layer in range(len(layers))) or 4 * width
    row = 4 * (6 * width + 3 * widest)
    n_vocab = rows("token_embd.weight")
    return Needs(layers=layers, output=output, kv_values=kv_values, row_bytes=(row, row + 4 * n_vocab))
