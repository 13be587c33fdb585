"""The same model with every weight as F32: what its quantised file says, without any rounding in the sums."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import gguf
import numpy as np

from tests.gguf_files import F32, UINT32, GgufFile


def expand(source: Path, target: Path) -> Path:
    """Writes it to `target`; dequantised by the gguf package."""
    file = GgufFile.read(source)
    file.set("general.file_type", UINT32, 0)
    file.tensors = [
        replace(
            tensor,
            kind=F32,
            data=gguf.quants.dequantize(
                np.frombuffer(tensor.data, np.uint8).reshape(tensor.shape[-1] if len(tensor.shape) > 1 else 1, -1),
                gguf.GGMLQuantizationType(tensor.kind),
            ).astype("<f4").tobytes()
            if tensor.kind != F32
            else tensor.data,
        )
        for tensor in file.tensors
    ]  # fmt: skip
    return file.write(target)
