"""Vocabulary files: the ones llama.cpp tests its tokenizers with, and small ones like them."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import platformdirs

from chatapp.core.known_names import LLAMA_CPP_PYTHON
from tests.gguf_files import STRING, GgufFile, byte_pairs, sentence_pieces

_MEMBER = "/vendor/llama.cpp/models/ggml-vocab-"


def published() -> list[Path]:
    """Those inside the source archive of llama-cpp-python, fetched once and kept in the user's cache."""
    name = f"llama-cpp-python-{LLAMA_CPP_PYTHON}-vocabularies"
    folder = Path(platformdirs.user_cache_dir("chatapp", appauthor=False)) / name
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as place:
            _extract(_download(Path(place)), Path(place) / name)
            (Path(place) / name).rename(folder)
    return sorted(folder.glob("*.gguf"))


def _download(folder: Path) -> Path:
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", "llama-cpp-python"]
    subprocess.run([*pip, "--dest", str(folder), f"llama-cpp-python=={LLAMA_CPP_PYTHON}"], check=True)
    (archive,) = folder.glob("*.tar.gz")
    return archive


def _extract(archive: Path, folder: Path) -> None:
    folder.mkdir()
    with tarfile.open(archive) as source:
        for member in source:
            content = source.extractfile(member) if _MEMBER in member.name and member.isfile() else None
            if content is not None and member.name.endswith(".gguf"):
                (folder / Path(member.name).name).write_bytes(content.read())


def small(folder: Path) -> list[Path]:
    """Vocabularies of two kinds in files without padding at their end, as the published ones are."""
    paths = []
    for name, fill in (("pieces", sentence_pieces), ("pairs", byte_pairs)):
        file = GgufFile()
        file.set("general.architecture", STRING, "llama")
        fill(file)
        while len(file.unpadded_head()) % 32 == 0:
            file.set("general.name", STRING, "odd")
        path = folder / f"{name}.gguf"
        path.write_bytes(file.unpadded_head())
        paths.append(path)
    return paths
