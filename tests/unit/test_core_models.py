from __future__ import annotations

import os
from pathlib import Path

import pytest

from chatapp.core.errors import AppError
from chatapp.core.model_file import checked_header
from chatapp.core.models import size_text
from tests.builders import gguf_bytes, write_gguf


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (1500, "1.5 KB"), (98_362_432, "98.4 MB"), (4_700_000_000, "4.7 GB")],
)
def test_sizes_as_file_managers_write_them(size: int, text: str) -> None:
    assert size_text(size) == text


def refusal(path: Path) -> str:
    with pytest.raises(AppError) as caught:
        checked_header(str(path))
    return caught.value.info.message


def test_what_is_no_model_file_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "empty.gguf").touch()
    (tmp_path / "foreign.gguf").write_bytes(b"PK\x03\x04 not a model")
    (tmp_path / "short.gguf").write_bytes(b"GG")
    (tmp_path / "cut.gguf").write_bytes(gguf_bytes()[:-100])
    os.mkfifo(tmp_path / "pipe.gguf")
    assert "no file" in refusal(tmp_path / "missing.gguf")
    assert "is a folder" in refusal(tmp_path)
    assert "is empty" in refusal(tmp_path / "empty.gguf")
    assert "not a GGUF file" in refusal(tmp_path / "foreign.gguf")
    assert "cut short" in refusal(tmp_path / "short.gguf")
    assert "cut short" in refusal(tmp_path / "cut.gguf")
    assert "a pipe" in refusal(tmp_path / "pipe.gguf")
    assert "can't be read" in refusal(tmp_path / ("x" * 300))
    assert "not valid UTF-8" in refusal(tmp_path / "caf\udce9.gguf")


def test_a_whole_file_is_accepted(tmp_path: Path) -> None:
    assert checked_header(str(write_gguf(tmp_path / "a.gguf"))).facts().architecture == "llama"
