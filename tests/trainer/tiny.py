"""Small models with random weights, which llama.cpp and the trainer both load, and what llama.cpp makes of them."""

from __future__ import annotations

import ctypes
import os
from math import prod
from pathlib import Path

import gguf
import llama_cpp
import numpy as np
import numpy.typing as npt

from chatapp.core.ggml_types import GGML_TYPES
from tests.gguf_files import FLOAT32, STRING, UINT32, GgufFile, byte_pairs, sentence_pieces

_SILENCE = llama_cpp.llama_log_callback(lambda level, text, data: None)
WIDTH, HEADS, HEADS_KV, HEAD, FF = 64, 4, 2, 16, 96
Logits = npt.NDArray[np.float32]


def tiny(
    architecture: str = "llama", *, layers: int = 3, tied: bool = True, seed: int = 1, bias: bool = False
) -> GgufFile:
    """All tensors F32. Weights are large enough that each layer shows in the logits."""
    file = GgufFile()
    file.set("general.architecture", STRING, architecture)
    file.set("general.name", STRING, f"tiny {architecture}")
    file.set("general.license", STRING, "mit")
    file.set("general.file_type", UINT32, 0)
    numbers = {
        "context_length": 512, "embedding_length": WIDTH, "block_count": layers, "feed_forward_length": FF,
        "attention.head_count": HEADS, "attention.head_count_kv": HEADS_KV,
    }  # fmt: skip
    for name, value in numbers.items():
        file.set(f"{architecture}.{name}", UINT32, value)
    file.set(f"{architecture}.attention.layer_norm_rms_epsilon", FLOAT32, 1e-5)
    file.set(f"{architecture}.rope.freq_base", FLOAT32, 5000.0)
    n_tokens = byte_pairs(file) if architecture.startswith("qwen") else sentence_pieces(file, ("<|endoftext|>",))
    random = np.random.default_rng(seed)

    def matrix(name: str, n_out: int, n_in: int, size: float = 1.0) -> None:
        file.add(
            f"{name}.weight", random.standard_normal((n_out, n_in), dtype=np.float32) * np.float32(size * n_in**-0.5)
        )

    def vector(name: str, width: int, middle: float = 1.0) -> None:
        file.add(name, np.float32(middle) + np.float32(0.2) * random.standard_normal(width, dtype=np.float32))

    matrix("token_embd", n_tokens, WIDTH, 2.0)
    vector("output_norm.weight", WIDTH)
    if not tied:
        matrix("output", n_tokens, WIDTH, 2.0)
    for layer in range(layers):
        block = f"blk.{layer}."
        for name in ("attn_norm", "ffn_norm"):
            vector(f"{block}{name}.weight", WIDTH)
        if architecture in ("gemma2", "gemma3"):
            vector(f"{block}post_attention_norm.weight", WIDTH)
            vector(f"{block}post_ffw_norm.weight", WIDTH)
        if architecture in ("gemma3", "qwen3"):
            vector(f"{block}attn_q_norm.weight", HEAD)
            vector(f"{block}attn_k_norm.weight", HEAD)
        if architecture == "phi3":
            matrix(f"{block}attn_qkv", (HEADS + 2 * HEADS_KV) * HEAD, WIDTH)
            matrix(f"{block}ffn_up", 2 * FF, WIDTH)
        else:
            for letter, heads in (("q", HEADS), ("k", HEADS_KV), ("v", HEADS_KV)):
                matrix(f"{block}attn_{letter}", heads * HEAD, WIDTH)
                if bias:
                    vector(f"{block}attn_{letter}.bias", heads * HEAD, 0.0)
            matrix(f"{block}ffn_up", FF, WIDTH)
            matrix(f"{block}ffn_gate", FF, WIDTH)
        matrix(f"{block}attn_output", WIDTH, HEADS * HEAD)
        matrix(f"{block}ffn_down", WIDTH, FF)
    return file


def expanded(model: Path, target: Path) -> Path:
    """The model with all its tensors as F32."""
    file = GgufFile.read(model)
    for tensor in list(file.tensors):
        data = np.frombuffer(tensor.data, dtype=np.uint8)[: GGML_TYPES[tensor.kind].bytes_of(prod(tensor.shape))]
        values = gguf.quants.dequantize(data, gguf.GGMLQuantizationType(tensor.kind))
        file.change(tensor.name.decode(), kind=0, data=memoryview(values.tobytes()))
    return file.write(target)


def engine_logits(model: Path, ids: list[int], adapter: Path | None = None, n_threads: int = 1) -> Logits:
    """(n, n_vocab), computed by llama.cpp with an F32 cache."""
    llama_cpp.llama_log_set(_SILENCE, ctypes.c_void_p(0))
    settings = llama_cpp.llama_model_default_params()
    settings.n_gpu_layers = 0
    loaded = llama_cpp.llama_model_load_from_file(os.fsencode(model), settings)
    assert loaded, model
    params = llama_cpp.llama_context_default_params()
    params.n_ctx = params.n_batch = params.n_ubatch = 512
    params.n_threads = params.n_threads_batch = n_threads
    params.type_k = params.type_v = 0
    params.flash_attn_type = 0
    context = llama_cpp.llama_init_from_model(loaded, params)
    assert context
    if adapter is not None:
        lora = llama_cpp.llama_adapter_lora_init(loaded, os.fsencode(adapter))
        assert lora, adapter
        adapters = (llama_cpp.llama_adapter_lora_p_ctypes * 1)(lora)
        assert llama_cpp.llama_set_adapters_lora(context, adapters, 1, (ctypes.c_float * 1)(1.0)) == 0
    n_vocab = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(loaded))
    batch = llama_cpp.llama_batch_init(len(ids), 0, 1)
    for place, token in enumerate(ids):
        batch.token[place], batch.pos[place], batch.logits[place] = token, place, 1
        batch.n_seq_id[place], batch.seq_id[place][0] = 1, 0
    batch.n_tokens = len(ids)
    assert llama_cpp.llama_decode(context, batch) == 0
    rows = [
        np.ctypeslib.as_array(llama_cpp.llama_get_logits_ith(context, i), (n_vocab,)).copy() for i in range(len(ids))
    ]
    llama_cpp.llama_batch_free(batch)
    llama_cpp.llama_free(context)
    llama_cpp.llama_model_free(loaded)
    return np.stack(rows)


def tokens(model: Path, text: str) -> list[int]:
    llama_cpp.llama_log_set(_SILENCE, ctypes.c_void_p(0))
    settings = llama_cpp.llama_model_default_params()
    settings.vocab_only = True
    loaded = llama_cpp.llama_model_load_from_file(os.fsencode(model), settings)
    found = (ctypes.c_int32 * len(text))()
    data = text.encode()
    vocabulary = llama_cpp.llama_model_get_vocab(loaded)
    count = llama_cpp.llama_tokenize(vocabulary, data, len(data), found, len(text), True, False)
    llama_cpp.llama_model_free(loaded)
    return list(found[:count])


def divergences(p: Logits, q: Logits) -> npt.NDArray[np.float64]:
    """KL(p || q) of each row of logits, nats."""
    a, b = _log_softmax(p), _log_softmax(q)
    found: npt.NDArray[np.float64] = (np.exp(a) * (a - b)).sum(axis=-1)
    return found


def _log_softmax(logits: Logits) -> npt.NDArray[np.float64]:
    wide = logits.astype(np.float64)
    wide -= wide.max(axis=-1, keepdims=True)
    return wide - np.log(np.exp(wide).sum(axis=-1, keepdims=True))
