"""From a path to a model file: what is no whole GGUF file is refused with the reason, before native code sees it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from chatapp.core.errors import error
from chatapp.core.gguf import DamagedGgufError, GgufHeader, NotGgufError, TruncatedGgufError, read_header
from chatapp.core.sentences import (
    MODEL_DAMAGED,
    MODEL_EMPTY,
    MODEL_FOREIGN,
    MODEL_IS_FOLDER,
    MODEL_MISSING,
    MODEL_NOT_A_FILE,
    MODEL_PATH_NOT_UTF8,
    MODEL_TRUNCATED,
    MODEL_UNREADABLE,
)


def checked_header(path: str) -> GgufHeader:
    """The header of the file at `path`; raises AppError(MODEL_FILE) for whatever is no whole GGUF file."""
    try:
        path.encode("utf-8")  # it crosses to the worker as text
        status = Path(path).stat()
        _refuse_special_files(path, status)
        with Path(path).open("rb") as stream:
            return read_header(stream, status.st_size)
    except NotGgufError:
        raise error(MODEL_FOREIGN, path=path) from None
    except TruncatedGgufError as problem:
        raise error(MODEL_TRUNCATED, path=path, actual=problem.actual, expected=problem.expected) from None
    except DamagedGgufError as problem:
        raise error(MODEL_DAMAGED, path=path, reason=problem) from None
    except UnicodeEncodeError:
        raise error(MODEL_PATH_NOT_UTF8, path=path) from None
    except FileNotFoundError:
        raise error(MODEL_MISSING, path=path) from None
    except (OSError, ValueError) as problem:
        raise error(MODEL_UNREADABLE, path=path, reason=problem) from None


def _refuse_special_files(path: str, status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise error(MODEL_IS_FOLDER, path=path)
    if not stat.S_ISREG(status.st_mode):  # opening a FIFO would wait for a writer for good
        raise error(MODEL_NOT_A_FILE, path=path)
    if status.st_size == 0:
        raise error(MODEL_EMPTY, path=path)
