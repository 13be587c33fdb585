"""The types a tensor in a GGUF file can have, as llama.cpp of llama-cpp-python 0.3.36 knows them.

Source: enum ggml_type in ggml.h and the type traits in ggml.c; tests compare the numbers with the library itself.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class GgmlType:
    """Values are stored in blocks of `per_block`, each `block_bytes` long. multiplies: can be a matrix of a model."""

    name: str
    per_block: int
    block_bytes: int
    multiplies: bool = True

    def bytes_of(self, n_values: int) -> int:
        """What n_values need, which must be whole blocks."""
        return n_values // self.per_block * self.block_bytes


def _type(name: str, per_block: int, block_bytes: int, *, multiplies: bool = True) -> GgmlType:
    return GgmlType(name=name, per_block=per_block, block_bytes=block_bytes, multiplies=multiplies)


F32, F16, Q8_0, BF16, NVFP4 = 0, 1, 8, 30, 40
GGML_TYPES = {
    0: _type("F32", 1, 4),
    1: _type("F16", 1, 2),
    2: _type("Q4_0", 32, 18),
    3: _type("Q4_1", 32, 20),
    6: _type("Q5_0", 32, 22),
    7: _type("Q5_1", 32, 24),
    8: _type("Q8_0", 32, 34),
    9: _type("Q8_1", 32, 36, multiplies=False),
    10: _type("Q2_K", 256, 84),
    11: _type("Q3_K", 256, 110),
    12: _type("Q4_K", 256, 144),
    13: _type("Q5_K", 256, 176),
    14: _type("Q6_K", 256, 210),
    15: _type("Q8_K", 256, 292, multiplies=False),
    16: _type("IQ2_XXS", 256, 66),
    17: _type("IQ2_XS", 256, 74),
    18: _type("IQ3_XXS", 256, 98),
    19: _type("IQ1_S", 256, 50),
    20: _type("IQ4_NL", 32, 18),
    21: _type("IQ3_S", 256, 110),
    22: _type("IQ2_S", 256, 82),
    23: _type("IQ4_XS", 256, 136),
    24: _type("I8", 1, 1, multiplies=False),
    25: _type("I16", 1, 2, multiplies=False),
    26: _type("I32", 1, 4, multiplies=False),
    27: _type("I64", 1, 8, multiplies=False),
    28: _type("F64", 1, 8, multiplies=False),
    29: _type("IQ1_M", 256, 56),
    30: _type("BF16", 1, 2),
    34: _type("TQ1_0", 256, 54),
    35: _type("TQ2_0", 256, 66),
    39: _type("MXFP4", 32, 17),
    40: _type("NVFP4", 64, 36),
    41: _type("Q1_0", 128, 18),
    42: _type("Q2_0", 64, 18),
}
