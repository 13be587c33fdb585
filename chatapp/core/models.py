"""Models: what a file says of itself, what the library keeps of it, and what the engine has loaded."""

from __future__ import annotations

from dataclasses import dataclass

from chatapp.core.errors import ErrorInfo

# general.file_type of a GGUF, see enum llama_ftype in llama.cpp's llama.h
QUANTIZATIONS = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S",
    12: "Q3_K_M", 13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K",
    19: "IQ2_XXS", 20: "IQ2_XS", 21: "Q2_K_S", 22: "IQ3_XS", 23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL",
    26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S", 29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M", 32: "BF16",
    36: "TQ1_0", 37: "TQ2_0", 38: "MXFP4",
}  # fmt: skip


AUTO_GPU_LAYERS = -1  # as many as fit
KV_TYPES = ("f16", "q8_0", "q4_0")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """What a GGUF header says; context is the length it was trained for, in tokens."""

    architecture: str
    quantization: str
    context: int
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryModel:
    """A model file the library knows. sha256 is hex."""

    name: str
    path: str
    architecture: str
    quantization: str
    size_bytes: int
    context: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterSpec:
    """A LoRA adapter and how much of it is added; 1 is what it was trained for."""

    path: str
    scale: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterFacts:
    """What an adapter's file says. architecture: of its model; base: the model's name, "" where it is not told; rank:
    the largest of its pairs."""

    architecture: str
    base: str
    rank: int
    alpha: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryAdapter:
    """An adapter file in the data folder. created_at: seconds since the epoch; sha256 is hex."""

    name: str
    path: str
    facts: AdapterFacts
    size_bytes: int
    created_at: float
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadSpec:
    """What to load and how; n_ctx 0, n_threads 0 and AUTO_GPU_LAYERS let the engine choose, n_gpu_layers 0 keeps to the
    CPU. kv_type: the precision of the KV cache, one of KV_TYPES, or "f32" to measure without its rounding. adapters are
    added together."""

    path: str
    n_ctx: int = 0
    n_threads: int = 0
    n_gpu_layers: int = AUTO_GPU_LAYERS
    kv_type: str = "f16"
    adapters: tuple[AdapterSpec, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedModel:
    """What the engine holds after a load that decoded one token. n_gpu_layers: those on a GPU, of n_layers + 1.
    remarks: what is odd about the file."""

    path: str
    architecture: str
    description: str
    n_ctx: int
    n_ctx_train: int
    n_vocab: int
    n_params: int
    n_threads: int
    n_gpu_layers: int
    n_layers: int
    has_chat_template: bool
    load_ms: float
    remarks: tuple[ErrorInfo, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """Something to compute with. kind: "cpu", "gpu" (its own memory), "igpu" (the system's), "accelerator". key: the
    same for the same device under another backend, "" where that is not known."""

    name: str
    key: str
    description: str
    kind: str
    free_bytes: int
    total_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendInfo:
    """The native side: version of the binding, CPU features, devices, whether layers can be offloaded."""

    llama_cpp: str
    system_info: str
    devices: tuple[Device, ...]
    gpu_offload: bool


def size_text(size_bytes: int) -> str:
    """1536 -> "1.5 KB", in steps of 1000 as file managers count."""
    size = float(size_bytes)
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
