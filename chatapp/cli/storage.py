"""The model library for a command; what had to be repaired first is said on stderr."""

from __future__ import annotations

import sys

from chatapp.core.errors import printable
from chatapp.storage.model_library import ModelLibrary
from chatapp.storage.paths import Paths
from chatapp.storage.repair import open_whole


def open_library(paths: Paths) -> ModelLibrary:
    """Raises AppError."""
    database, repaired = open_whole(paths.database)
    database.close()
    if repaired is not None:
        info = repaired.as_info()
        sys.stderr.write(f"{printable(info.message)} {printable(info.advice)}\n")
    return ModelLibrary(paths)
