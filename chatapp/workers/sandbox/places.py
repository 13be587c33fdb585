"""The places a worker needs besides what it was given: the interpreter, libraries, what tells of the processor."""

from __future__ import annotations

import os
import sys
import sysconfig
from importlib.util import find_spec
from pathlib import Path

import chatapp

_LIBRARIES = ("/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/local/lib")
_FILES = (
    "/etc/ld.so.cache",
    "/etc/localtime",  # chat templates tell the date
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/stat",
    "/proc/sys/vm/overcommit_memory",
    "/sys/kernel/mm/transparent_hugepage",
    "/sys/devices/system/cpu",
    "/sys/devices/system/node",
    "/dev/urandom",
    "/dev/zero",
)
_OF_GPUS = (
    "/etc/OpenCL",
    "/etc/vulkan",
    "/proc/devices",
    "/proc/driver/nvidia",
    "/proc/modules",
    "/sys/bus/pci",
    "/sys/class",
    "/sys/dev",
    "/sys/devices",
    "/sys/module",
    "/usr/share/drirc.d",
    "/usr/share/glvnd",
    "/usr/share/nvidia",
    "/usr/share/vulkan",
)
_ON_CPU = ("base", "blas", "cpu")  # what follows "libggml-" in libraries that need no device


def readable() -> list[str]:
    """Files and folders a worker on the CPU reads whatever its model is."""
    own = str(Path(f"/proc/{os.getpid()}"))
    return [*_FILES, *_LIBRARIES, *_linker_folders(), *_python_folders(), os.path.realpath(sys.executable), own]


def readable_with_gpu() -> list[str]:
    """What drivers read besides."""
    return list(_OF_GPUS)


def devices() -> list[str]:
    """The device files of graphics cards."""
    found = ("/dev/dri", "/dev/kfd", "/dev/dxg", "/dev/shm", *map(str, Path("/dev").glob("nvidia*")))
    return [path for path in found if Path(path).exists()]


def uses_gpu() -> bool:
    """Whether this build of llama.cpp has a backend beside the processor's, told by its files: nothing is loaded."""
    spec = find_spec("llama_cpp")
    folders = spec.submodule_search_locations if spec is not None else None
    names = [file.name for folder in folders or () for file in (Path(folder) / "lib").glob("*ggml-*")]
    kinds = {name.partition("ggml-")[2].partition(".")[0].partition("-")[0] for name in names}
    return bool(kinds - set(_ON_CPU))


def torch_uses_gpu() -> bool:
    """The same of PyTorch."""
    spec = find_spec("torch")
    folders = spec.submodule_search_locations if spec is not None else None
    return any(
        file
        for folder in folders or ()
        for kind in ("cuda", "hip")
        for file in Path(folder).glob(f"lib/*torch_{kind}*")
    )


def _python_folders() -> list[str]:
    """Where modules are imported from. Not the folder a source checkout lies in, which holds more than the package."""
    package = Path(chatapp.__file__).resolve().parent
    paths = sysconfig.get_paths()
    libraries = [paths["stdlib"], paths["platstdlib"], sysconfig.get_config_var("LIBDIR") or ""]
    prefixes = [Path(sys.prefix), Path(sys.base_prefix)]
    prefixes = [prefix for prefix in prefixes if prefix != Path("/usr")]  # it holds the whole system
    found = [package, *map(Path, filter(None, libraries)), *prefixes]
    for entry in filter(None, sys.path):
        folder = Path(entry).resolve()
        if folder != package.parent or folder.name in ("site-packages", "dist-packages"):
            found.append(folder)
    return [str(path) for path in found if not _holds_home(path)]


def _linker_folders() -> list[str]:
    named = filter(os.path.isabs, os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep))
    return [folder for folder in named if not _holds_home(Path(folder))]


def _holds_home(folder: Path) -> bool:
    """Whether the user's own files lie there; an odd PYTHONPATH must not open them."""
    try:
        return Path.home().resolve().is_relative_to(folder.resolve())
    except RuntimeError:  # there is no home
        return False
