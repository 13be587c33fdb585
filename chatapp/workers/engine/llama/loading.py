"""Opens a model and its context: on the GPU as far as it fits, with what to do where it does not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from chatapp.core.errors import AppError, ErrorKind, error
from chatapp.core.model_file import checked_model
from chatapp.core.models import AUTO_GPU_LAYERS, LoadSpec, size_text
from chatapp.core.sentences import MODEL_NO_MEMORY, NO_GPU, OFFLOAD_FAILED
from chatapp.workers.engine.cancel import CancelFlag
from chatapp.workers.engine.llama import library
from chatapp.workers.engine.llama.context import Context
from chatapp.workers.engine.llama.model import Model
from chatapp.workers.engine.offload import KV_BYTES, Needs, needs_of
from chatapp.workers.stdio import log

AUTOMATIC_CONTEXT = 8192  # tokens; more only on request, since the KV cache grows with it


def open_model(spec: LoadSpec, cancel: CancelFlag, progress: Callable[[float], None]) -> tuple[Model, Context, int]:
    """(model, context, layers on the GPU). Raises AppError.

    The automatic number of layers is the most that fits by the numbers; where the device refuses it all the same, half
    of it is tried, and so on down to the CPU. A number that was asked for is never changed: what can't fit by the
    numbers is not tried, since llama.cpp may end the process over it, and a refusal is explained.
    """
    free = sum(library.gpu_free_bytes())
    if spec.n_gpu_layers > 0 and not free:
        raise error(NO_GPU, layers=spec.n_gpu_layers)
    if spec.n_gpu_layers == 0 or not free:
        return *_open(replace(spec, n_gpu_layers=0), cancel, progress), 0
    header = checked_model(spec.path)
    needs = needs_of(header)
    n_ctx = spec.n_ctx or min(header.facts().context or AUTOMATIC_CONTEXT, AUTOMATIC_CONTEXT)
    if spec.n_gpu_layers != AUTO_GPU_LAYERS:
        if needs.bytes_for(spec.n_gpu_layers, n_ctx, spec.kv_type) > free:
            raise _explained(spec, needs, n_ctx, free, "")
        try:
            return *_open(spec, cancel, progress), min(spec.n_gpu_layers, len(needs.layers) + 1)
        except AppError as problem:
            if not _about_memory(problem):
                raise
            detail = f"{problem.info.message}\n{problem.info.detail}"
            raise _explained(spec, needs, n_ctx, free, detail) from problem
    n_layers = needs.layers_in(free, n_ctx, spec.kv_type)
    while n_layers > 0:
        try:
            return *_open(replace(spec, n_gpu_layers=n_layers), cancel, progress), n_layers
        except AppError as problem:
            if not _about_memory(problem):
                raise
            log(f"{n_layers} layers on the GPU did not work: {problem.info.message}")
            n_layers //= 2
    return *_open(replace(spec, n_gpu_layers=0), cancel, progress), 0


def _open(spec: LoadSpec, cancel: CancelFlag, progress: Callable[[float], None]) -> tuple[Model, Context]:
    model = Model(spec, cancel, progress)
    n_ctx = spec.n_ctx or min(model.n_ctx_train or AUTOMATIC_CONTEXT, AUTOMATIC_CONTEXT)
    try:
        return model, Context(model, spec, n_ctx=n_ctx, cancel=cancel)
    except AppError:
        model.close()
        raise


def _about_memory(problem: AppError) -> bool:
    """Whether it failed for want of memory, as far as llama.cpp says so."""
    if problem.info.kind is not ErrorKind.MODEL_LOAD:
        return False
    return (
        problem.info.text == MODEL_NO_MEMORY.text or re.search("alloc|memory|buffer", problem.info.detail) is not None
    )


def _explained(spec: LoadSpec, needs: Needs, n_ctx: int, free: int, detail: str) -> AppError:
    return error(
        OFFLOAD_FAILED,
        layers=spec.n_gpu_layers,
        n_ctx=n_ctx,
        needed=size_text(needs.bytes_for(spec.n_gpu_layers, n_ctx, spec.kv_type)),
        free=size_text(free),
        ways="; ".join(ways_out(spec, needs, n_ctx, free)),
        detail=detail,
    )


def ways_out(spec: LoadSpec, needs: Needs, n_ctx: int, free: int) -> Iterator[str]:
    """What would fit: a smaller context, a quantised KV cache, fewer layers, the CPU; in this order."""
    smaller = needs.context_in(free, spec.n_gpu_layers, n_ctx // 2, spec.kv_type)
    if smaller:
        yield f"--ctx {smaller}"
    for kv_type in KV_BYTES:
        if (
            KV_BYTES[kv_type] < KV_BYTES[spec.kv_type]
            and needs.context_in(free, spec.n_gpu_layers, n_ctx, kv_type) == n_ctx
        ):
            yield f"--kv-type {kv_type}"
            break
    fewer = min(needs.layers_in(free, n_ctx, spec.kv_type), spec.n_gpu_layers - 1)
    if fewer > 0:
        yield f"--gpu-layers {fewer}"
    yield "--gpu-layers 0"
