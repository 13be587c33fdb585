"""The adapter as a GGUF, as llama.cpp's convert_lora_to_gguf.py writes it, and the whole model with it merged in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import gguf
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from chatapp.workers.trainer.base import BaseModel, GgufWeights, order_of_rows, permuted_heads
from chatapp.workers.trainer.files import replaced

_F16_FILE = 1  # LLAMA_FTYPE_MOSTLY_F16


def write_adapter(path: Path, base: BaseModel, weights: Sequence[Tensor], alpha: float) -> None:
    """weights: A and B of each layer of base.layers in turn. Raises OSError."""
    with replaced(path) as temporary:
        writer = gguf.GGUFWriter(temporary, base.plan.name)
        writer.add_type(gguf.GGUFType.ADAPTER)
        writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
        writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, alpha)
        if title := base.header.facts().title:
            writer.add_string(gguf.Keys.General.NAME, f"LoRA for {title}")
        for name, a, b in pairs(base, weights):
            writer.add_tensor(f"{name}.weight.lora_a", a)
            writer.add_tensor(f"{name}.weight.lora_b", b)
        _write(writer)


def write_merged(path: Path, base: BaseModel, weights: Sequence[Tensor], scale: float) -> None:
    """Every adapted matrix as W + scale B A in F16, everything else as it is in the model. Raises OSError."""
    reader = gguf.GGUFReader(base.path)
    source = GgufWeights(base.path, base.header)
    adapters = {f"{name}.weight": (a, b) for name, a, b in pairs(base, weights)}
    with replaced(path) as temporary:
        writer = gguf.GGUFWriter(temporary, base.plan.name)
        _copy_metadata(reader, writer)
        for tensor in reader.tensors:
            if tensor.name in adapters:
                a, b = (torch.from_numpy(part) for part in adapters[tensor.name])
                merged = torch.addmm(source.values(tensor.name), b, a, alpha=scale)
                writer.add_tensor(tensor.name, merged.half().numpy())
            else:
                writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
        _write(writer)


def pairs(
    base: BaseModel, weights: Sequence[Tensor]
) -> Iterator[tuple[str, npt.NDArray[np.float32], npt.NDArray[np.float32]]]:
    """(name in the GGUF, A, B), B's rows in the order the file has them in."""
    for name, a, b in zip(base.layers, weights[::2], weights[1::2], strict=True):
        if heads := permuted_heads(base.plan, f"{name}.weight"):
            b = b[torch.argsort(order_of_rows(len(b), heads)).to(b.device)]
        yield name, _array(a), _array(b)


def _array(tensor: Tensor) -> npt.NDArray[np.float32]:
    found: npt.NDArray[np.float32] = tensor.detach().float().cpu().contiguous().numpy()
    return found


def _copy_metadata(reader: gguf.GGUFReader, writer: gguf.GGUFWriter) -> None:
    for key, field in reader.fields.items():
        if key.startswith("GGUF.") or key == gguf.Keys.General.ARCHITECTURE:
            continue
        if key == gguf.Keys.General.FILE_TYPE:
            writer.add_file_type(_F16_FILE)
            continue
        kind = field.types[0]
        element = field.types[-1] if kind is gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(key, field.contents(), kind, sub_type=element)


def _write(writer: gguf.GGUFWriter) -> None:
    try:
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
    finally:
        writer.close()
