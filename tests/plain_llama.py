"""llama.cpp without chatapp: what it makes of a file, each in a process of its own, which it may end.

    python -m tests.plain_llama [--vocabulary]      reads paths from stdin, writes "ok" or what happened for each

A file is ok when it loads and four tokens are computed; with --vocabulary when its vocabulary loads.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path

import llama_cpp

_N_CTX, _N_TOKENS, _SECONDS = 512, 4, 60


def attempt(path: str, *, vocabulary: bool) -> str:
    params = llama_cpp.llama_model_default_params()
    params.n_gpu_layers = 0
    params.vocab_only = vocabulary
    model = llama_cpp.llama_model_load_from_file(os.fsencode(path), params)
    if not model:
        return "refused"
    if vocabulary:
        return "ok"
    settings = llama_cpp.llama_context_default_params()
    settings.n_ctx = settings.n_batch = settings.n_ubatch = _N_CTX
    settings.n_threads = settings.n_threads_batch = 1
    context = llama_cpp.llama_init_from_model(model, settings)
    if not context:
        return "no context"
    vocabulary_handle = llama_cpp.llama_model_get_vocab(model)
    token = max(llama_cpp.llama_vocab_bos(vocabulary_handle), 0)
    for _ in range(_N_TOKENS):
        if llama_cpp.llama_decode(context, llama_cpp.llama_batch_get_one((ctypes.c_int32 * 1)(token), 1)):
            return "not computed"
    return "ok"


def judge(path: str, *, vocabulary: bool) -> str:
    """In a child process."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)
        signal.alarm(_SECONDS)
        os.write(writer, attempt(path, vocabulary=vocabulary).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as answer:
        said = answer.read().decode()
    _, status = os.waitpid(child, 0)
    return said or f"ended by signal {os.WTERMSIG(status)}"


def main() -> None:
    os.environ["GGML_NO_BACKTRACE"] = "1"
    vocabulary = "--vocabulary" in sys.argv
    llama_cpp.llama_backend_init()
    for line in sys.stdin:
        sys.stdout.write(judge(str(Path(line.rstrip("\n"))), vocabulary=vocabulary) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
