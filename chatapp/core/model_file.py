"""From a path to a model: what llama.cpp can't load is refused with the reason, before native code sees it."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path

from chatapp.core.errors import ErrorInfo, error
from chatapp.core.gguf import GgufHeader, NotGgufError, read_header
from chatapp.core.gguf_cursor import DamagedGgufError, TruncatedGgufError, ValueType
from chatapp.core.model_sentences import (
    MODEL_IS_ADAPTER,
    MODEL_IS_PROJECTOR,
    MODEL_NOT_UTF8,
    MODEL_ONLY_VOCABULARY,
    MODEL_SPECIAL_TOKENS,
    MODEL_SPLIT_NAME,
    MODEL_SPLIT_PART,
    MODEL_UNKNOWN_ARCHITECTURE,
)
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
from chatapp.core.text_model import (
    AdapterAsModelError,
    ProjectorError,
    UnknownArchitectureError,
    VocabularyOnlyError,
    check_text_model,
)
from chatapp.core.tokenizer_metadata import missing_special_tokens


def checked_model(path: str) -> GgufHeader:
    """The header of the model at `path`, of all its files together; its tokens are left out.

    Raises AppError(MODEL_FILE) for whatever llama.cpp could not load as a text model, as far as headers tell.
    """
    header = checked_header(path)
    try:
        if header.values.get("split.count", 0) not in (0, 1):
            header = _with_other_parts(path, header)
        check_text_model(header)
    except AdapterAsModelError:
        raise error(MODEL_IS_ADAPTER, path=path) from None
    except ProjectorError:
        raise error(MODEL_IS_PROJECTOR, path=path) from None
    except VocabularyOnlyError:
        raise error(MODEL_ONLY_VOCABULARY, path=path) from None
    except UnknownArchitectureError as problem:
        raise error(MODEL_UNKNOWN_ARCHITECTURE, path=path, architecture=problem) from None
    except DamagedGgufError as problem:
        raise error(MODEL_DAMAGED, path=path, reason=problem) from None
    return replace(header, tokens=[], token_types=b"")


def remarks(path: str, header: GgufHeader) -> tuple[ErrorInfo, ...]:
    """What is odd about a model that loads all the same."""
    found = ((MODEL_NOT_UTF8, header.not_utf8), (MODEL_SPECIAL_TOKENS, missing_special_tokens(header)))
    return tuple(error(sentence, path=path, keys=", ".join(keys)).info for sentence, keys in found if keys)


def checked_header(path: str) -> GgufHeader:
    """The header of the file at `path`; raises AppError(MODEL_FILE) for whatever is no sound and whole GGUF file."""
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


def _with_other_parts(path: str, first: GgufHeader) -> GgufHeader:
    """`first` with the tensors of the files beside it, which llama.cpp finds by their names.

    Raises DamagedGgufError, and AppError where a file is missing or not the one it should be.
    """
    count, number = (_uint16(first, key) for key in ("split.count", "split.no"))
    if number != 0:
        raise error(MODEL_SPLIT_PART, path=path, number=number + 1, count=count)
    ending = _part_ending(0, count)
    if not path.endswith(ending) or path == ending:
        raise error(MODEL_SPLIT_NAME, path=path, count=count, ending=ending)
    tensors = dict(first.tensors)
    for other in range(1, count):
        part = checked_header(path.removesuffix(ending) + _part_ending(other, count))
        if _uint16(part, "split.no") != other:
            raise DamagedGgufError(f"its part {other + 1} says it is part {_uint16(part, 'split.no') + 1}")
        for name, tensor in part.tensors.items():
            if name in tensors:
                raise DamagedGgufError(f"the tensor {name} is in two of its parts")
            tensors[name] = tensor
    if first.kinds.get("split.tensors.count") is not ValueType.INT32:
        raise DamagedGgufError("split.tensors.count is missing or not of the type INT32")
    if first.values["split.tensors.count"] != len(tensors):
        raise DamagedGgufError(f"{len(tensors)} of {first.values['split.tensors.count']} tensors are in its parts")
    return replace(first, tensors=tensors)


def _uint16(header: GgufHeader, key: str) -> int:
    if header.kinds.get(key) is not ValueType.UINT16:
        raise DamagedGgufError(f"{key} is missing or not of the type UINT16")
    return int(header.values[key])


def _part_ending(number: int, count: int) -> str:
    return f"-{number + 1:05d}-of-{count:05d}.gguf"
