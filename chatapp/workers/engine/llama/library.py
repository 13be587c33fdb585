"""The native library: its log, its devices, and the callback with which it polls the cancel flag."""

from __future__ import annotations

import ctypes
import sys
from collections import deque
from typing import Any

import llama_cpp
import numpy as np
import numpy.typing as npt
from llama_cpp._ggml import libggml

from chatapp.core.models import BackendInfo, Device
from chatapp.workers.stdio import log

_WARN, _ERROR, _CONTINUED = 3, 4, 5
_KINDS = {0: "cpu", 1: "gpu", 2: "igpu", 3: "accelerator"}  # enum ggml_backend_dev_type
_recent_errors: deque[str] = deque(maxlen=20)
_last_level = 0


@llama_cpp.llama_log_callback  # type: ignore[untyped-decorator]
def _on_log(level: int, text: bytes, _data: object) -> None:
    global _last_level
    level = _last_level if level == _CONTINUED else level
    _last_level = level
    if level < _WARN:
        return
    line = text.decode("utf-8", "replace").rstrip()
    log(line)
    if level == _ERROR and line:
        _recent_errors.append(line)


def initialise() -> None:
    """Once per process, before any model call."""
    llama_cpp.llama_log_set(_on_log, ctypes.c_void_p(0))
    llama_cpp.llama_backend_init()


def forget_errors() -> None:
    """Call before an operation whose failure `reason` shall explain."""
    _recent_errors.clear()


def reason(default: str) -> str:
    """The first error llama.cpp logged since `forget_errors`, without its function name; else `default`."""
    if not _recent_errors:
        return default
    line = _recent_errors[0]
    head, colon, rest = line.partition(": ")
    return (rest if colon and " " not in head else line).strip().rstrip(".") or default


def recent_errors() -> str:
    """All error lines since `forget_errors`."""
    return "\n".join(_recent_errors)


def strlen_callback() -> Any:
    """A native `bool (*)(void *)` that is true while the byte string at its argument is not empty.

    The C library's own strlen: it needs no interpreter lock, so it can be polled between graph nodes for free.
    """
    name = "msvcrt" if sys.platform == "win32" else None
    address = ctypes.cast(ctypes.CDLL(name).strlen, ctypes.c_void_p).value
    return llama_cpp.ggml_abort_callback(address)


def to_halves(values: npt.NDArray[np.float32], into: npt.NDArray[np.float16]) -> None:
    """Both (n,) and contiguous. ggml does it with the processor's instruction, ten times as fast as numpy; a build that
    loads its CPU part at run time does not name it."""
    convert = getattr(libggml, "ggml_cpu_fp32_to_fp16", None)
    if convert is None:
        np.copyto(into, values, casting="same_kind")
    else:
        convert(ctypes.c_void_p(values.ctypes.data), ctypes.c_void_p(into.ctypes.data), ctypes.c_int64(len(values)))


def backend_info() -> BackendInfo:
    """What this build of llama.cpp can compute with."""
    return BackendInfo(
        llama_cpp=llama_cpp.__version__,
        system_info=llama_cpp.llama_print_system_info().decode("utf-8", "replace").strip(),
        devices=_devices(),
        gpu_offload=bool(llama_cpp.llama_supports_gpu_offload()),
    )


class _Properties(ctypes.Structure):
    """struct ggml_backend_dev_props"""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("description", ctypes.c_char_p),
        ("memory_free", ctypes.c_size_t),
        ("memory_total", ctypes.c_size_t),
        ("type", ctypes.c_int),
        ("device_id", ctypes.c_char_p),
        ("capabilities", ctypes.c_uint8 * 64),  # more room than it needs
    )


def gpu_free_bytes() -> list[int]:
    """Free memory, now, of each GPU that llama.cpp uses: those with memory of their own, else the system's; each once,
    though several backends may know it."""
    found = {device.key or device.name: device for device in reversed(_devices())}
    own, shared = ([d.free_bytes for d in found.values() if d.kind == kind] for kind in ("gpu", "igpu"))
    return own or shared[:1]


def _devices() -> tuple[Device, ...]:
    return tuple(_device(libggml.ggml_backend_dev_get(number)) for number in range(libggml.ggml_backend_dev_count()))


def _device(handle: int) -> Device:
    about = _Properties()
    libggml.ggml_backend_dev_get_props(handle, ctypes.byref(about))
    return Device(
        name=_text(about.name),
        description=_text(about.description),
        key=_text(about.device_id),
        kind=_KINDS.get(about.type, "other"),
        free_bytes=about.memory_free,
        total_bytes=about.memory_total,
    )


def _text(raw: bytes | None) -> str:
    return (raw or b"").decode("utf-8", "replace").strip()


def _declare() -> None:
    """The parts of ggml's C API that the binding leaves out."""
    libggml.ggml_backend_dev_count.restype = ctypes.c_size_t
    libggml.ggml_backend_dev_get.argtypes = [ctypes.c_size_t]
    libggml.ggml_backend_dev_get.restype = ctypes.c_void_p
    libggml.ggml_backend_dev_get_props.argtypes = [ctypes.c_void_p, ctypes.POINTER(_Properties)]
    libggml.ggml_backend_dev_get_props.restype = None


_declare()
