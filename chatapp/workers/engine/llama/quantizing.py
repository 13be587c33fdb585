"""A model's file in another type, by llama.cpp."""

from __future__ import annotations

import ctypes
import os

import llama_cpp

from chatapp.core.errors import error
from chatapp.core.model_sentences import NOT_QUANTIZED
from chatapp.protocol.engine import ModelQuantized, QuantizeModel
from chatapp.workers.engine.llama import library


def quantize(request: QuantizeModel) -> ModelQuantized:
    """Raises AppError."""
    library.forget_errors()
    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype = request.file_type
    params.allow_requantize = True  # what is not in F16 is as it was in the base
    source, target = os.fsencode(request.source), os.fsencode(request.target)
    if llama_cpp.llama_model_quantize(source, target, ctypes.byref(params)):
        reason = library.reason("unknown reason")
        raise error(NOT_QUANTIZED, path=request.source, reason=reason, detail=library.recent_errors())
    return ModelQuantized(request_id=request.request_id)
